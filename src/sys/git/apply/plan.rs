//! What has to be done to the user's tree, and whether it may be.

use std::{
    collections::{BTreeMap, HashSet},
    io,
    path::Path,
};

use git2::{DiffFile, Oid};
use rustix::fs::{Dir, Stat};

use super::{Clash, Conflict};
use crate::sys::git::{
    GitError, Repository, Snapshot,
    content::{Known, Reader},
    escape,
    index::{Index, MODE_COMMIT, MODE_FILE, MODE_LINK, MODE_PROGRAM},
    inside::{Inside, Time, changed, modified, size},
    path::{as_path, unescape},
    stand::{Stand, ancestors, stand},
    store::Store,
    trees::{Blob, index_of},
    walk::{Found, is_absent_on_purpose},
};

/// The user's tree.
pub(super) struct Side<'a> {
    pub(super) repository: &'a Repository,
    pub(super) handle: &'a git2::Repository,
    pub(super) inside: &'a Inside,
    pub(super) objects: &'a Path,
}

/// One thing to do.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) path: Vec<u8>,
    pub(super) act: Act,
    pub(super) before: Before,
}

#[derive(Clone, Debug)]
pub(super) enum Act {
    Remove,
    Write(Blob),
    /// Only the permission to execute is another.
    SetMode(u32),
}

/// What stood at the path when it was compared.
#[derive(Clone, Copy, Debug)]
pub(super) enum Before {
    Nothing,
    /// A folder that has only files that are removed before.
    Folder,
    File(Look, Stat),
}

/// What a file looked like; another look is another file.
pub(super) type Look = (u64, u64, u32, Time, Time);

pub(super) fn look(stat: &Stat) -> Look {
    (size(stat), stat.st_ino, stat.st_mode, modified(stat), changed(stat))
}

/// A path whose entry differs between both snapshots.
struct Touched {
    path: Vec<u8>,
    old: Option<Content>,
    new: Option<Content>,
}

type Content = (u32, Oid);

/// The steps in the order in which they are to be done, or what forbids them.
pub(super) fn plan(
    side: &Side<'_>,
    base: &Snapshot,
    now: &Snapshot,
) -> Result<Result<Vec<Step>, Vec<Conflict>>, GitError> {
    let touched = touched(side.handle, base, now)?;
    let index = Index::load(side.handle)?;
    let store = Store::open(side.objects, side.handle)?;
    let root = side.repository.root();
    let known = Known::default();
    let inside = side.inside;
    let reader = Reader { inside, root, index: &index, store: &store, known: &known };
    let removed: HashSet<&[u8]> =
        touched.iter().filter(|it| it.new.is_none()).map(|it| it.path.as_slice()).collect();
    let unstored: HashSet<Vec<u8>> =
        base.unstored.iter().chain(&now.unstored).filter_map(|it| unescape(&it.path)).collect();
    let judge = Judge { reader, removed, unstored };
    let (mut steps, mut conflicts) = (Vec::new(), Vec::new());
    for it in &touched {
        match judge.judge(it)? {
            Ok(step) => steps.extend(step),
            Err(why) => conflicts.push(Conflict { path: escape(&it.path), why }),
        }
    }
    Ok(if conflicts.is_empty() { Ok(ordered(steps)) } else { Err(conflicts) })
}

fn touched(
    handle: &git2::Repository,
    base: &Snapshot,
    now: &Snapshot,
) -> Result<Vec<Touched>, GitError> {
    let compare = || {
        // Without the user's settings, none of which may hide a change.
        let objects = git2::Repository::from_odb(handle.odb()?)?;
        let tree = |snapshot: &Snapshot| objects.find_tree(Oid::from_str(&snapshot.tree)?);
        let (base, now) = (tree(base)?, tree(now)?);
        let diff = objects.diff_tree_to_tree(Some(&base), Some(&now), None)?;
        let mut all: BTreeMap<Vec<u8>, Touched> = BTreeMap::new();
        for delta in diff.deltas() {
            for (file, is_old) in [(delta.old_file(), true), (delta.new_file(), false)] {
                let Some((path, content)) = content(&file) else { continue };
                let it = all.entry(path.clone()).or_insert(Touched { path, old: None, new: None });
                let place = if is_old { &mut it.old } else { &mut it.new };
                *place = Some(content);
            }
        }
        Ok(all.into_values().collect())
    };
    compare().map_err(GitError::git("cannot compare two snapshots"))
}

fn content(file: &DiffFile<'_>) -> Option<(Vec<u8>, Content)> {
    let path = file.path_bytes()?.to_vec();
    (!file.id().is_zero()).then(|| (path, (file.mode().into(), file.id())))
}

struct Judge<'a> {
    reader: Reader<'a>,
    /// The paths that go.
    removed: HashSet<&'a [u8]>,
    unstored: HashSet<Vec<u8>>,
}

