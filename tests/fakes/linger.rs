//! The child that stays: in a session of its own, where no signal to the fake's group reaches it.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Command, ExitCode, Stdio};

use super::play;

/// The hidden command by which the fake starts itself again.
pub(crate) const COMMAND: &str = "__linger";

/// What follows [`COMMAND`] for a child that lives on after SIGTERM.
const IGNORE_TERM: &str = "ignore-term";

/// Starts the child and waits until it has left the fake's session.
#[expect(clippy::disallowed_methods, reason = "the fake uses nothing of atlas")]
pub(crate) fn leave(keep_stdout: bool, ignore_term: bool) -> io::Result<()> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg(COMMAND)
        .args(ignore_term.then_some(IGNORE_TERM))
        .stdin(Stdio::null())
        .stdout(if keep_stdout { Stdio::inherit() } else { Stdio::null() })
        .stderr(Stdio::piped())
        .spawn()?;
    let stderr = child.stderr.take().expect("stderr was piped");
    BufReader::new(stderr).read_line(&mut String::new())?;
    Ok(())
}

/// The child's own life.
pub(crate) fn stay(args: &[String]) -> io::Result<ExitCode> {
    if args.iter().any(|arg| arg == IGNORE_TERM) {
        play::ignore_term()?;
    }
    rustix::process::setsid()?;
    writeln!(io::stderr(), "ready")?;
    play::hang()
}
