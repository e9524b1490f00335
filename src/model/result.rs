//! The result of a run: the document behind `--format json`, the last line and every report.
//!
//! It is folded from the plan and the state, so whoever has a journal has the result. Its shape is
//! a public contract with a published JSON Schema: a field may be added, never renamed, and what is
//! not known is null, never 0.

mod fold;
mod many;
mod parts;
mod promised;

#[cfg(test)]
pub(crate) mod tests;

pub use fold::Outside;
pub use many::ManyResults;
pub use parts::{
    CanaryReport, ContextReport, Finding, FindingKind, FindingStatus, ReusedReport, Severity,
    SpendReport, StepReport, StepSpend, UnavailableReason, UnavailableReport, Verdict,
    VerdictStatus, Votes,
};
pub use promised::{OwnFinding, own_findings};

use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::{Deserialize, Serialize};

use crate::model::{
    Fault, Status,
    changes::TreeChanges,
    check::{Check, Proof},
    run::{Plan, State},
};

/// The version of the document's shape.
pub const SCHEMA_VERSION: u32 = 1;

/// The result of one run of a skill, or of a command line that never became one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "The result of an atlas run")]
pub struct RunResult {
    /// The version of this document's shape.
    #[schemars(extend("const" = SCHEMA_VERSION))]
    pub schema_version: u32,
    /// The repository as it was named; present where several were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The session's id; null before there is one.
    pub session: Option<String>,
    /// Which run of the session, from 1; null before there is one.
    pub run: Option<u32>,
    /// The skill's name; null where the command line never got as far as naming one.
    pub skill: Option<String>,
    /// How it ended.
    pub status: Status,
    /// The exit code of the process.
    pub exit_code: u8,
    /// Present, and true, where `--ok-on` made this status exit 0: nothing was checked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waived: bool,
    /// Present where an earlier run of the same stands for this one: nothing was asked or spent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reused: Option<ReusedReport>,
    /// Why, for anything but a plain pass.
    pub reason: Option<String>,
    /// What the last step said: a text, or the answer to its schema; null where it said nothing.
    /// Trust it only where `status` is passed.
    pub output: Option<serde_json::Value>,
    /// Everything that looked, in the plan's order; checks of superseded attempts are left out.
    pub checks: Vec<Check>,
    /// By whom the work is vouched for.
    pub proof: Proof,
    /// What the panel concluded; null where no panel sat.
    pub verdict: Option<Verdict>,
    /// The fault that tested the panel; present only where one was planted and judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<CanaryReport>,
    /// What tools found whose reports the steps read; left out where there is nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<OwnFinding>,
    /// Every step of the plan, in order.
    pub steps: Vec<StepReport>,
    /// What the run changed in the tree; null where nobody looked.
    pub changes: Option<TreeChanges>,
    /// Why there was nobody to ask; null where there was somebody.
    pub unavailable: Option<UnavailableReport>,
    /// Money and tokens.
    pub spend: SpendReport,
    /// How full the context window became; null where no call ended.
    pub context: Option<ContextReport>,
    /// How long it took in milliseconds, pauses of a resume left out.
    pub duration_ms: Option<u64>,
    /// The version of claude; null where it was never asked.
    pub claude_version: Option<String>,
}

impl RunResult {
    /// The result of a run, as far as it has come. One that has not ended counts as interrupted:
    /// its process is gone, and it can be resumed.
    pub fn fold(plan: &Plan, state: &State, outside: &Outside<'_>) -> Self {
        fold::run(plan, state, outside)
    }

    /// The result of a command line that never became a run.
    pub fn of_fault(fault: &Fault) -> Self {
        fold::fault(fault)
    }

    /// The published JSON Schema of this document.
    pub fn schema() -> Schema {
        SchemaSettings::draft2020_12()
            .for_serialize()
            .into_generator()
            .into_root_schema_for::<Self>()
    }
}
