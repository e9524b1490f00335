//! Which repository a folder belongs to, and where its HEAD stands.

use std::{
    path::{Path, PathBuf},
    sync::Mutex,
};

use git2::{ErrorCode, RepositoryOpenFlags};

use super::{GitError, content::Known, error::unsupported};

/// What stands around a folder.
#[derive(Debug)]
pub enum Place {
    /// No repository.
    Outside,
    /// A repository without a work tree.
    Bare {
        /// The repository's own folder.
        git_dir: PathBuf,
    },
    /// A work tree.
    Repository(Repository),
    /// A repository that atlas cannot read.
    Unsupported {
        /// The folder that holds `.git`.
        root: PathBuf,
        /// Why not, and what to do.
        reason: String,
    },
}

/// A work tree and the repository it belongs to. Holds no handle: each question opens the
/// repository anew, which is cheap, lets threads share this, and sees what changed meanwhile.
#[derive(Debug)]
pub struct Repository {
    root: PathBuf,
    git_dir: PathBuf,
    /// The file of the index.
    index: PathBuf,
    pub(super) known: Mutex<Known>,
}

/// Where HEAD stands. Names are lossy where they are no UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Head {
    /// On a branch.
    Branch {
        /// The branch without `refs/heads/`.
        name: String,
        /// Its commit.
        commit: String,
    },
    /// On no branch.
    Detached {
        /// The commit.
        commit: String,
    },
    /// On a branch without a commit.
    Unborn {
        /// The branch without `refs/heads/`.
        branch: String,
    },
}

/// Finds the repository around `cwd`, the way git does but for the `GIT_*` variables, of which
/// none counts: a run started from a git hook means the folder it stands in.
pub fn discover(cwd: &Path) -> Result<Place, GitError> {
    let cwd = cwd.canonicalize().map_err(|error| GitError::io("cannot read", cwd, error))?;
    let nowhere: [&Path; 0] = [];
    let handle = match git2::Repository::open_ext(&cwd, RepositoryOpenFlags::empty(), nowhere) {
        Ok(handle) => handle,
        Err(error) => return refused(&cwd, error),
    };
    let git_dir = handle.path().to_path_buf();
    let Some(work_tree) = handle.workdir() else {
        return Ok(Place::Bare { git_dir });
    };
    let root =
        work_tree.canonicalize().map_err(|error| GitError::io("cannot read", work_tree, error))?;
    if git_dir.canonicalize().is_ok_and(|git_dir| cwd.starts_with(git_dir)) {
        let reason =
            format!("this folder belongs to git itself; the work tree is {}", root.display());
        return Ok(Place::Unsupported { root, reason });
    }
    if !cwd.starts_with(&root) {
        let reason =
            format!("core.worktree names {}, which does not hold this folder", root.display());
        return Ok(Place::Unsupported { root: holder(&cwd), reason });
    }
    let index = git_dir.join("index");
    Ok(Place::Repository(Repository { root, git_dir, index, known: Mutex::default() }))
}

impl Repository {
    /// The root of the work tree: absolute, without symbolic links.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The repository's own folder; that of a linked worktree is its own.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The same repository, in which something is staged in another file than usually: git names
    /// it to its hooks by `GIT_INDEX_FILE`, from the root, when only some files are committed.
    #[must_use]
    pub fn with_index(self, file: &Path) -> Self {
        Self { index: self.root.join(file), ..self }
    }

    /// The file of the index.
    pub(super) fn index_file(&self) -> &Path {
        &self.index
    }

    /// Where HEAD stands now.
    pub fn head(&self) -> Result<Head, GitError> {
        let doing = "cannot read HEAD";
        let handle = self.handle()?;
        let head = handle.find_reference("HEAD").map_err(GitError::git(doing))?;
        let Some(target) = head.symbolic_target_bytes() else {
            let commit = head.target().map(|oid| oid.to_string()).unwrap_or_default();
            return Ok(Head::Detached { commit });
        };
        let name = String::from_utf8_lossy(target.strip_prefix(b"refs/heads/").unwrap_or(target));
        match head.resolve() {
            Ok(branch) => {
                let commit = branch.target().map(|oid| oid.to_string()).unwrap_or_default();
                Ok(Head::Branch { name: name.into_owned(), commit })
            }
            Err(error) if error.code() == ErrorCode::NotFound => {
                Ok(Head::Unborn { branch: name.into_owned() })
            }
            Err(error) => Err(GitError::git(doing)(error)),
        }
    }

    /// Whether git ignores the path, given absolute or from the root. Tracked files are never
    /// asked for: git does not ignore what it tracks.
    pub fn is_ignored(&self, path: &Path) -> Result<bool, GitError> {
        let path = path.strip_prefix(&self.root).unwrap_or(path);
        is_ignored(&self.handle()?, path)
    }

    pub(super) fn handle(&self) -> Result<git2::Repository, GitError> {
        let handle = open(&self.root)?;
        if handle.path() == self.git_dir && handle.workdir().is_some() {
            return Ok(handle);
        }
        Err(GitError::Moved { root: self.root.clone() })
    }
}

pub(super) fn open(root: &Path) -> Result<git2::Repository, GitError> {
    git2::Repository::open(root).map_err(GitError::git("cannot open the repository"))
}

pub(super) fn is_ignored(handle: &git2::Repository, path: &Path) -> Result<bool, GitError> {
    handle.is_path_ignored(path).map_err(GitError::git("cannot read the ignore rules"))
}

fn refused(cwd: &Path, error: git2::Error) -> Result<Place, GitError> {
    if error.code() == ErrorCode::NotFound {
        return Ok(Place::Outside);
    }
    if error.code() == ErrorCode::Owner {
        return Err(GitError::NotOwned { path: holder(cwd) });
    }
    match unsupported(&error) {
        Some(reason) => Ok(Place::Unsupported { root: holder(cwd), reason }),
        None => Err(GitError::git("cannot open the repository")(error)),
    }
}

/// The folder that git would take for the root, where libgit2 did not get that far.
fn holder(cwd: &Path) -> PathBuf {
    cwd.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(cwd).to_path_buf()
}
