//! Two changes of the same tree put together, as `git merge` would, without a commit and without a
//! word to the user's object store.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use git2::{MergeFileInput, ObjectType, Oid, merge_file};

use super::{
    Clash, Conflict, GitError, Repository, Snapshot, escape,
    index::{MODE_FILE, MODE_PROGRAM},
    store::{Entry, Store, hash},
    trees::{Blob, borrow_objects, list},
    unescape,
};

/// What became of two changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    /// The tree that has both.
    Both(Snapshot),
    /// They cannot be put together.
    Refused {
        /// Why not, by path; at least one.
        conflicts: Vec<Conflict>,
    },
}

/// Git takes what has a NUL among its first bytes for binary.
const TEXT_BYTES: usize = 8000;

impl Repository {
    /// Puts what leads from `base` to `theirs` onto `ours`. All three were taken with the folder
    /// `objects`, and the new tree is written there. A file that one side alone changed is as that
    /// side has it; one that both changed is merged line by line.
    pub fn merge(
        &self,
        objects: &Path,
        base: &Snapshot,
        (ours, theirs): (&Snapshot, &Snapshot),
    ) -> Result<Merged, GitError> {
        let handle = self.handle()?;
        let _bridge = borrow_objects(&handle, objects)?;
        let listed = |of: &Snapshot| Ok::<_, GitError>(by_path(list(&handle, &of.tree)?));
        let store = Store::open(objects, &handle)?;
        let unstored: BTreeSet<Vec<u8>> = [base, ours, theirs]
            .iter()
            .flat_map(|of| of.unstored.iter().filter_map(|file| unescape(&file.path)))
            .collect();
        let sides = Three { base: listed(base)?, ours: listed(ours)?, theirs: listed(theirs)? };
        let (files, mut conflicts) = sides.merge(&store, &unstored)?;
        conflicts.extend(in_the_way(&files));
        if !conflicts.is_empty() {
            return Ok(Merged::Refused { conflicts });
        }
        let entries: Vec<Entry<'_>> = files
            .iter()
            .map(|(path, (mode, oid))| Entry { path: path.into(), mode: *mode, oid: *oid })
            .collect();
        let tree = store.put_tree(&entries)?.to_string();
        Ok(Merged::Both(Snapshot { tree, unstored: ours.unstored.clone() }))
    }
}

/// A file's mode and content.
type File = (u32, Oid);
type Files = BTreeMap<Vec<u8>, File>;

fn by_path(blobs: Vec<Blob>) -> Files {
    blobs.into_iter().map(|blob| (blob.path, (blob.mode, blob.oid))).collect()
}

struct Three {
    base: Files,
    ours: Files,
    theirs: Files,
}

impl Three {
    fn merge(
        mut self,
        store: &Store<'_>,
        unstored: &BTreeSet<Vec<u8>>,
    ) -> Result<(Files, Vec<Conflict>), GitError> {
        let mut conflicts = Vec::new();
        let paths: BTreeSet<Vec<u8>> =
            self.base.keys().chain(self.theirs.keys()).cloned().collect();
        for path in paths {
            let base = self.base.get(&path).copied();
            let (ours, theirs) = (self.ours.get(&path).copied(), self.theirs.get(&path).copied());
            if theirs == base || theirs == ours {
                continue;
            }
            let merged = match (base, ours, theirs) {
                _ if unstored.contains(&path) => Err(Clash::NotStored),
                _ if ours == base => Ok(theirs),
                (base, Some(ours), Some(theirs)) => lines(store, base, ours, theirs)?.map(Some),
                // One side removed what the other one changed.
                (_, None, _) | (_, _, None) => Err(Clash::Beside),
            };
            match merged {
                Ok(Some(file)) => drop(self.ours.insert(path, file)),
                Ok(None) => drop(self.ours.remove(&path)),
                Err(why) => conflicts.push(Conflict { path: escape(&path), why }),
            }
        }
        Ok((self.ours, conflicts))
    }
}

/// A file that both sides changed.
fn lines(
    store: &Store<'_>,
    base: Option<File>,
    ours: File,
    theirs: File,
) -> Result<Result<File, Clash>, GitError> {
    let Some((base_mode, base)) = base else { return Ok(Err(Clash::Beside)) };
    let ((our_mode, ours), (their_mode, theirs)) = (ours, theirs);
    let is_file = |mode: &u32| [MODE_FILE, MODE_PROGRAM].contains(mode);
    if ![base_mode, our_mode, their_mode].iter().all(is_file) {
        return Ok(Err(Clash::Beside));
    }
    // There are two modes, so a side that has another one than the base is right.
    let mode = if our_mode == base_mode { their_mode } else { our_mode };
    let oid = match (ours == base, theirs == base) {
        (true, _) => theirs,
        (_, true) => ours,
        (false, false) => match content(store, [base, ours, theirs])? {
            Some(oid) => oid,
            None => return Ok(Err(Clash::Beside)),
        },
    };
    Ok(Ok((mode, oid)))
}

/// The content that has the changes of both; `None` where they are about the same lines.
fn content(store: &Store<'_>, of: [Oid; 3]) -> Result<Option<Oid>, GitError> {
    let [base, ours, theirs] = of.map(|oid| store.read(oid).filter(|bytes| is_text(bytes)));
    let (Some(base), Some(ours), Some(theirs)) = (base, ours, theirs) else { return Ok(None) };
    let merged = merged(&base, &ours, &theirs).map_err(GitError::git("cannot merge a file"))?;
    let Some(bytes) = merged else { return Ok(None) };
    let oid = hash(ObjectType::Blob, &bytes)?;
    store.put(ObjectType::Blob, &bytes, oid)?;
    Ok(Some(oid))
}

fn merged(base: &[u8], ours: &[u8], theirs: &[u8]) -> Result<Option<Vec<u8>>, git2::Error> {
    let [mut ancestor, mut our, mut their] = [(); 3].map(|()| MergeFileInput::new());
    ancestor.content(base);
    our.content(ours);
    their.content(theirs);
    let result = merge_file(&ancestor, &our, &their, None)?;
    Ok(result.is_automergeable().then(|| result.content().to_vec()))
}

fn is_text(bytes: &[u8]) -> bool {
    !bytes[..bytes.len().min(TEXT_BYTES)].contains(&0)
}

/// Files in whose place the other side has a folder.
fn in_the_way(files: &Files) -> Vec<Conflict> {
    let folders = files.keys().flat_map(|path| {
        let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        slashes.map(|(end, _)| &path[..end])
    });
    let folders: BTreeSet<&[u8]> = folders.collect();
    let blocked = files.keys().filter(|path| folders.contains(path.as_slice()));
    blocked.map(|path| Conflict { path: escape(path), why: Clash::Beside }).collect()
}
