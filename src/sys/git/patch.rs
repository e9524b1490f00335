//! The difference of two snapshots as a patch, as far as it fits.

use std::path::Path;

use git2::Diff;

use super::{
    GitError, Repository, Snapshot,
    compare::{Sides, paths},
};

/// A patch in git's format, which `git apply` takes, and what is not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// The patch: bytes, because a text file can be in any encoding.
    pub bytes: Vec<u8>,
    /// The files that did not fit, are too large or are not stored, [escaped](super::escape),
    /// sorted.
    pub left_out: Vec<String>,
}

impl Repository {
    /// The patch that leads from one snapshot to the other, of whole files, at most `max_bytes`
    /// long. Files come by path; one that does not fit is left out, a smaller one after it is not.
    pub fn patch(
        &self,
        objects: &Path,
        from: &Snapshot,
        to: &Snapshot,
        max_bytes: usize,
    ) -> Result<Patch, GitError> {
        self.compare(&Sides { objects, from, to }, |diff, by_hash| {
            let mut bytes = Vec::new();
            let mut left_out: Vec<String> = by_hash
                .into_iter()
                .flat_map(|it| it.old_path.into_iter().chain([it.path]))
                .collect();
            for place in 0..diff.deltas().len() {
                match file_patch(diff, place) {
                    Some(file) if file.len() <= max_bytes - bytes.len() => bytes.extend(file),
                    _ => left_out.extend(diff.get_delta(place).map(|delta| paths(&delta).0)),
                }
            }
            left_out.sort_unstable();
            left_out.dedup();
            Patch { bytes, left_out }
        })
    }
}

fn file_patch(diff: &Diff<'_>, place: usize) -> Option<Vec<u8>> {
    let mut patch = git2::Patch::from_diff(diff, place).ok()??;
    Some(patch.to_buf().ok()?.to_vec())
}
