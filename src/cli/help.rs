//! `atlas help`: of a command, and of what belongs to no single command.

use clap::builder::StyledStr;

use super::{Exit, context::Context, environment};
use crate::{
    model::{Fault, Result, Status, suggest, text},
    report::{Look, exit_codes, fault::Style},
};

/// What is told on a topic.
type Told = fn(Look) -> String;

/// Topics that are not commands.
const TOPICS: [(&str, Told); 2] =
    [("exit-codes", exit_codes::text), ("environment", environment::text)];

/// Show help of a command, or on `exit-codes` or `environment`
///
///   atlas help run
///   atlas help session show
///   atlas help exit-codes
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The command with its subcommand, or the topic
    topic: Vec<String>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let look = context.look();
    let topic = match &args.topic[..] {
        [topic] => TOPICS.iter().find(|(name, _)| name == topic),
        [] | [_, _, ..] => None,
    };
    let shown = match topic {
        Some((_, text)) => text(look),
        None => drawn(&of_command(&args.topic)?, look),
    };
    context.printer.result(&shown)?;
    Ok(Status::Passed.into())
}

fn of_command(path: &[String]) -> Result<StyledStr> {
    let mut command = super::command();
    let mut here = &mut command;
    for name in path {
        if here.find_subcommand(name).is_none() {
            return Err(unknown(name, here));
        }
        here = here.find_subcommand_mut(name).expect("it was found on the line above");
    }
    Ok(here.render_long_help())
}

fn unknown(name: &str, within: &clap::Command) -> Fault {
    let shown = text::sanitize_line(name);
    let fault = Fault::usage(format!("there is no help on `{shown}`"));
    let commands = within.get_subcommands().map(clap::Command::get_name);
    let topics = TOPICS.iter().map(|(topic, _)| *topic);
    let known: Vec<&str> = commands.chain(topics).collect();
    match suggest::nearest(name, known.iter().copied())[..] {
        [] => fault.hint(format!("there is help on {}", known.join(", "))),
        [near, ..] => fault.hint(format!("did you mean `{near}`?")),
    }
}

fn drawn(help: &StyledStr, look: Look) -> String {
    match look.style {
        Style::Plain => help.to_string(),
        Style::Colored => help.ansi().to_string(),
    }
}
