//! A change as a commit on a new branch: besides a worktree's notes the only thing that is ever
//! written to the user's repository, and only where somebody asked for it.
//!
//! The commit holds the change alone. What the user had not committed when the run began is part of
//! the base, and so is no part of the difference that is put onto the commit of HEAD.

use std::path::Path;

use git2::{BranchType, Index, MergeOptions, ObjectType, Oid, Signature};

use super::{Clash, Conflict, GitError, Repository, Snapshot, compare::Sides, escape};
use crate::sys::git::trees::borrow_objects;

/// The mode of a submodule in a tree, whose commit is none of the repository's objects.
const SUBMODULE: u32 = 0o160_000;

/// A branch to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewBranch<'a> {
    /// Its name, without `refs/heads/`.
    pub name: &'a str,
    /// The commit that it begins at.
    pub parent: &'a str,
    /// The message of its one commit.
    pub message: &'a str,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Branched {
    /// The branch is there.
    Made {
        /// Its commit.
        commit: String,
    },
    /// There is no change, so there is no branch.
    Nothing,
    /// Another branch has the name.
    Taken,
    /// No branch was made.
    Refused {
        /// Why not, by path; at least one.
        conflicts: Vec<Conflict>,
    },
}

/// Whether git takes this as the name of a branch.
pub fn is_branch_name(name: &str) -> bool {
    git2::Branch::name_is_valid(name).unwrap_or(false)
}

impl Repository {
    /// Whether there is a local branch of this name.
    pub fn has_branch(&self, name: &str) -> Result<bool, GitError> {
        let handle = self.handle()?;
        match handle.find_branch(name, BranchType::Local) {
            Ok(_) => Ok(true),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(false),
            Err(error) => Err(GitError::git("cannot read the branches")(error)),
        }
    }

    /// Puts what leads from `base` to `now` onto the parent, as the one commit of a new branch.
    /// `objects` is the folder that both were taken with. Neither index nor work tree is touched,
    /// and no hook runs. A branch that holds exactly this already is as good as a new one, so that
    /// whoever was killed in the middle can ask again.
    pub fn branch(
        &self,
        objects: &Path,
        (base, now): (&Snapshot, &Snapshot),
        new: &NewBranch<'_>,
    ) -> Result<Branched, GitError> {
        let sides = Sides { objects, from: base, to: now };
        let unstored = self.compare(&sides, |_, by_hash| by_hash)?;
        if !unstored.is_empty() {
            let conflicts = unstored
                .into_iter()
                .map(|file| Conflict { path: file.path, why: Clash::NotStored })
                .collect();
            return Ok(Branched::Refused { conflicts });
        }
        let borrowing = self.handle()?;
        let _bridge = borrow_objects(&borrowing, objects)?;
        let doing = GitError::git("cannot put the change onto the commit");
        let index = merged(&borrowing, (base, now), new.parent).map_err(doing)?;
        let conflicts = conflicts(&index).map_err(GitError::git("cannot read the conflicts"))?;
        if !conflicts.is_empty() {
            return Ok(Branched::Refused { conflicts });
        }
        let own = self.handle()?;
        let made = carry_over(&borrowing, &own, &index).and_then(|()| commit(&own, index, new));
        made.map_err(GitError::git("cannot make the branch"))
    }
}

fn merged(
    handle: &git2::Repository,
    (base, now): (&Snapshot, &Snapshot),
    parent: &str,
) -> Result<Index, git2::Error> {
    let tree = |snapshot: &Snapshot| handle.find_tree(Oid::from_str(&snapshot.tree)?);
    let ours = handle.find_commit(Oid::from_str(parent)?)?.tree()?;
    let mut options = MergeOptions::new();
    // A file that the user renamed and the run changed is for a person to look at.
    options.find_renames(false);
    handle.merge_trees(&tree(base)?, &ours, &tree(now)?, Some(&options))
}

fn conflicts(index: &Index) -> Result<Vec<Conflict>, git2::Error> {
    let mut found = Vec::new();
    for conflict in index.conflicts()? {
        let conflict = conflict?;
        let side = [conflict.our, conflict.their, conflict.ancestor].into_iter().flatten().next();
        found.extend(
            side.map(|side| Conflict { path: escape(&side.path), why: Clash::Uncommitted }),
        );
    }
    Ok(found)
}

/// Copies the contents that only the session has into the user's repository.
fn carry_over(
    from: &git2::Repository,
    to: &git2::Repository,
    index: &Index,
) -> Result<(), git2::Error> {
    let (from, to) = (from.odb()?, to.odb()?);
    for entry in index.iter().filter(|entry| entry.mode != SUBMODULE) {
        if !to.exists(entry.id) {
            to.write(ObjectType::Blob, from.read(entry.id)?.data())?;
        }
    }
    Ok(())
}

fn commit(
    handle: &git2::Repository,
    mut index: Index,
    new: &NewBranch<'_>,
) -> Result<Branched, git2::Error> {
    let parent = handle.find_commit(Oid::from_str(new.parent)?)?;
    let tree = index.write_tree_to(handle)?;
    if tree == parent.tree_id() {
        return Ok(Branched::Nothing);
    }
    if let Ok(there) = handle.find_branch(new.name, BranchType::Local) {
        let tip = there.get().peel_to_commit()?;
        let is_this = tip.tree_id() == tree && tip.parent_ids().eq([parent.id()]);
        let commit = tip.id().to_string();
        return Ok(if is_this { Branched::Made { commit } } else { Branched::Taken });
    }
    // Somebody who never told git their name still gets what was paid for.
    let author = handle.signature().or_else(|_| Signature::now("atlas", "atlas@localhost"))?;
    let tree = handle.find_tree(tree)?;
    let made = handle.commit(None, &author, &author, new.message, &tree, &[&parent])?;
    let name = format!("refs/heads/{}", new.name);
    handle.reference(&name, made, false, "atlas: the change of a run")?;
    Ok(Branched::Made { commit: made.to_string() })
}
