//! `atlas hooks`: which hooks there are, and asking them outside of a run.

mod list;

use std::{io::Read as _, path::PathBuf};

use serde::Serialize;
use serde_json::json;

use super::{
    Exit, config,
    context::Context,
    run::{around, runtime},
    session,
    skills::SkillsArgs,
};
use crate::{
    engine::{self, Again, Purpose},
    model::{
        Fault, Request, Result, Status, TrustRequest,
        check::{Check, CheckStatus, Timing},
        journal_line::Line,
        planning,
        run::{Event, Plan, State, plan::HookPlan},
        suggest::nearest,
        yaml,
    },
    report::lines,
    store::session::{SessionDir, runs},
    sys::{fs::read_capped, signals::listen},
};

/// The most that a hook is told.
const MAX_INPUT: u64 = 64 * 1024 * 1024;

/// List hooks, and ask them outside of a run
///
/// A hook is a command that decides before, during or after a skill's work. `list` shows which ones
/// there are and whom they wait for; `test` asks one on an input of yours while you write it; `run`
/// asks all of one timing again, on the work of a run that is over.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    List(list::Args),
    Run(RunArgs),
    Test(TestArgs),
}

/// Ask all hooks of one timing again, on a run that is over
///
/// The hooks are those of today, so this is how to see whether a mended one is content. The tree is
/// the one that is here now; output, inputs and the list of changes are those of the run.
///
///   atlas hooks run --timing post                  on the newest session
///   atlas hooks run --timing post --session abcd   by its last four letters
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
struct RunArgs {
    /// Which hooks: `pre`, `mid` or `post`
    #[arg(long, value_name = "TIMING", value_parser = yaml::name::<Timing>)]
    timing: Timing,
    /// The session; the newest where none is named
    #[arg(long, value_name = "SESSION")]
    session: Option<String>,
    /// The newest session
    #[arg(long, conflicts_with = "session")]
    last: bool,
}

/// Ask one hook, with an input of yours at its stdin
///
/// Without `--input` it is told what a hook is told where nothing was done yet.
///
///   atlas hooks test tests-pass
///   atlas hooks test quotes --skill review-diff --input told.json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
struct TestArgs {
    /// The hook
    name: String,
    /// The file with the JSON that the hook is told; `-` is stdin
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Look among the hooks of this skill's contract too
    #[arg(long, value_name = "SKILL")]
    skill: Option<String>,
    #[command(flatten)]
    skills: SkillsArgs,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    match &args.command {
        Command::List(args) => list::run(args, context),
        Command::Run(args) => again(args, context),
        Command::Test(args) => test(args, context),
    }
}

fn again(args: &RunArgs, context: &Context) -> Result<Exit> {
    let sessions = session::sessions(context)?;
    let session = match &args.session {
        Some(query) => session::find(query, &sessions, context)?,
        None => sessions.last()?,
    };
    let Stored { request, plan, state } = Stored::read(&session)?;
    // What a journal says is told to hooks, and decides nothing about which ones run.
    let request = Request {
        skill: request.skill,
        args: request.args,
        inputs: request.inputs,
        cwd: context.cwd.clone(),
        trust: TrustRequest::Stored,
        ..Request::default()
    };
    let around = around(context)?;
    let today = engine::prepare::prepare(&request, &around, &Purpose::Work)?.plan;
    let plan =
        Plan { hooks: today.hooks, root: today.root, cwd: today.cwd, skill: today.skill, ..plan };
    let again = Again { plan: &plan, state: &state, session: &session };
    let checks = runtime()?.block_on(async {
        let signals = listen().map_err(|error| Fault::failed("cannot hear signals").because(error));
        Ok::<_, Fault>(again.run(args.timing, &around, &signals?.subscribe()).await)
    })?;
    if checks.is_empty() {
        let (timing, id) = (args.timing, &session.id);
        context.printer.say(&format!("there is no {timing} hook for the run of {id}\n"));
    }
    give(&checks, context)
}

/// The last run of a session that came as far as a plan.
struct Stored {
    request: Request,
    plan: Plan,
    state: State,
}

