//! The claude binary: where it is, and what it can do.

mod find;
mod probe;

use std::{ffi::OsString, path::PathBuf};

pub use find::find;
pub use probe::{OLDEST, probe, version_number};

/// A claude that was found and answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claude {
    /// The binary.
    pub path: PathBuf,
    /// What goes before claude's own arguments; nothing for claude itself.
    pub args: Vec<OsString>,
    /// What `--version` said, such as `2.1.328`.
    pub version: String,
    /// The flags that `--help` names.
    pub flags: Vec<String>,
}

impl Claude {
    /// What to say of a version that is older than what atlas counts on.
    pub fn too_old(&self) -> Option<String> {
        let new_enough = version_number(&self.version).is_some_and(|version| version >= OLDEST);
        let (major, minor, patch) = OLDEST;
        let Self { version, .. } = self;
        (!new_enough).then(|| {
            format!(
                "claude {version} is older than {major}.{minor}.{patch} and may leave processes \
                 behind; update it with `claude update`"
            )
        })
    }
}
