//! What one asks a repository before a review or a commit: what changed, what is staged, where it
//! stands, what its commits look like. All of it is read for somebody to read, a person or a
//! model, so binary content and what looks like a secret is named and not shown.

mod base;
mod log;
mod status;

use std::{cell::OnceCell, collections::HashSet, path::Path};

use git2::{Diff, Patch};
use tempfile::TempDir;

use super::{
    FileChange, GitError, Repository, Snapshot, Why,
    changes::change,
    compare::Sides,
    escape,
    index::{Index, Kind},
    secret::looks_secret,
    store::{Entry, Store},
};
pub use base::{Base, Sought};
pub use log::CommitList;
pub use status::{Status, StatusEntry, Upstream};

/// One file's patch is shown up to this size: 4 mebibytes.
const FILE_LIMIT: usize = 4 << 20;
/// All patches together are shown up to this size: 32 mebibytes.
const LIMIT: usize = 32 << 20;

/// The change of one file, for reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDiff {
    /// What happened to it.
    pub change: FileChange,
    /// What can be seen of it.
    pub shown: Shown,
}

/// What of a file's change is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A unified patch of three lines of context. Bytes, because a file can be in any encoding.
    Patch(Vec<u8>),
    /// Nothing: it has no lines.
    Binary,
    /// Nothing: its name is one that secrets have.
    LooksSecret,
    /// Nothing: it is not ours to read.
    Unreadable,
    /// Nothing: it is too large.
    TooLarge,
}

/// A look at a repository. What has to be stored for it lies in a folder of its own, which goes
/// with it; the repository is only read.
#[derive(Debug)]
pub struct Facts<'a> {
    repository: &'a Repository,
    exclude: &'a [&'a Path],
    objects: TempDir,
    seen: Seen,
    now: OnceCell<Snapshot>,
}

/// What counts as the tree as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The work tree.
    WorkTree,
    /// What is staged: that is what a commit will hold.
    Index,
}

impl Repository {
    /// Begins to look. `exclude` are paths from the root that are no part of anything.
    pub fn facts<'a>(&'a self, exclude: &'a [&'a Path]) -> Result<Facts<'a>, GitError> {
        let objects = tempfile::tempdir()
            .map_err(|error| GitError::io("cannot make", std::env::temp_dir(), error))?;
        Ok(Facts { repository: self, exclude, objects, seen: Seen::WorkTree, now: OnceCell::new() })
    }
}

impl Facts<'_> {
    /// The same look, for which something else counts as the tree as it is.
    #[must_use]
    pub fn seeing(self, seen: Seen) -> Self {
        Self { seen, ..self }
    }

    /// What differs between a base and the work tree as it is, untracked files included.
    pub fn since(&self, base: &Base) -> Result<Vec<FileDiff>, GitError> {
        let from = self.tree(base.tree.as_deref())?;
        self.diff(&from, self.now()?)
    }

    /// What differs between the last commit and the index; files in conflict are left out.
    pub fn staged(&self) -> Result<Vec<FileDiff>, GitError> {
        let index = self.index()?;
        let mut files = self.diff(&self.head()?, &index.tree)?;
        files.retain(|file| !index.conflicted.contains(&file.change.path));
        Ok(files)
    }

    fn diff(&self, from: &Snapshot, to: &Snapshot) -> Result<Vec<FileDiff>, GitError> {
        let sides = Sides { objects: self.objects.path(), from, to };
        self.repository.compare(&sides, |diff, by_hash| {
            let mut files: Vec<FileDiff> = by_hash
                .into_iter()
                .map(|change| FileDiff { shown: unseen(&change, to), change })
                .collect();
            let mut left = LIMIT;
            for place in 0..diff.deltas().len() {
                let Some(change) = change(diff, place) else { continue };
                let shown = shown(diff, place, left);
                if let Shown::Patch(patch) = &shown {
                    left -= patch.len();
                }
                files.push(FileDiff { change, shown });
            }
            files.sort_by(|one, other| one.change.path.cmp(&other.change.path));
            files
        })
    }

    /// The work tree as it is, looked at once.
    fn now(&self) -> Result<&Snapshot, GitError> {
        if let Some(now) = self.now.get() {
            return Ok(now);
        }
        let now = match self.seen {
            Seen::WorkTree => self.repository.snapshot(self.objects.path(), self.exclude)?,
            Seen::Index => self.index()?.tree,
        };
        Ok(self.now.get_or_init(|| now))
    }

    /// The tree of the last commit; an empty one before the first.
    fn head(&self) -> Result<Snapshot, GitError> {
        let handle = self.repository.handle()?;
        let tree = base::head_commit(&handle)?.map(|commit| commit.tree_id().to_string());
        self.tree(tree.as_deref())
    }

    fn tree(&self, tree: Option<&str>) -> Result<Snapshot, GitError> {
        let tree = if let Some(tree) = tree {
            tree.to_owned()
        } else {
            let handle = self.repository.handle()?;
            Store::open(self.objects.path(), &handle)?.put_tree(&[])?.to_string()
        };
        Ok(Snapshot { tree, unstored: Vec::new() })
    }

    fn index(&self) -> Result<Staged, GitError> {
        Staged::of(self.repository, self.objects.path())
    }
}

