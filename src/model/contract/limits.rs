//! Limits of a run or a step, as they are written.

use serde::{Deserialize, Serialize};

use crate::model::{
    value::{Share, Span, Tokens, Usd},
    yaml::Spanned,
};

/// Limits of a run with its resumes and everything under it, or of one step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Limits {
    /// Money.
    pub usd: Option<Spanned<Usd>>,
    /// Input, output and cache writes together.
    pub tokens: Option<Spanned<Tokens>>,
    /// Turns of the agent in one call.
    pub turns: Option<Spanned<u32>>,
    /// Time by the clock on the wall.
    pub time: Option<Spanned<Span>>,
    /// Time without a sign of life from claude, while no tool runs.
    pub idle: Option<Spanned<Span>>,
    /// Time until claude says the first word.
    pub start: Option<Spanned<Span>>,
    /// Time that claude has to end after its result.
    pub after_result: Option<Spanned<Span>>,
    /// Time between the request to end and the end by force.
    pub grace: Option<Spanned<Span>>,
    /// Time of a hook that names none.
    pub hook_timeout: Option<Spanned<Span>>,
    /// The share of the model's context window that a call may fill.
    pub context: Option<Spanned<Share>>,
    /// The share of a plan's quota above which no call starts.
    pub quota: Option<Spanned<Share>>,
}
