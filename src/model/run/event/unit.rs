//! What units tell: calls and commands, what was settled before them, and what they made.

use serde::{Deserialize, Serialize};

use crate::model::{
    call::{CallOutcome, ContextUse, QuotaUse, Spend},
    check::Check,
    result::OwnFinding,
    skill::stages::BytesByStage,
    value::Usd,
};

/// Work that was done elsewhere, taken in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkTaken {
    /// The step's id.
    pub step: String,
    /// The attempt, from 1.
    pub attempt: u32,
    /// Whether it could be kept.
    pub outcome: CallOutcome,
    /// The work.
    pub output: Option<Output>,
}

/// Where a call's money stands in the user's ledger of days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayEntry {
    /// The day, as `2026-11-28`, by UTC.
    pub day: String,
    /// What ties the price to what was set aside.
    pub id: String,
}

/// A call's start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallStarted {
    /// The step's id.
    pub step: String,
    /// The attempt, from 1.
    pub attempt: u32,
    /// claude's process id.
    pub pid: u32,
    /// Its start time in clock ticks since boot, where the system tells.
    pub start: Option<u64>,
    /// The conversation, under an id of our choosing.
    pub claude_session: String,
    /// Whether an earlier conversation goes on.
    pub resumed: bool,
    /// What is charged until it ends.
    pub reservation: Usd,
    /// What claude was told as its own limit.
    pub cap: Option<Usd>,
    /// Where what it says begins in the attempt's stream file, in bytes.
    #[serde(default)]
    pub stream: u64,
    /// Where its money stands in the user's ledger of days; a replay costs nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<DayEntry>,
}

/// A call's end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallEnded {
    /// The step's id.
    pub step: String,
    /// The attempt, from 1.
    pub attempt: u32,
    /// How it ended.
    pub outcome: CallOutcome,
    /// What it cost.
    pub spend: Spend,
    /// What its conversation has cost in all, so that a resume can take the difference.
    pub conversation_cost: Option<Usd>,
    /// How full the context window became.
    pub context: ContextUse,
    /// What of the skill it put before the agent; `None` in journals of older versions.
    #[serde(default)]
    pub loaded: Option<BytesByStage>,
    /// How much of a plan's quota is used, where a plan pays.
    #[serde(default)]
    pub quota: Option<QuotaUse>,
    /// The full name of the model that answered.
    pub model: Option<String>,
    /// What it said.
    pub output: Option<Output>,
    /// Things worth telling that failed nothing.
    pub warnings: Vec<String>,
    /// How long it took, in milliseconds.
    pub ms: u64,
}

/// What only the run could tell about a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Whether it runs at all.
    pub runs: bool,
    /// The things that it runs for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub things: Option<Vec<serde_json::Value>>,
    /// The number of the case that was chosen, from 0; the default is one more than the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<u32>,
}

/// A command's end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommandEnded {
    /// The step's path.
    pub step: String,
    /// The attempt, from 1.
    pub attempt: u32,
    /// How it ended.
    pub outcome: CallOutcome,
    /// What it wrote to stdout, as the step reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Output>,
    /// What its output was held against.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// What a tool found whose report it wrote.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<OwnFinding>,
    /// How long it took, in milliseconds.
    pub ms: u64,
}

/// An earlier result that stands for a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepCached {
    /// The step's path.
    pub step: String,
    /// The attempt, from 1.
    pub attempt: u32,
    /// By what it was found: a SHA-256, hexadecimal.
    pub key: String,
    /// When it was made, RFC 3339.
    pub made: String,
    /// What was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Output>,
}

/// An output, where it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "in", rename_all = "lowercase")]
pub enum Output {
    /// Prose, small enough to lie in the journal.
    Text {
        /// The text itself.
        text: String,
    },
    /// An answer to a schema, small enough to lie in the journal.
    Json {
        /// The value itself.
        json: serde_json::Value,
    },
    /// A file of the session.
    File {
        /// Its path within the session folder.
        path: String,
        /// SHA-256 of its bytes, hexadecimal.
        sha256: String,
    },
}
