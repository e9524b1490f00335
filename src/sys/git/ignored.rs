//! Which folders git ignores: what nobody commits, nobody reviews.

use std::{
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use super::{
    GitError,
    open::{Place, discover, is_ignored, open},
};
use crate::sys::spread::spread;

/// The rules of the repository around a folder.
#[derive(Debug)]
pub struct Ignores {
    root: PathBuf,
}

impl Ignores {
    /// The rules that hold below `dir`. There are none outside of a repository, in one that cannot
    /// be read, and below a folder that is ignored itself: who looks there wants what is there.
    pub fn below(dir: &Path) -> Option<Self> {
        let Ok(Place::Repository(repository)) = discover(dir) else { return None };
        let real = dir.canonicalize().ok()?;
        let rules = Self { root: repository.root().to_owned() };
        let itself = real == rules.root || !rules.hold(&repository.handle().ok()?, &real);
        itself.then_some(rules)
    }

    /// Which of the folders, given by their absolute paths, are ignored. One that holds a file
    /// that git tracks is not; neither is one of which nobody can tell.
    pub fn of(&self, folders: &[PathBuf]) -> Vec<bool> {
        let ask = |part: &[PathBuf]| -> Result<Vec<bool>, GitError> {
            let handle = open(&self.root)?;
            Ok(part.iter().map(|folder| self.hold(&handle, folder)).collect())
        };
        let asked = spread(folders, ask);
        asked.map_or_else(|_| vec![false; folders.len()], |parts| parts.concat())
    }

    fn hold(&self, handle: &git2::Repository, folder: &Path) -> bool {
        let Ok(path) = folder.strip_prefix(&self.root) else { return false };
        // With a slash it is a folder; without, libgit2 would have to look.
        if !is_ignored(handle, &path.join("")).unwrap_or(false) {
            return false;
        }
        let prefix = [path.as_os_str().as_bytes(), b"/"].concat();
        handle.index().is_ok_and(|index| index.find_prefix(prefix).is_err())
    }
}
