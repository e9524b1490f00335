//! The skills that come with atlas. They are a part of the program, and stand in the user's cache
//! folder as ordinary folders, so that everything that reads a skill reads them alike.
//!
//! Their folder is one of those that hold exactly what they shall hold.
//!
//! The folder `skills` is a plugin of Claude Code too. One skill in it is for that alone: it tells
//! an agent how to use atlas, and a run of it would have nothing to do.

use std::{
    io,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use include_dir::{Dir, DirEntry, include_dir};

use crate::store::unpacked::{self, File, Files, Kind};

static SKILLS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/skills");

/// The skill that is about atlas itself: for Claude Code's plugin, and none that atlas runs.
const ABOUT_ATLAS: &str = "atlas";

/// The folder of the bundled skills below the user's cache folder, made where it is missing.
///
/// # Errors
/// It cannot be made, or not be read.
pub(super) fn folder(cache: &Path) -> io::Result<PathBuf> {
    unpacked::folder(&cache.join("skills"), all())
}

/// Whether a folder is, byte for byte, the bundled skill of that name.
pub(super) fn is_bundled(name: &str, dir: &Path) -> bool {
    let below = Path::new(name);
    let ours: Files<'_> = all()
        .iter()
        .filter_map(|(path, file)| Some((path.strip_prefix(below).ok()?, *file)))
        .collect();
    !ours.is_empty() && unpacked::holds(dir, &ours)
}

/// All of them, as they shall lie there.
fn all() -> &'static Files<'static> {
    static ALL: OnceLock<Files<'static>> = OnceLock::new();
    ALL.get_or_init(|| {
        let file = |bytes| File { kind: Kind::Plain, bytes };
        files().iter().map(|(path, bytes)| (*path, file(*bytes))).collect()
    })
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
