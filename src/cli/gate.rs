//! `atlas gate`: a session of Claude Code, held to a contract by Claude Code's own hooks.

mod install;

use std::{
    ffi::OsString,
    io::{IsTerminal as _, Read as _},
    path::PathBuf,
};

use super::{
    Exit,
    context::Context,
    run::{around, runtime},
};
use crate::{
    engine,
    model::{Fault, Result, Status, gate::Told},
};

/// The most that Claude Code tells a hook.
const TOLD_BYTES: u64 = 64 * 1024 * 1024;

/// Set for what a run of atlas starts: its calls are judged by that run.
const WITHIN: [&str; 2] = ["ATLAS_DEPTH", "ATLAS_SESSION"];

/// Hold a session of Claude Code to a contract
///
///   atlas gate --install          in this repository
///   atlas gate --install --user   in every one of yours
///
/// Claude Code then asks at each prompt, when the base is taken, and whenever
/// the agent wants to end its turn: what it changed since is judged by the post
/// hooks and the reviewers of `.claude/contracts/gate.yaml`. While that refuses,
/// the agent is told why and goes on, three times in a session at most; then the
/// gate lets go and says that the work is not verified. Without a contract
/// nothing happens.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct Args {
    /// The contract: one of `.claude/contracts`, or a file of yours outside of the repository
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,
    /// Put the hooks into Claude Code's settings; shows the change first
    #[arg(long, conflicts_with = "remove")]
    install: bool,
    /// Take the hooks out of Claude Code's settings; shows the change first
    #[arg(long, conflicts_with = "contract")]
    remove: bool,
    /// Your own settings, in place of those of this repository
    #[arg(long)]
    user: bool,
    /// Change the settings without a question
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    if let Some(wish) = install::wish(args) {
        return install::run(&wish, args, context);
    }
    if std::io::stdin().is_terminal() {
        return Err(Fault::usage("`atlas gate` answers the hooks of Claude Code")
            .hint("`atlas gate --install` puts it there"));
    }
    answer(args, context)
}

/// Whether a command line is one that Claude Code's hooks run, be it wrong or not.
pub(super) fn is_hook(argv: &[OsString]) -> bool {
    let by_a_person = |word: &OsString| word == "--install" || word == "--remove";
    argv.get(1).is_some_and(|command| command == "gate") && !argv.iter().any(by_a_person)
}

/// Whatever went wrong is told with a code that stops nobody: Claude Code reads 2 as a refusal, which
/// would come again at the end of each turn.
pub(super) fn never_refuses(exit: Exit) -> Exit {
    if exit == Exit::from(Status::Usage) { Status::Failed.into() } else { exit }
}

fn answer(args: &Args, context: &Context) -> Result<Exit> {
    let mut told = Vec::new();
    let read = std::io::stdin().take(TOLD_BYTES).read_to_end(&mut told);
    read.map_err(|error| Fault::failed("cannot read what Claude Code tells").because(error))?;
    if WITHIN.iter().any(|name| context.env.get_os(name).is_some()) {
        return Ok(Status::Passed.into());
    }
    let told = Told::read(&told).map_err(|why| {
        Fault::failed("this is not what Claude Code tells a hook of the gate").because(why)
    })?;
    let around = around(context)?;
    let answer = runtime()?.block_on(engine::gate(&told, args.contract.as_deref(), &around))?;
    if let Some(json) = answer.json() {
        context.printer.result(&json)?;
    }
    Ok(Status::Passed.into())
}
