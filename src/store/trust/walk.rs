//! Finding files for trust: bounded, and never out of the repository.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    model::{Fault, Result},
    store::text_file,
};

/// As deep as skills are looked for, and as many files as are hashed.
const MAX_DEPTH: usize = 8;
const MAX_FILES: usize = 20_000;

/// Folders that hold no skills and no scripts of one.
const SKIPPED: &[&str] = &[".git", "node_modules"];

/// All files below `folder`, relative to `root`, in the order of their names.
pub(super) fn files(root: &Path, folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    Walk::new(root).below(folder, 0, &mut |path, kind| {
        if let Kind::File = kind {
            found.push(path.to_owned());
        }
    })?;
    Ok(found)
}

/// All folders at or below `folder` that hold a SKILL.md, relative to `root`.
pub(super) fn skills(root: &Path, folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    Walk::new(root).below(folder, 0, &mut |path, kind| {
        let is_skill = path.file_name().is_some_and(|name| name.eq_ignore_ascii_case("SKILL.md"));
        if let (Kind::File, true, Some(skill)) = (kind, is_skill, path.parent()) {
            found.push(skill.to_owned());
        }
    })?;
    Ok(found)
}

/// The files that lie directly in `folder`, relative to `root`.
pub(super) fn names(root: &Path, folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for (path, kind) in entries(root, folder)? {
        if let Kind::File = kind {
            found.push(path);
        }
    }
    Ok(found)
}

#[derive(Clone, Copy)]
enum Kind {
    File,
    Folder,
}

struct Walk<'a> {
    root: &'a Path,
    /// Folders that were entered, without symbolic links: a link can lead to one above it.
    entered: HashSet<PathBuf>,
    files: usize,
}

impl<'a> Walk<'a> {
    fn new(root: &'a Path) -> Self {
        Self { root, entered: HashSet::new(), files: 0 }
    }

    fn below(
        &mut self,
        folder: &Path,
        depth: usize,
        found: &mut dyn FnMut(&Path, Kind),
    ) -> Result<()> {
        let Some(real) = text_file::inside(self.root, &self.root.join(folder))? else {
            return Ok(());
        };
        if depth > MAX_DEPTH || !self.entered.insert(real) {
            return Ok(());
        }
        for (path, kind) in entries(self.root, folder)? {
            self.files += 1;
            if self.files > MAX_FILES {
                return Err(Fault::invalid(format!(
                    "too much to trust below {}",
                    folder.display()
                ))
                .because(format!("there are over {MAX_FILES} files")));
            }
            found(&path, kind);
            if let Kind::Folder = kind {
                self.below(&path, depth + 1, found)?;
            }
        }
        Ok(())
    }
}

/// What lies in a folder, by name; nothing where there is no folder.
fn entries(root: &Path, folder: &Path) -> Result<Vec<(PathBuf, Kind)>> {
    let cannot = |error| Fault::invalid(format!("cannot read {}", folder.display())).because(error);
    let listed = match fs::read_dir(root.join(folder)) {
        Ok(listed) => listed,
        Err(error) if text_file::is_absent(&error) => return Ok(Vec::new()),
        Err(error) => return Err(cannot(error)),
    };
    let mut entries = Vec::new();
    for entry in listed {
        let name = entry.map_err(cannot)?.file_name();
        if SKIPPED.iter().any(|skipped| name == *skipped) {
            continue;
        }
        let path = folder.join(name);
        // What a link leads to counts; one that leads nowhere is nothing yet.
        let kind = match fs::metadata(root.join(&path)) {
            Ok(found) if found.is_dir() => Kind::Folder,
            Ok(_) => Kind::File,
            Err(_) => continue,
        };
        entries.push((path, kind));
    }
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(entries)
}