impl Repository {
    /// What is staged, as a tree whose objects are in `objects` where the repository has them not.
    ///
    /// # Errors
    /// Files are under merge, so that no commit can be made; or the index cannot be read.
    pub fn staged(&self, objects: &Path) -> Result<Snapshot, GitError> {
        let staged = Staged::of(self, objects)?;
        match staged.conflicted.iter().min() {
            None => Ok(staged.tree),
            Some(path) => Err(GitError::Unmerged { path: path.clone() }),
        }
    }
}

impl Staged {
    fn of(repository: &Repository, objects: &Path) -> Result<Self, GitError> {
        let handle = repository.handle()?;
        let index = Index::load_from(&handle, repository.index_file())?;
        let staged = |kind| matches!(kind, Kind::Plain | Kind::Skipped);
        let entries: Vec<Entry<'_>> = index
            .entries
            .iter()
            .filter(|entry| staged(entry.kind))
            .map(|entry| Entry {
                path: entry.path.as_slice().into(),
                mode: entry.mode,
                oid: entry.oid,
            })
            .collect();
        let tree = Store::open(objects, &handle)?.put_tree(&entries)?.to_string();
        let of_kind = |kind| {
            let found = index.entries.iter().filter(|entry| entry.kind == kind);
            found.map(|entry| escape(&entry.path)).collect()
        };
        Ok(Self {
            tree: Snapshot { tree, unstored: Vec::new() },
            conflicted: of_kind(Kind::Conflicted),
            intended: of_kind(Kind::Intended),
        })
    }
}

/// The index as a tree, and what is in no tree.
struct Staged {
    tree: Snapshot,
    conflicted: HashSet<String>,
    intended: HashSet<String>,
}

/// Why the content of a file that is known by hash only is not shown.
fn unseen(change: &FileChange, to: &Snapshot) -> Shown {
    let unstored = to.unstored.iter().find(|unstored| unstored.path == change.path);
    match unstored.map(|unstored| unstored.why) {
        Some(Why::LooksSecret) => Shown::LooksSecret,
        Some(Why::Unreadable) => Shown::Unreadable,
        Some(Why::TooLarge) | None => Shown::TooLarge,
    }
}

fn shown(diff: &Diff<'_>, place: usize, left: usize) -> Shown {
    let secret = diff.get_delta(place).is_some_and(|delta| {
        [delta.old_file(), delta.new_file()]
            .iter()
            .filter_map(git2::DiffFile::path_bytes)
            .any(looks_secret)
    });
    if secret {
        return Shown::LooksSecret;
    }
    let Ok(Some(mut patch)) = Patch::from_diff(diff, place) else { return Shown::Binary };
    if patch.delta().flags().is_binary() {
        return Shown::Binary;
    }
    if patch.size(true, true, true) > FILE_LIMIT.min(left) {
        return Shown::TooLarge;
    }
    match patch.to_buf() {
        Ok(text) => Shown::Patch(without_hashes(&text)),
        Err(_) => Shown::TooLarge,
    }
}

/// The patch without its `index` line, which names two contents that nobody who reads can look up.
fn without_hashes(patch: &[u8]) -> Vec<u8> {
    let mut in_header = true;
    let mut kept = Vec::with_capacity(patch.len());
    for line in patch.split_inclusive(|byte| *byte == b'\n') {
        in_header &= !line.starts_with(b"@@");
        if !(in_header && line.starts_with(b"index ")) {
            kept.extend_from_slice(line);
        }
    }
    kept
}
