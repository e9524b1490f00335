//! Copies of a tree for branches that work side by side: made, and put together again.

use std::path::{Path, PathBuf};

use super::{PATCH_BYTES, Tracked, WorkTree, blocking, whole, whys, write};
use crate::{
    model::run::Stand,
    sys::git::{GitError, Merged},
};

/// What could be done about a copy that nobody needs any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    /// It is gone, and what it held stands elsewhere.
    Away,
    /// It stays, because it holds what the patch does not.
    Nowhere,
}

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

    /// Puts what was changed in a copy of this tree into it: all of it, or nothing with the
    /// reasons.
    pub(crate) async fn take_in(&self, copy: &Self) -> Result<(), String> {
        let (Some(here), Some(there)) = (self.tracked.clone(), copy.tracked.clone()) else {
            return Ok(());
        };
        blocking(move || here.take_in(&there)).await
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

    /// Removes the copy once a patch holds what was changed in it.
    pub(crate) async fn put_away(&self, patch: PathBuf) -> Result<Put, String> {
        let Some(tracked) = self.tracked.clone() else { return Ok(Put::Away) };
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

    fn take_in(&self, copy: &Self) -> Result<(), String> {
        let said = |error: GitError| error.to_string();
        let (ours, theirs) = (self.now().map_err(said)?, copy.now().map_err(said)?);
        let merged = self.repository.merge(&self.objects, &copy.base, (&ours, &theirs));
        match merged.map_err(said)? {
            Merged::Both(both) if both == ours => Ok(()),
            Merged::Both(both) => {
                whole(self.place().apply(&self.objects, &ours, &both).map_err(said)?)
            }
            Merged::Refused { conflicts } => Err(whys(&conflicts)),
        }
    }

    fn put_away(&self, patch: &Path) -> Result<Put, GitError> {
        let Some(copy) = &self.copy else { return Ok(Put::Away) };
        let made = self.patch(PATCH_BYTES)?;
        if !made.bytes.is_empty() {
            write(patch, &made.bytes)?;
        }
        if !made.left_out.is_empty() {
            return Ok(Put::Nowhere);
        }
        self.repository.remove_worktree(copy.root()).map(|()| Put::Away)
    }
}
