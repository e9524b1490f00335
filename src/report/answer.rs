//! The result as stdout or a file gets it.

use serde_json::Value;

use super::printer::StreamKind;
use crate::model::{Status, result::RunResult, secret, spawn::TaskResult, text};

/// How a result is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// The output alone, and only of a run that passed.
    #[default]
    Text,
    /// The whole document, always.
    Json,
}

/// What goes to stdout or to the file of `-o`; `None` where there is nothing to give.
///
/// Prose stays as it is for a program or a file; only a terminal must be kept from obeying it. What
/// looks like a secret stays in the session, whoever reads.
pub fn answer(result: &RunResult, format: Format, reader: StreamKind) -> Option<String> {
    let mut answer = match format {
        Format::Json => pretty(result),
        Format::Text if result.status != Status::Passed => return None,
        Format::Text => match result.output.as_ref()? {
            Value::String(prose) => prose.clone(),
            structured => pretty(structured),
        },
    };
    answer = secret::redact(&answer).into_owned();
    if reader == StreamKind::Terminal {
        answer = text::sanitize(&answer).into_owned();
    }
    if !answer.is_empty() && !answer.ends_with('\n') {
        answer.push('\n');
    }
    Some(answer)
}

/// The result of one task as a line.
pub fn line(result: &TaskResult, reader: StreamKind) -> String {
    one_line(&serde_json::to_value(result).expect("a result is JSON"), reader)
}

/// The results of all tasks, each a line.
pub fn lines(result: &RunResult, reader: StreamKind) -> String {
    let results = result.output.as_ref().and_then(Value::as_array);
    results.into_iter().flatten().map(|result| one_line(result, reader)).collect()
}

fn one_line(result: &Value, reader: StreamKind) -> String {
    let line = result.to_string();
    let line = secret::redact(&line);
    match reader {
        StreamKind::Terminal => text::sanitize(&line).into_owned() + "\n",
        StreamKind::Pipe => line.into_owned() + "\n",
    }
}

/// A document for a program to read, ended.
pub fn json(document: &impl serde::Serialize) -> String {
    pretty(document) + "\n"
}

fn pretty(document: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(document).expect("keys are strings and numbers are finite")
}
