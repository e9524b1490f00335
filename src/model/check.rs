//! Checks: what looked at the work, when, and what it said.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What one check said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CheckStatus {
    /// It looked and was content.
    Passed,
    /// It looked and refused.
    Failed,
    /// It could not look; this is never a pass.
    Error,
    /// It was not asked to look, and the reason says why.
    Skipped,
}

/// What kind of thing looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CheckKind {
    /// A prerequisite named by `requires:`.
    Requires,
    /// A hook command.
    Hook,
    /// A JSON Schema that the output must satisfy.
    Schema,
    /// The success predicate over a call to claude.
    Predicate,
    /// The panel of reviewers.
    Panel,
    /// The search for secrets in a result.
    Secret,
    /// The look at the files that judge the work; only what it found is kept.
    Protection,
    /// A case of a report that a command step wrote.
    Report,
}

/// When a hook runs, relative to the agent's work.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Timing {
    /// Before anything is spent.
    Pre,
    /// After each agent step, or after each edit inside one.
    Mid,
    /// After all steps.
    Post,
}

impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pre => "pre",
            Self::Mid => "mid",
            Self::Post => "post",
        })
    }
}

/// The record of one check, as results and reports show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// The hook's name, or what was required.
    pub name: String,
    /// What kind of thing looked.
    pub kind: CheckKind,
    /// When it looked, where that is a matter of choice.
    pub timing: Option<Timing>,
    /// Whether the run may pass without it.
    pub blocking: bool,
    /// What it said.
    pub status: CheckStatus,
    /// Why, for anything but a pass.
    pub reason: Option<String>,
    /// How long it took, in milliseconds.
    pub ms: u64,
}

impl Check {
    /// A blocking check that took no time worth telling.
    pub fn blocking(name: impl Into<String>, kind: CheckKind, status: CheckStatus) -> Self {
        Self { name: name.into(), kind, timing: None, blocking: true, status, reason: None, ms: 0 }
    }

    /// Adds why.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Whether this check alone keeps the run from passing.
    pub fn refuses(&self) -> bool {
        self.blocking && matches!(self.status, CheckStatus::Failed | CheckStatus::Error)
    }
}

/// What a pass needs.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Require {
    /// Nothing beyond an agent that finished.
    #[default]
    None,
    /// At least one blocking check that looked and was content.
    Checks,
    /// A panel that confirmed.
    Panel,
}

/// By whom a pass is vouched for, folded from the checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proof {
    /// Blocking hook commands that passed after the agent's work.
    pub commands: u32,
    /// Schemas that the output satisfied.
    pub schema: u32,
    /// Reviewers that confirmed.
    pub votes: u32,
    /// Planted faults that the panel caught.
    pub canary: u32,
}

impl Proof {
    /// What these checks amount to; only blocking ones that looked at the work count.
    pub fn of<'a>(checks: impl IntoIterator<Item = &'a Check>) -> Self {
        let mut proof = Self::default();
        for check in checks {
            if !check.blocking || check.status != CheckStatus::Passed {
                continue;
            }
            match (check.kind, check.timing) {
                (CheckKind::Hook, Some(Timing::Mid | Timing::Post)) => proof.commands += 1,
                (CheckKind::Schema, _) => proof.schema += 1,
                (CheckKind::Hook, Some(Timing::Pre) | None)
                | (
                    CheckKind::Requires
                    | CheckKind::Predicate
                    | CheckKind::Panel
                    | CheckKind::Secret
                    | CheckKind::Protection
                    | CheckKind::Report,
                    _,
                ) => {}
            }
        }
        proof
    }

    /// The strongest requirement that this satisfies.
    pub fn level(self) -> Require {
        if self.votes > 0 {
            Require::Panel
        } else if self.commands + self.schema > 0 {
            Require::Checks
        } else {
            Require::None
        }
    }
}
