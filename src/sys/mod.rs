//! The operating system: processes, signals, files, git, clock, environment. Knows nothing of atlas.

pub mod capture;
pub mod clock;
pub mod disk;
pub mod dump;
pub mod env;
pub mod executable;
pub mod fs;
pub mod git;
pub mod host;
pub mod lines;
pub mod lock;
pub mod pause;
pub mod pool;
mod proc;
pub mod process;
pub mod signals;
pub mod spread;
pub mod sweep;
pub mod terminal;
pub mod warden;
