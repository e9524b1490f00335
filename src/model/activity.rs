//! What an agent does right now: shown, and forgotten.

use crate::model::value::{Tokens, Usd};

/// A sign of life from a step. It is no event: nothing is decided by it and no journal keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// The step's id.
    pub step: String,
    /// The tool and what it works on, as the model wrote it; anything but safe to show as it is.
    pub doing: String,
    /// Tokens of the call so far.
    pub tokens: Tokens,
    /// What the call cost so far, at the rate of the last settled call of its model.
    pub usd_estimate: Option<Usd>,
}
