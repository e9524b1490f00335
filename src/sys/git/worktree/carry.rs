//! What a snapshot of a worktree takes over from its base. A secret that was never copied is not
//! deleted, and a file that the agent's new `.gitignore` hides is not either: told as deleted,
//! both would be deleted in the user's tree.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    path::Path,
};

use git2::Oid;

use crate::sys::git::{
    GitError, Unstored,
    index::MODE_COMMIT,
    path::{as_path, unescape},
    stand::{Stand, stand},
    store::Entry,
    trees::Blob,
    walk::{Found, Walk, Walked},
};

/// What a worktree was made of.
pub(in crate::sys::git) struct Base<'a> {
    pub(in crate::sys::git) blobs: Vec<Blob>,
    pub(in crate::sys::git) unstored: &'a [Unstored],
}

/// What the worktree's files do not show.
#[derive(Default)]
pub(in crate::sys::git) struct Carried {
    files: HashMap<Vec<u8>, Blob>,
    commits: HashMap<Vec<u8>, Oid>,
    pub(in crate::sys::git) unstored: Vec<Unstored>,
}

impl Base<'_> {
    /// Adds to `walked` the files that git ignores by now.
    pub(in crate::sys::git) fn carry(
        &self,
        walk: &Walk<'_>,
        walked: &mut Walked,
    ) -> Result<Carried, GitError> {
        let unstored: HashMap<Vec<u8>, &Unstored> =
            self.unstored.iter().filter_map(|it| Some((unescape(&it.path)?, it))).collect();
        let mut carried = Carried::default();
        let mut hidden = Vec::new();
        let known = known(walk, walked);
        for blob in &self.blobs {
            if blob.mode == MODE_COMMIT {
                carried.commits.insert(blob.path.clone(), blob.oid);
                continue;
            }
            let path = as_path(&blob.path);
            if known.contains(blob.path.as_slice()) || is_excluded(walk, path) {
                continue;
            }
            let stand = stand(walk.inside, &blob.path)
                .map_err(|error| GitError::io("cannot read", walk.root.join(path), error))?;
            match (stand, unstored.get(&blob.path)) {
                (Stand::File(_), _) => hidden.push(blob.path.clone()),
                (Stand::Nothing, Some(known)) => {
                    carried.files.insert(blob.path.clone(), blob.clone());
                    carried.unstored.push((*known).clone());
                }
                (Stand::Nothing | Stand::Blocked(_) | Stand::Folder | Stand::Other, _) => {}
            }
        }
        for (path, folder) in unstored {
            // A folder that could not be listed is no part of any tree.
            if let Some(name) = path.strip_suffix(b"/")
                && matches!(stand(walk.inside, name), Ok(Stand::Nothing))
            {
                carried.unstored.push(folder.clone());
            }
        }
        walked.found.extend(hidden.into_iter().map(|path| Found { path, tracked: None }));
        Ok(carried)
    }
}

impl Carried {
    pub(in crate::sys::git) fn has(&self, path: &[u8]) -> bool {
        self.files.contains_key(path)
    }

    /// The commit that the submodule stood on in the base; in the worktree it is not checked out.
    pub(in crate::sys::git) fn commit(&self, path: &[u8]) -> Option<Oid> {
        self.commits.get(path).copied()
    }

    pub(in crate::sys::git) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.files.values().map(|blob| Entry {
            path: Cow::Borrowed(&blob.path),
            mode: blob.mode,
            oid: blob.oid,
        })
    }
}

fn known<'a>(walk: &'a Walk<'_>, walked: &'a Walked) -> HashSet<&'a [u8]> {
    let clean = walked.clean.iter().map(|place| walk.index.entries[*place].path.as_slice());
    clean.chain(walked.found.iter().map(|found| found.path.as_slice())).collect()
}

fn is_excluded(walk: &Walk<'_>, path: &Path) -> bool {
    walk.exclude.iter().any(|excluded| path.starts_with(excluded))
}
