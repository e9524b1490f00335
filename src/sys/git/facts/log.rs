//! What the last commits say.

use git2::Sort;

use super::base::head_commit;
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
}
