//! The middle of a sample, and how sure it is.
//!
//! Times have a long tail to one side, the more so on a machine that does other things, so nothing
//! here goes by the mean. The interval is that of the sign test: of the sorted sample, the two
//! values between which the true median lies with 95 %, whatever its distribution.

use std::fmt;

/// How often an interval may miss on each side.
const MISS: f64 = 0.025;

/// A median with its 95 % interval.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Middle {
    /// The sample's median.
    pub(crate) median: f64,
    /// Where the interval begins.
    low: f64,
    /// Where it ends.
    high: f64,
}

impl fmt::Display for Middle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:8.2}  [{:.2}, {:.2}]", self.median, self.low, self.high)
    }
}

/// The middle of a sample of at least six values; of fewer no interval is that sure.
pub(crate) fn middle(sample: impl IntoIterator<Item = f64>) -> Middle {
    let mut sorted: Vec<f64> = sample.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    let (n, rank) = (sorted.len(), rank(sorted.len()));
    let median = f64::midpoint(sorted[(n - 1) / 2], sorted[n / 2]);
    Middle { median, low: sorted[rank - 1], high: sorted[n - rank] }
}

/// Which of the sorted values, counted from 1 from either end, bounds the interval: the last one
/// below which the true median lies with at most [`MISS`].
///
/// Each value falls below the true median as a coin falls, so that is a sum over tosses.
fn rank(n: usize) -> usize {
    let n = u32::try_from(n).expect("a sample is small");
    let mut exactly = 0.5_f64.powi(n.cast_signed());
    let mut at_most = exactly;
    let mut rank = 0;
    while at_most <= MISS {
        rank += 1;
        exactly *= f64::from(n - rank + 1) / f64::from(rank);
        at_most += exactly;
    }
    assert!(rank > 0, "{n} values are too few");
    rank as usize
}

/// Holds [`rank`] against printed tables of the sign test: figures that rest on a mistake in here
/// shall not be printed.
pub(crate) fn check() {
    for (n, expected) in [(6, 1), (10, 2), (20, 6), (30, 10), (60, 22), (100, 40)] {
        assert_eq!(rank(n), expected, "the rank for {n} values");
    }
}
