//! How values are spread, in bounded memory: quantiles that can be added up.
//!
//! Values are counted in buckets, each two percent wider than the one before, so that a quantile is
//! told to within one percent whatever was added in whatever order. The exact values of ten thousand
//! removed runs would have to be kept for ever; these counts do not grow with them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How much wider each bucket is than the one before.
const GROWTH: f64 = 1.02;

/// So many values by size. The unit is whatever was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Spread {
    counts: BTreeMap<u16, u64>,
}

impl Spread {
    /// Counts one value.
    pub fn count(&mut self, value: u64) {
        *self.counts.entry(bucket(value)).or_default() += 1;
    }

    /// Counts all that another one counted.
    pub fn add(&mut self, other: &Self) {
        for (bucket, count) in &other.counts {
            let sum = self.counts.entry(*bucket).or_default();
            *sum = sum.saturating_add(*count);
        }
    }

    /// How many values were counted.
    pub fn len(&self) -> u64 {
        self.counts.values().copied().fold(0, u64::saturating_add)
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// What so many of a hundred values do not exceed, to within one percent; `None` where nothing
    /// was counted.
    pub fn quantile(&self, percent: u64) -> Option<u64> {
        let rank = (u128::from(self.len()) * u128::from(percent)).div_ceil(100).max(1);
        let mut seen = 0_u128;
        self.counts.iter().find_map(|(bucket, count)| {
            seen += u128::from(*count);
            (seen >= rank).then(|| middle(*bucket))
        })
    }
}

/// Bucket 0 is nothing; bucket n ends at 1.02 to the power of n − 1.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a logarithm of a count is small and not negative"
)]
fn bucket(value: u64) -> u16 {
    if value == 0 { 0 } else { ((value as f64).ln() / GROWTH.ln()).ceil() as u16 + 1 }
}

/// The value that no value of the bucket is further from than one percent.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float that is too large becomes the largest number"
)]
fn middle(bucket: u16) -> u64 {
    match bucket.checked_sub(1) {
        None => 0,
        Some(power) => (2.0 * GROWTH.powi(i32::from(power)) / (GROWTH + 1.0)).round() as u64,
    }
}
