//! What a call cost, and what is not known about that.

use std::ops::AddAssign;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::value::{Share, Usd};

/// Tokens by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenCount {
    /// Read fresh by the model.
    pub input: u64,
    /// Written by the model.
    pub output: u64,
    /// Read from the prompt cache.
    pub cache_read: u64,
    /// Written to the prompt cache.
    pub cache_write: u64,
}

impl TokenCount {
    /// What a token limit counts: reading a cache is nearly free and left out.
    pub fn counted(self) -> u64 {
        self.input + self.output + self.cache_write
    }

    /// What fills the context window.
    pub fn in_window(self) -> u64 {
        self.input + self.cache_read + self.cache_write + self.output
    }
}

impl AddAssign for TokenCount {
    fn add_assign(&mut self, other: Self) {
        self.input += other.input;
        self.output += other.output;
        self.cache_read += other.cache_read;
        self.cache_write += other.cache_write;
    }
}

/// Who pays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// An API key, by the token.
    Api,
    /// A subscription; dollars are list prices, nobody is billed them.
    Plan,
    /// A subscription beyond its quota, billed by the token.
    Overage,
    /// Nothing said so.
    #[default]
    Unknown,
}

/// What one call cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Spend {
    /// Dollars as claude reckons them; `None` when it never said, and then the reservation stays
    /// charged.
    pub usd: Option<Usd>,
    /// Tokens as the stream told them, known for killed calls too.
    pub tokens: TokenCount,
    /// Who pays.
    pub basis: Basis,
    /// Turns of the agent.
    pub turns: u32,
}

/// How much of a plan's quota is used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QuotaUse {
    /// Which window: `five_hour`, `seven_day` …
    pub window: Option<String>,
    /// The share used, from 0 to 1.
    pub used: f64,
    /// When the window starts anew, in seconds since 1970.
    pub resets_at: Option<i64>,
}

/// How full the context window became.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContextUse {
    /// The window, in tokens.
    pub window: u64,
    /// Whether the window is a guess, because no result of that model named it yet.
    pub window_assumed: bool,
    /// The most that one request and its answer filled, in tokens.
    pub peak: u64,
}

impl ContextUse {
    /// The peak as a share of the window, from 0.
    #[expect(clippy::cast_precision_loss, reason = "windows are far below 2^53 tokens")]
    pub fn peak_fraction(&self) -> f64 {
        self.peak as f64 / self.window.max(1) as f64
    }

    /// Whether more than `share` of the window is full.
    pub fn exceeds(&self, share: Share) -> bool {
        self.peak_fraction() > share.fraction()
    }
}
