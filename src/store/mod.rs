//! What is kept: configuration, skills in stages, sessions, journal, scratch.

pub mod config;
pub mod contracts;
pub mod copies;
pub mod day_ledger;
pub mod evals;
pub mod examine;
pub mod folders;
pub mod gate;
pub mod history;
pub mod journal;
pub mod probe;
pub mod protected;
pub mod recordings;
pub mod scaffold;
pub mod scratch;
pub mod session;
pub mod skills;
mod stamp;
pub mod step_cache;
mod text_file;
pub mod totals;
pub mod trust;
mod unpacked;
pub mod verdicts;
