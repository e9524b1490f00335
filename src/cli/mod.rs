//! What was asked: one file a command, and the one way from a command line to an exit code.

mod check;
mod completions;
mod config;
mod context;
mod doctor;
mod environment;
mod failure;
mod gate;
mod global;
mod help;
mod hook;
mod hooks;
mod list;
mod man;
mod new;
mod report;
mod resume;
mod run;
mod scratch;
mod session;
mod show;
mod skills;
mod spawn;
mod stats;
mod test;
mod trust;
mod verify;

use std::{ffi::OsString, panic::AssertUnwindSafe, process::ExitCode};

use clap::{CommandFactory as _, FromArgMatches as _, Parser};

use crate::{
    engine,
    model::{Fault, Result, Status, bundled_hook},
    sys::{dump, env::Env, warden},
};
use context::Context;
pub use environment::{READ, ReadVariable, children};
use failure::Unparsed;
use global::{Asked, Global};

/// Run Claude Agent Skills the way a build tool runs a build: checked and recorded
///
/// A skill is a folder with a SKILL.md. `atlas run <skill>` runs it through your `claude`, checks
/// what came of it, keeps everything in a session folder, and ends with an exit code that says
/// what happened: 0 only when everything that had to hold was seen to hold.
#[derive(Debug, Parser)]
#[command(name = "atlas", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(after_help = "Begin with `atlas doctor`, then `atlas list` and `atlas run <SKILL>`.\n\
                        `atlas help exit-codes` and `atlas help environment` say the rest.")]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Run(Box<run::Args>),
    Verify(Box<verify::Args>),
    Resume(resume::Args),
    Spawn(spawn::Args),
    List(list::Args),
    Show(show::Args),
    Check(check::Args),
    New(new::Args),
    Session(session::Args),
    Scratch(scratch::Args),
    Stats(stats::Args),
    Report(report::Args),
    Test(test::Args),
    Hooks(hooks::Args),
    Gate(gate::Args),
    Trust(trust::Args),
    Config(config::Args),
    Doctor(doctor::Args),
    Completions(completions::Args),
    Man(man::Args),
    Help(help::Args),
}

impl Command {
    /// The formats that its results can have.
    fn formats(&self) -> &'static [Asked] {
        use Asked::{Csv, Github, Gitlab, Json, Jsonl, Junit, Markdown, Sarif, Text};
        match self {
            Self::Run(args) if args.dry_run || args.many.are_given() => &[Text, Json],
            Self::Verify(args) if args.dry_run => &[Text, Json],
            Self::Spawn(args) if args.dry_run => &[Text, Json],
            Self::Run(_) | Self::Verify(_) | Self::Resume(_) | Self::Spawn(_) => {
                &[Text, Json, Jsonl, Junit, Sarif, Github, Gitlab]
            }
            Self::Check(_) => &[Text, Json, Sarif, Github, Gitlab],
            Self::Test(_) => &[Text, Json, Junit],
            Self::Stats(_) => &[Text, Json, Csv],
            Self::Report(_) => &[Text, Json, Markdown],
            Self::Gate(_)
            | Self::List(_)
            | Self::Show(_)
            | Self::New(_)
            | Self::Session(_)
            | Self::Scratch(_)
            | Self::Hooks(_)
            | Self::Trust(_)
            | Self::Config(_)
            | Self::Doctor(_)
            | Self::Completions(_)
            | Self::Man(_)
            | Self::Help(_) => &[Text, Json],
        }
    }
}

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Exit(u8);

impl From<Status> for Exit {
    fn from(status: Status) -> Self {
        Self(status.code())
    }
}

