//! The comparison of two snapshots, in a repository that consists of objects only: neither the
//! configuration nor the attributes of the work tree can hide a change or shape how it is shown.

use std::path::Path;

use git2::{
    Delta, Diff, DiffDelta, DiffFile, DiffFindOptions, DiffOptions, FileMode, Index, IndexEntry,
    IndexTime, Oid, Repository as Objects, Tree,
};

use super::{FileChange, FileStatus, GitError, Repository, Snapshot, escape, trees::differing};

/// Files over this size are compared by hash only, and are no part of a patch: 16 mebibytes.
const LIMIT: u64 = 16 << 20;
/// So many pairs of a deleted and an added file are compared line by line at most, which takes a
/// tenth of a second; where there are more, only equal contents count as renamed.
const PAIRS: usize = 40_000;

/// Both sides of a comparison, with the store that holds their objects.
pub(super) struct Sides<'a> {
    pub(super) objects: &'a Path,
    pub(super) from: &'a Snapshot,
    pub(super) to: &'a Snapshot,
}

impl Repository {
    /// Gives `look` what can be compared by content, renames found, and the changes of the files
    /// that are known by hash only.
    pub(super) fn compare<T>(
        &self,
        sides: &Sides<'_>,
        look: impl FnOnce(&Diff<'_>, Vec<FileChange>) -> T,
    ) -> Result<T, GitError> {
        let handle = self.handle()?;
        let bridge = Bridge::to(sides.objects)?;
        let compare = || {
            let odb = handle.odb()?;
            odb.add_disk_alternate(&bridge.path)?;
            let objects = Objects::from_odb(odb)?;
            let tree = |snapshot: &Snapshot| objects.find_tree(Oid::from_str(&snapshot.tree)?);
            let mut options = options();
            let (from, to) = (tree(sides.from)?, tree(sides.to)?);
            let all = changed(&objects, (&from, &to))?;
            let (old, new, by_hash) = split(&objects, &all)?;
            let mut diff = objects.diff_index_to_index(&old, &new, Some(&mut options))?;
            diff.find_similar(Some(&mut renames(&diff)))?;
            Ok(look(&diff, by_hash))
        };
        compare().map_err(GitError::git("cannot compare two snapshots"))
    }
}

/// What differs, without a look at contents. libgit2 alone would read every folder of both trees.
fn changed<'a>(
    objects: &'a Objects,
    (from, to): (&Tree<'_>, &Tree<'_>),
) -> Result<Diff<'a>, git2::Error> {
    let mut only = options();
    only.disable_pathspec_match(true);
    let paths = differing(objects, from.id(), to.id())?;
    if paths.is_empty() {
        // No path at all would mean all of them.
        return objects.diff_tree_to_tree(Some(from), Some(from), Some(&mut only));
    }
    for path in &paths {
        only.pathspec(path.as_slice());
    }
    objects.diff_tree_to_tree(Some(from), Some(to), Some(&mut only))
}

/// The options for a comparison; the user's own settings play no part. Without
/// `include_typechange` a file that becomes a link is deleted and added, which is the only form that
/// `git apply` takes.
fn options() -> DiffOptions {
    let mut options = DiffOptions::new();
    options.show_binary(true).id_abbrev(40).context_lines(3).old_prefix("a").new_prefix("b");
    options
}

fn renames(diff: &Diff<'_>) -> DiffFindOptions {
    let count = |status| diff.deltas().filter(|delta| delta.status() == status).count();
    let (deleted, added) = (count(Delta::Deleted), count(Delta::Added));
    let mut options = DiffFindOptions::new();
    options
        .renames(true)
        .rename_threshold(50)
        .rename_limit(deleted.max(added))
        .exact_match_only(deleted * added > PAIRS);
    options
}

/// The path that a change is known by, and the one before.
pub(super) fn paths(delta: &DiffDelta<'_>) -> (String, String) {
    let path = |file: DiffFile<'_>| file.path_bytes().map(escape).unwrap_or_default();
    (path(delta.new_file()), path(delta.old_file()))
}

