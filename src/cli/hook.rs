//! `atlas __hook NAME [OPTIONS]`: atlas as one of its own hooks, started by a run.

use std::{
    ffi::OsString,
    io::{Read as _, Write as _},
};

use crate::{
    engine::bundled_hooks::{Answer, Asked, look},
    sys::env::Env,
};

/// More than a run ever tells a hook.
const TOLD_BYTES: u64 = 64 * 1024 * 1024;

/// A hook that refuses, as Claude Code reads it.
const REFUSED: u8 = 2;

/// A hook that could not look: a shell's code for a program that cannot be run.
const COULD_NOT_LOOK: u8 = 126;

/// Takes the hook's name and its options as JSON. Reads what the hook is told, looks, and answers
/// on the two streams; gives the exit code.
pub(super) fn serve(args: &[OsString]) -> u8 {
    let word = |at: usize| args.get(at).map(|word| word.to_string_lossy()).unwrap_or_default();
    let mut told = Vec::new();
    let answer = match std::io::stdin().take(TOLD_BYTES).read_to_end(&mut told) {
        Ok(_) => look(&Asked {
            name: &word(0),
            options: &word(1),
            told: &told,
            env: &Env::from_process(),
        }),
        Err(error) => Answer::CouldNotLook(format!("cannot read stdin: {error}")),
    };
    // Nobody who reads is left when writing fails, and the exit code says the rest.
    let _unheard = match &answer {
        Answer::Passed { context: None } => Ok(()),
        Answer::Passed { context: Some(context) } => {
            let said =
                serde_json::json!({ "hookSpecificOutput": { "additionalContext": context } });
            writeln!(std::io::stdout(), "{said}")
        }
        Answer::Refused(reasons) => writeln!(std::io::stderr(), "{}", reasons.join("\n")),
        Answer::CouldNotLook(why) => writeln!(std::io::stderr(), "{why}"),
    };
    match answer {
        Answer::Passed { .. } => 0,
        Answer::Refused(_) => REFUSED,
        Answer::CouldNotLook(_) => COULD_NOT_LOOK,
    }
}
