//! A run as every report tells it: how it ended, what looked at it, what was found and where.
//!
//! This is what the forms have in common, so that none of them decides anew what counts as a
//! failure or where a finding stands. It holds no secret; its texts are not yet safe to show.

mod remarks;

use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use super::{
    annotation::{Annotation, RuleRow},
    look::Look,
    summary::{self, Place},
    words,
};
use crate::model::{
    Status,
    check::{Check, CheckKind, Require},
    result::RunResult,
    run::Plan,
    secret,
};

/// A run, ready to take a form.
#[derive(Clone, Debug)]
pub struct Told {
    /// The skill, or atlas itself where the command line never named one.
    pub skill: String,
    /// How it ended, as far as a report can show it.
    pub ending: Ending,
    /// The one line that a person is told after it.
    pub headline: String,
    /// The result.
    pub result: RunResult,
    /// What was refused, what broke and what was found.
    pub remarks: Vec<Annotation>,
    /// The rules that the remarks come from.
    pub rules: Vec<RuleRow>,
    /// What the run says, where that was accepted.
    pub answer: Option<String>,
}

/// How a run ended, as far as a report can show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// What had to hold was seen to hold.
    Passed,
    /// It passed because nothing looked at it.
    ByNobody,
    /// It exits 0 because somebody wanted that, and nothing was checked.
    NotChecked,
    /// A check looked and refused.
    Refused,
    /// It came to no end that says anything about the work.
    Broken,
}

/// What a report knows of a run beside its result.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    /// What was planned; nothing of a command line that never became a run.
    pub plan: Option<&'a Plan>,
    /// Where things of the run lie, and whether it was a replay.
    pub place: Place<'a>,
}

impl Told {
    /// What a result amounts to.
    pub fn of(result: &RunResult, about: &About<'_>) -> Self {
        let result = without_secrets(result);
        let ending = Ending::of(&result);
        let mut told = Self {
            skill: result.skill.clone().unwrap_or_else(|| "atlas".to_owned()),
            ending,
            headline: summary::headline(about.plan, &result, &about.place, Look::PLAIN)
                .trim_end()
                .to_owned(),
            answer: answer(&result),
            remarks: Vec::new(),
            rules: Vec::new(),
            result,
        };
        remarks::add(&mut told, about);
        told
    }

    /// How it ended and, where that is no plain pass, why: one line.
    pub fn conclusion(&self) -> String {
        let reason = self.result.reason.as_deref().unwrap_or_default();
        let reason = words::first_line(reason, Look::PLAIN);
        match self.ending {
            Ending::Passed | Ending::ByNobody => self.headline.clone(),
            Ending::NotChecked => format!("NOT CHECKED: {reason}"),
            Ending::Refused | Ending::Broken if reason.is_empty() => self.headline.clone(),
            Ending::Refused | Ending::Broken => format!("{}: {reason}", self.headline),
        }
    }

    /// The remarks but for the one on how the run ended.
    pub fn findings(&self) -> impl Iterator<Item = &Annotation> {
        self.remarks.iter().filter(|remark| !remark.rule.starts_with(remarks::OF_RUN))
    }

    /// Whether a check of its own says why the run ended as it did.
    pub fn is_told_by_a_check(&self) -> bool {
        match self.ending {
            Ending::Passed => true,
            Ending::Refused => {
                let checks = self.result.checks.iter();
                checks.filter(|check| check.kind != CheckKind::Predicate).any(Check::refuses)
            }
            Ending::ByNobody | Ending::NotChecked | Ending::Broken => false,
        }
    }
}

impl Ending {
    fn of(result: &RunResult) -> Self {
        match result.status {
            _ if result.waived => Self::NotChecked,
            Status::Passed if result.proof.level() == Require::None => Self::ByNobody,
            Status::Passed => Self::Passed,
            Status::Rejected | Status::Blocked | Status::Inconclusive => Self::Refused,
            Status::Failed
            | Status::Usage
            | Status::Limit
            | Status::Unavailable
            | Status::Invalid
            | Status::Waiting
            | Status::Busy
            | Status::Interrupted => Self::Broken,
        }
    }
}

fn answer(result: &RunResult) -> Option<String> {
    if result.status != Status::Passed {
        return None;
    }
    Some(match result.output.as_ref()? {
        Value::String(prose) => prose.clone(),
        structured => format!("{structured:#}"),
    })
}

/// The result with a note in the place of each secret, before any form could hide one.
fn without_secrets(result: &RunResult) -> RunResult {
    let json = serde_json::to_string(result).expect("a result is JSON");
    serde_json::from_str(&secret::redact(&json)).unwrap_or_else(|_| result.clone())
}

/// A file of the repository by its path from the root; nothing for one that leads out of it, or
/// that a reader could take for an address.
fn below(file: &str, root: Option<&Path>) -> Option<PathBuf> {
    let path = Path::new(file.trim());
    let path = root.and_then(|root| path.strip_prefix(root).ok()).unwrap_or(path);
    let mut below = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(name) => below.push(name),
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    let first = below.components().next()?.as_os_str().to_string_lossy().into_owned();
    (!first.contains(':')).then_some(below)
}

#[cfg(test)]
mod tests;
