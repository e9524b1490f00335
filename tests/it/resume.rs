//! Going on with a run where it stopped: what is paid again (nothing that was finished), what is
//! told, what is refused.
//!
//! atlas is really killed, and the model counts what it is asked before and after.

mod again;
mod chain;
mod earlier;
mod endings;
mod leftovers;
pub(crate) mod payment;
mod sources;
mod trees;