impl Judge<'_> {
    /// What to do; nothing if the user's tree is already as it should be.
    fn judge(&self, touched: &Touched) -> Result<Result<Option<Step>, Clash>, GitError> {
        let Touched { path, old, new } = touched;
        if let Err(clash) = self.is_allowed(touched) {
            return Ok(Err(clash));
        }
        let cannot =
            |error| GitError::io("cannot read", self.reader.root.join(as_path(path)), error);
        let before = match stand(self.reader.inside, path).map_err(cannot)? {
            Stand::Nothing => Before::Nothing,
            Stand::Blocked(end) if new.is_none() || self.removed.contains(&path[..end]) => {
                Before::Nothing
            }
            // What is to go is gone already.
            Stand::Folder if new.is_none() => Before::Nothing,
            Stand::Folder if old.is_none() && self.holds_only_removed(path).map_err(cannot)? => {
                Before::Folder
            }
            Stand::Folder | Stand::Blocked(_) | Stand::Other => return Ok(Err(Clash::InTheWay)),
            Stand::File(stat) => Before::File(look(&stat), stat),
        };
        let found = match before {
            Before::File(..) => self.read(path)?,
            Before::Nothing => self.absent_on_purpose(path, *old),
            Before::Folder => None,
        };
        let is_there = !matches!(before, Before::Nothing);
        if found == *new && (is_there || new.is_none()) {
            return Ok(Ok(None));
        }
        if found != *old {
            return Ok(Err(if old.is_none() { Clash::InTheWay } else { Clash::Changed }));
        }
        if !is_there && new.is_none() {
            return Ok(Ok(None));
        }
        let act = act(touched);
        Ok(Ok(Some(Step { path: path.clone(), act, before })))
    }

    /// What can be said without looking at the user's tree.
    fn is_allowed(&self, touched: &Touched) -> Result<(), Clash> {
        let modes = || touched.old.iter().chain(&touched.new).map(|(mode, _)| *mode);
        let blob = |(mode, oid)| Blob { path: touched.path.clone(), mode, oid };
        if !is_within(&touched.path) || index_of(touched.new.map(blob).iter()).is_err() {
            return Err(Clash::Forbidden);
        }
        if modes().any(|mode| mode == MODE_COMMIT) {
            return Err(Clash::Submodule);
        }
        if modes().any(|mode| ![MODE_FILE, MODE_PROGRAM, MODE_LINK].contains(&mode)) {
            return Err(Clash::Forbidden);
        }
        let is_stored = |(_, oid): (u32, Oid)| {
            self.reader.store.has(oid) && !self.unstored.contains(&touched.path)
        };
        let contents = touched.old.filter(|_| touched.new.is_none()).or(touched.new);
        if contents.is_some_and(|content| !is_stored(content)) {
            return Err(Clash::NotStored);
        }
        Ok(())
    }

    fn read(&self, path: &[u8]) -> Result<Option<Content>, GitError> {
        let found = Found { path: path.to_vec(), tracked: self.place(path) };
        let seen = self.reader.read(&found)?;
        Ok(seen.map(|seen| (seen.content.mode, seen.content.oid)))
    }

    fn place(&self, path: &[u8]) -> Option<usize> {
        let entries = &self.reader.index.entries;
        entries.binary_search_by(|entry| entry.path.as_slice().cmp(path)).ok()
    }

    /// A file outside of the sparse checkout is part of every snapshot, but not there.
    fn absent_on_purpose(&self, path: &[u8], old: Option<Content>) -> Option<Content> {
        let entry = &self.reader.index.entries[self.place(path)?];
        let content = (entry.mode, entry.oid);
        (is_absent_on_purpose(entry) && old == Some(content)).then_some(content)
    }

    fn holds_only_removed(&self, folder: &[u8]) -> io::Result<bool> {
        let mut dir = Dir::new(self.reader.inside.folder(as_path(folder))?)?;
        while let Some(entry) = dir.read() {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            let path = [folder, b"/", name].concat();
            let is_fine = match stand(self.reader.inside, &path)? {
                Stand::Folder => self.holds_only_removed(&path)?,
                _ => self.removed.contains(path.as_slice()),
            };
            if !is_fine {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn act(touched: &Touched) -> Act {
    match (touched.old, touched.new) {
        (_, None) => Act::Remove,
        (Some((_, old)), Some((mode, new))) if old == new && mode != MODE_LINK => {
            let is_file = touched.old.is_some_and(|(mode, _)| mode != MODE_LINK);
            let blob = Blob { path: touched.path.clone(), mode, oid: new };
            if is_file { Act::SetMode(mode) } else { Act::Write(blob) }
        }
        (_, Some((mode, oid))) => Act::Write(Blob { path: touched.path.clone(), mode, oid }),
    }
}

/// Whether the path stays in the tree and out of git's own folder, on every file system.
fn is_within(path: &[u8]) -> bool {
    let is_plain = |name: &[u8]| {
        !matches!(name, b"" | b"." | b"..")
            && !name.eq_ignore_ascii_case(b".git")
            && !name.contains(&0)
    };
    path.split(|byte| *byte == b'/').all(is_plain)
}

/// What stands in the way of new files goes first, everything else that is to go goes last.
fn ordered(steps: Vec<Step>) -> Vec<Step> {
    let written: HashSet<Vec<u8>> = steps
        .iter()
        .filter(|step| matches!(step.act, Act::Write(_)))
        .map(|step| step.path.clone())
        .collect();
    let above: HashSet<&[u8]> =
        written.iter().flat_map(|path| ancestors(path).map(|end| &path[..end])).collect();
    let rank = |step: &Step| match step.act {
        Act::Write(_) | Act::SetMode(_) => 1,
        Act::Remove => {
            let is_in_the_way = above.contains(step.path.as_slice())
                || ancestors(&step.path).any(|end| written.contains(&step.path[..end]));
            if is_in_the_way { 0 } else { 2 }
        }
    };
    let mut ranked: Vec<(u8, Step)> = steps.into_iter().map(|step| (rank(&step), step)).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, step)| step).collect()
}
