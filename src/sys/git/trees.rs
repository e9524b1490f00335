//! A snapshot's tree as a list of files, and lists of files as an index in memory.

use std::{collections::BTreeMap, path::Path};

use git2::{Index, IndexEntry, IndexTime, Oid, TreeEntry};

use super::{GitError, compare::Bridge};

/// The mode of a folder in a tree.
const MODE_FOLDER: u32 = 0o40_000;

/// A file of a tree, or a submodule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Blob {
    pub(super) path: Vec<u8>,
    pub(super) mode: u32,
    pub(super) oid: Oid,
}

/// Lets the handle find what lies in the session's object folder, for as long as the result lives.
pub(super) fn borrow_objects(
    handle: &git2::Repository,
    objects: &Path,
) -> Result<Bridge, GitError> {
    let bridge = Bridge::to(objects)?;
    handle
        .odb()
        .and_then(|odb| odb.add_disk_alternate(&bridge.path))
        .map_err(GitError::git("cannot open the object store"))?;
    Ok(bridge)
}

/// The files of the tree, in git's order.
pub(super) fn list(handle: &git2::Repository, tree: &str) -> Result<Vec<Blob>, GitError> {
    let tree = Oid::from_str(tree).map_err(GitError::git("cannot read a snapshot"))?;
    let mut blobs = Vec::new();
    // A tree can be thousands of folders deep, so what is still to be looked at is a list and no calls.
    let mut pending = vec![Blob { path: Vec::new(), mode: MODE_FOLDER, oid: tree }];
    while let Some(next) = pending.pop() {
        if next.mode == MODE_FOLDER {
            let tree =
                handle.find_tree(next.oid).map_err(GitError::git("cannot read a snapshot"))?;
            pending.extend(tree.iter().rev().map(|entry| below(&next.path, &entry)));
        } else {
            blobs.push(next);
        }
    }
    Ok(blobs)
}

/// What stands in a folder, whose path ends with a slash.
fn below(folder: &[u8], entry: &TreeEntry<'_>) -> Blob {
    let mut path = [folder, entry.name_bytes()].concat();
    let mode = u32::from_ne_bytes(entry.filemode().to_ne_bytes());
    if mode == MODE_FOLDER {
        path.push(b'/');
    }
    Blob { path, mode, oid: entry.id() }
}

/// The paths at which two trees differ, each with its folders; a folder that only one of them has is one
/// path. What is the same in both is never read: a large tree of which little has changed costs little.
pub(super) fn differing(
    handle: &git2::Repository,
    from: Oid,
    to: Oid,
) -> Result<Vec<Vec<u8>>, git2::Error> {
    let mut paths = Vec::new();
    let mut pending = vec![(Vec::new(), from, to)];
    while let Some((folder, from, to)) = pending.pop() {
        let listed = |tree| -> Result<BTreeMap<Vec<u8>, Blob>, git2::Error> {
            let tree = handle.find_tree(tree)?;
            let named =
                |entry: TreeEntry<'_>| (entry.name_bytes().to_vec(), below(&folder, &entry));
            Ok(tree.iter().map(named).collect())
        };
        let (old, mut new) = (listed(from)?, listed(to)?);
        for (name, before) in old {
            match new.remove(&name) {
                Some(now) if now == before => {}
                Some(now) if now.mode == MODE_FOLDER && before.mode == MODE_FOLDER => {
                    pending.push((now.path, before.oid, now.oid));
                }
                Some(_) | None => paths.push([&folder[..], &name].concat()),
            }
        }
        paths.extend(new.into_keys().map(|name| [&folder[..], &name].concat()));
    }
    Ok(paths)
}

/// An index of the files. Paths that git never takes, and two that cannot both be, are refused.
pub(super) fn index_of<'a>(blobs: impl Iterator<Item = &'a Blob>) -> Result<Index, git2::Error> {
    let never = IndexTime::new(0, 0);
    let mut index = Index::new()?;
    let mut count = 0;
    for blob in blobs {
        count += 1;
        index.add(&IndexEntry {
            ctime: never,
            mtime: never,
            dev: 0,
            ino: 0,
            mode: blob.mode,
            uid: 0,
            gid: 0,
            file_size: 0,
            id: blob.oid,
            flags: 0,
            flags_extended: 0,
            path: blob.path.clone(),
        })?;
    }
    if index.len() == count {
        return Ok(index);
    }
    Err(git2::Error::from_str("one path of the tree stands in the way of another"))
}
