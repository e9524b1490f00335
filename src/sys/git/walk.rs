//! One pass over the work tree, level by level: every folder is listed once, every tracked file
//! is looked at once, and ignored folders are not entered.

use std::{
    collections::HashMap, ffi::CString, fs, io, ops::Range, os::unix::ffi::OsStrExt as _,
    path::Path,
};

use rustix::fs::{AtFlags, Dir, FileType, Stat, statat};

use super::{
    GitError,
    index::{Index, Kind, MODE_COMMIT, Tracked},
    inside::Inside,
    open::{is_ignored, open},
    path::as_path,
};
use crate::sys::spread::spread;

/// So many questions pay for opening the repository once more.
const OWN_HANDLE: usize = 256;

/// A file whose content has to be looked at: changed, or not tracked.
pub(super) struct Found {
    pub(super) path: Vec<u8>,
    /// Its place in the index.
    pub(super) tracked: Option<usize>,
}

/// What stands in the work tree.
#[derive(Default)]
pub(super) struct Walked {
    /// Tracked files that are as git knows them, by their place in the index.
    pub(super) clean: Vec<usize>,
    /// Submodules that are there.
    pub(super) submodules: Vec<usize>,
    pub(super) found: Vec<Found>,
    /// Untracked folders that cannot be listed.
    pub(super) unreadable: Vec<Vec<u8>>,
    /// Untracked folders that are repositories of their own; nobody looks into them.
    pub(super) repositories: Vec<Vec<u8>>,
}

/// Where to walk.
pub(super) struct Walk<'a> {
    pub(super) inside: &'a Inside,
    pub(super) root: &'a Path,
    pub(super) index: &'a Index,
    /// Paths from the root, plainly written, that are no part of anything.
    pub(super) exclude: &'a [&'a Path],
}

/// A folder to list. Its path ends with a slash, but for the root's.
struct Folder {
    path: Vec<u8>,
    tracked: Range<usize>,
}

/// What one part of a level holds.
#[derive(Default)]
struct Level {
    walked: Walked,
    folders: Vec<Folder>,
    untracked: Vec<Untracked>,
}

/// A path that is not tracked and may be ignored; that of a folder ends with a slash.
struct Untracked {
    path: Vec<u8>,
    is_folder: bool,
}

/// What the index knows under one name.
#[derive(Default)]
struct Slot {
    file: Option<usize>,
    folder: Option<Range<usize>>,
}

