//! Reports that other tools write: what a test runner or a linter says, as checks and findings.
//!
//! Both formats are written by hundreds of tools, so whatever is not needed may be missing or odd;
//! but a text that is no such report is a fault, never an empty one.

mod junit;
mod sarif;

pub use junit::junit;
pub use sarif::sarif;

use serde_json::Value;

use crate::model::{
    check::{Check, CheckKind, CheckStatus},
    result::OwnFinding,
};

/// At most so many objections of one report are checks of their own.
const MOST_CHECKS: usize = 50;

/// At most so many findings of one report are kept.
const MOST_FINDINGS: usize = 1000;

/// At most so many characters of what a tool says about one thing are kept.
const SAID: usize = 2000;

/// What a report says.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolReport {
    /// The same as a value that expressions can look at.
    pub output: Value,
    /// Each objection, and one for all that is well.
    pub checks: Vec<Check>,
    /// What was found in files.
    pub findings: Vec<OwnFinding>,
}

impl ToolReport {
    /// Whether it objects to something.
    pub fn refuses(&self) -> bool {
        self.checks.iter().any(Check::refuses)
    }
}

/// Objections as checks, where there are too many the first of them and one that says so.
fn objections(objections: Vec<(String, String)>) -> Vec<Check> {
    let failed = |name: String, why: String| {
        Check::blocking(name, CheckKind::Report, CheckStatus::Failed).because(why)
    };
    let more = objections.len().saturating_sub(MOST_CHECKS);
    let mut checks: Vec<Check> =
        objections.into_iter().take(MOST_CHECKS).map(|(name, why)| failed(name, why)).collect();
    if more > 0 {
        checks.push(failed("report".to_owned(), format!("{more} more objections")));
    }
    checks
}

/// That something is well.
fn content(name: impl Into<String>) -> Check {
    Check::blocking(name, CheckKind::Report, CheckStatus::Passed)
}

/// The beginning of what a tool says.
fn bounded(text: &str) -> String {
    text.trim().chars().take(SAID).collect()
}
