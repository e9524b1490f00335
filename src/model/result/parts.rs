//! The parts of a result.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{
    call::{Basis, Unavailability},
    panel::canary::{Catch, FaultKind},
    run::StepStatus,
    skill::stages::BytesByStage,
    value::Usd,
};

/// One step of the plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepReport {
    /// Its id.
    pub id: String,
    /// How it ended; `cancelled` where the run ended before it could.
    pub status: StepStatus,
    /// How many attempts were begun.
    pub attempts: u32,
    /// The last conversation, to be opened with `claude --resume`.
    pub claude_session: Option<String>,
    /// What its calls cost.
    pub spend: StepSpend,
}

/// What the calls of one step cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepSpend {
    /// Dollars that claude told; null where it told nothing.
    pub usd_known: Option<Usd>,
    /// Tokens read fresh by the model; null where nobody told, as in the next three.
    pub input_tokens: Option<u64>,
    /// Tokens written by the model.
    pub output_tokens: Option<u64>,
    /// Tokens read from the prompt cache.
    pub cache_read_tokens: Option<u64>,
    /// Tokens written to the prompt cache.
    pub cache_write_tokens: Option<u64>,
}

impl StepSpend {
    /// Nothing was asked.
    pub(super) const NONE: Self = Self {
        usd_known: Some(Usd::ZERO),
        input_tokens: Some(0),
        output_tokens: Some(0),
        cache_read_tokens: Some(0),
        cache_write_tokens: Some(0),
    };
}

/// What a run cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpendReport {
    /// Who pays; on a plan the dollars are list prices that nobody is billed.
    pub basis: Basis,
    /// Dollars that claude told; null where calls were made and none of them told.
    pub usd_known: Option<Usd>,
    /// What counts against the limits: known dollars, and the reservation of every call whose
    /// price nobody told.
    pub usd_charged: Usd,
    /// Calls begun.
    pub calls: u32,
    /// Calls whose price nobody told.
    pub calls_unknown: u32,
    /// Tokens read fresh by the model; null where nobody told, as in the next three.
    pub input_tokens: Option<u64>,
    /// Tokens written by the model.
    pub output_tokens: Option<u64>,
    /// Tokens read from the prompt cache.
    pub cache_read_tokens: Option<u64>,
    /// Tokens written to the prompt cache.
    pub cache_write_tokens: Option<u64>,
}

/// How full the context window became, in the fullest call.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContextReport {
    /// The window, in tokens.
    pub window: u64,
    /// Whether the window is a guess, because no result of that model named it.
    pub window_assumed: bool,
    /// The fullest it became, as a share of the window.
    pub peak_fraction: f64,
    /// What of the skill was put before the agent; null where nobody counted.
    pub bytes_by_stage: Option<BytesByStage>,
}

/// Why there was nobody to ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnavailableReport {
    /// In one word.
    pub reason: UnavailableReason,
    /// Which window of a plan's quota is used up.
    pub window: Option<String>,
    /// When that window starts anew, in seconds since 1970.
    pub resets_at: Option<i64>,
}

/// The run that stands for another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReusedReport {
    /// Its session.
    pub session: String,
    /// Which run of the session, from 1.
    pub run: Option<u32>,
    /// When it ended: RFC 3339, in UTC.
    pub at: String,
}

/// Why there was nobody to ask, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UnavailableReason {
    /// No claude was found, or none that can be used.
    Missing,
    /// The login was refused, or there is none.
    Login,
    /// A plan's quota is used up.
    Quota,
    /// The service answered 429 or 5xx.
    Overloaded,
    /// The service could not be reached.
    Network,
}

impl From<&Unavailability> for UnavailableReport {
    fn from(why: &Unavailability) -> Self {
        let plain = |reason| Self { reason, window: None, resets_at: None };
        match why {
            Unavailability::Missing => plain(UnavailableReason::Missing),
            Unavailability::Login => plain(UnavailableReason::Login),
            Unavailability::Overloaded => plain(UnavailableReason::Overloaded),
            Unavailability::Network => plain(UnavailableReason::Network),
            Unavailability::Quota { window, resets_at } => Self {
                reason: UnavailableReason::Quota,
                window: window.clone(),
                resets_at: *resets_at,
            },
        }
    }
}

/// What code concluded from the votes of a panel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// The conclusion.
    pub status: VerdictStatus,
    /// The votes it was drawn from.
    pub votes: Votes,
    /// What the reviewers claim.
    pub findings: Vec<Finding>,
}

/// A fault that was planted in a copy of the work, to test the panel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CanaryReport {
    /// What was done to the copy.
    pub kind: FaultKind,
    /// The changed file that it was done to, from the root; null where it was the output.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: usize,
    /// Whether the panel would have refused the copy because of it.
    pub caught: bool,
    /// Of each reviewer that answered, whether it saw the fault.
    pub by: Vec<Catch>,
}

/// The conclusion of a panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VerdictStatus {
    /// Enough reviewers confirmed.
    Passed,
    /// Too many refuted, or one blocker is proven.
    Rejected,
    /// Neither.
    Inconclusive,
}

/// Votes, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Votes {
    /// The reviewer tried to refute, and could not.
    pub confirmed: u32,
    /// The reviewer refuted, with evidence that was checked.
    pub refuted: u32,
    /// The reviewer gave no vote that counts.
    pub abstained: u32,
    /// The reviewer died.
    pub error: u32,
}

impl Votes {
    /// How many reviewers were asked.
    pub fn total(self) -> u32 {
        self.confirmed + self.refuted + self.abstained + self.error
    }
}

/// What a reviewer claims.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Its id within the run.
    pub id: String,
    /// How much it matters, if true.
    pub severity: Severity,
    /// Whether something is wrong or left out.
    pub kind: FindingKind,
    /// The claim.
    pub claim: String,
    /// The file it speaks of, from the root.
    pub file: Option<String>,
    /// The line it speaks of, from 1.
    pub line: Option<u64>,
    /// What stands there, as the reviewer copied it: what the place is known by when it moves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// Whether atlas could confirm its evidence.
    pub status: FindingStatus,
    /// Who raised it.
    pub by: Vec<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.severity.name())?;
        if let Some(file) = &self.file {
            write!(f, "{file}:")?;
            match self.line {
                Some(line) => write!(f, "{line}: ")?,
                None => write!(f, " ")?,
            }
        }
        write!(f, "{} ({})", self.claim.trim(), self.by.join(", "))
    }
}

/// How much a finding matters.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Note,
    /// It should be mended some day.
    Minor,
    /// It should be mended before the work is used.
    Major,
    /// The work must not be used.
    Blocker,
}

impl Severity {
    /// As it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Blocker => "blocker",
        }
    }
}

/// What a finding says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FindingKind {
    /// Something is wrong.
    Wrong,
    /// Something is left out.
    Missing,
}

/// Whether atlas could confirm a finding's evidence itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FindingStatus {
    /// It could.
    Supported,
    /// It could not; shown, but without weight.
    Unsupported,
}
