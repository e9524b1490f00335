//! `tests-pass`: the project's own tests, run by the program that its files speak of.
//!
//! What it runs is what the agent wrote: as much may happen as when a person runs the tests. It
//! has the environment of a hook, is ended with the hook, and what it leaves behind is swept.

use std::{ffi::OsString, path::Path, time::Duration};

use super::{Answer, work::Work};
use crate::{
    model::bundled_hook::suites::{Project, Ran, Runner, ran},
    sys::{
        executable,
        fs::read_capped,
        process::{End, Exit, Finished, Program, RunLimits, run},
        signals::listen,
    },
};

/// The run that asks ends the hook when its time is over.
const NEVER: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Shorter than that of the run, so that what runs is gone before the hook is killed.
const GRACE: Duration = Duration::from_secs(1);
const LEAK_GRACE: Duration = Duration::from_millis(200);
const KEEP_BYTES: usize = 1024 * 1024;
/// Larger ones are no configuration.
const FILE_BYTES: u64 = 1024 * 1024;

/// How much of the end of each stream is told, in lines and characters.
const OF_STDOUT: (usize, usize) = (30, 1000);
const OF_STDERR: (usize, usize) = (12, 500);

/// pytest's own code for "no tests were collected".
const NOTHING_COLLECTED: i32 = 5;

pub(super) fn look(work: &Work) -> Result<Answer, String> {
    let root = work.root()?;
    let runners = match &work.with.runners {
        Some(named) => named.value.clone(),
        None => found(&root),
    };
    if runners.is_empty() {
        return Err(
            "no test runner was found: there is no `Cargo.toml`, no `package.json` with a \
                    test script, no sign of pytest, no `go.mod` and no `Makefile` with a target \
                    `test`; name it by `with: { runners: […] }`, or use a command"
                .to_owned(),
        );
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("cannot start: {error}"))?;
    for runner in runners {
        let command = command(work, &root, runner)?;
        let done = runtime.block_on(done(work, &root, &command))?;
        if let Some(reason) = reason(runner, &command.join(" "), &done)? {
            return Ok(Answer::Refused(vec![reason]));
        }
    }
    Ok(Answer::Passed { context: None })
}

fn found(root: &Path) -> Vec<Runner> {
    let has = |path: &str| root.join(path).exists();
    let text = |path: &str| {
        let bytes = read_capped(&root.join(path), FILE_BYTES).ok()?;
        String::from_utf8(bytes).ok()
    };
    Runner::of(&Project { has: &has, text: &text })
}

/// The first of a runner's programs that is there.
fn command(work: &Work, root: &Path, runner: Runner) -> Result<Vec<String>, String> {
    let path = work.env.get_os("PATH").unwrap_or_default();
    let is_there = |command: &&&[&str]| executable::find(command[0], path, root).is_some();
    let commands = runner.commands();
    let command = commands.iter().find(is_there).ok_or_else(|| {
        let names: Vec<String> =
            commands.iter().map(|command| format!("`{}`", command[0])).collect();
        format!("{} is not on PATH", names.join(" or "))
    })?;
    Ok(command.iter().map(|word| (*word).to_owned()).collect())
}

async fn done(work: &Work, root: &Path, command: &[String]) -> Result<Finished, String> {
    let signals = listen().map_err(|error| format!("cannot listen for signals: {error}"))?;
    let mut env: Vec<(OsString, OsString)> =
        work.env.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    // As where nobody watches: no colors, no questions, no waiting for changes.
    for (name, value) in [("CI", "true"), ("NO_COLOR", "1"), ("CARGO_TERM_COLOR", "never")] {
        env.retain(|(known, _)| known != name);
        env.push((name.into(), value.into()));
    }
    let program = Program {
        path: command[0].clone().into(),
        args: command[1..].iter().map(OsString::from).collect(),
        cwd: root.to_owned(),
        env,
    };
    let limits =
        RunLimits { timeout: NEVER, grace: GRACE, keep_bytes: KEEP_BYTES, leak_grace: LEAK_GRACE };
    run(&program, Vec::new(), limits, signals.subscribe()).await.map_err(|error| error.to_string())
}

/// Why the tests do not pass, if they do not.
fn reason(runner: Runner, command: &str, done: &Finished) -> Result<Option<String>, String> {
    let code = match done.end {
        End::Exited(Exit::Code(code)) => code,
        End::Exited(Exit::Signal(signal)) => {
            return Err(format!("`{command}` was killed by signal {signal}"));
        }
        End::TimedOut | End::Stopped => return Err(format!("`{command}` was stopped")),
    };
    let (stdout, stderr) = (done.stdout.text(), done.stderr.text());
    let none = format!(
        "`{command}` ran no test, which proves nothing; there have to be tests that it finds"
    );
    if runner == Runner::Pytest && code == NOTHING_COLLECTED {
        return Ok(Some(none));
    }
    if code == 0 {
        let is_whole = done.stdout.dropped() + done.stderr.dropped() == 0;
        let empty = is_whole && ran(runner, &stdout, &stderr) == Ran::None;
        return Ok(empty.then_some(none));
    }
    let (stdout, stderr) = (tail(&stdout, OF_STDOUT), tail(&stderr, OF_STDERR));
    let said: Vec<&str> = [stdout, stderr].into_iter().filter(|part| !part.is_empty()).collect();
    let said = said.join("\n");
    Ok(Some(format!("`{command}` ended with exit code {code}; its last lines:\n{said}")))
}

/// The last lines of a text.
fn tail(text: &str, (lines, characters): (usize, usize)) -> &str {
    let text = text.trim_end();
    let by_lines = text.rmatch_indices('\n').nth(lines - 1).map_or(0, |(at, _)| at + 1);
    let by_characters = text.char_indices().rev().nth(characters - 1).map_or(0, |(at, _)| at);
    text[by_lines.max(by_characters)..].trim_start_matches('\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_is_bounded_by_lines_and_characters() {
        assert_eq!(tail("a\nb\nc\n", (2, 100)), "b\nc");
        assert_eq!(tail("a\nb\nc", (9, 100)), "a\nb\nc");
        assert_eq!(tail("ääää", (9, 3)), "äää");
        assert_eq!(tail("\n\n", (2, 3)), "");
    }
}
