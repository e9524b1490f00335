//! The operating system: processes, signals, files, git, clock, environment. Knows nothing of atlas.

pub mod terminal;
