//! What the rules ask of the disk.

use std::{
    ffi::OsStr,
    path::{Component, Path, PathBuf},
};

use crate::{
    model::lint::{Stands, Surroundings},
    sys::{
        executable,
        fs::{read_capped, read_start},
    },
};

/// A schema is far smaller.
const MAX_SCHEMA: u64 = 1024 * 1024;

/// The folders that paths start from.
#[derive(Clone, Debug)]
pub(super) struct Disk<'a> {
    /// The skill's folder.
    pub(super) skill: Option<PathBuf>,
    /// The root of the repository, where hooks run; none for a skill of no repository.
    pub(super) root: Option<&'a Path>,
    /// The variable `PATH`.
    pub(super) path: &'a OsStr,
}

impl Surroundings for Disk<'_> {
    fn in_skill(&self, path: &str) -> Stands {
        self.skill.as_deref().map_or(Stands::Unknown, |folder| below(folder, path))
    }

    fn in_root(&self, path: &str) -> Stands {
        match self.root {
            _ if Path::new(path).is_absolute() => stands(Path::new(path)),
            None => Stands::Unknown,
            Some(root) => below(root, path),
        }
    }

    fn has_program(&self, name: &str) -> bool {
        executable::find(name, self.path, Path::new("/")).is_some()
    }

    fn schema(&self, path: &str) -> Result<serde_json::Value, String> {
        let Some(folder) = &self.skill else { return Ok(serde_json::Value::Bool(true)) };
        match below(folder, path) {
            Stands::File | Stands::Script | Stands::Program => {}
            Stands::Outside => return Err(format!("`{path}` is outside of the skill's folder")),
            Stands::Nothing | Stands::Folder | Stands::Unknown => {
                return Err(format!("there is no file `{path}` in the skill's folder"));
            }
        }
        let bytes = read_capped(&folder.join(path), MAX_SCHEMA)
            .map_err(|error| format!("`{path}` cannot be read: {error}"))?;
        serde_json::from_slice(&bytes).map_err(|error| format!("`{path}` is no JSON: {error}"))
    }
}

/// What stands at a path that must not lead out of a folder, neither by its text nor by links.
fn below(folder: &Path, path: &str) -> Stands {
    if leads_out(Path::new(path)) {
        return Stands::Outside;
    }
    let Ok(real) = folder.join(path).canonicalize() else { return Stands::Nothing };
    match folder.canonicalize() {
        Ok(folder) if !real.starts_with(&folder) => Stands::Outside,
        Ok(_) | Err(_) => stands(&real),
    }
}

/// Whether a path lies below a folder, with all links resolved.
pub(super) fn is_below(path: &Path, folder: &Path) -> bool {
    match (path.canonicalize(), folder.canonicalize()) {
        (Ok(path), Ok(folder)) => path.starts_with(folder),
        (Err(_), _) | (_, Err(_)) => false,
    }
}

fn leads_out(path: &Path) -> bool {
    let mut depth = 0_usize;
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(_) => depth += 1,
            Component::ParentDir => match depth.checked_sub(1) {
                Some(up) => depth = up,
                None => return true,
            },
            Component::RootDir | Component::Prefix(_) => return true,
        }
    }
    false
}

fn stands(path: &Path) -> Stands {
    let Ok(facts) = path.metadata() else { return Stands::Nothing };
    if facts.is_dir() {
        Stands::Folder
    } else if executable::is_executable(path) {
        Stands::Program
    } else if read_start(path, 2).is_ok_and(|start| start == b"#!") {
        Stands::Script
    } else {
        Stands::File
    }
}
