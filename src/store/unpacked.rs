//! Folders in the user's cache that hold files which atlas has from elsewhere: its own program, a
//! revision of a repository.
//!
//! A folder is named by a hash of all it holds, and looked through before it is used: what is not
//! byte for byte what it shall hold is put aside and written anew. So whoever wrote into it gains
//! nothing by that, and equal files have equal paths.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::{
    model::digest::sha256,
    sys::fs::{ensure_private_dir, read_capped, write_private},
};

/// So much of the hash names a folder.
const NAME_DIGITS: usize = 16;

/// The right of other users to write.
const SHARED: u32 = 0o022;

/// A file as it shall lie there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct File<'a> {
    pub(super) kind: Kind,
    pub(super) bytes: &'a [u8],
}

/// What may be done with a file. Nobody changes it in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Program,
}

impl Kind {
    const fn mode(self) -> u32 {
        match self {
            Self::Plain => 0o400,
            Self::Program => 0o500,
        }
    }
}

/// The files of a folder, by their path in it.
pub(super) type Files<'a> = BTreeMap<&'a Path, File<'a>>;

/// The folder in `home` that holds these files and no others, made where it is missing.
///
/// # Errors
/// It cannot be made, or not be read.
pub(super) fn folder(home: &Path, files: &Files<'_>) -> io::Result<PathBuf> {
    let folder = home.join(name(files));
    if is_whole(&folder, files) {
        return Ok(folder);
    }
    ensure_private_dir(home)?;
    let fresh = tempfile::Builder::new().prefix(".making-").tempdir_in(home)?;
    for (path, file) in files {
        let path = fresh.path().join(path);
        let parent = path.parent().expect("a file stands in a folder");
        fs::create_dir_all(parent)?;
        write_private(&path, file.bytes, file.kind.mode())?;
    }
    put(fresh, (&folder, files), home)?;
    if is_whole(&folder, files) {
        return Ok(folder);
    }
    Err(io::Error::other(format!("{} is not what was written there", folder.display())))
}

/// Whether a folder holds these files, and no others.
pub(super) fn holds(folder: &Path, files: &Files<'_>) -> bool {
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
                    let theirs = read_capped(&path, ours.bytes.len() as u64);
                    if theirs.ok().as_deref() != Some(ours.bytes) {
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

/// Another atlas may have put it there meanwhile, which is as good.
fn put(fresh: TempDir, (folder, files): (&Path, &Files<'_>), home: &Path) -> io::Result<()> {
    if !is_whole(folder, files) && folder.symlink_metadata().is_ok() {
        let aside = tempfile::Builder::new().prefix(".broken-").tempdir_in(home)?;
        fs::rename(folder, aside.path().join("was"))?;
    }
    match fs::rename(fresh.path(), folder) {
        Ok(()) => {
            let _moved_away = fresh.keep();
            Ok(())
        }
        Err(_) if is_whole(folder, files) => Ok(()),
        Err(error) => Err(error),
    }
}

pub(super) fn is_whole(folder: &Path, files: &Files<'_>) -> bool {
    let private = folder.metadata().is_ok_and(|facts| facts.permissions().mode() & SHARED == 0);
    private && holds(folder, files) && runs(folder, files)
}

/// Whether what shall be a program is one.
fn runs(folder: &Path, files: &Files<'_>) -> bool {
    let mut programs = files.iter().filter(|(_, file)| file.kind == Kind::Program);
    programs.all(|(path, file)| {
        let found = folder.join(path).metadata();
        found.is_ok_and(|found| found.permissions().mode() & 0o777 == file.kind.mode())
    })
}

fn name(files: &Files<'_>) -> String {
    let mut all = Vec::new();
    for (path, file) in files {
        all.extend_from_slice(path.as_os_str().as_encoded_bytes());
        all.push(0);
        all.extend_from_slice(format!("{:o}", file.kind.mode()).as_bytes());
        all.extend_from_slice(sha256(file.bytes).as_bytes());
    }
    sha256(&all)[..NAME_DIGITS].to_owned()
}

#[cfg(test)]
mod tests;
