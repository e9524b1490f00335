//! The claude binary: where it is, and what it can do.

mod find;
mod probe;

use std::path::PathBuf;

pub use find::find;
pub use probe::{OLDEST, probe, version_number};

/// A claude that was found and answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claude {
    /// The binary.
    pub path: PathBuf,
    /// What `--version` said, such as `2.1.328`.
    pub version: String,
    /// The flags that `--help` names.
    pub flags: Vec<String>,
}
