//! Branches that may write side by side: each works on a copy of the tree, and what it changed is
//! put into the tree once everything beside it has passed as well.

use std::{cell::RefCell, collections::BTreeMap, path::PathBuf, rc::Rc};

use super::{
    site::Site,
    tree::{Copies, Put, WorkTree},
};
use crate::{
    model::{
        digest::sha256,
        run::{Point, Stand, State, path},
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

    /// The tree that is looked at there.
    pub(crate) fn at(&self, point: &Point) -> Rc<WorkTree> {
        point.step().map_or_else(|| Rc::clone(&self.own), |step| self.of(step))
    }

    fn around(&self, step: &str, counts: impl Fn(&Copy) -> bool) -> Rc<WorkTree> {
        let copies = self.copies.borrow();
        let begin = (!copies.is_empty()).then_some(step);
        let mut above =
            std::iter::successors(begin, |path| path::split(path).map(|(above, _)| above));
        let found = above.find_map(|path| copies.get(path).filter(|copy| counts(copy)));
        Rc::clone(found.map_or(&self.own, |copy| &copy.tree))
    }

    /// A branch's copy, which is a tree of its own no more.
    fn joins(&self, branch: &str) -> Option<Rc<WorkTree>> {
        let mut copies = self.copies.borrow_mut();
        let copy = copies.get_mut(branch)?;
        copy.is_apart = false;
        Some(Rc::clone(&copy.tree))
    }

    /// The tree that a branch's copy is made of.
    fn above(&self, branch: &str) -> Rc<WorkTree> {
        self.of(path::split(branch).map_or(path::ROOT, |(above, _)| above))
    }
}

/// Makes the copy that a branch works on, and says what it was made of.
pub(crate) async fn begin(site: &Site, branch: &str) -> Result<Stand, String> {
    let above = site.trees.above(branch);
    let (copy, stand) = above.copied(folder(site, branch)).await?;
    let copy = Copy { tree: Rc::new(copy), is_apart: true };
    site.trees.copies.borrow_mut().insert(branch.to_owned(), copy);
    Ok(stand)
}

/// Puts what a branch changed into the tree that its copy was made of.
///
/// # Errors
/// The reasons why nothing of it was.
pub(crate) async fn merge(site: &Site, branch: &str) -> Result<(), String> {
    let (above, copy) = (site.trees.above(branch), site.trees.of(branch));
    above.take_in(&copy).await.map_err(|why| {
        format!("`{branch}` cannot be merged: {why}; what it did is in {}", copy.root.display())
    })
}

/// The branch is part of the tree above it from now on, and its copy is needed no more.
pub(crate) async fn is_merged(site: &Site, branch: &str) {
    if let Some(copy) = site.trees.joins(branch) {
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
                    let _stays: Result<Put, String> = copy.tree.put_away(patch).await;
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
pub(crate) fn folder_of(
    (session, run): (&str, u32),
    cache: &std::path::Path,
    branch: &str,
) -> PathBuf {
    cache.join("worktrees").join(copies::folder_of_branch(session, run, branch))
}

/// A name for a branch that is a file's name as well.
fn short(branch: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let readable: String = branch.chars().take(60).map(plain).collect();
    format!("{readable}-{}", &sha256(branch.as_bytes())[..8])
}
