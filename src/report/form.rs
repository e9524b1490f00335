//! The forms that a report of a run can take, for machines of all kinds.

use serde_json::json;

use super::{
    answer::json as pretty, github::github_of_run, gitlab::gitlab, junit::junit_of_run,
    sarif::sarif_of_run, told::Told,
};

/// A form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The result, one JSON document.
    Json,
    /// The events of the run, one JSON document a line, and the result as the last of them.
    Jsonl,
    /// JUnit's XML.
    Junit,
    /// SARIF 2.1.0.
    Sarif,
    /// Annotations of a GitHub workflow.
    Github,
    /// GitLab's code quality report.
    Gitlab,
}

/// A report in this form. `token` is what GitHub's runner waits for at the end of the answer.
pub fn report(form: Form, told: &Told, events: &[String], token: &str) -> String {
    match form {
        Form::Json => pretty(&told.result),
        Form::Jsonl => events.iter().cloned().chain([last_line(told)]).collect(),
        Form::Junit => junit_of_run(told),
        Form::Sarif => pretty(&sarif_of_run(told)),
        Form::Github => github_of_run(told, token),
        Form::Gitlab => pretty(&gitlab(&told.remarks)),
    }
}

/// The last line of JSONL, ended: what all the events before it came to.
pub fn last_line(told: &Told) -> String {
    format!("{}\n", json!({ "type": "result", "result": told.result }))
}
