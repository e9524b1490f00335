//! The result as stdout or a file gets it.

use serde_json::Value;

use super::printer::StreamKind;
use crate::model::{Status, result::RunResult, secret, text};

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

/// A document for a program to read, ended.
pub fn json(document: &impl serde::Serialize) -> String {
    pretty(document) + "\n"
}

fn pretty(document: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(document).expect("keys are strings and numbers are finite")
}
