//! The tree that a run works on: the user's own, or a copy of it.
//!
//! The base is the tree as it was, dirty files and all, so "what this run changed" is exact. Its
//! objects lie in the session; the repository itself is only read.

mod again;
mod apart;
mod branch;
mod recorded;

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use globset::GlobBuilder;
use tokio::task::spawn_blocking;

use crate::{
    engine::prepare::Since,
    model::{
        Fault, Result,
        changes::{ChangeStatus, FileChange, TreeChanges},
        run::{
            Stand,
            stand::{TreeName, UnstoredFile},
        },
    },
    sys::fs::{PRIVATE_FILE, write_atomic},
    sys::git::{
        self, Applied, Clash, FileStatus, GitError, Head, Patch, Repository, Snapshot, Worktree,
    },
};

pub(crate) use again::{Again, Lost};
pub(crate) use branch::expect_new;
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
    /// The tree that changes are counted from.
    pub(crate) since: Since,
    /// The folder to make a copy in, for a run that shall not touch the user's tree.
    pub(crate) copy: Option<PathBuf>,
}

/// What becomes of the copy at the end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Copies {
    /// It goes, once nothing would be lost.
    Remove,
    /// It stays, because the run can go on in it.
    Keep,
}

/// The change of a run that worked on a copy.
#[derive(Debug)]
pub struct HandOver {
    /// The patch; `None` where nothing changed.
    pub patch: Option<PathBuf>,
    /// Files that are not in the patch, because they are too large or look like secrets.
    pub left_out: Vec<String>,
    /// The copy, which is kept only where the patch is not all of it or the run can go on in it.
    pub copy: Option<PathBuf>,
    /// Why there is no patch of what may have changed, or why a copy that nobody needs did not go.
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

    /// Where the base stands; `None` where changes are not tracked.
    pub(crate) fn stand(&self) -> Option<Stand> {
        let tracked = self.tracked.as_ref()?;
        Some(tracked.stand_of(&tracked.base))
    }

    /// The tree as it is, compared with its base, and where it stands; `None` where changes are
    /// not tracked.
    pub(crate) async fn changes(&self) -> Result<Option<(TreeChanges, Stand)>> {
        let Some(tracked) = self.tracked.clone() else { return Ok(None) };
        let seen = blocking(move || tracked.changes()).await;
        seen.map(Some).map_err(|error| fault("cannot see what changed", &error))
    }

    /// The files of the tree that a pattern fits, sorted. Where changes are not tracked, nobody
    /// knows which files belong to the tree.
    pub(crate) async fn fitting(&self, glob: &str) -> Result<Vec<String>> {
        let faulty = |error: globset::Error| Fault::invalid("a faulty glob").because(error);
        let matcher = GlobBuilder::new(glob).literal_separator(true).build().map_err(faulty)?;
        let matcher = matcher.compile_matcher();
        let tracked = self.tracked.clone().ok_or_else(|| {
            Fault::invalid("files are found by a pattern in a repository only")
                .hint("give a list instead, such as the lines that a `run:` step wrote")
        })?;
        let found = blocking(move || {
            let now = tracked.now()?;
            tracked.repository.files(&tracked.objects, &now)
        });
        let found = found.await.map_err(|error| fault("cannot see the files", &error))?;
        let fits = |path: &Vec<u8>| matcher.is_match(OsStr::from_bytes(path));
        let fitting = found.into_iter().map(|file| file.path).filter(fits);
        let texts = fitting.map(|path| {
            String::from_utf8(path).map_err(|path| {
                let path = git::escape(path.as_bytes());
                Fault::invalid(format!("`{glob}` fits a file whose name is not UTF-8: {path}"))
                    .hint("rename it, or write a pattern that does not fit it")
            })
        });
        let mut fitting: Vec<String> = texts.collect::<Result<_>>()?;
        fitting.sort();
        Ok(fitting)
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

    /// Writes the copy's change to `patch`, and removes the copy where it may go and nothing would
    /// be lost. `None` where the run worked on no copy.
    pub(crate) async fn hand_over(&self, patch: PathBuf, copies: Copies) -> Option<HandOver> {
        let copy = self.copy()?.to_owned();
        let tracked = self.tracked.clone()?;
        let handed = blocking(move || tracked.hand_over(&patch, copies)).await;
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
        let base = match self.since {
            Since::Taken(tree) => snapshot(&tree),
            Since::Revision(tree) => Snapshot { tree, unstored: Vec::new() },
            Since::Staged => repository.staged(&self.objects)?,
            Since::Now => repository.snapshot(&self.objects, &[Path::new(SESSIONS)])?,
        };
        let copy = match &self.copy {
            Some(dir) => Some(repository.add_worktree(dir, &self.objects, &base)?),
            None => None,
        };
        Ok(Tracked { repository, copy, base, objects: self.objects }.work_in(&self.cwd))
    }
}

impl Tracked {
    /// The tree for somebody who stands in `cwd` of the user's own.
    fn work_in(self, cwd: &Path) -> WorkTree {
        let own = self.repository.root();
        let root = self.place().root().to_owned();
        let below = cwd.strip_prefix(own).unwrap_or(Path::new(""));
        WorkTree { cwd: root.join(below), root, tracked: Some(Arc::new(self)) }
    }

