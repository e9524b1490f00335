//! Branches that may write side by side: each works on a copy of the tree, and what it changed is
//! put into the tree once everything beside it has passed as well.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    path::{Path, PathBuf},
    rc::Rc,
};

use super::{
    judges,
    site::Site,
    tree::{Copies, WorkTree},
};
use crate::{
    model::{
        digest::sha256,
        judges::JudgeFile,
        run::{Point, Stand, State, path, state::Branch},
    },
    store::copies,
    sys::fs::ensure_private_dir,
};

/// The trees of a run: its own, and the copies that branches of it work on.
#[derive(Debug)]
pub(crate) struct Trees {
    own: Rc<WorkTree>,
    copies: RefCell<BTreeMap<String, Copy>>,
}

/// A branch's copy, which is kept in mind after it is merged: texts name its folder.
#[derive(Clone, Debug)]
struct Copy {
    tree: Rc<WorkTree>,
    is_apart: bool,
}

impl Trees {
    /// Those of a run that has this tree, and so far these copies by their branches' paths.
    pub(crate) fn new(own: WorkTree, copies: BTreeMap<String, WorkTree>) -> Self {
        let apart = |tree| Copy { tree: Rc::new(tree), is_apart: true };
        let copies = copies.into_iter().map(|(path, tree)| (path, apart(tree))).collect();
        Self { own: Rc::new(own), copies: RefCell::new(copies) }
    }

    /// The run's own tree.
    pub(crate) fn own(&self) -> &WorkTree {
        &self.own
    }

    /// The tree that a step works in.
    pub(crate) fn of(&self, step: &str) -> Rc<WorkTree> {
        self.around(step, |copy| copy.is_apart)
    }

    /// The tree that a step works in, or worked in before its branch was merged.
    pub(crate) fn once_of(&self, step: &str) -> Rc<WorkTree> {
        self.around(step, |_| true)
    }

    /// The branch that a step belongs to, where that works on a copy.
    pub(crate) fn branch_of(&self, step: &str) -> Option<String> {
        let copies = self.copies.borrow();
        let is_apart = |path: &&str| copies.get(*path).is_some_and(|copy| copy.is_apart);
        path::outwards(step).find(is_apart).map(str::to_owned)
    }

    /// What became of branches is what is known of them.
    pub(crate) fn follow(&self, state: &State) {
        for (path, copy) in self.copies.borrow_mut().iter_mut() {
            copy.is_apart = state.branch(path).is_some_and(Branch::is_apart);
        }
    }

    /// The tree that is looked at there.
    pub(crate) fn at(&self, point: &Point) -> Rc<WorkTree> {
        point.step().map_or_else(|| Rc::clone(&self.own), |step| self.of(step))
    }

    fn around(&self, step: &str, counts: impl Fn(&Copy) -> bool) -> Rc<WorkTree> {
        let copies = self.copies.borrow();
        let counted = |path: &str| copies.get(path).filter(|copy| counts(copy));
        let found = path::outwards(step).find_map(counted);
        Rc::clone(found.map_or(&self.own, |copy| &copy.tree))
    }

    /// The tree that a branch's copy is made of.
    fn above(&self, branch: &str) -> Rc<WorkTree> {
        self.of(path::split(branch).map_or(path::ROOT, |(above, _)| above))
    }
}

/// A copy that was made for a branch.
#[derive(Debug)]
pub(crate) struct Begun {
    /// What it was made of.
    pub(crate) stand: Stand,
    /// The files that judge the work and are in it not what they are in the run's own tree.
    pub(crate) judges: Vec<JudgeFile>,
}

/// Makes the copy that a branch works on.
pub(crate) async fn begin(site: &Site, branch: &str) -> Result<Begun, String> {
    let above = site.trees.above(branch);
    let (copy, stand) = above.copied(folder(site, branch)).await?;
    let files = &site.plan.judges;
    let elsewhere = judges::now(&site.trees.own().root, files).await;
    let mut judges = judges::now(&copy.root, files).await;
    judges.retain(|file| !elsewhere.contains(file));
    let copy = Copy { tree: Rc::new(copy), is_apart: true };
    site.trees.copies.borrow_mut().insert(branch.to_owned(), copy);
    Ok(Begun { stand, judges })
}

/// Why branches were not merged, and because of which.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) branch: String,
    pub(crate) reason: String,
}

/// Puts what branches of one step changed into the tree that their copies were made of.
///
/// # Errors
/// The reasons why nothing of it was.
pub(crate) async fn merge(site: &Site, branches: &[String]) -> Result<(), Refused> {
    let Some(first) = branches.first() else { return Ok(()) };
    let copies: Vec<Rc<WorkTree>> = branches.iter().map(|branch| site.trees.of(branch)).collect();
    let merged = site.trees.above(first).take_in(&copies).await;
    merged.map_err(|(place, why)| {
        let branch = branches.get(place).unwrap_or(first).clone();
        let folder = copies.get(place).map(|copy| copy.root.display().to_string());
        let folder = folder.unwrap_or_default();
        let reason = format!("`{branch}` cannot be merged: {why}; settle it in {folder}");
        Refused { branch, reason }
    })
}

/// A branch is part of the tree above it, and its copy is needed no more.
pub(crate) async fn is_merged(site: &Site, branch: &str) {
    let copy = site.trees.copies.borrow().get(branch).map(|copy| Rc::clone(&copy.tree));
    if let Some(copy) = copy {
        // `session gc` removes one that stays: its work stands in the tree.
        let _stays = copy.discard().await;
    }
}

/// What becomes of the copies at the end of a run: those that it can go on in stay; of the others,
/// what was not merged is kept as a patch.
pub(crate) async fn put_away(site: &Site, state: &State, copies: Copies) {
    for (path, branch) in state.branches() {
        let Some(copy) = site.trees.copies.borrow().get(path).cloned() else { continue };
        match copies {
            Copies::Keep if branch.is_apart() => {}
            Copies::Remove if branch.is_apart() => {
                let dir = site.run_dir().join("branches");
                let patch = dir.join(format!("{}.patch", short(path)));
                if ensure_private_dir(&dir).is_ok() {
                    // One that cannot be put away stays, and `session gc` tells of it.
                    let _stays = copy.tree.put_away(patch).await;
                }
            }
            Copies::Keep | Copies::Remove => {
                let _stays = copy.tree.discard().await;
            }
        }
    }
}

/// Where the copy of a branch is: the same folder for each attempt, since claude keeps
/// conversations by the folder that they were had in.
pub(crate) fn folder(site: &Site, branch: &str) -> PathBuf {
    folder_of((site.session.id().as_str(), site.run), &site.cache, branch)
}

/// The same, of a run that is yet to go on.
pub(crate) fn folder_of((session, run): (&str, u32), cache: &Path, branch: &str) -> PathBuf {
    cache.join("worktrees").join(copies::folder_of_branch(session, run, branch))
}

/// A name for a branch that is a file's name as well.
fn short(branch: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let readable: String = branch.chars().take(60).map(plain).collect();
    format!("{readable}-{}", &sha256(branch.as_bytes())[..8])
}
