//! What is kept: configuration, skills in stages, sessions, journal, scratch.

pub mod config;
pub mod contracts;
pub mod folders;
pub mod journal;
pub mod skills;
mod text_file;
pub mod trust;
