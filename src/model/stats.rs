//! Statistics over many runs: sums that can be added up in any order, and what they come to.
//!
//! A run becomes a [`Cell`]: its skill, its model, its week, and a [`Tally`] of one. Cells of the
//! same key add up, so that a session's description holds a few, the totals of removed sessions
//! hold their sum, and nobody reads a journal to count.

mod cell;
mod document;
mod fold;
mod spread;
mod tally;

#[cfg(test)]
mod tests;

pub use cell::{Cell, add, week_of};
pub use document::{
    ContextBytes, Group, HookRow, Kept, Place, ReviewerRow, SCHEMA_VERSION, Stats, StatusCount,
    UsageReport,
};
pub use fold::cell;
pub use spread::Spread;
pub use tally::{HookTally, ReviewerTally, Tally, Usage};
