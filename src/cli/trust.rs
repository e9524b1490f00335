//! `atlas trust`: whom this user trusts, and with what.

pub(super) mod asks;
mod consent;

use serde::Serialize;

use self::{asks::Asked, consent::Answer};
use super::{
    Exit,
    context::Context,
    global::Format,
    skills::{SkillsArgs, find},
};
use crate::{
    model::{Fault, Result, Status, TrustRequest, contract::Ask},
    report::{Look, table::table},
    store::{
        config,
        trust::{Asking, How, Record, Scope, Subject, TrustStore, Verdict, Why, judge},
    },
};

/// How much of a hash people compare.
const SHOWN_DIGITS: usize = 12;

/// Trust what this repository wants to execute, after a look at it
///
/// Shows what would be executed and what an agent would be given, and every file that has a say in
/// it; then asks, and trusts exactly this content: any change asks again and shows which files
/// differ. The skills in `~/.claude/skills` are yours and need no trust.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct Args {
    /// A skill that lies outside of the repository, to be trusted in place of the repository
    skill: Option<String>,
    /// Trust this path whatever it holds, for your own work
    #[arg(long)]
    always: bool,
    /// List everything that is trusted
    #[arg(long, conflicts_with_all = ["always", "revoke", "skill"])]
    list: bool,
    /// Take trust back
    #[arg(long, conflicts_with = "always")]
    revoke: bool,
    /// Do not ask: you have looked already. An agent cannot say so
    #[arg(short, long, conflicts_with_all = ["list", "revoke"])]
    yes: bool,
    #[command(flatten)]
    skills: SkillsArgs,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let store = TrustStore::new(&context.folders()?);
    if args.list {
        list(&store, context)?;
        return Ok(Status::Passed.into());
    }
    let found = args.skill.as_ref().map(|name| find(name, &args.skills, context)).transpose()?;
    if args.revoke {
        let root = found.map_or_else(|| context.project().root.clone(), |found| found.dir);
        let had = store.revoke(&root)?;
        let said = if had { "is no longer trusted" } else { "was not trusted" };
        context.printer.say(&format!("{} {said}\n", root.display()));
        return Ok(Status::Passed.into());
    }
    let look = || match &found {
        None => Subject::of_repository(&context.project().root),
        Some(found) => Subject::of_skill(&found.dir),
    };
    let subject = look()?;
    let asked = match &found {
        None => Asked::of_repository(context)?,
        Some(found) => Asked::of_skill(found),
    };
    let before = verdict(&subject, &store, context)?;
    let scope = if args.always { Scope::Always } else { Scope::Content };
    let shown = Shown { subject: &subject, before: &before, asked: &asked, scope };
    if scope == Scope::Content && !needs_an_answer(&before) {
        shown.give(context)?;
        context.printer.say(match before {
            Verdict::NothingToTrust => {
                "nothing here needs trust: no file executes or widens anything\n"
            }
            Verdict::Trusted(_) | Verdict::Untrusted(_) => {
                "trusted already; `atlas trust --revoke` takes it back\n"
            }
        });
        return Ok(Status::Passed.into());
    }
    shown.consent(args.yes.then_some(Answer::Given), context)?;
    if look()?.digest != subject.digest {
        return Err(Fault::invalid("nothing was trusted").because("the files changed meanwhile"));
    }
    store.trust(&subject, scope, context.clock.now())?;
    if context.format == Format::Json {
        shown.give(context)?;
    }
    context.printer.say("trusted; `atlas trust --revoke` takes it back\n");
    Ok(Status::Passed.into())
}

/// All that a person decides on.
struct Shown<'a> {
    subject: &'a Subject,
    before: &'a Verdict,
    asked: &'a Asked,
    scope: Scope,
}

impl Shown<'_> {
    fn give(&self, context: &Context) -> Result<()> {
        context.give(|| Document::of(self), |look| self.told(look))
    }

    /// Shows it where whoever answers sees it. Of a document there is but one: the result, or what
    /// is wrong.
    fn consent(&self, given: Option<Answer>, context: &Context) -> Result<()> {
        let answer = Answer::of(given, context)?;
        match (answer, context.format) {
            (Answer::Asked, _) => context.printer.ask(&self.told(context.printer.look())),
            (Answer::Given | Answer::Nobody(_), Format::Text) => self.give(context)?,
            (Answer::Given | Answer::Nobody(_), Format::Json) => {}
        }
        answer.expect_yes(context)
    }

    fn told(&self, look: Look) -> String {
        let rows: Vec<[String; 3]> = self
            .subject
            .files
            .iter()
            .map(|file| {
                let digits = file.sha256.get(..SHOWN_DIGITS).unwrap_or_default().to_owned();
                [digits, news(self.before, &file.path).to_owned(), file.path.clone()]
            })
            .collect();
        let mut told = self.asked.told(self.subject, look.style);
        if !told.is_empty() && !rows.is_empty() {
            told.push('\n');
        }
        if !rows.is_empty() {
            told += &table(["sha-256", "since", "file"], &rows, look);
        }
        for path in removed(self.before) {
            told.extend(["gone since: ", path, "\n"]);
        }
        told
    }
}

