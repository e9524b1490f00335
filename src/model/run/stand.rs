//! Where a tree and its history stand at one moment, so that a later look can tell what others
//! did meanwhile.

use serde::{Deserialize, Serialize};

/// A work tree at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stand {
    /// The files.
    pub tree: TreeName,
    /// The branch; `None` where HEAD is on none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The commit of HEAD; `None` before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// A tree by name, with the files whose content is not stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeName {
    /// The git tree id.
    pub tree: String,
    /// Files that are known by size and hash only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unstored: Vec<UnstoredFile>,
}

/// A file that is known by its size and hash only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnstoredFile {
    /// The path from the root; bytes that are no UTF-8 are escaped.
    pub path: String,
    /// In bytes.
    pub size: u64,
    /// The name that git gives the content.
    pub hash: String,
    /// Why the content is not stored, in one word.
    pub why: String,
}
