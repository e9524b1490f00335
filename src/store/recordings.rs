//! The recordings of skills: folders with a `case.yaml`, read strictly and written whole.
//!
//! `repo/` is the small repository at the commit that the work is compared with; `head.patch`,
//! `staged.patch` and `worktree.patch` lead from there to HEAD, to the index and to the tree as it
//! was. `calls/` holds what claude said and changed, `expected.json` what came of it.

mod repo;
mod write;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use crate::{
    model::{
        Fault, Result,
        recording::{CASE, Call, Case, FORMAT},
        yaml,
    },
    sys::fs::read_capped,
};

pub use repo::{RepoFile, RepoKind};
pub use write::{Draft, expect_fit, expect_place, write};

/// The folder of a skill that holds its cases.
pub const FOLDER: &str = "recordings";

/// The result that a replay has to have.
pub const EXPECTED: &str = "expected.json";

/// The largest file of a recording that is read.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// A recording on disk.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Its folder, absolute.
    pub dir: PathBuf,
    /// What `case.yaml` says.
    pub case: Case,
}

impl Recording {
    /// Reads a case folder.
    ///
    /// # Errors
    /// It is none, or its `case.yaml` is faulty.
    pub fn open(dir: &Path) -> Result<Self> {
        let dir = dir.canonicalize().map_err(|error| no_case(dir).because(error))?;
        let file = dir.join(CASE);
        let bytes = read_capped(&file, MAX_BYTES).map_err(|error| no_case(&dir).because(error))?;
        let text = String::from_utf8(bytes).map_err(|error| no_case(&dir).because(error))?;
        let case = yaml::read(&FORMAT, &file, &text)?.value;
        Ok(Self { dir, case })
    }

    /// The case's name.
    pub fn name(&self) -> String {
        self.dir.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// One of its patches; nothing where it has none.
    pub fn patch(&self, name: &str) -> Result<Vec<u8>> {
        self.optional(Path::new(name))
    }

    /// What claude said in a call, line by line.
    pub fn stream(&self, call: &Call) -> Result<Vec<u8>> {
        let path = Path::new("calls").join(format!("{}.jsonl", call.stem()));
        let file = self.dir.join(&path);
        read_capped(&file, MAX_BYTES).map_err(|error| unreadable(&path, error))
    }

    /// What a call changed.
    pub fn change(&self, call: &Call) -> Result<Vec<u8>> {
        self.optional(&Path::new("calls").join(format!("{}.patch", call.stem())))
    }

    /// The result that a replay has to have.
    pub fn expected(&self) -> Result<serde_json::Value> {
        let path = Path::new(EXPECTED);
        let bytes = read_capped(&self.dir.join(path), MAX_BYTES)
            .map_err(|error| unreadable(path, error))?;
        serde_json::from_slice(&bytes).map_err(|error| unreadable(path, error))
    }

    /// The files of the base.
    pub fn files(&self) -> Result<Vec<RepoFile>> {
        repo::read(&self.dir.join(repo::REPO))
    }

    fn optional(&self, path: &Path) -> Result<Vec<u8>> {
        match read_capped(&self.dir.join(path), MAX_BYTES) {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(unreadable(path, error)),
        }
    }
}

/// The case folders of a skill, by name.
pub fn cases(skill: &Path) -> Vec<PathBuf> {
    let Ok(listed) = std::fs::read_dir(skill.join(FOLDER)) else { return Vec::new() };
    let mut found: Vec<PathBuf> = listed
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|dir| dir.join(CASE).is_file())
        .collect();
    found.sort();
    found
}

fn no_case(dir: &Path) -> Fault {
    Fault::invalid(format!("`{}` is no recording", dir.display()))
        .hint("a recording is a folder with a case.yaml, as `atlas run <SKILL> --record DIR` makes")
}

fn unreadable(path: &Path, error: impl std::fmt::Display) -> Fault {
    Fault::invalid(format!("the recording's `{}` cannot be read", path.display())).because(error)
}