/// The program: what this process was asked is done, and its exit code says how that went.
pub fn main() -> ExitCode {
    dump::never();
    let argv: Vec<OsString> = std::env::args_os().collect();
    if argv.get(1).is_some_and(|command| command == warden::COMMAND) {
        return internal(&warden::serve());
    }
    if argv.get(1).is_some_and(|command| command == engine::PLAYER) {
        return ExitCode::from(engine::play(&argv[2..]));
    }
    if argv.get(1).is_some_and(|command| command == bundled_hook::COMMAND) {
        return ExitCode::from(hook::serve(&argv[2..]));
    }
    if argv.get(1).is_some_and(|command| command == engine::EDIT_COMMAND) {
        return ExitCode::from(engine::serve_edit(&argv[2..]));
    }
    let env = Env::from_process();
    let ended = match parse(&argv) {
        Ok(cli) => unless_broken(|| follow(cli, env.clone())),
        Err(Unparsed::Asked(text)) => failure::answer(&text, &argv, &env),
        Err(Unparsed::Faulty(fault)) => Err(failure::with_advice(fault, &env)),
    };
    let exit = ended.unwrap_or_else(|fault| failure::tell(&fault, &argv, &env));
    let Exit(code) = if gate::is_hook(&argv) { gate::never_refuses(exit) } else { exit };
    ExitCode::from(code)
}

/// The whole command line as clap knows it, for the docs that are written from it.
pub fn command() -> clap::Command {
    let mut command = Cli::command();
    command.build();
    command
}

fn parse(argv: &[OsString]) -> Result<Cli, Unparsed> {
    let matches = Cli::command().try_get_matches_from(argv)?;
    Ok(Cli::from_arg_matches(&matches)?)
}

/// A panic is a bug of ours. On its way here every guard has run; what is left to do is to end
/// with a code that the table has.
fn unless_broken(act: impl FnOnce() -> Result<Exit>) -> Result<Exit> {
    std::panic::catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|_| {
        Err(Fault::failed("atlas itself broke")
            .because("the lines above say where; what the run did until then is in its session"))
    })
}

fn follow(cli: Cli, env: Env) -> Result<Exit> {
    if !cli.command.formats().contains(&cli.global.format) {
        let format = cli.global.format.name();
        let formats: Vec<String> = cli.command.formats().iter().map(|it| it.name()).collect();
        return Err(Fault::usage(format!("`--format {format}` is not for this command"))
            .hint(format!("it has {}", formats.join(", "))));
    }
    let context = Context::new(&cli.global, env)?;
    match cli.command {
        Command::Run(args) => run::run(&args, &context),
        Command::Verify(args) => verify::run(&args, &context),
        Command::Resume(args) => resume::run(&args, &context),
        Command::Spawn(args) => spawn::run(&args, &context),
        Command::List(args) => list::run(&args, &context),
        Command::Show(args) => show::run(&args, &context),
        Command::Check(args) => check::run(&args, &context),
        Command::New(args) => new::run(&args, &context),
        Command::Session(args) => session::run(&args, &context),
        Command::Scratch(args) => scratch::run(&args, &context),
        Command::Stats(args) => stats::run(&args, &context),
        Command::Report(args) => report::run(&args, &context),
        Command::Test(args) => test::run(&args, &context),
        Command::Hooks(args) => hooks::run(&args, &context),
        Command::Gate(args) => gate::run(&args, &context),
        Command::Trust(args) => trust::run(&args, &context),
        Command::Config(args) => config::run(&args, &context),
        Command::Doctor(args) => doctor::run(&args, &context),
        Command::Completions(args) => completions::run(&args, &context),
        Command::Man(args) => man::run(&args, &context),
        Command::Help(args) => help::run(&args, &context),
    }
}

/// Commands that atlas gives itself: they talk to nobody, so their exit code is all there is.
fn internal(ended: &std::io::Result<()>) -> ExitCode {
    let status = if ended.is_ok() { Status::Passed } else { Status::Failed };
    ExitCode::from(status.code())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_with_a_code_of_the_table() {
        let fault = unless_broken(|| panic!("a bug")).unwrap_err();
        assert_eq!(fault.status, Status::Failed);
    }
}
