//! Programs that a test starts: each in a process group of its own, drained from the first moment,
//! under a deadline, and ended with the test.

mod output;
mod pipe;
mod run;
mod running;

use std::path::Path;
use std::process::Command;

pub(crate) use output::Output;
pub(crate) use run::Run;
pub(crate) use running::Running;

/// The one place where tests make a bare command; it inherits the caller's environment.
#[expect(clippy::disallowed_methods, reason = "tests start programs from outside of atlas")]
pub(crate) fn command(program: &Path) -> Command {
    Command::new(program)
}
