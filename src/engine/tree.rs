//! The tree that a run works on: the user's own, or a copy of it.
//!
//! The base is the tree as it was, dirty files and all, so "what this run changed" is exact. Its
//! objects lie in the session; the repository itself is only read.

mod recorded;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::task::spawn_blocking;

use crate::{
    model::{
        Fault, Result,
        changes::{ChangeStatus, FileChange, TreeChanges},
    },
    sys::fs::{PRIVATE_FILE, write_atomic},
    sys::git::{self, Applied, Clash, FileStatus, GitError, Patch, Repository, Snapshot, Worktree},
};

pub(crate) use recorded::Origin;

/// What atlas itself writes into a repository, and no run has changed.
pub(super) const SESSIONS: &str = ".claude/sessions";

/// The largest patch that is written; files that do not fit are named.
const PATCH_BYTES: usize = 256 * 1024 * 1024;

/// A run's tree.
#[derive(Debug)]
pub(crate) struct WorkTree {
    /// Where steps run.
    pub(crate) cwd: PathBuf,
    /// Its root; where the user stood, if that is no repository.
    pub(crate) root: PathBuf,
    /// The tree as it was; `None` where changes are not tracked.
    tracked: Option<Arc<Tracked>>,
}

#[derive(Debug)]
struct Tracked {
    /// The user's repository; kept, because it remembers what it has read.
    repository: Arc<Repository>,
    /// The copy, where the run works on one.
    copy: Option<Worktree>,
    base: Snapshot,
    objects: PathBuf,
}

/// Where a run shall work.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// The repository, where there is one.
    pub(crate) repository: Option<Arc<Repository>>,
    /// Where the user stood.
    pub(crate) cwd: PathBuf,
    /// The session's own object folder.
    pub(crate) objects: PathBuf,
    /// The folder to make a copy in, for a run that shall not touch the user's tree.
    pub(crate) copy: Option<PathBuf>,
}

/// The change of a run that worked on a copy.
#[derive(Debug)]
pub struct HandOver {
    /// The patch; `None` where nothing changed.
    pub patch: Option<PathBuf>,
    /// Files that are not in the patch, because they are too large or look like secrets.
    pub left_out: Vec<String>,
    /// The copy, which is kept only where the patch is not all of it.
    pub copy: Option<PathBuf>,
    /// Why there is no patch of what may have changed.
    pub trouble: Option<Fault>,
}

impl WorkTree {
    /// Takes the base, and makes the copy where one is wanted.
    pub(crate) async fn take(wanted: Wanted) -> Result<Self> {
        blocking(move || wanted.take()).await.map_err(|error| fault("cannot take the base", &error))
    }

    /// The base's tree id.
    pub(crate) fn base(&self) -> Option<&str> {
        self.tracked.as_ref().map(|tracked| tracked.base.tree.as_str())
    }

    /// The tree as it is, compared with its base; `None` where changes are not tracked.
    pub(crate) async fn changes(&self) -> Result<Option<TreeChanges>> {
        let Some(tracked) = self.tracked.clone() else { return Ok(None) };
        let seen = blocking(move || tracked.changes()).await;
        seen.map(Some).map_err(|error| fault("cannot see what changed", &error))
    }

    /// Brings what changed in the copy into the user's tree: all of it, or nothing with the
    /// reasons.
    pub(crate) async fn apply(&self) -> Result<(), String> {
        let Some(tracked) = self.tracked.clone() else { return Ok(()) };
        blocking(move || tracked.apply()).await
    }

    /// The copy that the run works on, where it is one.
    pub(crate) fn copy(&self) -> Option<&Path> {
        Some(self.tracked.as_ref()?.copy.as_ref()?.root())
    }

    /// The change as a patch of at most `most` bytes; `None` where changes are not tracked.
    pub(crate) async fn patch(&self, most: usize) -> Result<Option<Patch>> {
        let Some(tracked) = self.tracked.clone() else { return Ok(None) };
        let made = blocking(move || tracked.patch(most)).await;
        made.map(Some).map_err(|error| fault("cannot see what changed", &error))
    }

    /// Writes the copy's change to `patch`, and removes the copy once nothing would be lost.
    /// `None` where the run worked on no copy.
    pub(crate) async fn hand_over(&self, patch: PathBuf) -> Option<HandOver> {
        let copy = self.copy()?.to_owned();
        let tracked = self.tracked.clone()?;
        let handed = blocking(move || tracked.hand_over(&patch)).await;
        Some(handed.unwrap_or_else(|error| HandOver {
            patch: None,
            left_out: Vec::new(),
            copy: Some(copy),
            trouble: Some(fault("cannot hand the change over", &error)),
        }))
    }
}

