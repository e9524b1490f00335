//! What is kept: configuration, skills in stages, sessions, journal, scratch.

pub mod journal;
pub mod skills;
