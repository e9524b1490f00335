//! A tree that a run worked on before: taken up again, and compared with how it was left.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Tracked, WorkTree, blocking, fault, file_change, snapshot};
use crate::{
    model::{Result, changes::FileChange, run::Stand},
    sys::git::{self, Between, GitError, Repository, Snapshot},
};

/// The tree of a run that goes on.
#[derive(Debug)]
pub(crate) struct Again {
    /// The repository, where there is one.
    pub(crate) repository: Option<Arc<Repository>>,
    /// Where the user stood.
    pub(crate) cwd: PathBuf,
    /// The session's own object folder.
    pub(crate) objects: PathBuf,
    /// The folder of the copy, for a run that works on one.
    pub(crate) copy: Option<PathBuf>,
    /// The tree that changes are counted from.
    pub(crate) base: Option<Stand>,
    /// Where the tree stood when the run last looked at it.
    pub(crate) seen: Option<Stand>,
}

/// What could not be taken up as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// Nothing was lost.
    Nothing,
    /// The copy was gone and is made anew, as it was when it was last looked at.
    Copy,
    /// The base can be read no more; changes are counted from now on.
    Base,
}

/// What is different from how a run left its tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Meanwhile {
    /// Files that differ.
    pub(crate) files: Vec<FileChange>,
    /// The branch before and now, where it is another.
    pub(crate) branch: Option<(Option<String>, Option<String>)>,
    /// How the commit moved.
    pub(crate) history: Option<Between>,
}

impl Again {
    /// Takes the tree up.
    pub(crate) async fn take(self) -> Result<(WorkTree, Lost)> {
        let taken = blocking(move || self.take_up()).await;
        taken.map_err(|error| fault("cannot take the tree up again", &error))
    }

    fn take_up(self) -> Result<(WorkTree, Lost), GitError> {
        let (Some(repository), Some(base)) = (self.repository, self.base) else {
            let tree = WorkTree { root: self.cwd.clone(), cwd: self.cwd, tracked: None };
            return Ok((tree, Lost::Nothing));
        };
        let base = snapshot(&base.tree);
        let readable = repository.files(&self.objects, &base).is_ok();
        if let (false, Some(dir)) = (readable, &self.copy) {
            // To take the user's tree for it would take back what the user did since.
            let reason = "the tree that it was made of can be read no more, so nobody can tell \
                          what was changed in it: look yourself, then begin anew with `atlas run`";
            return Err(GitError::Worktree { dir: dir.clone(), reason });
        }
        let (copy, remade) = match &self.copy {
            None => (None, false),
            Some(dir) if dir.exists() => (Some(repository.open_worktree(dir)?), false),
            Some(dir) => {
                // What git still knows of the copy that is gone would be in the way.
                repository.remove_worktree(dir)?;
                let left = self.seen.as_ref().map_or(base.clone(), |seen| snapshot(&seen.tree));
                (Some(repository.add_worktree(dir, &self.objects, &left)?), true)
            }
        };
        let mut tracked = Tracked { repository, copy, base, objects: self.objects };
        // What is handed over in the end goes into the user's own tree.
        tracked.repository.clear_broken_applies(&tracked.objects)?;
        tracked.place().clear_broken_applies(&tracked.objects)?;
        if !readable {
            tracked.base =
                tracked.repository.snapshot(&tracked.objects, &[super::SESSIONS.as_ref()])?;
        }
        let lost = match (readable, remade) {
            (false, _) => Lost::Base,
            (true, true) => Lost::Copy,
            (true, false) => Lost::Nothing,
        };
        Ok((tracked.work_in(&self.cwd), lost))
    }
}

impl WorkTree {
    /// What is different from `seen`; `None` where changes are not tracked.
    pub(crate) async fn since(&self, seen: Stand) -> Result<Option<Meanwhile>> {
        let Some(tracked) = self.tracked.clone() else { return Ok(None) };
        let found = blocking(move || tracked.since(&seen)).await;
        found.map(Some).map_err(|error| fault("cannot see what changed meanwhile", &error))
    }

    /// The paths that were changed up to `committed` and are as they were before.
    pub(crate) async fn missing(&self, committed: Stand) -> Result<Vec<String>> {
        let Some(tracked) = self.tracked.clone() else { return Ok(Vec::new()) };
        let found = blocking(move || tracked.missing(&committed)).await;
        found.map_err(|error| fault("cannot see whether the work is still there", &error))
    }

    /// Brings what was changed up to `committed` at these paths back into the tree: all of it, or
    /// nothing with the reasons.
    pub(crate) async fn reapply(&self, committed: Stand, paths: Vec<String>) -> Result<(), String> {
        let Some(tracked) = self.tracked.clone() else { return Ok(()) };
        blocking(move || tracked.reapply(&committed, &paths)).await
    }
}

impl WorkTree {
    /// The difference from `seen` as a patch of at most so many bytes, and what is not in it.
    pub(crate) async fn patch_since(&self, seen: Stand, most: usize) -> Result<git::Patch> {
        let Some(tracked) = self.tracked.clone() else {
            return Ok(git::Patch { bytes: Vec::new(), left_out: Vec::new() });
        };
        let made = blocking(move || {
            let now = tracked.now()?;
            tracked.repository.patch(&tracked.objects, &snapshot(&seen.tree), &now, most)
        });
        made.await.map_err(|error| fault("cannot see what a call changed", &error))
    }
}

impl Tracked {
    fn since(&self, seen: &Stand) -> Result<Meanwhile, GitError> {
        let now = self.now()?;
        let stand = self.stand_of(&now);
        let left = snapshot(&seen.tree);
        let files = self.repository.changes(&self.objects, &left, &now)?;
        let history = match (&seen.commit, &stand.commit) {
            (Some(from), Some(to)) if from != to => Some(self.place().between(from, to)?),
            _ => None,
        };
        Ok(Meanwhile {
            files: files.into_iter().map(file_change).collect(),
            branch: (seen.branch != stand.branch).then(|| (seen.branch.clone(), stand.branch)),
            history,
        })
    }

    fn missing(&self, committed: &Stand) -> Result<Vec<String>, GitError> {
        let now = self.now()?;
        let done = snapshot(&committed.tree);
        let wanted = self.repository.changes(&self.objects, &self.base, &done)?;
        let there = self.repository.changes(&self.objects, &self.base, &now)?;
        let there: BTreeSet<&str> = there.iter().flat_map(touched).collect();
        let missing = wanted.iter().filter(|file| !touched(file).any(|path| there.contains(path)));
        Ok(missing.map(|file| file.path.clone()).collect())
    }

    /// Only what is missing is compared and written, so that nobody's later work is in the way.
    fn reapply(&self, committed: &Stand, paths: &[String]) -> Result<(), String> {
        let said = |error: GitError| error.to_string();
        let done = snapshot(&committed.tree);
        let wanted = self.repository.changes(&self.objects, &self.base, &done).map_err(said)?;
        let meant = wanted.iter().filter(|file| paths.contains(&file.path));
        let meant: BTreeSet<Vec<u8>> = meant.flat_map(touched).filter_map(git::unescape).collect();
        let only = |of: &Snapshot| {
            self.repository.filtered(&self.objects, of, |path: &Path| {
                !meant.contains(std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()))
            })
        };
        let (from, to) = (only(&self.base).map_err(said)?, only(&done).map_err(said)?);
        super::whole(self.place().apply(&self.objects, &from, &to).map_err(said)?)
    }
}

fn touched(file: &git::FileChange) -> impl Iterator<Item = &str> {
    std::iter::once(file.path.as_str()).chain(file.old_path.as_deref())
}
