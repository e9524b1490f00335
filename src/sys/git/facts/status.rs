//! Where a repository stands: its branch, what is staged, what is not.

use std::collections::BTreeMap;

use git2::{BranchType, RepositoryState};

use super::Facts;
use crate::sys::git::{FileChange, FileStatus, GitError, Head, Snapshot};

/// Where a repository stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Where HEAD is.
    pub head: Head,
    /// The branch that HEAD's own follows.
    pub upstream: Option<Upstream>,
    /// What is under way: `merge`, `rebase`.
    pub doing: Option<&'static str>,
    /// What differs, by path.
    pub entries: Vec<StatusEntry>,
}

/// How a branch stands to the one it follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// Its name, such as `origin/main`.
    pub name: String,
    /// How many commits only this branch has.
    pub ahead: usize,
    /// How many only the other has.
    pub behind: usize,
}

/// A file that differs, with the two letters of `git status --short`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusEntry {
    /// The index against the last commit.
    pub index: char,
    /// The work tree against the index.
    pub tree: char,
    /// The path from the root, [escaped](crate::sys::git::escape).
    pub path: String,
    /// Where a renamed file was before.
    pub old_path: Option<String>,
}

impl Facts<'_> {
    /// Where the repository stands.
    pub fn status(&self) -> Result<Status, GitError> {
        let index = self.index()?;
        let staged = self.changes(&self.head()?, &index.tree)?;
        let unstaged = self.changes(&index.tree, self.now()?)?;
        let mut entries = BTreeMap::new();
        for change in staged {
            entry(&mut entries, &change).index = letter(change.status);
        }
        for change in unstaged {
            let intended = index.intended.contains(&change.path);
            let entry = entry(&mut entries, &change);
            let untracked = change.status == FileStatus::Added && !intended && entry.index == ' ';
            (entry.index, entry.tree) =
                if untracked { ('?', '?') } else { (entry.index, letter(change.status)) };
        }
        for path in index.conflicted {
            let entry = StatusEntry { index: 'U', tree: 'U', path: path.clone(), old_path: None };
            entries.insert(path, entry);
        }
        let head = self.repository.head()?;
        Ok(Status {
            upstream: self.upstream(&head)?,
            head,
            doing: self.doing()?,
            entries: entries.into_values().collect(),
        })
    }

    fn changes(&self, from: &Snapshot, to: &Snapshot) -> Result<Vec<FileChange>, GitError> {
        self.repository.changes(self.objects.path(), from, to)
    }

    fn upstream(&self, head: &Head) -> Result<Option<Upstream>, GitError> {
        let Head::Branch { name, .. } = head else { return Ok(None) };
        let handle = self.repository.handle()?;
        let known = || {
            let branch = handle.find_branch(name, BranchType::Local).ok()?;
            let upstream = branch.upstream().ok()?;
            let (ours, theirs) = (branch.get().target()?, upstream.get().target()?);
            let (ahead, behind) = handle.graph_ahead_behind(ours, theirs).ok()?;
            let name = String::from_utf8_lossy(upstream.get().shorthand_bytes()).into_owned();
            Some(Upstream { name, ahead, behind })
        };
        Ok(known())
    }

    fn doing(&self) -> Result<Option<&'static str>, GitError> {
        Ok(match self.repository.handle()?.state() {
            RepositoryState::Clean => None,
            RepositoryState::Merge => Some("merge"),
            RepositoryState::Revert | RepositoryState::RevertSequence => Some("revert"),
            RepositoryState::CherryPick | RepositoryState::CherryPickSequence => {
                Some("cherry-pick")
            }
            RepositoryState::Bisect => Some("bisect"),
            RepositoryState::Rebase
            | RepositoryState::RebaseInteractive
            | RepositoryState::RebaseMerge => Some("rebase"),
            RepositoryState::ApplyMailbox | RepositoryState::ApplyMailboxOrRebase => {
                Some("patch series")
            }
        })
    }
}

fn entry<'a>(
    entries: &'a mut BTreeMap<String, StatusEntry>,
    change: &FileChange,
) -> &'a mut StatusEntry {
    let path = change.path.clone();
    let fresh = StatusEntry { index: ' ', tree: ' ', path: path.clone(), old_path: None };
    let entry = entries.entry(path).or_insert(fresh);
    entry.old_path = entry.old_path.take().or_else(|| change.old_path.clone());
    entry
}

fn letter(status: FileStatus) -> char {
    match status {
        FileStatus::Added => 'A',
        FileStatus::Modified => 'M',
        FileStatus::Deleted => 'D',
        FileStatus::Renamed => 'R',
        FileStatus::TypeChanged => 'T',
    }
}
