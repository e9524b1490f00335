//! Copies of a tree: made for branches that work side by side, put together again, handed over and removed.

use std::{
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
};

use super::{
    Copies, HandOver, PATCH_BYTES, Tracked, WorkTree, blocking, fault, whole, whys, write,
};
use crate::{
    model::run::Stand,
    sys::git::{GitError, Merged},
};

impl WorkTree {
    /// A copy of this tree as it is now, in the folder `dir`, and where it stands. What is left
    /// there of an earlier copy goes.
    pub(crate) async fn copied(&self, dir: PathBuf) -> Result<(Self, Stand), String> {
        let untracked = || "only a repository can be copied".to_owned();
        let tracked = self.tracked.clone().ok_or_else(untracked)?;
        // Where somebody stands in this tree is where they stand in the copy.
        let below = self.cwd.strip_prefix(&self.root).unwrap_or(Path::new("")).to_owned();
        let made = blocking(move || tracked.copied(&dir, &below)).await;
        made.map_err(|error| error.to_string())
    }

    /// Puts what was changed in copies of this tree into it, one after another: all of it, or nothing
    /// with the reasons, and the number of the copy that they are about.
    pub(crate) async fn take_in(&self, copies: &[Rc<Self>]) -> Result<(), (usize, String)> {
        let Some(here) = self.tracked.clone() else { return Ok(()) };
        let there: Vec<Arc<Tracked>> = copies.iter().filter_map(|it| it.tracked.clone()).collect();
        blocking(move || here.take_in(&there)).await
    }

    /// Folders of a copy that nobody looks into, because they are repositories of their own. Of the
    /// user's own tree nothing is lost with them.
    pub(crate) async fn unlooked(&self) -> Result<Vec<String>, String> {
        let Some(tracked) = self.tracked.clone().filter(|tracked| tracked.copy.is_some()) else {
            return Ok(Vec::new());
        };
        let found = blocking(move || tracked.place().unlooked()).await;
        found.map_err(|error| error.to_string())
    }

    /// Removes the copy, whatever it holds.
    pub(crate) async fn discard(&self) -> Result<(), String> {
        let Some(tracked) = self.tracked.clone() else { return Ok(()) };
        let gone = blocking(move || match &tracked.copy {
            Some(copy) => tracked.repository.remove_worktree(copy.root()),
            None => Ok(()),
        });
        gone.await.map_err(|error| error.to_string())
    }

    /// Removes the copy once a patch holds what was changed in it; where the patch does not hold all
    /// of it, the copy stays.
    pub(crate) async fn put_away(&self, patch: PathBuf) -> Result<(), String> {
        let Some(tracked) = self.tracked.clone() else { return Ok(()) };
        let put = blocking(move || tracked.put_away(&patch)).await;
        put.map_err(|error| error.to_string())
    }
}

impl Tracked {
    fn copied(&self, dir: &Path, below: &Path) -> Result<(WorkTree, Stand), GitError> {
        self.repository.remove_worktree(dir)?;
        let base = self.now()?;
        let stand = self.stand_of(&base);
        let copy = self.repository.add_worktree(dir, &self.objects, &base)?;
        let repository = self.repository.clone();
        let own = repository.root().join(below);
        let copied = Self { repository, copy: Some(copy), base, objects: self.objects.clone() };
        Ok((copied.work_in(&own), stand))
    }

    fn take_in(&self, copies: &[Arc<Self>]) -> Result<(), (usize, String)> {
        let ours = self.now().map_err(|error| (0, error.to_string()))?;
        let mut all = ours.clone();
        for (place, copy) in copies.iter().enumerate() {
            let unlooked = copy.place().unlooked().map_err(|error| (place, error.to_string()))?;
            if let Some(folder) = unlooked.first() {
                let why = format!("`{folder}` is a repository of its own, which nobody can merge");
                return Err((place, why));
            }
            let merged = copy.now().and_then(|theirs| {
                self.repository.merge(&self.objects, &copy.base, (&all, &theirs))
            });
            all = match merged.map_err(|error| (place, error.to_string()))? {
                Merged::Both(both) => both,
                Merged::Refused { conflicts } => return Err((place, whys(&conflicts))),
            };
        }
        if all == ours {
            return Ok(());
        }
        let applied = self.place().apply(&self.objects, &ours, &all);
        applied.map_err(|error| error.to_string()).and_then(whole).map_err(|why| (0, why))
    }

    /// Writes the change to `patch`, and removes the copy where it may go and nothing is lost with it.
    pub(super) fn hand_over(&self, patch: &Path, copies: Copies) -> Result<HandOver, GitError> {
        let made = self.patch(PATCH_BYTES)?;
        if !made.bytes.is_empty() {
            write(patch, &made.bytes)?;
        }
        let copy = self.copy.as_ref().map(|copy| copy.root().to_owned());
        let mut left_out = made.left_out;
        left_out.extend(self.place().unlooked()?);
        let removed = match &copy {
            Some(dir) if left_out.is_empty() && copies == Copies::Remove => {
                Some(self.repository.remove_worktree(dir))
            }
            Some(_) | None => None,
        };
        let (copy, trouble) = match removed {
            Some(Ok(())) => (None, None),
            // What was changed is in the patch; only the room is still taken.
            Some(Err(error)) => {
                let left = copy.filter(|dir| dir.exists());
                (left, Some(fault("cannot remove the copy", &error)))
            }
            None => (copy, None),
        };
        let patch = (!made.bytes.is_empty()).then(|| patch.to_owned());
        Ok(HandOver { patch, left_out, copy, trouble })
    }

    fn put_away(&self, patch: &Path) -> Result<(), GitError> {
        let Some(copy) = &self.copy else { return Ok(()) };
        let made = self.patch(PATCH_BYTES)?;
        if !made.bytes.is_empty() {
            write(patch, &made.bytes)?;
        }
        let is_whole = made.left_out.is_empty() && self.place().unlooked()?.is_empty();
        if is_whole { self.repository.remove_worktree(copy.root()) } else { Ok(()) }
    }
}
