//! What an apply leaves behind that was killed: its folder among the session's objects tells which
//! files it had laid beside their places, and in which tree.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rustix::fs::{AtFlags, Dir, unlinkat};

use super::staging;
use crate::sys::git::{GitError, Repository, inside::Inside};

impl Repository {
    /// Removes what killed applies to this tree have left in it. Nobody else may apply to it
    /// meanwhile. `objects` is the folder that they were made with.
    pub fn clear_broken_applies(&self, objects: &Path) -> Result<(), GitError> {
        let cannot = |error| GitError::io("cannot clear up", objects, error);
        let entries = match fs::read_dir(objects) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(cannot)?,
        };
        for entry in entries {
            let folder = entry.map_err(cannot)?.path();
            let Some(tag) = staging::tag(&folder) else { continue };
            if staging::root(&folder).as_deref() == Some(self.root()) {
                let inside = self.inside()?;
                clear_all(&inside, &folder, &staging::beside(&tag)).map_err(cannot)?;
            }
        }
        Ok(())
    }
}

/// Removes what one apply left beside the places of its files, then what tells of it.
fn clear_all(inside: &Inside, staging: &Path, prefix: &str) -> io::Result<()> {
    for path in below(&staging.join(staging::FILES))? {
        for folder in path.ancestors().skip(1) {
            clear(inside, folder, prefix)?;
        }
    }
    fs::remove_dir_all(staging)
}

/// Removes the files of a folder whose names begin so; one that is not there has none.
fn clear(inside: &Inside, folder: &Path, prefix: &str) -> io::Result<()> {
    let Ok(folder) = inside.folder(folder) else { return Ok(()) };
    for entry in Dir::read_from(&folder)? {
        let entry = entry?;
        if entry.file_name().to_bytes().starts_with(prefix.as_bytes()) {
            unlinkat(&folder, entry.file_name(), AtFlags::empty())?;
        }
    }
    Ok(())
}

/// The files below a folder, from there.
fn below(root: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(root.join(&folder)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    Ok(files)
}