/// What happened to the file.
pub(super) fn status(delta: &DiffDelta<'_>) -> FileStatus {
    match delta.status() {
        Delta::Added => FileStatus::Added,
        Delta::Deleted => FileStatus::Deleted,
        Delta::Renamed => FileStatus::Renamed,
        // The rest is not asked for, or said of work trees only.
        _ => FileStatus::Modified,
    }
}

/// Parts the changes into those whose contents are there, as two indexes that hold nothing else,
/// and the rest: libgit2 looks for renames only where no object is missing.
fn split(
    objects: &Objects,
    all: &Diff<'_>,
) -> Result<(Index, Index, Vec<FileChange>), git2::Error> {
    let (mut old, mut new) = (Index::new()?, Index::new()?);
    let mut rest = Vec::new();
    for delta in all.deltas() {
        let sides = [(&mut old, delta.old_file()), (&mut new, delta.new_file())];
        if !sides.iter().all(|(_, file)| is_comparable(objects, file)) {
            rest.push(delta);
            continue;
        }
        for (index, file) in sides {
            if !file.id().is_zero() {
                index.add(&entry(&file))?;
            }
        }
    }
    Ok((old, new, by_hash(&rest)))
}

fn is_comparable(objects: &Objects, file: &DiffFile<'_>) -> bool {
    let header = || objects.odb()?.read_header(file.id());
    file.id().is_zero()
        || file.mode() == FileMode::Commit
        || header().is_ok_and(|(size, _)| size as u64 <= LIMIT)
}

fn entry(file: &DiffFile<'_>) -> IndexEntry {
    let never = IndexTime::new(0, 0);
    IndexEntry {
        ctime: never,
        mtime: never,
        dev: 0,
        ino: 0,
        mode: file.mode().into(),
        uid: 0,
        gid: 0,
        file_size: 0,
        id: file.id(),
        flags: 0,
        flags_extended: 0,
        path: file.path_bytes().unwrap_or_default().to_vec(),
    }
}

/// The changes of files that cannot be compared; a deleted one and an added one of one hash are
/// one that was renamed.
fn by_hash(deltas: &[DiffDelta<'_>]) -> Vec<FileChange> {
    let (mut deleted, others): (Vec<&DiffDelta<'_>>, Vec<_>) =
        deltas.iter().partition(|delta| delta.status() == Delta::Deleted);
    let mut changes = Vec::with_capacity(deltas.len());
    for delta in others {
        let id = delta.new_file().id();
        let source = deleted
            .iter()
            .position(|gone| gone.old_file().id() == id)
            .filter(|_| delta.status() == Delta::Added)
            .map(|place| deleted.swap_remove(place));
        let mut change = bare(delta);
        if let Some(gone) = source {
            change.status = FileStatus::Renamed;
            change.old_path = Some(paths(gone).1);
        }
        changes.push(change);
    }
    changes.extend(deleted.into_iter().map(bare));
    changes
}

fn bare(delta: &DiffDelta<'_>) -> FileChange {
    FileChange {
        path: paths(delta).0,
        old_path: None,
        status: status(delta),
        added: None,
        removed: None,
        executable: executable(delta),
    }
}

/// The new permission to be executed, if it is another.
pub(super) fn executable(delta: &DiffDelta<'_>) -> Option<bool> {
    match (delta.old_file().mode(), delta.new_file().mode()) {
        (FileMode::Blob, FileMode::BlobExecutable) => Some(true),
        (FileMode::BlobExecutable, FileMode::Blob) => Some(false),
        _ => None,
    }
}

/// A path that libgit2 can be given: it takes only UTF-8 here, so another one gets a link to it.
pub(super) struct Bridge {
    pub(super) path: String,
    _link: Option<tempfile::TempDir>,
}

impl Bridge {
    pub(super) fn to(folder: &Path) -> Result<Self, GitError> {
        if let Some(path) = folder.to_str() {
            return Ok(Self { path: path.to_owned(), _link: None });
        }
        let cannot = |error| GitError::io("cannot link to", folder, error);
        let holder = tempfile::tempdir().map_err(cannot)?;
        let link = holder.path().join("objects");
        std::os::unix::fs::symlink(folder, &link).map_err(cannot)?;
        Ok(Self { path: link.to_string_lossy().into_owned(), _link: Some(holder) })
    }
}
