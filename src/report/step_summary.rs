//! The summary of a step on GitHub: Markdown, in which nobody else's words are Markdown.
//!
//! Words from outside stand in code spans, on lines of their own: no table can break out, no link,
//! image, mention or tag can come to be.

use std::fmt::Write as _;

use super::{
    annotation::{Annotation, At},
    look::Look,
    told::{Ending, Told},
    words,
};
use crate::model::{
    check::{Check, CheckStatus},
    lint::Level,
};

/// GitHub takes a megabyte for a step; who wants all of very many remarks reads another report.
const MOST: usize = 200;

/// The summary of one run, ended.
pub fn step_summary(told: &Told) -> String {
    let mark = match told.ending {
        Ending::Passed => "✅",
        Ending::ByNobody | Ending::NotChecked => "⚠️",
        Ending::Refused | Ending::Broken => "❌",
    };
    let mut page = format!("### {mark} {}\n\n{}\n", code(&told.skill), code(&told.conclusion()));
    if !told.result.checks.is_empty() {
        page.push_str("\nChecks:\n\n");
        page.extend(told.result.checks.iter().map(check));
    }
    if told.findings().next().is_some() {
        page.push_str("\nFindings:\n\n");
        page.extend(told.findings().take(MOST).map(remark));
    }
    let more = told.findings().count().saturating_sub(MOST);
    if more > 0 {
        let _ = writeln!(page, "- and {more} more");
    }
    page.push('\n');
    page
}

fn check(check: &Check) -> String {
    let said = match (check.status, check.blocking) {
        (CheckStatus::Passed, _) => "passed",
        (CheckStatus::Failed, true) => "**refused**",
        (CheckStatus::Failed, false) => "refused, advisory",
        (CheckStatus::Error, true) => "**could not run**",
        (CheckStatus::Error, false) => "could not run, advisory",
        (CheckStatus::Skipped, _) => "skipped",
    };
    let mut line = format!("- {} {said}", code(&check.name));
    if let Some(reason) = check.reason.as_ref().filter(|_| check.status != CheckStatus::Passed) {
        let _ = write!(line, ": {}", code(reason));
    }
    line.push('\n');
    line
}

fn remark(remark: &Annotation) -> String {
    let weight = match (remark.severity, remark.level) {
        (Some(severity), _) => severity.name(),
        (None, Level::Error) => "error",
        (None, Level::Warning) => "warning",
        (None, Level::Note) => "note",
    };
    let mut line = format!("- **{weight}** {}", code(&remark.rule));
    if let Some(path) = &remark.path {
        let path = path.to_string_lossy();
        let place = match remark.at {
            At::Anywhere => path.into_owned(),
            At::Line(number) => format!("{path}:{number}"),
            At::Region(region) => format!("{path}:{}", region.line),
        };
        let _ = write!(line, " {}", code(&place));
    }
    let _ = writeln!(line, ": {}", code(&remark.message));
    line
}

/// One line of somebody else's words as a code span, whose fence is longer than any run of
/// backticks in it.
fn code(words: &str) -> String {
    let words = words::first_line(words, Look::PLAIN);
    if words.is_empty() {
        return "(nothing)".to_owned();
    }
    let longest = words.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    format!("{fence} {words} {fence}")
}
