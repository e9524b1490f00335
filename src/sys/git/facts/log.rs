//! What the last commits say.

use git2::{
    Commit, DescribeFormatOptions, DescribeOptions, ErrorClass, Repository as Handle, Sort,
};

use super::base::{commit, head_commit};
use crate::sys::git::{GitError, Repository};

/// A message longer than this is no example of anything.
const MESSAGE_BYTES: usize = 64 * 1024;

impl Repository {
    /// The messages of the last commits that are no merges, newest first; at most `count`.
    pub fn messages(&self, count: usize) -> Result<Vec<String>, GitError> {
        let handle = self.handle()?;
        let Some(head) = head_commit(&handle)? else { return Ok(Vec::new()) };
        let walk = || {
            let mut walk = handle.revwalk()?;
            walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME)?;
            walk.push(head.id())?;
            let mut messages = Vec::new();
            // A shallow clone ends where its parents are missing.
            for id in walk.map_while(Result::ok) {
                let commit = handle.find_commit(id)?;
                let bytes = commit.message_bytes();
                if commit.parent_count() < 2 && bytes.len() <= MESSAGE_BYTES {
                    messages.push(String::from_utf8_lossy(bytes).into_owned());
                }
                if messages.len() == count {
                    break;
                }
            }
            Ok(messages)
        };
        walk().map_err(GitError::git("cannot read the log"))
    }

    /// The tag that HEAD comes after most closely, as `git describe --tags --abbrev=0` finds it.
    pub fn last_tag(&self) -> Result<Option<String>, GitError> {
        let handle = self.handle()?;
        let described = handle.describe(DescribeOptions::new().describe_tags());
        let name = described
            .and_then(|found| found.format(Some(DescribeFormatOptions::new().abbreviated_size(0))));
        match name {
            Ok(name) => Ok(Some(name)),
            // libgit2 has no code of its own for a history without a tag.
            Err(error) if error.class() == ErrorClass::Describe => Ok(None),
            Err(_) if head_commit(&handle)?.is_none() => Ok(None),
            Err(error) => Err(GitError::git("cannot look for the last tag")(error)),
        }
    }

    /// The commits that HEAD has and the revision `since` has not, newest first, merges among
    /// them; at most `count`, and how many more there are. `None` where there is no such revision.
    pub fn commits(
        &self,
        since: Option<&str>,
        count: usize,
    ) -> Result<Option<CommitList>, GitError> {
        let handle = self.handle()?;
        let Some(head) = head_commit(&handle)? else {
            return Ok(since.is_none().then(CommitList::default));
        };
        let hidden = match since.map(|since| commit(&handle, since)) {
            Some(None) => return Ok(None),
            Some(Some(commit)) => Some(commit.id()),
            None => None,
        };
        list(&handle, (&head, hidden), count)
            .map(Some)
            .map_err(GitError::git("cannot read the log"))
    }
}

/// Commits, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommitList {
    /// The beginning of each one's name, and its message.
    pub commits: Vec<(String, String)>,
    /// How many more there are.
    pub more: usize,
}

fn list(
    handle: &Handle,
    (head, hidden): (&Commit<'_>, Option<git2::Oid>),
    count: usize,
) -> Result<CommitList, git2::Error> {
    let mut walk = handle.revwalk()?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME)?;
    walk.push(head.id())?;
    if let Some(hidden) = hidden {
        walk.hide(hidden)?;
    }
    let mut found = CommitList::default();
    // A shallow clone ends where its parents are missing.
    for id in walk.map_while(Result::ok) {
        if found.commits.len() == count {
            found.more += 1;
            continue;
        }
        let commit = handle.find_commit(id)?;
        let bytes = commit.message_bytes();
        let message = String::from_utf8_lossy(&bytes[..bytes.len().min(MESSAGE_BYTES)]);
        let short = commit.as_object().short_id()?;
        let short = String::from_utf8_lossy(&short).into_owned();
        found.commits.push((short, message.into_owned()));
    }
    Ok(found)
}
