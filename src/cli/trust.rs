//! `atlas trust`: whom this user trusts, and with what.

use serde::Serialize;

use super::{
    Exit,
    context::Context,
    skills::{SkillsArgs, find},
};
use crate::{
    model::{Fault, Result, Status, TrustRequest},
    report::{Look, table::table},
    store::{
        config,
        trust::{Asking, Difference, How, Record, Scope, Subject, TrustStore, Verdict, Why, judge},
    },
};

/// How much of a hash people compare.
const SHOWN_DIGITS: usize = 12;

/// Trust what this repository wants to execute, after a look at it
///
/// Shows every file that can execute something or widen what an agent may do, and trusts exactly
/// this content: any change asks again and shows the difference. The skills in `~/.claude/skills`
/// are yours and need no trust.
#[derive(Debug, clap::Args)]
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
    let root = found.map_or_else(|| context.project().root.clone(), |found| found.dir);
    if args.revoke {
        let had = store.revoke(&root)?;
        let said = if had { "is no longer trusted" } else { "was not trusted" };
        context.printer.say(&format!("{} {said}\n", root.display()));
        return Ok(Status::Passed.into());
    }
    let subject = match &args.skill {
        None => Subject::of_repository(&root)?,
        Some(_) => Subject::of_skill(&root)?,
    };
    let scope = if args.always { Scope::Always } else { Scope::Content };
    trust(&subject, scope, &store, context)?;
    Ok(Status::Passed.into())
}

fn trust(subject: &Subject, scope: Scope, store: &TrustStore, context: &Context) -> Result<()> {
    let before = verdict(subject, store, context)?;
    if before == Verdict::NothingToTrust && scope == Scope::Content {
        context.printer.say("nothing here needs trust: no file executes or widens anything\n");
    } else {
        expect_a_person(context)?;
        store.trust(subject, scope, context.clock.now())?;
    }
    let document = || Document::of(subject, &before, scope);
    context.give(document, |look| told(subject, &before, look))?;
    if before != Verdict::NothingToTrust {
        context.printer.say("trusted; `atlas trust --revoke` takes it back\n");
    }
    Ok(())
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

/// An agent that could give trust would need none.
fn expect_a_person(context: &Context) -> Result<()> {
    let above =
        ["ATLAS_DEPTH", "CLAUDECODE"].into_iter().find(|name| context.env.get_os(name).is_some());
    match above {
        None => Ok(()),
        Some(name) => Err(Fault::invalid("trust is for a person to give")
            .because(format!("{name} is set, so an agent is above this command"))
            .hint("run it in a terminal of your own")),
    }
}

fn told(subject: &Subject, before: &Verdict, look: Look) -> String {
    let rows: Vec<[String; 3]> = subject
        .files
        .iter()
        .map(|file| {
            let digits = file.sha256.get(..SHOWN_DIGITS).unwrap_or_default().to_owned();
            [digits, news(before, &file.path).to_owned(), file.path.clone()]
        })
        .collect();
    let mut told = String::new();
    if !rows.is_empty() {
        told += &table(["sha-256", "since", "file"], &rows, look);
    }
    if let Verdict::Untrusted(Why::Changed(Difference { removed, .. })) = before {
        for path in removed {
            told.extend(["gone since: ", path, "\n"]);
        }
    }
    told
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

#[derive(Serialize)]
struct Document<'a> {
    path: String,
    digest: &'a str,
    /// What was known before this command.
    before: &'static str,
    always: bool,
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
    fn of(subject: &'a Subject, before: &'a Verdict, scope: Scope) -> Self {
        let removed = match before {
            Verdict::Untrusted(Why::Changed(difference)) => &difference.removed[..],
            Verdict::Untrusted(Why::New | Why::Replaced)
            | Verdict::Trusted(_)
            | Verdict::NothingToTrust => &[],
        };
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
            files: files.collect(),
            removed,
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
