//! The tree as recordings keep it: without the recordings themselves, and without what is known
//! by its hash only.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use super::{Tracked, WorkTree, blocking, fault};
use crate::{
    model::{Fault, Result},
    store::recordings::{FOLDER, RepoFile, RepoKind},
    sys::git::{self, FileKind, GitError, Snapshot, Standing, TreeFile},
};

/// The largest patch of a recording; a small repository changes little.
const PATCH_BYTES: usize = 4 * 1024 * 1024;

/// The tree and its history before anything was done.
#[derive(Debug)]
pub(crate) struct Origin {
    /// Where it stood.
    pub(crate) standing: Standing,
    /// The files of the base.
    pub(crate) files: Vec<RepoFile>,
    /// From the base to HEAD.
    pub(crate) head: Vec<u8>,
    /// From HEAD to the index.
    pub(crate) staged: Vec<u8>,
    /// From the index to the tree.
    pub(crate) worktree: Vec<u8>,
    /// Files that are not in it.
    pub(crate) left_out: Vec<String>,
}

impl WorkTree {
    /// What a recording keeps of the tree and its history, as they are before the first call.
    /// `base` names the commit that the work is compared with.
    pub(crate) async fn origin(&self, base: Option<String>) -> Result<Origin> {
        let tracked = self.tracked.clone().ok_or_else(no_repository)?;
        blocking(move || tracked.origin(base.as_deref()))
            .await
            .map_err(|error| fault("cannot record the repository", &error))?
            .map_err(|path| {
                Fault::invalid("the repository cannot be recorded")
                    .because(format!("`{path}` is a submodule"))
            })
    }

    /// The tag that HEAD comes after most closely, where there is one.
    pub(crate) async fn last_tag(&self) -> Result<Option<String>> {
        let tracked = self.tracked.clone().ok_or_else(no_repository)?;
        blocking(move || tracked.repository.last_tag())
            .await
            .map_err(|error| fault("cannot record the repository", &error))
    }

    /// The tree as it is now, as recordings keep it.
    pub(crate) async fn recorded(&self) -> Result<Snapshot> {
        let tracked = self.tracked.clone().ok_or_else(no_repository)?;
        blocking(move || tracked.now().and_then(|now| tracked.recorded(&now)))
            .await
            .map_err(|error| fault("cannot see the tree", &error))
    }

    /// What happened between two such trees.
    pub(crate) async fn recorded_change(&self, from: Snapshot, to: Snapshot) -> Result<Vec<u8>> {
        let tracked = self.tracked.clone().ok_or_else(no_repository)?;
        let made = blocking(move || tracked.change(&from, &to)).await;
        made.map_err(|error| fault("cannot see what a call changed", &error))
    }
}

fn no_repository() -> Fault {
    Fault::invalid("only a run in a git repository can be recorded")
        .hint("make one with `git init`, and commit what the run stands on")
}

impl Tracked {
    fn origin(&self, base: Option<&str>) -> Result<Result<Origin, String>, GitError> {
        let Self { repository, objects, .. } = self;
        let standing = repository.standing(objects, base)?;
        let of = |snapshot: &Snapshot| self.recorded(snapshot);
        let standing = Standing {
            base: of(&standing.base)?,
            head: of(&standing.head)?,
            index: of(&standing.index)?,
            ..standing
        };
        let work = of(&self.base)?;
        // Also one that git holds: a recording is made to be shared.
        let all = repository.files(objects, &self.base)?;
        let secret = all.iter().map(path).filter(|path| looks_secret(path));
        let secret = secret.map(|path| git::escape(path.as_os_str().as_bytes()));
        let unstored = self.base.unstored.iter().map(|file| file.path.clone());
        let left_out: BTreeSet<String> = unstored.chain(secret).collect();
        let mut files = Vec::new();
        for file in repository.files(objects, &standing.base)? {
            let Some(kind) = kind(file.kind) else { return Ok(Err(shown(&file))) };
            let bytes = repository.content(objects, &file)?;
            files.push(RepoFile { path: path(&file).to_owned(), kind, bytes });
        }
        let change = |from: &Snapshot, to: &Snapshot| self.change(from, to);
        Ok(Ok(Origin {
            head: change(&standing.base, &standing.head)?,
            staged: change(&standing.head, &standing.index)?,
            worktree: change(&standing.index, &work)?,
            left_out: left_out.into_iter().collect(),
            standing,
            files,
        }))
    }

    fn recorded(&self, of: &Snapshot) -> Result<Snapshot, GitError> {
        let files = self.repository.files(&self.objects, of)?;
        let skills = files.iter().map(path).filter(|path| {
            path.file_name().is_some_and(|name| name.eq_ignore_ascii_case("SKILL.md"))
        });
        let recordings: Vec<PathBuf> =
            skills.filter_map(|skill| Some(skill.parent()?.join(FOLDER))).collect();
        let leave_out = |path: &Path| {
            recordings.iter().any(|folder| path.starts_with(folder)) || looks_secret(path)
        };
        self.repository.filtered(&self.objects, of, leave_out)
    }

    fn change(&self, from: &Snapshot, to: &Snapshot) -> Result<Vec<u8>, GitError> {
        let made = self.repository.patch(&self.objects, from, to, PATCH_BYTES)?;
        match made.left_out.first() {
            None => Ok(made.bytes),
            Some(path) => Err(GitError::Io {
                doing: "cannot put into a patch",
                path: path.into(),
                error: std::io::ErrorKind::FileTooLarge.into(),
            }),
        }
    }
}

fn kind(kind: FileKind) -> Option<RepoKind> {
    match kind {
        FileKind::Plain => Some(RepoKind::Plain),
        FileKind::Executable => Some(RepoKind::Executable),
        FileKind::Link => Some(RepoKind::Link),
        FileKind::Submodule => None,
    }
}

fn path(file: &TreeFile) -> &Path {
    Path::new(OsStr::from_bytes(&file.path))
}

fn shown(file: &TreeFile) -> String {
    crate::sys::git::escape(&file.path)
}

/// Whether the file's name says that it holds a secret.
fn looks_secret(path: &Path) -> bool {
    git::looks_secret(path.as_os_str().as_bytes())
}
