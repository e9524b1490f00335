//! Everything atlas knows of git, by libgit2 and never by the `git` program: `git status` and
//! `git diff` run commands that the repository's own configuration names, libgit2 runs none.
//!
//! The heart is the [`Snapshot`]: the work tree as one tree object, taken without touching the
//! user's index, refs or object store. The difference of two snapshots is exactly what happened
//! between them, however dirty the tree was before.

mod apply;
mod between;
mod branch;
mod buffers;
mod changes;
mod compare;
mod content;
mod error;
mod facts;
mod fate;
mod history;
mod ignored;
mod index;
mod inside;
mod merge;
mod open;
mod patch;
mod path;
mod rebuild;
mod revision;
mod secret;
mod snapshot;
mod stand;
mod store;
#[cfg(test)]
mod tests;
mod trees;
mod unlooked;
mod walk;
mod worktree;

pub use apply::{Applied, Clash, Conflict};
pub use between::Between;
pub use branch::{Branched, NewBranch, is_branch_name};
pub use buffers::unified;
pub use changes::{FileChange, FileStatus};
pub use error::GitError;
pub use facts::{
    Base, CommitList, Facts, FileDiff, Seen, Shown, Sought, Status, StatusEntry, Upstream,
};
pub use fate::Fate;
pub use history::{FileKind, Standing, TreeFile, is_commit_id};
pub use ignored::Ignores;
pub use merge::Merged;
pub use open::{Head, Place, Repository, discover};
pub use patch::Patch;
pub use path::{as_path, escape, unescape};
pub use rebuild::{Rebuild, RebuiltFile};
pub use revision::Named;
pub use secret::looks_secret;
pub use snapshot::{Snapshot, Unstored, Why};
pub use worktree::{Leftover, Worktree};