    /// Where the work happens.
    fn place(&self) -> &Repository {
        self.copy.as_ref().map_or(&self.repository, Worktree::repository)
    }

    /// A repository whose HEAD cannot be read has a tree all the same.
    fn stand_of(&self, snapshot: &Snapshot) -> Stand {
        let (branch, commit) = match self.place().head() {
            Ok(Head::Branch { name, commit }) => (Some(name), Some(commit)),
            Ok(Head::Detached { commit }) => (None, Some(commit)),
            Ok(Head::Unborn { branch }) => (Some(branch), None),
            Err(_) => (None, None),
        };
        Stand { tree: tree_name(snapshot), branch, commit }
    }

    fn now(&self) -> Result<Snapshot, GitError> {
        let exclude = [Path::new(SESSIONS)];
        match &self.copy {
            Some(copy) => copy.snapshot(&self.objects, &self.base, &exclude),
            None => self.repository.snapshot(&self.objects, &exclude),
        }
    }

    fn changes(&self) -> Result<(TreeChanges, Stand), GitError> {
        let now = self.now()?;
        let files = self.repository.changes(&self.objects, &self.base, &now)?;
        let changes = TreeChanges {
            base: Some(self.base.tree.clone()),
            tree: Some(now.tree.clone()),
            files: files.into_iter().map(file_change).collect(),
        };
        Ok((changes, self.stand_of(&now)))
    }

    fn apply(&self) -> Result<(), String> {
        let applied = self
            .now()
            .and_then(|now| self.repository.apply(&self.objects, &self.base, &now))
            .map_err(|error| error.to_string())?;
        whole(applied)
    }

    fn patch(&self, most: usize) -> Result<Patch, GitError> {
        let now = self.now()?;
        self.repository.patch(&self.objects, &self.base, &now, most)
    }
}

/// Anything but all of a change is told with its reasons.
fn whole(applied: Applied) -> Result<(), String> {
    Err(match applied {
        Applied::Whole { .. } => return Ok(()),
        Applied::Refused { conflicts } => {
            format!("nothing was applied, because of {}", whys(&conflicts))
        }
        Applied::Partly { done, undone, error } => format!(
            "applied in part ({error}); done: {}; not done: {}",
            done.join(", "),
            undone.join(", ")
        ),
    })
}

fn whys(conflicts: &[git::Conflict]) -> String {
    let each =
        conflicts.iter().map(|conflict| format!("{} ({})", conflict.path, why(conflict.why)));
    each.collect::<Vec<_>>().join(", ")
}

/// The name of a tree.
pub(super) fn tree_name(snapshot: &Snapshot) -> TreeName {
    let unstored = |file: &git::Unstored| UnstoredFile {
        path: file.path.clone(),
        size: file.size,
        hash: file.hash.clone(),
        why: why_unstored(file.why).to_owned(),
    };
    TreeName {
        tree: snapshot.tree.clone(),
        unstored: snapshot.unstored.iter().map(unstored).collect(),
    }
}

/// The tree by that name. What a later version says of why a content is not stored, we do not know.
fn snapshot(name: &TreeName) -> Snapshot {
    let unstored = |file: &UnstoredFile| git::Unstored {
        path: file.path.clone(),
        size: file.size,
        hash: file.hash.clone(),
        why: [git::Why::TooLarge, git::Why::LooksSecret, git::Why::Unreadable]
            .into_iter()
            .find(|why| why_unstored(*why) == file.why)
            .unwrap_or(git::Why::Unreadable),
    };
    Snapshot { tree: name.tree.clone(), unstored: name.unstored.iter().map(unstored).collect() }
}

fn why_unstored(why: git::Why) -> &'static str {
    match why {
        git::Why::TooLarge => "too-large",
        git::Why::LooksSecret => "looks-secret",
        git::Why::Unreadable => "unreadable",
    }
}

fn why(clash: Clash) -> &'static str {
    match clash {
        Clash::Changed => "changed meanwhile",
        Clash::Uncommitted => "the same lines are changed and not committed",
        Clash::InTheWay => "something else is in its place",
        Clash::NotStored => "its content was not stored",
        Clash::Submodule => "a submodule",
        Clash::Beside => "both changed it, and the changes do not go together",
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
