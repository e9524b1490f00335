//! `evals/evals.json` of a skill, and the files that it names.

use std::{io::ErrorKind, path::Path};

use super::recordings::{RepoFile, RepoKind};
use crate::{
    model::{
        Fault, Result,
        evals::{Eval, FILE, read},
    },
    sys::fs::{read_beneath, read_capped},
};

/// The largest of these files.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// What a skill shall be tried with; nothing where it has no such file.
///
/// # Errors
/// The file is there and faulty.
pub fn evals(skill: &Path) -> Result<Vec<Eval>> {
    let file = skill.join(FILE);
    let faulty = || Fault::invalid(format!("`{}` cannot be read", file.display()));
    let bytes = match read_capped(&file, MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(faulty().because(error)),
    };
    read(&String::from_utf8_lossy(&bytes)).map_err(|why| faulty().because(why))
}

/// The files that a skill is given, under the names that the eval has for them.
///
/// # Errors
/// One is missing, or leads out of the skill's folder.
pub fn files(skill: &Path, eval: &Eval) -> Result<Vec<RepoFile>> {
    let file = |name: &String| {
        let path = Path::new(name);
        let bytes = read_beneath(skill, path, MAX_BYTES).map_err(|error| {
            Fault::invalid(format!("`{name}` of eval {} cannot be read", eval.id)).because(error)
        })?;
        Ok(RepoFile { path: path.to_owned(), kind: RepoKind::Plain, bytes })
    };
    eval.files.iter().map(file).collect()
}
