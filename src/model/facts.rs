//! Facts of the repository as an agent is told them: bounded, fenced, and with whatever was left
//! out named, so that nobody takes the part for the whole.

mod commits;
mod diff;
mod status;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::model::{changes::FileChange, contract::Fact};

/// One fact, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// What differs from a base.
    Diff {
        /// What the base is called; none where there is no commit yet.
        base: Option<String>,
        /// The files, by path.
        files: Vec<FileDiff>,
    },
    /// What is staged.
    Staged {
        /// The files, by path.
        files: Vec<FileDiff>,
    },
    /// Where the repository stands.
    Status(Status),
    /// What was committed.
    Commits(Commits),
    /// What pre hooks say, which is known only once they ran.
    Hooks,
}

/// The change of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDiff {
    /// What happened to it.
    pub change: FileChange,
    /// Its patch, or why there is none to show: `binary`.
    pub patch: Result<String, &'static str>,
}

/// Where the repository stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Branch, upstream and whatever is under way, in one line.
    pub branch: String,
    /// One line a file, as `git status --short` has them.
    pub files: Vec<String>,
}

/// The commits since some point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commits {
    /// The tag or revision that they come after; none where they are all that there are.
    pub since: Option<String>,
    /// The newest first.
    pub commits: Vec<Commit>,
    /// How many more there are, before the last of these.
    pub more: usize,
}

/// One commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The beginning of its name, long enough to find it by.
    pub id: String,
    /// All of its message.
    pub message: String,
}

/// A fact as the plan holds it; its text stands in the prompts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactPlan {
    /// Which fact.
    pub fact: Fact,
    /// What it is, in a few words: `3 files against main`.
    pub about: String,
    /// How many bytes of the prompt it takes; 0 where that is not known yet.
    pub bytes: usize,
    /// What of it no prompt holds, and why.
    pub left_out: Vec<String>,
    /// What is said of it where it is empty: `nothing is staged`.
    pub empty: Option<String>,
}

/// A fact in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What the plan says of it.
    pub plan: FactPlan,
    /// Its part of a prompt.
    pub text: String,
}

impl Seen {
    /// Which fact it is.
    pub fn fact(&self) -> Fact {
        match self {
            Self::Diff { .. } => Fact::Diff,
            Self::Staged { .. } => Fact::Staged,
            Self::Status(_) => Fact::Status,
            Self::Commits(_) => Fact::Commits,
            Self::Hooks => Fact::Hooks,
        }
    }

    /// The fact in words, in at most about `room` bytes of somebody else's text.
    pub fn tell(&self, room: usize) -> Told {
        match self {
            Self::Diff { base, files } => diff::since(base.as_deref(), files, room),
            Self::Staged { files } => diff::staged(files, room),
            Self::Status(status) => status::tell(status, room),
            Self::Commits(commits) => commits::tell(commits, room),
            Self::Hooks => Told {
                plan: FactPlan {
                    fact: Fact::Hooks,
                    about: "what the pre hooks say".to_owned(),
                    bytes: 0,
                    left_out: Vec::new(),
                    empty: None,
                },
                text: String::new(),
            },
        }
    }

    /// The whole fact as a file; none where it is not known yet.
    pub fn file(&self) -> Option<(&'static str, String)> {
        match self {
            Self::Diff { files, .. } => Some(("diff.patch", diff::whole(files))),
            Self::Staged { files } => Some(("staged.patch", diff::whole(files))),
            Self::Status(status) => Some(("status.txt", status::whole(status))),
            Self::Commits(commits) => Some(("commits.txt", commits::whole(commits))),
            Self::Hooks => None,
        }
    }
}
