//! Where a value comes from: settings are values with a source.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Where it was said.
    pub source: Source,
}

/// Where a value was said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Nowhere: atlas's own default.
    BuiltIn,
    /// The user's configuration, and the line in it.
    User(PathBuf, usize),
    /// The repository's configuration, and the line in it.
    Project(PathBuf, usize),
    /// The skill's contract, and the line in it.
    Contract(PathBuf, usize),
    /// An environment variable of this name.
    Env(String),
    /// A flag of the command line, with its dashes.
    Flag(String),
}

impl<T> Sourced<T> {
    /// A value said at `source`.
    pub const fn new(value: T, source: Source) -> Self {
        Self { value, source }
    }

    /// A default of atlas's own.
    pub const fn built_in(value: T) -> Self {
        Self { value, source: Source::BuiltIn }
    }

    /// Another value from the same place.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Sourced<U> {
        Sourced { value: change(self.value), source: self.source }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built-in"),
            Self::User(path, line) | Self::Project(path, line) | Self::Contract(path, line) => {
                write!(f, "{}:{line}", path.display())
            }
            Self::Env(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}
