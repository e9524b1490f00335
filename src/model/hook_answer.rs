//! What a hook said: its exit code and, where it printed JSON, Claude Code's own convention.
//!
//! A program that ran and ended with 0 passed, with any other code failed. A program that could
//! not look (not started, 126, 127, a signal, a time-out, JSON that is none) is an error, which is
//! neither: an error is never sent back to the agent and never passes.

use serde::Deserialize;

use crate::model::check::CheckStatus;

/// How a hook's process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookEnd {
    /// With this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// It took too long.
    TimedOut,
    /// It could not be started, for this reason.
    NotStarted(String),
    /// The run was stopped.
    Stopped,
}

/// What it amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookAnswer {
    /// Passed, failed or error.
    pub status: CheckStatus,
    /// Why, for anything but a pass.
    pub reason: Option<String>,
    /// Something it wants the agent to know.
    pub context: Option<String>,
}

/// At most this many characters of a reason are kept.
const REASON_CHARACTERS: usize = 2000;

/// Reads a hook's ending and output.
pub fn read(end: &HookEnd, stdout: &str, stderr: &str) -> HookAnswer {
    let code = match end {
        HookEnd::Code(code) => *code,
        HookEnd::Signal(signal) => return error(format!("it was killed by signal {signal}")),
        HookEnd::TimedOut => return error("it took too long".to_owned()),
        HookEnd::NotStarted(why) => return error(why.clone()),
        HookEnd::Stopped => return error("the run was stopped".to_owned()),
    };
    if code == 126 || code == 127 {
        return error(format!(
            "exit {code}: {}",
            said(stdout, stderr, "the command was not found")
        ));
    }
    if !stdout.trim_start().starts_with('{') {
        return by_code(code, stdout, stderr);
    }
    match serde_json::from_str::<Said>(stdout) {
        Ok(answer) => by_json(answer, code, stdout, stderr),
        Err(why) => error(format!("it printed text that begins with `{{` and is no JSON: {why}")),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Said {
    decision: Option<String>,
    reason: Option<String>,
    #[serde(rename = "continue")]
    go_on: Option<bool>,
    stop_reason: Option<String>,
    hook_specific_output: Specific,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Specific {
    additional_context: Option<String>,
}

fn by_json(answer: Said, code: i32, stdout: &str, stderr: &str) -> HookAnswer {
    let context = answer.hook_specific_output.additional_context;
    let blocked = answer.decision.as_deref() == Some("block");
    if blocked || answer.go_on == Some(false) {
        let reason = answer.reason.or(answer.stop_reason).unwrap_or_else(|| "blocked".to_owned());
        return HookAnswer { status: CheckStatus::Failed, reason: Some(short(&reason)), context };
    }
    if code == 0 {
        return HookAnswer { status: CheckStatus::Passed, reason: None, context };
    }
    let reason = answer.reason.map(|reason| short(&reason));
    let reason = reason.unwrap_or_else(|| said(stdout, stderr, &format!("exit {code}")));
    HookAnswer { status: CheckStatus::Failed, reason: Some(reason), context }
}

fn by_code(code: i32, stdout: &str, stderr: &str) -> HookAnswer {
    let (status, reason) = match code {
        0 => (CheckStatus::Passed, None),
        _ => (CheckStatus::Failed, Some(said(stdout, stderr, &format!("exit {code}")))),
    };
    HookAnswer { status, reason, context: None }
}

fn error(reason: String) -> HookAnswer {
    HookAnswer { status: CheckStatus::Error, reason: Some(reason), context: None }
}

/// stderr says why; a program that talks on stdout alone says it at the end.
fn said(stdout: &str, stderr: &str, otherwise: &str) -> String {
    match (stderr.trim(), stdout.trim()) {
        ("", "") => otherwise.to_owned(),
        ("", stdout) => short(stdout),
        (stderr, _) => short(stderr),
    }
}

/// The end of a long text, where programs say what matters.
fn short(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().rev().nth(REASON_CHARACTERS) {
        None => text.to_owned(),
        Some((at, _)) => format!("…{}", &text[at..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        let rows: &[(HookEnd, &str, &str, &str)] = &[
            (HookEnd::Code(0), "", "", "Passed"),
            (HookEnd::Code(0), "all fine", "noise", "Passed"),
            (HookEnd::Code(1), "a\nb", "", "Failed: a\nb"),
            (HookEnd::Code(2), "a", "because", "Failed: because"),
            (HookEnd::Code(3), "", "", "Failed: exit 3"),
            (HookEnd::Code(126), "", "", "Error: exit 126: the command was not found"),
            (HookEnd::Code(127), "", "sh: x: not found", "Error: exit 127: sh: x: not found"),
            (HookEnd::Signal(9), "", "", "Error: it was killed by signal 9"),
            (HookEnd::TimedOut, "", "", "Error: it took too long"),
            (HookEnd::NotStarted("no such file".into()), "", "", "Error: no such file"),
            (HookEnd::Code(0), r#"{"decision":"block","reason":"no"}"#, "", "Failed: no"),
            (HookEnd::Code(0), r#"{"continue":false,"stopReason":"halt"}"#, "", "Failed: halt"),
            (HookEnd::Code(0), r#"{"decision":"approve"}"#, "", "Passed"),
            (
                HookEnd::Code(0),
                r#"{"hookSpecificOutput":{"additionalContext":"hint"}}"#,
                "",
                "Passed +hint",
            ),
            (
                HookEnd::Code(0),
                "{oops",
                "",
                "Error: it printed text that begins with `{` and is no JSON: \
                 key must be a string at line 1 column 2",
            ),
        ];
        for (end, stdout, stderr, expected) in rows {
            let answer = read(end, stdout, stderr);
            let mut shown = format!("{:?}", answer.status);
            shown.extend(answer.reason.map(|reason| format!(": {reason}")));
            shown.extend(answer.context.map(|context| format!(" +{context}")));
            assert_eq!(shown, *expected);
        }
    }

    #[test]
    fn a_long_reason_keeps_its_end() {
        let answer = read(&HookEnd::Code(1), "", &format!("{}the point", "x".repeat(5000)));
        let reason = answer.reason.unwrap();
        assert_eq!(reason.chars().count(), REASON_CHARACTERS + 2);
        assert!(reason.ends_with("the point"));
    }
}
