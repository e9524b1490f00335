//! A snapshot's tree as a list of files, and lists of files as an index in memory.

use std::{collections::BTreeMap, path::Path};

use git2::{Index, IndexEntry, IndexTime, ObjectType, Oid};

use super::{GitError, compare::Bridge};

/// The mode of a folder in a tree.
const FOLDER: i32 = 0o40_000;

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
    let mut blobs = Vec::new();
    Oid::from_str(tree)
        .and_then(|tree| list_below(handle, tree, &[], &mut blobs))
        .map_err(GitError::git("cannot read a snapshot"))?;
    Ok(blobs)
}

fn list_below(
    handle: &git2::Repository,
    tree: Oid,
    above: &[u8],
    blobs: &mut Vec<Blob>,
) -> Result<(), git2::Error> {
    for entry in &handle.find_tree(tree)? {
        let mut path = [above, entry.name_bytes()].concat();
        if entry.kind() == Some(ObjectType::Tree) {
            path.push(b'/');
            list_below(handle, entry.id(), &path, blobs)?;
        } else {
            let mode = u32::from_ne_bytes(entry.filemode().to_ne_bytes());
            blobs.push(Blob { path, mode, oid: entry.id() });
        }
    }
    Ok(())
}

/// The paths at which two trees differ, each with its folders; a folder that only one of them has is one
/// path. What is the same in both is never read: a large tree of which little has changed costs little.
pub(super) fn differing(
    handle: &git2::Repository,
    from: Oid,
    to: Oid,
) -> Result<Vec<Vec<u8>>, git2::Error> {
    let mut paths = Vec::new();
    differing_below(handle, (from, to), &[], &mut paths)?;
    Ok(paths)
}

fn differing_below(
    handle: &git2::Repository,
    (from, to): (Oid, Oid),
    above: &[u8],
    paths: &mut Vec<Vec<u8>>,
) -> Result<(), git2::Error> {
    let (old, new) = (handle.find_tree(from)?, handle.find_tree(to)?);
    let listed = |tree: &git2::Tree<'_>| -> BTreeMap<Vec<u8>, (i32, Oid)> {
        tree.iter()
            .map(|entry| (entry.name_bytes().to_vec(), (entry.filemode(), entry.id())))
            .collect()
    };
    let (old, mut new) = (listed(&old), listed(&new));
    for (name, before) in old {
        let now = new.remove(&name);
        if now == Some(before) {
            continue;
        }
        let mut path = [above, &name].concat();
        match now {
            Some((mode, oid)) if mode == FOLDER && before.0 == FOLDER => {
                path.push(b'/');
                differing_below(handle, (before.1, oid), &path, paths)?;
            }
            Some(_) | None => paths.push(path),
        }
    }
    paths.extend(new.into_keys().map(|name| [above, &name].concat()));
    Ok(())
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
