//! The files of a new worktree, and its index.

use std::{
    collections::{HashMap, HashSet},
    fs,
    io::ErrorKind,
    os::unix::fs::MetadataExt as _,
    path::Path,
};

use git2::{
    Index, IndexEntry, IndexEntryExtendedFlag, IndexEntryFlag, IndexTime, build::CheckoutBuilder,
};

use super::admin::Admin;
use crate::sys::git::{
    GitError, Snapshot,
    open::open,
    path::{as_path, unescape},
    trees::{Blob, borrow_objects, index_of},
};

/// What is to be in the worktree.
pub(super) struct Wanted<'a> {
    blobs: &'a [Blob],
    by_path: HashMap<&'a [u8], &'a Blob>,
    unstored: HashSet<Vec<u8>>,
}

impl<'a> Wanted<'a> {
    pub(super) fn new(base: &Snapshot, blobs: &'a [Blob]) -> Self {
        Self {
            blobs,
            by_path: blobs.iter().map(|blob| (blob.path.as_slice(), blob)).collect(),
            unstored: base.unstored.iter().filter_map(|it| unescape(&it.path)).collect(),
        }
    }
}

/// Writes the files, then the index: git trusts the times in an index that is younger.
pub(super) fn check_out(
    admin: &Admin,
    user_index: &Path,
    objects: &Path,
    wanted: &Wanted<'_>,
) -> Result<(), GitError> {
    let index_path = admin.folder.join("index");
    let has_index = match fs::copy(user_index, &index_path) {
        Ok(_) => true,
        Err(error) if error.kind() == ErrorKind::NotFound => false,
        Err(error) => return Err(GitError::io("cannot copy the index to", index_path, error)),
    };
    let doing = "cannot copy the index";
    let mut index = Index::open(&index_path).map_err(GitError::git(doing))?;
    let skipped = skipped(&index, wanted);
    write_files(admin, objects, wanted, &skipped)?;
    if has_index {
        refresh(&mut index, admin, wanted, &skipped)?;
        index.write().map_err(GitError::git(doing))?;
    }
    Ok(())
}

/// What a sparse checkout leaves out is left out here as well, unless it has other content.
fn skipped(index: &Index, wanted: &Wanted<'_>) -> HashSet<Vec<u8>> {
    let is_absent = |entry: &IndexEntry| {
        let known = wanted.by_path.get(entry.path.as_slice());
        skips(entry) && known.is_some_and(|blob| blob.oid == entry.id)
    };
    index.iter().filter(is_absent).map(|entry| entry.path).collect()
}

/// Files of attributes come first: what they say decides the line ends of the others.
fn write_files(
    admin: &Admin,
    objects: &Path,
    wanted: &Wanted<'_>,
    skipped: &HashSet<Vec<u8>>,
) -> Result<(), GitError> {
    let is_written =
        |blob: &&Blob| !wanted.unstored.contains(&blob.path) && !skipped.contains(&blob.path);
    let blobs = || wanted.blobs.iter().filter(is_written);
    // The second time all of them: libgit2 removes what the user's index has and this one has not.
    write_all(admin, objects, blobs().filter(|blob| blob.path.ends_with(b".gitattributes")))?;
    write_all(admin, objects, blobs())
}

/// Each time with a handle of its own, because a handle remembers attributes.
fn write_all<'a>(
    admin: &Admin,
    objects: &Path,
    blobs: impl Iterator<Item = &'a Blob>,
) -> Result<(), GitError> {
    let doing = "cannot check out a snapshot";
    let mut index = index_of(blobs).map_err(GitError::git(doing))?;
    if index.is_empty() {
        return Ok(());
    }
    let handle = open(&admin.dir)?;
    let _bridge = borrow_objects(&handle, objects)?;
    let mut options = CheckoutBuilder::new();
    options.force().update_index(false);
    handle.checkout_index(Some(&mut index), Some(&mut options)).map_err(GitError::git(doing))
}

/// Notes in the index what the copied files look like, so that neither git nor a snapshot has to
/// read them. Tracked files that were not copied are absent on purpose, as in a sparse checkout:
/// `git commit -a` does not delete them.
fn refresh(
    index: &mut Index,
    admin: &Admin,
    wanted: &Wanted<'_>,
    skipped: &HashSet<Vec<u8>>,
) -> Result<(), GitError> {
    let entries: Vec<IndexEntry> = index.iter().filter(|entry| stage(entry) == 0).collect();
    for mut entry in entries {
        if skipped.contains(&entry.path) {
            continue;
        }
        let blob = wanted.by_path.get(entry.path.as_slice());
        let is_same = blob.is_some_and(|it| it.oid == entry.id && it.mode == entry.mode);
        if blob.is_some() {
            set_skipped(&mut entry, wanted);
        }
        match fs::symlink_metadata(admin.dir.join(as_path(&entry.path))) {
            Ok(file) if is_same && !file.is_dir() => look(&mut entry, &file),
            _ => entry.mtime = IndexTime::new(0, 0),
        }
        index.add(&entry).map_err(GitError::git("cannot copy the index"))?;
    }
    Ok(())
}

/// Not 0 for the versions of a file under merge.
fn stage(entry: &IndexEntry) -> u16 {
    entry.flags >> 12 & 3
}

fn skips(entry: &IndexEntry) -> bool {
    let extended = IndexEntryExtendedFlag::from_bits_truncate(entry.flags_extended);
    entry.flags & IndexEntryFlag::EXTENDED.bits() != 0 && extended.is_skip_worktree()
}

/// Sets whether the file is absent on purpose.
fn set_skipped(entry: &mut IndexEntry, wanted: &Wanted<'_>) {
    let bit = IndexEntryExtendedFlag::SKIP_WORKTREE.bits();
    if wanted.unstored.contains(&entry.path) {
        entry.flags |= IndexEntryFlag::EXTENDED.bits();
        entry.flags_extended |= bit;
    } else if skips(entry) {
        entry.flags_extended &= !bit;
    }
}

/// The index has room for the low 32 bits of each number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "git cuts these numbers off too"
)]
fn look(entry: &mut IndexEntry, file: &fs::Metadata) {
    entry.mtime = IndexTime::new(file.mtime() as i32, file.mtime_nsec() as u32);
    entry.ctime = IndexTime::new(file.ctime() as i32, file.ctime_nsec() as u32);
    entry.dev = file.dev() as u32;
    entry.ino = file.ino() as u32;
    entry.uid = file.uid();
    entry.gid = file.gid();
    entry.file_size = file.size() as u32;
}
