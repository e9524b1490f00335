//! What a running call does right now: for the screen alone, never written down.

use crate::model::call::TokenCount;

/// A glance at a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// The step's id.
    pub step: String,
    /// What the agent does: a tool and what it works on, or the last words of its answer.
    pub doing: String,
    /// Tokens so far.
    pub tokens: TokenCount,
}
