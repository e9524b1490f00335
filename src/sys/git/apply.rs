//! What happened in a worktree, brought into the user's tree: whole and only where the user's
//! tree is still what the worktree was made of, or not at all.
//!
//! First everything is looked at, then everything new is written beside its place, then it is
//! moved there, and what is to go goes last. Right before a file is replaced or removed it is
//! looked at again. A power cut in the middle leaves some files new and some old, but no file
//! that is half of both.

mod leftover;
mod perform;
mod plan;
mod staging;

use std::path::Path;

use super::{GitError, Repository, Snapshot, trees::borrow_objects};

/// What became of a change.
#[derive(Debug)]
pub enum Applied {
    /// The user's tree has all of it.
    Whole {
        /// The paths that were written or removed, [escaped](super::escape), in the order in
        /// which it was done; none of them if the tree had everything already.
        done: Vec<String>,
    },
    /// Nothing was touched.
    Refused {
        /// Why not, by path; at least one.
        conflicts: Vec<Conflict>,
    },
    /// The file system failed in the middle, or somebody else wrote meanwhile.
    Partly {
        /// The paths that are as in the worktree now.
        done: Vec<String>,
        /// The paths that are as they were.
        undone: Vec<String>,
        /// What failed at the first of the undone.
        error: GitError,
    },
}

/// A path that keeps a change from being applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The path from the root, [escaped](super::escape).
    pub path: String,
    /// What is the matter with it.
    pub why: Clash,
}

/// Why a path cannot be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clash {
    /// The user's file is neither what it was when the worktree was made nor what it would become;
    /// or git keeps it in another form than the tree (LFS).
    Changed,
    /// A new file would take the place of something that is not part of the snapshot: an ignored
    /// or untracked file, a folder that holds some, a link in place of a folder.
    InTheWay,
    /// The content is not stored: a secret or a large file.
    NotStored,
    /// It is a submodule.
    Submodule,
    /// Both of two changes that were made beside each other are about the same lines of it.
    Beside,
    /// The run and the user, who has not committed it, changed the same lines of it.
    Uncommitted,
    /// Git never takes such a path: it leads out of the tree or into `.git`.
    Forbidden,
}

impl Repository {
    /// Brings what leads from `base` to `now` into this work tree. `objects` is the folder that
    /// both were taken with. Files are compared by content; those that are already as in `now` are
    /// left alone, so that a change can be applied twice. The index is not touched: the changes
    /// appear unstaged.
    ///
    /// An error means that nothing was changed.
    pub fn apply(
        &self,
        objects: &Path,
        base: &Snapshot,
        now: &Snapshot,
    ) -> Result<Applied, GitError> {
        self.apply_when(objects, base, now, || ())
    }

    /// Calls `meanwhile` between the comparison and the first change, where a test can do what a
    /// user might.
    pub(super) fn apply_when(
        &self,
        objects: &Path,
        base: &Snapshot,
        now: &Snapshot,
        meanwhile: impl FnOnce(),
    ) -> Result<Applied, GitError> {
        let handle = self.handle()?;
        let _bridge = borrow_objects(&handle, objects)?;
        let inside = self.inside()?;
        let side = plan::Side { repository: self, handle: &handle, inside: &inside, objects };
        let steps = match plan::plan(&side, base, now)? {
            Ok(steps) => steps,
            Err(conflicts) => return Ok(Applied::Refused { conflicts }),
        };
        let ready = perform::prepare(&side, &steps)?;
        meanwhile();
        Ok(perform::perform(&side, &steps, ready))
    }

    fn inside(&self) -> Result<super::inside::Inside, GitError> {
        super::inside::Inside::open(self.root())
            .map_err(|error| GitError::io("cannot read", self.root(), error))
    }
}
