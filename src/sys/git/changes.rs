//! What happened between two snapshots, file by file.

use std::path::Path;

use git2::Diff;
use serde::{Deserialize, Serialize};

use super::{
    GitError, Repository, Snapshot,
    compare::{Sides, executable, paths, status},
};

/// One file that differs between two snapshots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileChange {
    /// The path from the root, [escaped](super::escape).
    pub path: String,
    /// Where a renamed file was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_path: Option<String>,
    /// What happened to it.
    pub status: FileStatus,
    /// Lines added; none if the file is binary, not stored or too large to compare.
    pub added: Option<u64>,
    /// Lines removed, likewise.
    pub removed: Option<u64>,
    /// The file's new permission to be executed, if that changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executable: Option<bool>,
}

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileStatus {
    /// It was not there.
    Added,
    /// Its content or its mode is another.
    Modified,
    /// It is no longer there.
    Deleted,
    /// It has another path, and perhaps a somewhat different content.
    Renamed,
    /// A file became a link, a link a submodule, and the like.
    TypeChanged,
}

impl Repository {
    /// The files that differ, by path. `objects` is the folder that the snapshots were taken with.
    pub fn changes(
        &self,
        objects: &Path,
        from: &Snapshot,
        to: &Snapshot,
    ) -> Result<Vec<FileChange>, GitError> {
        if from == to {
            return Ok(Vec::new());
        }
        self.compare(&Sides { objects, from, to }, |diff, by_hash| {
            let mut changes = by_hash;
            changes.extend((0..diff.deltas().len()).filter_map(|place| change(diff, place)));
            changes.sort_by(|one, other| one.path.cmp(&other.path));
            changes.dedup_by(|later, first| join(first, later));
            changes
        })
    }
}

/// A file that became a link comes as deleted and added; both together are one change.
fn join(first: &mut FileChange, later: &FileChange) -> bool {
    use FileStatus::{Added, Deleted, TypeChanged};
    let is_pair = matches!((first.status, later.status), (Added, Deleted) | (Deleted, Added));
    if first.path != later.path || !is_pair {
        return false;
    }
    first.status = TypeChanged;
    first.added = sum(first.added, later.added);
    first.removed = sum(first.removed, later.removed);
    true
}

fn sum(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    Some(one? + other?)
}

pub(super) fn change(diff: &Diff<'_>, place: usize) -> Option<FileChange> {
    let delta = diff.get_delta(place)?;
    let (path, old_path) = paths(&delta);
    let status = status(&delta);
    let lines = lines(diff, place);
    Some(FileChange {
        path,
        old_path: (status == FileStatus::Renamed).then_some(old_path),
        status,
        added: lines.map(|(added, _)| added),
        removed: lines.map(|(_, removed)| removed),
        executable: executable(&delta),
    })
}

fn lines(diff: &Diff<'_>, place: usize) -> Option<(u64, u64)> {
    let patch = git2::Patch::from_diff(diff, place).ok()??;
    if patch.delta().flags().is_binary() {
        return None;
    }
    let (_, added, removed) = patch.line_stats().ok()?;
    Some((added as u64, removed as u64))
}
