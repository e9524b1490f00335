//! What a plan was made from, and whose word that is.

use std::{collections::BTreeSet, path::PathBuf};

use serde::{Deserialize, Serialize};

/// What is taken from a protected revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProtectedPlan {
    /// The revision as it was named.
    pub revision: String,
    /// Its commit.
    pub commit: String,
    /// Folders besides the usual ones that hold configuration.
    pub besides: Vec<PathBuf>,
    /// What commands name: files, and folders of scripts.
    pub scripts: BTreeSet<PathBuf>,
}

/// A file that a plan was made from, or would have been if it had been there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// What it is: `the skill`.
    pub what: String,
    /// Where it is.
    pub path: PathBuf,
    /// SHA-256 of its bytes, hexadecimal; `None` where it was not there.
    pub sha256: Option<String>,
}
