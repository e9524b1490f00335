//! What is known of branches that work on copies of the tree, and of the run's own tree beside them.
//!
//! A tree is named by the path of the branch whose copy it is; `None` is the run's own.

use super::{State, StepState};
use crate::model::{
    changes::TreeChanges,
    judges::JudgeFile,
    run::{Plan, Point, Stand, path},
};

/// A branch with a copy of the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// The tree that the copy was made of.
    pub base: Stand,
    /// Where the copy stood when it was last looked at.
    pub stand: Option<Stand>,
    /// What was changed in it by then.
    pub changes: Option<TreeChanges>,
    /// What became of it.
    pub fate: Fate,
    /// Files that judge the work, as they were in the copy where that is not what they are elsewhere.
    judges: Vec<JudgeFile>,
    /// Where the tree stood that it was merged into, once somebody looked at that, and at which look.
    after: Option<(Stand, u32)>,
    /// What may have changed the copy since somebody looked at it.
    unseen: Option<(String, u32)>,
    /// How many copies were made for it.
    times: u32,
}

/// What became of a branch's copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is worked on, or waits to be merged.
    Apart,
    /// What was changed in it is in the tree that it was made of.
    Merged,
    /// That could not be, for this reason.
    Refused(String),
    /// It counts no more: the branch begins again, on a new one.
    Void,
}

impl Branch {
    /// Whether it is a tree of its own, as opposed to part of another one or nothing any more.
    pub fn is_apart(&self) -> bool {
        match self.fate {
            Fate::Apart | Fate::Refused(_) => true,
            Fate::Merged | Fate::Void => false,
        }
    }
}

impl State {
    /// What is known of a branch, if it has ever had a copy.
    pub fn branch(&self, path: &str) -> Option<&Branch> {
        self.branches.get(path)
    }

    /// All branches that ever had one, by path: what holds another comes before it.
    pub fn branches(&self) -> impl Iterator<Item = (&str, &Branch)> {
        self.branches.iter().map(|(path, branch)| (path.as_str(), branch))
    }

