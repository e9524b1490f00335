//! The change of a copy as a commit on a new branch of the user's repository.

use super::{Tracked, WorkTree, blocking, whys};
use crate::{
    model::{Delivery, Fault, Result},
    sys::git::{Branched, Head, NewBranch, Repository},
};

/// A branch that is there already is seen before anything is spent.
pub(crate) fn expect_new(repository: Option<&Repository>, delivery: &Delivery) -> Result<()> {
    let (Delivery::Branch { name: Some(name) }, Some(repository)) = (delivery, repository) else {
        return Ok(());
    };
    let there = repository.has_branch(name);
    if !there.map_err(|error| super::fault("cannot look for the branch", &error))? {
        return Ok(());
    }
    Err(Fault::usage(format!("there is a branch `{name}` already"))
        .because("`--branch` makes a new one and changes none")
        .hint("name another one, or leave the name out"))
}

impl WorkTree {
    /// Puts what changed in the copy onto the commit of the user's HEAD, as a new branch: all of
    /// it, or nothing with the reasons.
    pub(crate) async fn branch(&self, name: String, message: String) -> Result<(), String> {
        let Some(tracked) = self.tracked.clone() else { return Ok(()) };
        blocking(move || tracked.branch(&name, &message)).await
    }
}

impl Tracked {
    fn branch(&self, name: &str, message: &str) -> Result<(), String> {
        let said = |error: crate::sys::git::GitError| error.to_string();
        let parent = match self.repository.head().map_err(said)? {
            Head::Branch { commit, .. } | Head::Detached { commit } => commit,
            Head::Unborn { branch } => {
                return Err(format!("`{branch}` has no commit yet that a branch could begin at"));
            }
        };
        let now = self.now().map_err(said)?;
        let new = NewBranch { name, parent: &parent, message };
        match self.repository.branch(&self.objects, (&self.base, &now), &new).map_err(said)? {
            Branched::Made { .. } | Branched::Nothing => Ok(()),
            Branched::Taken => Err(format!("there is another branch `{name}` already")),
            Branched::Refused { conflicts } => {
                Err(format!("no branch was made, because of {}", whys(&conflicts)))
            }
        }
    }
}
