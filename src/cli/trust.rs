//! `atlas trust`: whom this user trusts, and with what.

pub(super) mod asks;
pub(super) mod consent;
pub(super) mod question;
mod shown;

use serde::Serialize;

use self::{asks::Asked, consent::Answer, shown::Shown};
use super::{
    Exit,
    context::Context,
    global::Format,
    skills::{SkillsArgs, find},
};
use crate::{
    model::{Fault, Result, Status, TrustRequest},
    report::table::table,
    store::{
        config,
        trust::{Asking, How, Record, Scope, Subject, TrustStore, Verdict, Why, judge},
    },
};

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
        None => Subject::of_repository(&context.project().root, &context.cwd),
        Some(found) => Subject::of_skill(&found.dir),
    };
    let subject = look()?;
    let asked = match &found {
        None => Asked::of_repository(context)?,
        Some(found) => Asked::of_skill(found),
    };
    let before = verdict(&subject, &store, context)?;
    let scope = if args.always { Scope::Always } else { Scope::Content };
    let shown = Shown::of(&subject, &before, &asked, &store)?.with(scope);
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
        Verdict::Trusted(
            How::Always | How::Configuration(_) | How::ThisRun | How::Inherited(_),
        )
        | Verdict::Untrusted(_) => true,
    }
}

/// A verdict in one word, for programs.
pub(super) fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::NothingToTrust => "nothing",
        Verdict::Trusted(How::Content) => "trusted",
        Verdict::Trusted(How::Always | How::Configuration(_)) => "always",
        Verdict::Trusted(How::ThisRun) => "this-run",
        Verdict::Trusted(How::Inherited(_)) => "inherited",
        Verdict::Untrusted(Why::New) => "new",
        Verdict::Untrusted(Why::Changed(_)) => "changed",
        Verdict::Untrusted(Why::Replaced) => "replaced",
        Verdict::Untrusted(Why::Shared(_)) => "shared",
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
