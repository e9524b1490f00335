//! The one place where a failure becomes text, or a document, and an exit code.

use std::ffi::OsString;

use clap::{builder::StyledStr, error::ErrorKind};

use super::{Exit, context::early_printer, global::Glimpse, skills};
use crate::{
    model::{Fault, Result, Status, result::RunResult},
    report::{About, Told, fault::Style, report},
    sys::env::Env,
};

/// A command line that is not followed.
#[derive(Debug)]
pub(super) enum Unparsed {
    /// It asks for help or for the version.
    Asked(Box<StyledStr>),
    /// It is wrong.
    Faulty(Fault),
}

impl From<clap::Error> for Unparsed {
    fn from(error: clap::Error) -> Self {
        let text = error.render();
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Self::Asked(Box::new(text)),
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Self::Faulty(
                Fault::usage("no command was given")
                    .hint("`atlas --help` lists them; `atlas doctor` is a good first one"),
            ),
            _ => Self::Faulty(fault(&text.to_string())),
        }
    }
}

/// Gives what was asked for in place of a result.
pub(super) fn answer(text: &StyledStr, argv: &[OsString], env: &Env) -> Result<Exit> {
    let printer = early_printer(Glimpse::of(argv), env);
    match printer.result_look().style {
        Style::Plain => printer.result(&text.to_string())?,
        Style::Colored => printer.result(&text.ansi().to_string())?,
    }
    Ok(Status::Passed.into())
}

/// Tells what went wrong: to people on stderr, and on stdout to a program that asked for a report.
pub(super) fn tell(fault: &Fault, argv: &[OsString], env: &Env) -> Exit {
    let glimpse = Glimpse::of(argv);
    let printer = early_printer(glimpse, env);
    printer.fault(fault);
    if let Some(form) = glimpse.format.form() {
        let told = Told::of(&RunResult::of_fault(fault), &About::default());
        if let Err(unwritten) = printer.result(&report(form, &told, &[], "")) {
            printer.fault(&unwritten);
        }
    }
    Exit(fault.exit_code)
}

/// What else may be meant by a word that is no command: a skill to run, a key to explain.
pub(super) fn with_advice(fault: Fault, env: &Env) -> Fault {
    let typed = fault.message.strip_prefix("unrecognized subcommand '");
    let Some(typed) = typed.and_then(|rest| rest.strip_suffix('\'')).map(str::to_owned) else {
        return fault;
    };
    if fault.hints.iter().any(|hint| hint.starts_with("usage: atlas config ")) {
        return fault.hint(format!("`atlas config explain {typed}` explains a key"));
    }
    if !fault.hints.iter().any(|hint| hint == "usage: atlas [OPTIONS] <COMMAND>") {
        return fault;
    }
    match skills::nearest(&typed, env) {
        Some(skill) => fault.hint(format!("`atlas run {skill}` runs the skill `{skill}`")),
        None => fault,
    }
}

/// What clap says, as a fault: its paragraphs are the message, tips, the usage, and a reference
/// to `--help`.
fn fault(said: &str) -> Fault {
    let mut paragraphs = said.trim().split("\n\n").map(str::trim);
    let message = paragraphs.next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let lines: Vec<&str> = message.lines().map(str::trim_end).collect();
    let mut fault = Fault::usage(lines.join("\n").replace("\n  ", "\n"));
    for line in paragraphs.flat_map(str::lines).map(str::trim) {
        if let Some(tip) = line.strip_prefix("tip: ") {
            fault = fault.hint(tip);
        } else if let Some(usage) = line.strip_prefix("Usage: ") {
            fault = fault.hint(format!("usage: {usage}"));
        }
    }
    fault
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::parse;

    fn check(line: &str, message: &str, hints: &[&str]) {
        let argv: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let Err(Unparsed::Faulty(fault)) = parse(&argv) else { panic!("{line} is wrong") };
        assert_eq!((fault.status, fault.message.as_str()), (Status::Usage, message), "{line}");
        assert_eq!(fault.hints, hints, "{line}");
    }

    #[test]
    fn what_clap_says_is_a_fault_of_ours() {
        check(
            "atlas --formt json list",
            "unexpected argument '--formt' found",
            &["a similar argument exists: '--format'", "usage: atlas --format <FORMAT> <COMMAND>"],
        );
        check(
            "atlas lst",
            "unrecognized subcommand 'lst'",
            &["some similar subcommands exist: 'test', 'list'", "usage: atlas [OPTIONS] <COMMAND>"],
        );
        check(
            "atlas",
            "no command was given",
            &["`atlas --help` lists them; `atlas doctor` is a good first one"],
        );
        check(
            "atlas list --color blue",
            "invalid value 'blue' for '--color <WHEN>'\n[possible values: auto, always, never]",
            &[],
        );
    }
}
