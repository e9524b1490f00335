//! Work trees for agents that edit: a copy of the user's tree as it is, dirty and untracked files
//! included, that is a linked worktree for every git program.
//!
//! In the user's `.git` there is one more folder, `worktrees/atlas-…`, and nothing else: no
//! branch, no ref, no object. `git worktree add` and libgit2's own function both make a branch or
//! take only what is committed, so the folder is written here.

mod admin;
mod carry;
mod files;

use std::{
    fs::{self, DirBuilder, Permissions},
    io,
    os::unix::{
        ffi::OsStrExt as _,
        fs::{DirBuilderExt as _, PermissionsExt as _},
    },
    path::{Component, Path, PathBuf},
};

use super::{
    GitError, Place, Repository, Snapshot, discover,
    trees::{borrow_objects, list},
};
use crate::sys::fs::create_private_dir;
use admin::Admin;
pub(super) use carry::{Base, Carried};

/// A work tree that atlas made.
#[derive(Debug)]
pub struct Worktree {
    repository: Repository,
}

/// A work tree of atlas's that may still be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Its folder.
    pub dir: PathBuf,
    /// Its name in git, as `git worktree list --porcelain` would derive it.
    pub name: String,
    /// Whether the folder is there; if not, only git's notes of it are.
    pub is_there: bool,
}

impl Repository {
    /// Makes the folder `dir`, of mode 0700, with the files of the snapshot `base`, whose objects
    /// are in `objects`. It must not exist and must lie outside of the repository.
    ///
    /// What the snapshot knows by hash only ([`Snapshot::unstored`]: secrets, large files) is the
    /// user's and not copied, and neither are ignored files. To git it is a linked worktree with a
    /// copy of the user's index, detached at the commit of HEAD; where there is no commit it is on
    /// a branch of its own without one. What the agent commits there goes to the user's object
    /// store, because that is what git does. No filter and no hook of the repository runs: files that a
    /// filter keeps elsewhere (LFS) are what git stores of them.
    pub fn add_worktree(
        &self,
        dir: &Path,
        objects: &Path,
        base: &Snapshot,
    ) -> Result<Worktree, GitError> {
        let handle = self.handle()?;
        let dir = self.new_folder(&handle, dir)?;
        let made = self.fill(&handle, &dir, objects, base);
        if made.is_err() {
            drop(self.remove_worktree(&dir));
            drop(fs::remove_dir_all(&dir));
        }
        made
    }

    /// A worktree that was made before.
    pub fn open_worktree(&self, dir: &Path) -> Result<Worktree, GitError> {
        let dir = canonical(dir)?;
        let admin = Admin::of(&self.handle()?, &dir)?;
        if !admin.is_some_and(|admin| admin.is_named_by(&dir)) {
            return Err(not_ours(&dir));
        }
        match discover(&dir)? {
            Place::Repository(repository) if repository.root() == dir => {
                Ok(Worktree { repository })
            }
            _ => Err(not_ours(&dir)),
        }
    }

    /// The worktrees that atlas made for this repository, by name.
    pub fn worktrees(&self) -> Result<Vec<Leftover>, GitError> {
        let all = Admin::all(&self.handle()?)?;
        let leftover = |admin: Admin| Leftover {
            name: admin.name(),
            is_there: fs::symlink_metadata(&admin.dir).is_ok(),
            dir: admin.dir,
        };
        Ok(all.into_iter().map(leftover).collect())
    }

