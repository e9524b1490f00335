//! Recordings: the stored calls of a run, and whether one fits a call that is about to be made.
//!
//! A call fits by the parts of its prompt, each by a hash of its own, so that a change can be told
//! apart: a typo mended in a skill voids no recording, another input does.

mod case;
mod normal;
mod parts;
mod places;

#[cfg(test)]
mod tests;

pub use case::{CASE, Call, Case, FORMAT, GitCase, Options, VERSION};
pub use normal::normalize;
pub use parts::{AGENT, Asked, Fit, Note, Parts, PartsOf, REVIEWER, parts};
pub use places::{Place, Places, Words};