impl Wanted {
    fn take(self) -> Result<WorkTree, GitError> {
        let Some(repository) = self.repository else {
            return Ok(WorkTree { root: self.cwd.clone(), cwd: self.cwd, tracked: None });
        };
        let base = repository.snapshot(&self.objects, &[Path::new(SESSIONS)])?;
        let copy = match &self.copy {
            Some(dir) => Some(repository.add_worktree(dir, &self.objects, &base)?),
            None => None,
        };
        let own = repository.root();
        let root = copy.as_ref().map_or(own, Worktree::root).to_owned();
        let below = self.cwd.strip_prefix(own).unwrap_or(Path::new(""));
        let cwd = root.join(below);
        let tracked = Tracked { repository, copy, base, objects: self.objects };
        Ok(WorkTree { cwd, root, tracked: Some(Arc::new(tracked)) })
    }
}

impl Tracked {
    fn now(&self) -> Result<Snapshot, GitError> {
        let exclude = [Path::new(SESSIONS)];
        match &self.copy {
            Some(copy) => copy.snapshot(&self.objects, &self.base, &exclude),
            None => self.repository.snapshot(&self.objects, &exclude),
        }
    }

    fn changes(&self) -> Result<TreeChanges, GitError> {
        let now = self.now()?;
        let files = self.repository.changes(&self.objects, &self.base, &now)?;
        Ok(TreeChanges {
            base: Some(self.base.tree.clone()),
            tree: Some(now.tree),
            files: files.into_iter().map(file_change).collect(),
        })
    }

    fn apply(&self) -> Result<(), String> {
        let applied = self
            .now()
            .and_then(|now| self.repository.apply(&self.objects, &self.base, &now))
            .map_err(|error| error.to_string())?;
        match applied {
            Applied::Whole { .. } => Ok(()),
            Applied::Refused { conflicts } => {
                let list: Vec<String> = conflicts
                    .iter()
                    .map(|conflict| format!("{} ({})", conflict.path, why(conflict.why)))
                    .collect();
                Err(format!("nothing was applied, because of {}", list.join(", ")))
            }
            Applied::Partly { done, undone, error } => Err(format!(
                "applied in part ({error}); done: {}; not done: {}",
                done.join(", "),
                undone.join(", ")
            )),
        }
    }

    fn patch(&self, most: usize) -> Result<Patch, GitError> {
        let now = self.now()?;
        self.repository.patch(&self.objects, &self.base, &now, most)
    }

    fn hand_over(&self, patch: &Path) -> Result<HandOver, GitError> {
        let made = self.patch(PATCH_BYTES)?;
        if !made.bytes.is_empty() {
            write(patch, &made.bytes)?;
        }
        let copy = self.copy.as_ref().map(|copy| copy.root().to_owned());
        let whole = made.left_out.is_empty();
        if let (true, Some(dir)) = (whole, &copy) {
            self.repository.remove_worktree(dir)?;
        }
        Ok(HandOver {
            patch: (!made.bytes.is_empty()).then(|| patch.to_owned()),
            left_out: made.left_out,
            copy: copy.filter(|_| !whole),
            trouble: None,
        })
    }
}

fn why(clash: Clash) -> &'static str {
    match clash {
        Clash::Changed => "changed meanwhile",
        Clash::InTheWay => "something else is in its place",
        Clash::NotStored => "its content was not stored",
        Clash::Submodule => "a submodule",
        Clash::Forbidden => "no path for a tree",
    }
}

fn write(patch: &Path, bytes: &[u8]) -> Result<(), GitError> {
    write_atomic(patch, bytes, PRIVATE_FILE).map_err(|error| GitError::Io {
        doing: "cannot write",
        path: patch.to_owned(),
        error,
    })
}

/// A panic of git's own work is a bug of ours; it must not look like a tree without changes.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    spawn_blocking(work).await.expect("work on a tree does not panic")
}

fn fault(what: &str, error: &GitError) -> Fault {
    let fault = Fault::invalid(what).because(error);
    match error.hint() {
        Some(hint) => fault.hint(hint),
        None => fault,
    }
}

/// A change as git sees it, in the words of the model.
pub fn file_change(file: git::FileChange) -> FileChange {
    FileChange {
        path: file.path,
        old_path: file.old_path,
        status: match file.status {
            FileStatus::Added => ChangeStatus::Added,
            FileStatus::Modified => ChangeStatus::Modified,
            FileStatus::Deleted => ChangeStatus::Deleted,
            FileStatus::Renamed => ChangeStatus::Renamed,
            FileStatus::TypeChanged => ChangeStatus::Typechange,
        },
        added: file.added,
        removed: file.removed,
    }
}
