//! How far apart two commits are.

use git2::{ErrorCode, Oid};

use super::{GitError, Repository};

/// How one commit is reached from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    /// It is built on the other, so many commits later.
    Later(usize),
    /// The other is built on it, so many commits later.
    Earlier(usize),
    /// Neither is built on the other: the history was written anew, or it is another branch.
    Aside,
    /// The other is no longer there.
    Gone,
}

impl Repository {
    /// How the commit `to` is reached from `from`.
    pub fn between(&self, from: &str, to: &str) -> Result<Between, GitError> {
        let doing = "cannot compare two commits";
        let handle = self.handle()?;
        let parse = |id| Oid::from_str(id).map_err(GitError::git(doing));
        let (from, to) = (parse(from)?, parse(to)?);
        match handle.find_commit(from) {
            Ok(_) => {}
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(Between::Gone),
            Err(error) => return Err(GitError::git(doing)(error)),
        }
        Ok(match handle.graph_ahead_behind(to, from).map_err(GitError::git(doing))? {
            (ahead, 0) => Between::Later(ahead),
            (0, behind) => Between::Earlier(behind),
            _ => Between::Aside,
        })
    }
}