/// What is said of a subject before anybody is asked.
pub(super) fn verdict(subject: &Subject, store: &TrustStore, context: &Context) -> Result<Verdict> {
    let user = config::user(&context.folders()?)?;
    let always: Vec<String> = user.map_or_else(Vec::new, |user| {
        user.value.trust.always.into_iter().map(|glob| glob.value).collect()
    });
    let home = context.env.get_os(super::environment::HOME).map(std::path::Path::new);
    let asking = Asking { request: &TrustRequest::Stored, always: &always, home };
    judge(subject, store, &asking)
}

/// Whether this content, or this path, still waits for somebody to trust it.
fn needs_an_answer(before: &Verdict) -> bool {
    match before {
        Verdict::NothingToTrust | Verdict::Trusted(How::Content) => false,
        // Trust in whatever it holds is narrowed to what it holds now.
        Verdict::Trusted(How::Always | How::Configuration(_) | How::ThisRun)
        | Verdict::Untrusted(_) => true,
    }
}

/// What is new about a file since the last answer.
fn news(before: &Verdict, path: &str) -> &'static str {
    let among = |paths: &[String]| paths.iter().any(|known| known == path);
    match before {
        Verdict::Untrusted(Why::Changed(difference)) if among(&difference.added) => "new",
        Verdict::Untrusted(Why::Changed(difference)) if among(&difference.changed) => "changed",
        Verdict::Untrusted(Why::New | Why::Replaced) => "new",
        Verdict::Untrusted(Why::Changed(_)) | Verdict::Trusted(_) | Verdict::NothingToTrust => "",
    }
}

fn removed(before: &Verdict) -> &[String] {
    match before {
        Verdict::Untrusted(Why::Changed(difference)) => &difference.removed,
        Verdict::Untrusted(Why::New | Why::Replaced)
        | Verdict::Trusted(_)
        | Verdict::NothingToTrust => &[],
    }
}

#[derive(Serialize)]
struct Document<'a> {
    path: String,
    digest: &'a str,
    /// What was known before this command.
    before: &'static str,
    always: bool,
    /// What would execute or widen.
    asks: &'a [Ask],
    files: Vec<File<'a>>,
    removed: &'a [String],
}

#[derive(Serialize)]
struct File<'a> {
    path: &'a str,
    sha256: &'a str,
    since: &'static str,
}

impl<'a> Document<'a> {
    fn of(shown: &Shown<'a>) -> Self {
        let Shown { subject, before, asked, scope } = *shown;
        let files = subject.files.iter().map(|file| File {
            path: &file.path,
            sha256: &file.sha256,
            since: news(before, &file.path),
        });
        Self {
            path: subject.root.display().to_string(),
            digest: &subject.digest,
            before: word(before),
            always: scope == Scope::Always,
            asks: &asked.asks,
            files: files.collect(),
            removed: removed(before),
        }
    }
}

/// A verdict in one word, for programs.
pub(super) fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::NothingToTrust => "nothing",
        Verdict::Trusted(How::Content) => "trusted",
        Verdict::Trusted(How::Always | How::Configuration(_)) => "always",
        Verdict::Trusted(How::ThisRun) => "this-run",
        Verdict::Untrusted(Why::New) => "new",
        Verdict::Untrusted(Why::Changed(_)) => "changed",
        Verdict::Untrusted(Why::Replaced) => "replaced",
    }
}

#[derive(Serialize)]
struct Listing {
    trusted: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    path: String,
    digest: String,
    always: bool,
    files: usize,
    at: String,
}

fn list(store: &TrustStore, context: &Context) -> Result<()> {
    let records = store.list()?;
    if records.is_empty() {
        context.printer.say("nothing is trusted yet\n");
    }
    let listed = |record: &Record| Listed {
        path: record.path.clone(),
        digest: record.digest.clone(),
        always: record.always,
        files: record.files.len(),
        at: record.at.clone(),
    };
    let document = || Listing { trusted: records.iter().map(listed).collect() };
    context.give(document, |look| {
        let row = |record: &Record| {
            let what = if record.always {
                "whatever it holds".to_owned()
            } else {
                crate::report::words::count(record.files.len(), "file")
            };
            let day = record.at.get(..10).unwrap_or(&record.at).to_owned();
            [day, what, record.path.clone()]
        };
        let rows: Vec<[String; 3]> = records.iter().map(row).collect();
        if rows.is_empty() { String::new() } else { table(["since", "what", "path"], &rows, look) }
    })
}