impl Walk<'_> {
    /// Asks `handle`, which threads cannot share, what is ignored.
    pub(super) fn run(&self, handle: &git2::Repository) -> Result<Walked, GitError> {
        let mut walked = Walked::default();
        let mut folders = vec![Folder { path: Vec::new(), tracked: 0..self.index.entries.len() }];
        while !folders.is_empty() {
            let parts = spread(&folders, |part| self.list_all(part))?;
            folders.clear();
            let mut untracked = Vec::new();
            for part in parts {
                walked.clean.extend(part.walked.clean);
                walked.submodules.extend(part.walked.submodules);
                walked.found.extend(part.walked.found);
                walked.unreadable.extend(part.walked.unreadable);
                walked.repositories.extend(part.walked.repositories);
                folders.extend(part.folders);
                untracked.extend(part.untracked);
            }
            let ignored = self.ignored(handle, &untracked)?;
            for (Untracked { path, is_folder }, is_ignored) in untracked.into_iter().zip(ignored) {
                match (is_ignored, is_folder) {
                    (true, _) => {}
                    (false, true) => folders.push(Folder { path, tracked: 0..0 }),
                    (false, false) => walked.found.push(Found { path, tracked: None }),
                }
            }
        }
        Ok(walked)
    }

    /// Which of the paths are ignored. Many are asked for in threads, each with its own handle.
    fn ignored(
        &self,
        handle: &git2::Repository,
        paths: &[Untracked],
    ) -> Result<Vec<bool>, GitError> {
        let ask = |handle: &git2::Repository, paths: &[Untracked]| -> Result<Vec<bool>, GitError> {
            paths.iter().map(|it| is_ignored(handle, as_path(&it.path))).collect()
        };
        if paths.len() < OWN_HANDLE {
            return ask(handle, paths);
        }
        let parts = spread(paths, |part| ask(&open(self.root)?, part))?;
        Ok(parts.into_iter().flatten().collect())
    }

    fn list_all(&self, folders: &[Folder]) -> Result<Level, GitError> {
        let mut level = Level::default();
        for folder in folders {
            match self.list(folder, &mut level) {
                Ok(()) => {}
                // Gone since its parent was listed.
                Err(error) if is_gone(&error) => {}
                Err(_) if folder.tracked.is_empty() => {
                    level.walked.unreadable.push(folder.path.clone());
                }
                Err(error) => {
                    let path = self.root.join(as_path(&folder.path));
                    return Err(GitError::io("cannot read", path, error));
                }
            }
        }
        Ok(level)
    }

    fn list(&self, folder: &Folder, level: &mut Level) -> io::Result<()> {
        let mut dir = Dir::new(self.inside.folder(as_path(&folder.path))?)?;
        let mut names: Vec<(CString, FileType)> = Vec::new();
        while let Some(entry) = dir.read() {
            let entry = entry?;
            names.push((entry.file_name().to_owned(), entry.file_type()));
        }
        if folder.tracked.is_empty() && !folder.path.is_empty() && self.is_repository(folder) {
            level.walked.repositories.push(folder.path.clone());
            return Ok(());
        }
        let slots = self.slots(folder);
        let fd = dir.fd()?;
        for (name, file_type) in names {
            let bytes = name.as_bytes();
            // Git itself never takes a path with this name, in whatever case.
            if bytes == b"." || bytes == b".." || bytes.eq_ignore_ascii_case(b".git") {
                continue;
            }
            if self.is_excluded(folder, bytes) {
                continue;
            }
            let slot = slots.get(bytes);
            let tracked = slot.and_then(|slot| slot.file);
            let stat = if tracked.is_some() || file_type == FileType::Unknown {
                match statat(fd, &name, AtFlags::SYMLINK_NOFOLLOW) {
                    Ok(stat) => Some(stat),
                    Err(rustix::io::Errno::NOENT) => continue,
                    Err(error) => return Err(error.into()),
                }
            } else {
                None
            };
            let file_type = stat.map_or(file_type, |stat| FileType::from_raw_mode(stat.st_mode));
            // Made only where it is kept: for most files nothing is.
            let path = || [&folder.path, bytes].concat();
            match file_type {
                FileType::Directory => self.sort_folder(path(), slot, level),
                FileType::RegularFile | FileType::Symlink => {
                    self.sort_file(path, tracked.zip(stat), level);
                }
                // Git knows no pipes, sockets and devices.
                _ => {}
            }
        }
        Ok(())
    }

    fn is_excluded(&self, folder: &Folder, name: &[u8]) -> bool {
        self.exclude.iter().any(|excluded| {
            excluded.as_os_str().as_bytes().strip_prefix(&folder.path[..]) == Some(name)
        })
    }

    fn sort_file(
        &self,
        path: impl FnOnce() -> Vec<u8>,
        tracked: Option<(usize, Stat)>,
        level: &mut Level,
    ) {
        match tracked {
            None => level.untracked.push(Untracked { path: path(), is_folder: false }),
            Some((place, stat)) if self.index.is_clean(&self.index.entries[place], &stat) => {
                level.walked.clean.push(place);
            }
            Some((place, _)) => {
                level.walked.found.push(Found { path: path(), tracked: Some(place) });
            }
        }
    }

    fn sort_folder(&self, mut path: Vec<u8>, slot: Option<&Slot>, level: &mut Level) {
        path.push(b'/');
        let folder = slot.and_then(|slot| slot.folder.clone());
        let file = slot.and_then(|slot| slot.file);
        if let Some(tracked) = folder {
            level.folders.push(Folder { path, tracked });
        } else if let Some(place) = file.filter(|place| self.is_submodule(*place)) {
            level.walked.submodules.push(place);
        } else {
            level.untracked.push(Untracked { path, is_folder: true });
        }
    }

    fn is_submodule(&self, place: usize) -> bool {
        self.index.entries[place].mode == MODE_COMMIT
    }

    /// What the index knows in the folder, by name.
    fn slots(&self, folder: &Folder) -> HashMap<&[u8], Slot> {
        let entries = &self.index.entries;
        let mut slots: HashMap<&[u8], Slot> = HashMap::new();
        let mut next = folder.tracked.start;
        while next < folder.tracked.end {
            let name = &entries[next].path[folder.path.len()..];
            let Some(slash) = name.iter().position(|byte| *byte == b'/') else {
                slots.entry(name).or_default().file = Some(next);
                next += 1;
                continue;
            };
            let below = &entries[next].path[..=folder.path.len() + slash];
            let rest = &entries[next..folder.tracked.end];
            let end = next + rest.partition_point(|entry| entry.path.starts_with(below));
            slots.entry(&name[..slash]).or_default().folder = Some(next..end);
            next = end;
        }
        slots
    }

    /// A repository in the repository: git does not look into it, and neither do we.
    fn is_repository(&self, folder: &Folder) -> bool {
        let dot_git = self.root.join(as_path(&folder.path)).join(".git");
        fs::symlink_metadata(&dot_git).is_ok_and(|it| it.is_file() || dot_git.join("HEAD").exists())
    }
}

/// Whether the entry is rightly absent, so that it counts as present and unchanged.
pub(super) fn is_absent_on_purpose(entry: &Tracked) -> bool {
    entry.kind == Kind::Skipped
}

pub(super) fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        || error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}
