//! What the work added, line by line, wherever the two sides of the change are kept.

use super::work::{Changes, Seen, Work, is_binary};
use crate::{
    engine::tree::file_change,
    model::{
        bundled_hook::added::{Added, added},
        changes::{ChangeStatus, FileChange},
    },
    sys::git::{self, FileDiff, GitError, Shown},
};

/// A larger change is none that an agent made by hand.
const PATCH_BYTES: usize = 256 * 1024 * 1024;

impl Work {
    /// The added lines of each file that is not left alone. Of a file whose earlier content nobody
    /// kept, all lines count.
    pub(super) fn added(&self) -> Result<Vec<Added>, String> {
        let mut files = match &self.changes {
            Changes::Seen(seen) => self.seen_lines(seen)?,
            Changes::Edit(_, text) => match (&self.changes()?[..], text) {
                ([change], Some(text)) => vec![self.edited_lines(change, text)?],
                ([change], None) => self.whole(change)?.into_iter().collect(),
                _ => Vec::new(),
            },
            Changes::Uncommitted => self.uncommitted_lines()?,
            // Says why.
            Changes::Unknown => return self.changes().map(|_| Vec::new()),
        };
        files.retain(|file| !self.leaves_alone(&git::escape(&file.path)));
        Ok(files)
    }

    fn seen_lines(&self, seen: &Seen) -> Result<Vec<Added>, String> {
        let Seen { base, tree, objects, .. } = seen;
        let objects = objects.as_ref().ok_or("`ATLAS_SESSION` does not say where the base is")?;
        let patch = self.repository()?.patch(objects, base, tree, PATCH_BYTES);
        let patch = patch.map_err(|error: GitError| error.to_string())?;
        let mut files = added(&patch.bytes);
        for path in &patch.left_out {
            let change = seen.files.iter().find(|change| change.path == *path);
            files.extend(change.map(|change| self.whole(change)).transpose()?.flatten());
        }
        Ok(files)
    }

    fn uncommitted_lines(&self) -> Result<Vec<Added>, String> {
        let mut files = Vec::new();
        for FileDiff { change, shown } in self.uncommitted()? {
            match shown {
                Shown::Patch(patch) => files.extend(added(&patch)),
                Shown::Binary => {}
                Shown::LooksSecret | Shown::Unreadable | Shown::TooLarge => {
                    files.extend(self.whole(&file_change(change))?);
                }
            }
        }
        Ok(files)
    }

    /// All of a file that is not left alone and has lines.
    fn whole(&self, change: &FileChange) -> Result<Option<Added>, String> {
        if change.status == ChangeStatus::Deleted || self.leaves_alone(&change.path) {
            return Ok(None);
        }
        let Some(text) = self.content(change)?.filter(|text| !is_binary(text)) else {
            return Ok(None);
        };
        let path = git::unescape(&change.path).unwrap_or_default();
        Ok(Some(Added::whole(path, text)))
    }

    /// What an edit put into its file, with the lines where that stands now.
    fn edited_lines(&self, change: &FileChange, text: &str) -> Result<Added, String> {
        let path = git::unescape(&change.path).unwrap_or_default();
        let mut edited = Added::whole(path, text.as_bytes().to_vec());
        let now = self.content(change)?.unwrap_or_default();
        let now = String::from_utf8_lossy(&now);
        if let Some(at) = now.find(text).filter(|_| !text.is_empty()) {
            let before = now[..at].matches('\n').count();
            edited.numbers.iter_mut().for_each(|number| *number += before);
        }
        Ok(edited)
    }
}
