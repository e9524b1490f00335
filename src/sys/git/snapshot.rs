//! The work tree as it is now, as one tree object.

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
    sync::PoisonError,
    time::SystemTime,
};

use serde::{Deserialize, Serialize};

use super::{
    GitError, Repository,
    content::{Content, Known, Reader, Seen},
    escape,
    index::{Index, Tracked},
    inside::Inside,
    path::as_path,
    store::{Entry, Store},
    walk::{Found, Walk, Walked, is_absent_on_purpose},
    worktree::{Base, Carried},
};
use crate::sys::spread::spread;

/// A work tree at one moment. Equal snapshots are equal work trees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The name of the tree object. It names every file, also the ones whose content is not
    /// stored: for those, the blob is missing wherever the tree is.
    pub tree: String,
    /// The files whose content is not stored, by path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unstored: Vec<Unstored>,
}

/// A file that is known by its size and hash only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unstored {
    /// The path from the root, [escaped](escape); that of a folder ends with a slash.
    pub path: String,
    /// In bytes.
    pub size: u64,
    /// The name that git gives the content. Of what could not be read, a name of its size and
    /// time; of a folder, nothing.
    pub hash: String,
    /// Why the content is not stored.
    pub why: Why,
}

/// Why a content is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Untracked and over 1 MiB, or over 64 MiB.
    TooLarge,
    /// Its name is one that secrets have.
    LooksSecret,
    /// It is not ours to read.
    Unreadable,
}

impl Repository {
    /// The work tree as it is now: tracked files as they are, and untracked files that are not
    /// ignored. New objects go to the folder `objects`; nothing in the repository is touched.
    /// `exclude` are paths from the root that are left out with all that is below them.
    pub fn snapshot(&self, objects: &Path, exclude: &[&Path]) -> Result<Snapshot, GitError> {
        self.snapshot_after(objects, exclude, None)
    }

    /// The same, in a worktree that was made of `base`.
    pub(super) fn snapshot_after(
        &self,
        objects: &Path,
        exclude: &[&Path],
        base: Option<&Base<'_>>,
    ) -> Result<Snapshot, GitError> {
        let begun = SystemTime::now();
        let handle = self.handle()?;
        let index = Index::load(&handle)?;
        let store = Store::open(objects, &handle)?;
        let root = self.root();
        let inside =
            Inside::open(root).map_err(|error| GitError::io("cannot read", root, error))?;
        let walk = Walk { inside: &inside, root, index: &index, exclude };
        let mut walked = walk.run(&handle)?;
        let carried = match base {
            Some(base) => base.carry(&walk, &mut walked)?,
            None => Carried::default(),
        };
        walked.found.sort_unstable_by(|one, other| one.path.cmp(&other.path));
        // By their places, which is by their paths, so that those are hardly compared any more.
        walked.clean.sort_unstable();

        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.store != objects {
            *known = Known { store: objects.to_path_buf(), ..Known::default() };
        }
        let reader = Reader { inside: &inside, root, index: &index, store: &store, known: &known };
        let read = spread(&walked.found, |part| {
            part.iter().map(|found| reader.read(found)).collect::<Result<Vec<_>, _>>()
        })?;
        let contents: Vec<Option<Seen>> = read.into_iter().flatten().collect();
        let mut kept = absent_on_purpose(&index, &walked, exclude);
        kept.retain(|place| !carried.has(&index.entries[*place].path));
        let mut entries = entries(&index, &walked, &contents, &kept);
        entries.extend(walked.submodules.iter().map(|place| {
            let entry = &index.entries[*place];
            let commit = submodule_commit(&root.join(as_path(&entry.path)));
            same(entry, commit.or(carried.commit(&entry.path)).unwrap_or(entry.oid))
        }));
        entries.extend(carried.entries());
        // The stable sort is the one that merges runs which are in order.
        entries.sort_by(|one, other| one.path.cmp(&other.path));
        let tree = store.put_tree(&entries)?.to_string();
        drop(entries);
        let unstored = unstored(&walked, &contents, carried);
        let settled = walked.found.into_iter().zip(contents).filter_map(|(found, seen)| {
            seen.filter(|seen| seen.is_settled(begun)).map(|seen| (found.path, seen))
        });
        known.files = settled.collect();
        Ok(Snapshot { tree, unstored })
    }
}

/// The entries of a sparse checkout that are not there, and that nobody excluded.
fn absent_on_purpose(index: &Index, walked: &Walked, exclude: &[&Path]) -> Vec<usize> {
    if !index.entries.iter().any(is_absent_on_purpose) {
        return Vec::new();
    }
    let mut present = vec![false; index.entries.len()];
    let seen = walked.clean.iter().copied();
    for place in seen.chain(walked.found.iter().filter_map(|found| found.tracked)) {
        present[place] = true;
    }
    let is_kept = |place: &usize| {
        let entry = &index.entries[*place];
        let path = as_path(&entry.path);
        is_absent_on_purpose(entry)
            && !present[*place]
            && !exclude.iter().any(|excluded| path.starts_with(excluded))
    };
    (0..index.entries.len()).filter(is_kept).collect()
}

fn entries<'a>(
    index: &'a Index,
    walked: &'a Walked,
    contents: &[Option<Seen>],
    kept: &[usize],
) -> Vec<Entry<'a>> {
    let unchanged = walked.clean.iter().chain(kept).map(|place| &index.entries[*place]);
    let read = walked.found.iter().zip(contents).filter_map(|(found, seen)| {
        let Content { mode, oid, .. } = seen.as_ref()?.content;
        Some(Entry { path: Cow::Borrowed(&found.path), mode, oid })
    });
    unchanged.map(|entry| same(entry, entry.oid)).chain(read).collect()
}

fn same(entry: &Tracked, oid: git2::Oid) -> Entry<'_> {
    Entry { path: Cow::Borrowed(&entry.path), mode: entry.mode, oid }
}

fn unstored(walked: &Walked, contents: &[Option<Seen>], carried: Carried) -> Vec<Unstored> {
    let files = walked.found.iter().zip(contents).filter_map(|(Found { path, .. }, seen)| {
        let Content { oid, unstored, .. } = seen.as_ref()?.content;
        let (why, size) = unstored?;
        Some(Unstored { path: escape(path), size, hash: oid.to_string(), why })
    });
    let folders = walked.unreadable.iter().map(|path| Unstored {
        path: escape(path),
        size: 0,
        hash: String::new(),
        why: Why::Unreadable,
    });
    let mut all: Vec<Unstored> = files.chain(folders).chain(carried.unstored).collect();
    all.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    all
}

/// The commit that the submodule stands on; none if it is not checked out.
fn submodule_commit(folder: &PathBuf) -> Option<git2::Oid> {
    git2::Repository::open(folder).ok()?.head().ok()?.target()
}
