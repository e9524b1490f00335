//! The answer of a person, without which nothing becomes trusted.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};

use super::super::context::Context;
use crate::model::{Fault, Result};

/// Set for what an agent starts: one that could give trust would need none.
const AGENTS: [&str; 2] = ["ATLAS_DEPTH", "CLAUDECODE"];

/// Set where nobody sits at the terminal, even if there is one: on a build machine, in a git hook.
const UNATTENDED: [&str; 6] =
    ["CI", "GIT_DIR", "GIT_INDEX_FILE", "GIT_EXEC_PATH", "GIT_PREFIX", "PRE_COMMIT"];

/// No answer is this long.
const MAX_ANSWER: u64 = 64;

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// `--yes`: it was given with the command.
    Given,
    /// Whoever sits at the terminal.
    Asked,
    /// Nobody: why not.
    Nobody(&'static str),
}

impl Answer {
    /// Who can answer here.
    ///
    /// # Errors
    /// An agent is above this command.
    pub(super) fn of(given: Option<Answer>, context: &Context) -> Result<Self> {
        if let Some(name) = agent_above(context) {
            return Err(Fault::invalid("trust is for a person to give")
                .because(format!("{name} is set, so an agent is above this command"))
                .hint("run it in a terminal of your own"));
        }
        if let Some(given) = given {
            return Ok(given);
        }
        Ok(match unattended(context) {
            Some("CI") => Self::Nobody("CI is set, so nobody is asked"),
            Some(_) => Self::Nobody("a git hook is no place to be asked"),
            None if is_a_terminal() => Self::Asked,
            None => Self::Nobody("there is no terminal to ask on"),
        })
    }

    /// Goes on only with a yes.
    ///
    /// # Errors
    /// The answer is another one, or nobody can give one.
    pub(super) fn expect_yes(self, context: &Context) -> Result<()> {
        match self {
            Self::Given => return Ok(()),
            Self::Nobody(why) => {
                return Err(Fault::invalid("nothing was trusted")
                    .because(why)
                    .hint("run `atlas trust` in a terminal, or add `--yes` once you have looked"));
            }
            Self::Asked => {}
        }
        context.printer.ask("trust this? [y/N] ");
        match typed() {
            Ok(typed) if matches!(typed.trim().to_ascii_lowercase().as_str(), "y" | "yes") => {
                Ok(())
            }
            Ok(_) => Err(Fault::invalid("nothing was trusted").because("nobody said yes")),
            Err(error) => Err(Fault::invalid("nothing was trusted").because(error)),
        }
    }
}

/// Whether a question would reach a person: there is a terminal on both sides, and neither an
/// agent, a git hook nor a build machine is above this command.
pub(in crate::cli) fn somebody_answers(context: &Context) -> bool {
    agent_above(context).is_none() && unattended(context).is_none() && is_a_terminal()
}

/// The line that somebody typed.
pub(in crate::cli) fn typed() -> io::Result<String> {
    let mut typed = String::new();
    io::stdin().lock().take(MAX_ANSWER).read_line(&mut typed)?;
    Ok(typed)
}

/// What says that an agent is above this command.
pub(in crate::cli) fn agent_above(context: &Context) -> Option<&'static str> {
    AGENTS.into_iter().find(|name| context.env.get_os(name).is_some())
}

fn unattended(context: &Context) -> Option<&'static str> {
    // git sets an empty prefix in the root of a tree.
    let set = |name: &&str| {
        context
            .env
            .get_os(name)
            .is_some_and(|value| *name == "GIT_PREFIX" || (!value.is_empty() && value != "false"))
    };
    UNATTENDED.into_iter().find(set)
}

fn is_a_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}
