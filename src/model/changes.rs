//! What changed in a tree.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A tree, compared with the base of its run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TreeChanges {
    /// The base, as a git tree id; `None` where changes cannot be tracked.
    pub base: Option<String>,
    /// The tree as it is, likewise.
    pub tree: Option<String>,
    /// What differs, by path.
    pub files: Vec<FileChange>,
}

/// One file that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileChange {
    /// The path from the root; bytes that are no UTF-8 are escaped.
    pub path: String,
    /// Where it was before a rename.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_path: Option<String>,
    /// What happened to it.
    pub status: ChangeStatus,
    /// Lines added; `None` for a file that has no lines or was not stored.
    pub added: Option<u64>,
    /// Lines removed, likewise.
    pub removed: Option<u64>,
}

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChangeStatus {
    /// It is new.
    Added,
    /// Its content or mode differs.
    Modified,
    /// It is gone.
    Deleted,
    /// It has another path.
    Renamed,
    /// It became another kind of thing: a link, a file, a submodule.
    Typechange,
}

impl ChangeStatus {
    /// Its name, as the documents have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Modified => "modified",
            Self::Deleted => "deleted",
            Self::Renamed => "renamed",
            Self::Typechange => "typechange",
        }
    }

    /// The letter that git shows.
    pub fn letter(self) -> char {
        match self {
            Self::Added => 'A',
            Self::Modified => 'M',
            Self::Deleted => 'D',
            Self::Renamed => 'R',
            Self::Typechange => 'T',
        }
    }
}
