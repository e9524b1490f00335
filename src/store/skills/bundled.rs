//! The skills that come with atlas. They are a part of the program, and stand in the user's cache
//! folder as ordinary folders, so that everything that reads a skill reads them alike.
//!
//! Their folder is named by a hash of all they hold, and looked through before it is used: what
//! is not byte for byte what the program holds is put aside and written anew.
//!
//! The folder `skills` is a plugin of Claude Code too. One skill in it is for that alone: it tells
//! an agent how to use atlas, and a run of it would have nothing to do.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use include_dir::{Dir, DirEntry, include_dir};
use tempfile::TempDir;

use crate::{
    model::digest::sha256,
    sys::fs::{ensure_private_dir, write_private},
};

static SKILLS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/skills");

/// The skill that is about atlas itself: for Claude Code's plugin, and none that atlas runs.
const ABOUT_ATLAS: &str = "atlas";

/// No bundled skill has a file larger than this: one mebibyte.
const MAX_BYTES: u64 = 1024 * 1024;

/// Nobody changes a bundled skill in place.
const READ_ONLY: u32 = 0o400;

/// The folder of the bundled skills below the user's cache folder, made where it is missing.
///
/// # Errors
/// It cannot be made, or not be read.
pub(super) fn folder(cache: &Path) -> io::Result<PathBuf> {
    let home = cache.join("skills");
    let folder = place(&home);
    if is_whole(&folder) {
        return Ok(folder);
    }
    ensure_private_dir(&home)?;
    let fresh = tempfile::Builder::new().prefix(".making-").tempdir_in(&home)?;
    for (path, bytes) in files() {
        let file = fresh.path().join(path);
        let parent = file.parent().expect("a file stands in a folder");
        fs::create_dir_all(parent)?;
        write_private(&file, bytes, READ_ONLY)?;
    }
    put(fresh, &folder, &home)?;
    if is_whole(&folder) {
        return Ok(folder);
    }
    Err(io::Error::other(format!("{} is not what was written there", folder.display())))
}

/// Whether a folder is, byte for byte, the bundled skill of that name.
pub(super) fn is_bundled(name: &str, dir: &Path) -> bool {
    let below = Path::new(name);
    let ours: BTreeMap<&Path, &[u8]> = files()
        .iter()
        .filter_map(|(path, bytes)| Some((path.strip_prefix(below).ok()?, *bytes)))
        .collect();
    !ours.is_empty() && holds(dir, &ours)
}

fn place(home: &Path) -> PathBuf {
    static NAME: OnceLock<String> = OnceLock::new();
    let name = NAME.get_or_init(|| {
        let mut all = Vec::new();
        for (path, bytes) in files() {
            all.extend_from_slice(path.as_os_str().as_encoded_bytes());
            all.push(0);
            all.extend_from_slice(sha256(bytes).as_bytes());
        }
        sha256(&all)[..16].to_owned()
    });
    home.join(name)
}

/// Another atlas may have put it there meanwhile, which is as good.
fn put(fresh: TempDir, folder: &Path, home: &Path) -> io::Result<()> {
    if !is_whole(folder) && folder.symlink_metadata().is_ok() {
        let aside = tempfile::Builder::new().prefix(".broken-").tempdir_in(home)?;
        fs::rename(folder, aside.path().join("was"))?;
    }
    match fs::rename(fresh.path(), folder) {
        Ok(()) => {
            let _moved_away = fresh.keep();
            Ok(())
        }
        Err(_) if is_whole(folder) => Ok(()),
        Err(error) => Err(error),
    }
}

fn is_whole(folder: &Path) -> bool {
    let private = folder.metadata().is_ok_and(|facts| facts.permissions().mode() & 0o022 == 0);
    private && holds(folder, &files().iter().map(|(path, bytes)| (*path, *bytes)).collect())
}

/// Whether a folder holds these files and no others.
fn holds(folder: &Path, files: &BTreeMap<&Path, &[u8]>) -> bool {
    let mut found = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = fs::read_dir(&next) else { return false };
        for entry in entries {
            let Ok(entry) = entry else { return false };
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() => {
                    let below = path.strip_prefix(folder).unwrap_or(&path);
                    let Some(ours) = files.get(below) else { return false };
                    let theirs = crate::sys::fs::read_capped(&path, MAX_BYTES);
                    if theirs.ok().as_deref() != Some(*ours) {
                        return false;
                    }
                    found += 1;
                }
                Ok(_) | Err(_) => return false,
            }
        }
    }
    found == files.len()
}

/// Every file of every bundled skill, by path.
fn files() -> &'static [(&'static Path, &'static [u8])] {
    static FILES: OnceLock<Vec<(&'static Path, &'static [u8])>> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut found = Vec::new();
        let mut folders: Vec<_> =
            SKILLS.dirs().filter(|skill| skill.path() != Path::new(ABOUT_ATLAS)).collect();
        while let Some(folder) = folders.pop() {
            for entry in folder.entries() {
                match entry {
                    DirEntry::Dir(below) => folders.push(below),
                    DirEntry::File(file) => found.push((file.path(), file.contents())),
                }
            }
        }
        found.sort_unstable();
        found
    })
}

#[cfg(test)]
mod tests;
