//! How often something happens, from how often it was seen to: Wilson's interval.
//!
//! The plain share of a few trials says too much: three passes of three are not all passes to
//! come. Wilson's interval stays within 0 and 1, and holds for shares near either of them, where
//! the usual one does not.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// The normal quantile of 95 %, both sides together.
const Z: f64 = 1.959_963_984_540_054;

/// So many of so many.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Proportion {
    /// How often it happened; at most `of`.
    pub hits: u64,
    /// How often it could have.
    pub of: u64,
}

impl AddAssign for Proportion {
    fn add_assign(&mut self, other: Self) {
        self.hits += other.hits;
        self.of += other.of;
    }
}

/// Where a share lies, with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Interval {
    /// At least this, from 0.
    pub low: f64,
    /// At most this, up to 1.
    pub high: f64,
}

impl Proportion {
    /// Counts one more trial.
    pub fn count(&mut self, hit: u64) {
        self.hits += hit.min(1);
        self.of += 1;
    }

    /// The plain share; `None` where nothing was tried.
    pub fn share(self) -> Option<f64> {
        (self.of > 0).then(|| fraction(self.hits.min(self.of), self.of))
    }

    /// Wilson's interval at 95 %; all that is possible where nothing was tried.
    pub fn interval(self) -> Interval {
        let Some(share) = self.share() else { return Interval { low: 0.0, high: 1.0 } };
        let trials = fraction(self.of, 1);
        let spread = Z * Z / trials;
        let center = share + spread / 2.0;
        let half = Z * ((share * (1.0 - share) + spread / 4.0) / trials).sqrt();
        let bound = |at: f64| (at / (1.0 + spread)).clamp(0.0, 1.0);
        Interval {
            low: if self.hits == 0 { 0.0 } else { bound(center - half) },
            high: if self.hits >= self.of { 1.0 } else { bound(center + half) },
        }
    }
}

fn fraction(part: u64, whole: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "nobody counts as far as 2^53")]
    let fraction = part as f64 / whole as f64;
    fraction
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As published tables and statistical packages have them.
    #[test]
    fn known_intervals() {
        let rows = [
            ((0, 0), (0.0, 1.0)),
            ((0, 10), (0.0, 0.2775)),
            ((10, 10), (0.7225, 1.0)),
            ((5, 10), (0.2366, 0.7634)),
            ((1, 1), (0.2065, 1.0)),
            ((81, 263), (0.2553, 0.3662)),
            ((0, 200), (0.0, 0.0188)),
        ];
        for ((hits, of), (low, high)) in rows {
            let found = Proportion { hits, of }.interval();
            assert!((found.low - low).abs() < 6e-5, "{hits}/{of}: {found:?}");
            assert!((found.high - high).abs() < 6e-5, "{hits}/{of}: {found:?}");
        }
    }

    proptest! {
        #[test]
        fn an_interval_holds_its_share_and_mirrors(of in 1_u64..5000, hits in 0_u64..5000) {
            let hits = hits.min(of);
            let found = Proportion { hits, of }.interval();
            let share = Proportion { hits, of }.share().unwrap();
            prop_assert!(0.0 <= found.low && found.low <= share);
            prop_assert!(share <= found.high && found.high <= 1.0);
            let other = Proportion { hits: of - hits, of }.interval();
            prop_assert!((found.low - (1.0 - other.high)).abs() < 1e-9);
            let more = Proportion { hits: hits * 4, of: of * 4 }.interval();
            prop_assert!(more.high - more.low <= found.high - found.low + 1e-12);
        }
    }
}
