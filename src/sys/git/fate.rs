//! What became of work that was done in a worktree: whether anything would be lost with it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use git2::{BranchType, Oid};

use super::{
    GitError, Repository, Snapshot, Unstored, Why, escape,
    index::MODE_COMMIT,
    trees::{Blob, borrow_objects, list},
};

/// So many branches are looked at; more are passed over.
const BRANCHES: usize = 64;

/// What became of the change from one snapshot to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// There is none.
    Unchanged,
    /// Every file that it changed stands so in the work tree.
    Applied,
    /// Every file that it changed stands so in the last commit of this branch.
    Merged {
        /// The branch.
        branch: String,
    },
    /// These files stand so nowhere else; [escaped](escape), by path.
    Open {
        /// The files.
        files: Vec<String>,
    },
}

impl Repository {
    /// A snapshot that was taken with `objects`, known by its tree alone: what is stored nowhere is
    /// found by looking.
    pub fn recall(&self, objects: &Path, tree: &str) -> Result<Snapshot, GitError> {
        let handle = self.handle()?;
        let _bridge = borrow_objects(&handle, objects)?;
        let blobs = list(&handle, tree)?;
        let odb = handle.odb().map_err(GitError::git("cannot open the object store"))?;
        let missing = |blob: &&Blob| blob.mode != MODE_COMMIT && !odb.exists(blob.oid);
        let unstored = |blob: &Blob| Unstored {
            path: escape(&blob.path),
            size: 0,
            hash: blob.oid.to_string(),
            why: Why::TooLarge,
        };
        let unstored = blobs.iter().filter(missing).map(unstored).collect();
        Ok(Snapshot { tree: tree.to_owned(), unstored })
    }

    /// What became of the change from `base` to `now`, both taken with `objects`. `exclude` are
    /// paths of the work tree that are no part of it. Objects of the look go to `objects` too.
    pub fn fate(
        &self,
        objects: &Path,
        (base, now): (&Snapshot, &Snapshot),
        exclude: &[&Path],
    ) -> Result<Fate, GitError> {
        let handle = self.handle()?;
        let _bridge = borrow_objects(&handle, objects)?;
        let files = |tree: &str| list(&handle, tree).map(by_path);
        let (before, after) = (files(&base.tree)?, files(&now.tree)?);
        let paths: BTreeSet<&Vec<u8>> = before.keys().chain(after.keys()).collect();
        let mut open: Vec<&Vec<u8>> =
            paths.into_iter().filter(|path| before.get(*path) != after.get(*path)).collect();
        if open.is_empty() {
            return Ok(Fate::Unchanged);
        }
        let here = files(&self.snapshot(objects, exclude)?.tree)?;
        let stands_in = |tree: &Files| open.iter().all(|path| tree.get(*path) == after.get(*path));
        if stands_in(&here) {
            return Ok(Fate::Applied);
        }
        for (branch, tree) in tips(&handle).map_err(GitError::git("cannot read the branches"))? {
            if stands_in(&files(&tree)?) {
                return Ok(Fate::Merged { branch });
            }
        }
        open.retain(|path| here.get(*path) != after.get(*path));
        Ok(Fate::Open { files: open.into_iter().map(|path| escape(path)).collect() })
    }
}

type Files = BTreeMap<Vec<u8>, (u32, Oid)>;

fn by_path(blobs: Vec<Blob>) -> Files {
    blobs.into_iter().map(|blob| (blob.path, (blob.mode, blob.oid))).collect()
}

/// The trees of HEAD and of the local branches.
fn tips(handle: &git2::Repository) -> Result<Vec<(String, String)>, git2::Error> {
    let tree = |reference: &git2::Reference<'_>| {
        let name = String::from_utf8_lossy(reference.shorthand_bytes()).into_owned();
        Some((name, reference.peel_to_tree().ok()?.id().to_string()))
    };
    let head = handle.head().ok().as_ref().and_then(tree);
    let branches = handle.branches(Some(BranchType::Local))?.take(BRANCHES);
    let branches = branches.filter_map(|branch| tree(branch.ok()?.0.get()));
    Ok(head.into_iter().chain(branches).collect())
}