    /// The tree that a step works in.
    pub fn tree_of<'a>(&self, path: &'a str) -> Option<&'a str> {
        let is_apart = |path: &&str| self.branches.get(*path).is_some_and(Branch::is_apart);
        self.around(path).find(is_apart)
    }

    /// The tree that a branch's copy was made of, and is merged into.
    pub fn tree_around<'a>(&self, branch: &'a str) -> Option<&'a str> {
        self.tree_of(path::split(branch)?.0)
    }

    /// The path and what is above it, innermost first; nothing where no branch is.
    fn around<'a>(&self, path: &'a str) -> impl Iterator<Item = &'a str> {
        (!self.branches.is_empty()).then(|| path::outwards(path)).into_iter().flatten()
    }

    /// What may have changed a tree since somebody looked at it: a step and its attempt.
    pub fn unseen(&self, tree: Option<&str>) -> Option<&(String, u32)> {
        match tree {
            None => self.unseen.as_ref(),
            Some(branch) => self.branches.get(branch)?.unseen.as_ref(),
        }
    }

    /// What was changed in a tree when somebody last looked.
    pub fn changes_in(&self, tree: Option<&str>) -> Option<&TreeChanges> {
        match tree {
            None => self.changes.as_ref(),
            Some(branch) => self.branches.get(branch)?.changes.as_ref(),
        }
    }

    /// What was changed by there in the tree that is looked at there.
    pub fn changes_at(&self, point: &Point) -> Option<&TreeChanges> {
        self.changes_in(point.step().and_then(|step| self.tree_of(step)))
    }

    /// How a tree was when work in it began.
    pub fn base_of(&self, tree: Option<&str>) -> Option<&Stand> {
        match tree {
            None => self.base.as_ref(),
            Some(branch) => self.branches.get(branch).map(|branch| &branch.base),
        }
    }

    /// A tree as the last step left it whose call succeeded: what a resume must find again.
    pub fn committed(&self, plan: &Plan, tree: Option<&str>) -> Option<&Stand> {
        let leaves = plan.leaves(self);
        let known =
            leaves.iter().rev().filter_map(|leaf| Some((&leaf.path, self.step(&leaf.path)?)));
        let succeeded = known.filter(|(_, known)| known.succeeded());
        let left = succeeded.filter_map(|(path, known)| self.left(tree, path, known));
        // What was seen last, which need not be what stands last in the file.
        left.max_by_key(|(_, looked)| *looked).map(|(stand, _)| stand)
    }

    /// How a step left a tree. One of a branch counts in the tree around that once it is merged.
    fn left<'a>(
        &'a self,
        tree: Option<&str>,
        path: &str,
        known: &'a StepState,
    ) -> Option<(&'a Stand, u32)> {
        if tree.is_some_and(|tree| !path::is_within(path, tree)) {
            return None;
        }
        let below = self.around(path).take_while(|above| Some(*above) != tree);
        let outermost = below.filter_map(|above| self.branches.get(above)).last();
        match outermost {
            Some(branch) if branch.fate == Fate::Merged => {
                branch.after.as_ref().map(|(stand, looked)| (stand, *looked))
            }
            Some(_) => None,
            None => known.stand.as_ref().map(|stand| (stand, known.looked)),
        }
    }

    /// The files that judge the work, as they have to be in a tree.
    pub fn judges_in(&self, tree: Option<&str>) -> Vec<JudgeFile> {
        let mut files = self.judges.files().to_vec();
        let own = tree.and_then(|branch| self.branches.get(branch));
        for file in own.iter().flat_map(|branch| &branch.judges) {
            let known = files.iter_mut().filter(|known| known.path == file.path);
            known.for_each(|known| known.state = file.state.clone());
        }
        files
    }

    pub(super) fn branch_began(&mut self, path: &str, stand: &Stand, judges: &[JudgeFile]) {
        self.begin_in_tree(path);
        let times = self.branches.get(path).map_or(0, |branch| branch.times) + 1;
        let branch = Branch {
            base: stand.clone(),
            stand: None,
            changes: None,
            fate: Fate::Apart,
            judges: judges.to_vec(),
            after: None,
            unseen: None,
            times,
        };
        self.branches.insert(path.to_owned(), branch);
    }

    /// What is merged is new in the tree around, where somebody has to look before anybody judges.
    pub(super) fn branch_merged(&mut self, path: &str, refused: Option<&String>) {
        let Some(branch) = self.branches.get_mut(path) else { return };
        if let Some(reason) = refused {
            branch.fate = Fate::Refused(reason.clone());
            return;
        }
        branch.fate = Fate::Merged;
        let times = branch.times;
        self.may_have_changed(self.tree_around(path).map(str::to_owned).as_deref(), path, times);
    }

    /// Something may have changed a tree.
    pub(super) fn may_have_changed(&mut self, tree: Option<&str>, step: &str, attempt: u32) {
        let unseen = Some((step.to_owned(), attempt));
        match tree.and_then(|branch| self.branches.get_mut(branch)) {
            Some(branch) => branch.unseen = unseen,
            None => self.unseen = unseen,
        }
    }

    /// Somebody looked at a tree, after a step.
    pub(super) fn looked_at(
        &mut self,
        (step, branch): (&str, Option<&str>),
        changes: &TreeChanges,
        stand: Option<&Stand>,
    ) {
        self.looks += 1;
        let branch = branch.and_then(|branch| self.branches.get_mut(branch));
        let (seen, unseen, known) = if let Some(branch) = branch {
            (&mut branch.changes, &mut branch.unseen, &mut branch.stand)
        } else {
            (&mut self.changes, &mut self.unseen, &mut self.stand)
        };
        *seen = Some(changes.clone());
        *unseen = None;
        let Some(stand) = stand else { return };
        *known = Some(stand.clone());
        match self.branches.get_mut(step) {
            Some(branch) if branch.fate == Fate::Merged => {
                branch.after = Some((stand.clone(), self.looks));
            }
            Some(_) | None => {
                if let Some(known) = self.steps.get_mut(step) {
                    known.stand = Some(stand.clone());
                    known.looked = self.looks;
                }
            }
        }
    }

    /// What was done in branches below a step counts no more.
    pub(super) fn void_branches_below(&mut self, step: &str) {
        for (path, branch) in &mut self.branches {
            if path != step && path::is_within(path, step) {
                branch.fate = Fate::Void;
            }
        }
    }

    /// What a branch did, if it is one, counts no more, and neither does what it holds.
    pub(super) fn void_branch(&mut self, path: &str) {
        self.void_branches_below(path);
        if let Some(branch) = self.branches.get_mut(path) {
            branch.fate = Fate::Void;
        }
    }

    /// A step runs again: branches around it that are merged already begin anew, on what they have
    /// become part of.
    pub(super) fn reopen_branches(&mut self, step: &str) {
        let around: Vec<&str> = self.around(step).collect();
        for path in around {
            if let Some(branch) = self.branches.get_mut(path).filter(|it| it.fate == Fate::Merged) {
                branch.fate = Fate::Void;
            }
        }
    }

    /// What could not be merged is tried again: the tree may be another one by now.
    pub(super) fn merge_again(&mut self) {
        for branch in self.branches.values_mut() {
            if matches!(branch.fate, Fate::Refused(_)) {
                branch.fate = Fate::Apart;
            }
        }
    }
}
