//! What is kept: configuration, skills in stages, sessions, journal, scratch.

pub mod day_ledger;
pub mod digest;
pub mod journal;
pub mod probe;
pub mod session;
pub mod skills;
mod stamp;