impl Stored {
    fn read(session: &SessionDir) -> Result<Self> {
        let lines = session.lines()?;
        let runs = runs(&lines);
        runs.iter().rev().find_map(|lines| Self::of(lines)).ok_or_else(|| {
            Fault::invalid(format!("the session {} has no run with a plan", session.id))
        })
    }

    fn of(lines: &[Line]) -> Option<Self> {
        let request = lines.iter().find_map(|line| match &line.event {
            Event::RunStarted { request, .. } => Some((**request).clone()),
            _ => None,
        })?;
        let plan = lines.iter().find_map(|line| match &line.event {
            Event::Plan { plan, .. } => Some((**plan).clone()),
            _ => None,
        })?;
        let state = State::of(lines.iter().map(|line| &line.event));
        Some(Self { request, plan, state })
    }
}

fn test(args: &TestArgs, context: &Context) -> Result<Exit> {
    let around = around(context)?;
    let settings = match &args.skill {
        None => config::settings(context)?,
        Some(skill) => {
            let request = Request {
                skill: skill.clone(),
                cwd: context.cwd.clone(),
                skills_dirs: args.skills.dirs.iter().map(|dir| context.cwd.join(dir)).collect(),
                ..Request::default()
            };
            engine::prepare::settings_for(&request, &around)?
        }
    };
    let names = || settings.hooks.iter().map(|hook| hook.name.as_str());
    let found = settings.hooks.iter().find(|hook| hook.name == args.name).ok_or_else(|| {
        let fault = Fault::usage(format!("there is no hook `{}`", args.name));
        match nearest(&args.name, names()).first() {
            Some(near) => fault.hint(format!("did you mean `{near}`?")),
            None => fault.hint("`atlas hooks list` shows them; `--skill` adds those of a contract"),
        }
    })?;
    let hook = planning::hook_alone(found, &settings, &around.own_exe);
    let root = context.project().root.clone();
    let input = match &args.input {
        Some(file) => read(file, context)?,
        None => nothing_done(&hook, &root),
    };
    let check = runtime()?.block_on(async {
        let signals = listen().map_err(|error| Fault::failed("cannot hear signals").because(error));
        let stop = signals?.subscribe();
        Ok::<_, Fault>(engine::ask_once(&hook, (&root, &around), input, stop).await)
    })?;
    give(&[check], context)
}

fn read(file: &PathBuf, context: &Context) -> Result<Vec<u8>> {
    let fault = |error| Fault::usage("cannot read the input").because(error);
    if file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        let read = std::io::stdin().take(MAX_INPUT).read_to_end(&mut bytes);
        return read.map(|_| bytes).map_err(fault);
    }
    read_capped(&context.cwd.join(file), MAX_INPUT).map_err(fault)
}

fn nothing_done(hook: &HookPlan, root: &std::path::Path) -> Vec<u8> {
    let told = json!({
        "hook_event_name": "Stop",
        "cwd": root,
        "timing": hook.timing,
        "inputs": {},
        "changed_files": [],
    });
    told.to_string().into_bytes()
}

#[derive(Serialize)]
struct Document<'a> {
    status: Status,
    checks: &'a [Check],
}

/// What the hooks said, and the exit code that a run would have ended with.
fn give(checks: &[Check], context: &Context) -> Result<Exit> {
    let status = status(checks);
    let verbosity = context.printer.verbosity();
    context.give(
        || Document { status, checks },
        |look| checks.iter().map(|check| lines::check(check, "", verbosity, look)).collect(),
    )?;
    Ok(status.into())
}

fn status(checks: &[Check]) -> Status {
    let blocking = |check: &&Check| check.blocking && check.status != CheckStatus::Passed;
    let objecting: Vec<&Check> = checks.iter().filter(blocking).collect();
    let refused = objecting.iter().any(|check| check.status == CheckStatus::Failed);
    match objecting.first() {
        None => Status::Passed,
        Some(check) if check.timing == Some(Timing::Pre) => Status::Blocked,
        Some(_) if refused => Status::Rejected,
        Some(_) => Status::Inconclusive,
    }
}