    /// Removes the folder with all that is in it, then git's notes of it. Refuses a folder that
    /// atlas did not make for this repository; one that is gone already is no error.
    pub fn remove_worktree(&self, dir: &Path) -> Result<(), GitError> {
        // Not resolved itself: a link in its place is not what was made.
        let dir = resolved_above(dir)?;
        let handle = self.handle()?;
        let admin = Admin::of(&handle, &dir)?;
        let found = match fs::symlink_metadata(&dir) {
            Ok(found) => Some(found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(GitError::io("cannot read", dir, error)),
        };
        let Some(admin) = admin else {
            // A crash right at the beginning leaves folders in which there is nothing yet.
            Admin::remove_empty(&handle, &dir)?;
            return match found {
                Some(_) => fs::remove_dir(&dir).map_err(|_| not_ours(&dir)),
                None => Ok(()),
            };
        };
        // Taken away first and at once: a copy of which a killed process has removed a part would be taken
        // for one in which an agent has.
        let aside = aside(&dir);
        remove_aside(&admin, &aside)?;
        if let Some(found) = found {
            if !found.is_dir() || !admin.may_be_named_by(&dir) {
                return Err(not_ours(&dir));
            }
            fs::rename(&dir, &aside).map_err(|error| GitError::io("cannot move", &dir, error))?;
            remove_aside(&admin, &aside)?;
        }
        admin.remove()
    }

    fn new_folder(&self, handle: &git2::Repository, dir: &Path) -> Result<PathBuf, GitError> {
        let refuse = |reason| GitError::Worktree { dir: dir.to_path_buf(), reason };
        if !dir.is_absolute() || dir.components().any(|part| part == Component::ParentDir) {
            return Err(refuse("its path is not absolute"));
        }
        let above = dir.parent().ok_or_else(|| refuse("it has no name"))?;
        let common = canonical(handle.commondir())?;
        let is_inside = |path: &Path| {
            [self.root(), self.git_dir(), &common].iter().any(|inside| path.starts_with(inside))
        };
        // Before the folders above are made, so that a refusal leaves none behind.
        let there = above.ancestors().find(|folder| folder.exists()).unwrap_or(above);
        if is_inside(&canonical(there)?) {
            return Err(refuse("it lies in the repository"));
        }
        // The files of git that name it are lines.
        if [dir, &common].iter().any(|path| path.as_os_str().as_bytes().contains(&b'\n')) {
            return Err(refuse("git takes no line feed in its path"));
        }
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(above)
            .map_err(|error| GitError::io("cannot make", above, error))?;
        let dir = resolved_above(dir)?;
        create_private_dir(&dir).map_err(|error| GitError::io("cannot make", &dir, error))?;
        Ok(dir)
    }

    fn fill(
        &self,
        handle: &git2::Repository,
        dir: &Path,
        objects: &Path,
        base: &Snapshot,
    ) -> Result<Worktree, GitError> {
        let _bridge = borrow_objects(handle, objects)?;
        let blobs = list(handle, &base.tree)?;
        let admin = Admin::make(handle, dir)?;
        files::check_out(&admin, self.index_file(), objects, &files::Wanted::new(base, &blobs))?;
        admin.set_head(&self.head()?)?;
        self.open_worktree(dir)
    }
}

impl Worktree {
    /// The folder.
    pub fn root(&self) -> &Path {
        self.repository.root()
    }

    /// The worktree as a repository, for all questions but for snapshots.
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The worktree as it is now, in the terms of the `base` that it was made of: what was not
    /// copied counts as unchanged unless something stands in its place, and what was part of the
    /// base is looked at even if git ignores it by now.
    pub fn snapshot(
        &self,
        objects: &Path,
        base: &Snapshot,
        exclude: &[&Path],
    ) -> Result<Snapshot, GitError> {
        let handle = self.repository.handle()?;
        let _bridge = borrow_objects(&handle, objects)?;
        let base = Base { blobs: list(&handle, &base.tree)?, unstored: &base.unstored };
        self.repository.snapshot_after(objects, exclude, Some(&base))
    }
}

/// Where a worktree stands while it is removed.
fn aside(dir: &Path) -> PathBuf {
    let mut name = dir.file_name().unwrap_or_default().to_owned();
    name.push(".removed");
    dir.with_file_name(name)
}

/// Removes what is left of the worktree there, if anything is.
fn remove_aside(admin: &Admin, aside: &Path) -> Result<(), GitError> {
    match fs::symlink_metadata(aside) {
        Ok(found) if found.is_dir() && admin.may_be_named_by(aside) => {
            remove_all(aside).map_err(|error| GitError::io("cannot remove", aside, error))
        }
        Ok(_) => Err(not_ours(aside)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(GitError::io("cannot read", aside, error)),
    }
}

/// Removes a folder with all that is in it, also from folders that an agent's tools have made
/// read-only, as caches of modules are.
fn remove_all(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            make_writable(folder)?;
            fs::remove_dir_all(folder)
        }
        removed => removed,
    }
}

/// Lets the owner list and change a folder and all below it; no link is followed.
fn make_writable(folder: &Path) -> io::Result<()> {
    let mut pending = vec![folder.to_owned()];
    while let Some(folder) = pending.pop() {
        let mode = fs::symlink_metadata(&folder)?.permissions().mode();
        if mode & 0o700 != 0o700 {
            fs::set_permissions(&folder, Permissions::from_mode(mode | 0o700))?;
        }
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                pending.push(entry.path());
            }
        }
    }
    Ok(())
}

fn not_ours(dir: &Path) -> GitError {
    GitError::Worktree {
        dir: dir.to_path_buf(),
        reason: "atlas did not make it for this repository",
    }
}

fn canonical(path: &Path) -> Result<PathBuf, GitError> {
    path.canonicalize().map_err(|error| GitError::io("cannot read", path, error))
}

/// The path with the links in the folders above it resolved, but not the last name.
fn resolved_above(path: &Path) -> Result<PathBuf, GitError> {
    match (path.parent(), path.file_name()) {
        (Some(above), Some(name)) => match above.canonicalize() {
            Ok(above) => Ok(above.join(name)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_path_buf()),
            Err(error) => Err(GitError::io("cannot read", above, error)),
        },
        _ => Err(GitError::Worktree { dir: path.to_path_buf(), reason: "it has no name" }),
    }
}
