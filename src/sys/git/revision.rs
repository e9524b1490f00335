//! What a revision holds, without a checkout of it.

use git2::{Oid, Repository as Handle};

use super::{
    FileKind, GitError, Repository, TreeFile,
    trees::{Blob, list},
};

/// What a name of a revision means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// This commit.
    Commit(String),
    /// Nothing here.
    Unknown,
    /// More than one commit, by these full names of references: which one is meant must not be for
    /// whoever made the other to decide.
    Ambiguous(Vec<String>),
}

/// Where git looks for a reference by its short name, first wins.
const PLACES: [(&str, &str); 6] = [
    ("", ""),
    ("refs/", ""),
    ("refs/tags/", ""),
    ("refs/heads/", ""),
    ("refs/remotes/", ""),
    ("refs/remotes/", "/HEAD"),
];

impl Repository {
    /// The commit that a name means: a branch, a tag, a commit, `main~1`.
    pub fn named(&self, name: &str) -> Result<Named, GitError> {
        let handle = self.handle()?;
        let rivals = rivals(&handle, name);
        if rivals.iter().any(|(_, commit)| *commit != rivals[0].1) {
            return Ok(Named::Ambiguous(rivals.into_iter().map(|(name, _)| name).collect()));
        }
        let commit = handle.revparse_single(name).and_then(|found| found.peel_to_commit());
        Ok(commit.map_or(Named::Unknown, |commit| Named::Commit(commit.id().to_string())))
    }

    /// The files of a commit, in git's order.
    pub fn files_of_commit(&self, commit: &str) -> Result<Vec<TreeFile>, GitError> {
        let handle = self.handle()?;
        let tree = Oid::from_str(commit)
            .and_then(|commit| Ok(handle.find_commit(commit)?.tree_id().to_string()))
            .map_err(GitError::git("cannot read a commit"))?;
        let file = |blob: Blob| TreeFile {
            path: blob.path,
            kind: FileKind::of(blob.mode),
            oid: blob.oid.to_string(),
        };
        Ok(list(&handle, &tree)?.into_iter().map(file).collect())
    }

    /// The content of a file of a commit: for a link, where it leads.
    pub fn committed(&self, file: &TreeFile) -> Result<Vec<u8>, GitError> {
        let handle = self.handle()?;
        Oid::from_str(&file.oid)
            .and_then(|oid| Ok(handle.find_blob(oid)?.content().to_vec()))
            .map_err(GitError::git("cannot read a file of a commit"))
    }
}

/// Every reference that the name could mean, and its commit.
fn rivals(handle: &Handle, name: &str) -> Vec<(String, Oid)> {
    let short = name.split(['~', '^', '@', ':']).next().unwrap_or(name);
    let reference = |(before, after): &(&str, &str)| {
        let full = format!("{before}{short}{after}");
        let commit = handle.find_reference(&full).ok()?.peel_to_commit().ok()?;
        Some((full, commit.id()))
    };
    PLACES.iter().filter_map(reference).collect()
}
