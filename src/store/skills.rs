//! Skills on disk: where they are looked for, which one is meant, and what it says.

mod bundled;
mod find;
mod list;
mod read;
mod resource;
mod walk;

#[cfg(test)]
mod tests;

use std::{
    collections::HashSet,
    ffi::OsStr,
    path::{Path, PathBuf},
};

use crate::model::{
    Fault, Result,
    skill::{Found, MAX_BYTES, Skill, source::Source},
};

pub use list::{Entry, Listing};
pub use resource::{Resource, resource, resources};

/// The places that are searched, as the caller knows them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Search<'a> {
    /// The folders of `--skills-dir`.
    pub flags: &'a [PathBuf],
    /// The value of `ATLAS_SKILLS_PATH`: folders, separated as in `PATH`.
    pub variable: Option<&'a OsStr>,
    /// The user's home folder.
    pub home: Option<&'a Path>,
    /// The root of the project.
    pub project: Option<&'a Path>,
    /// The user's cache folder, where the bundled skills are unpacked; none: they are left out.
    pub cache: Option<&'a Path>,
}

/// One folder of skills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// What kind of place it is.
    pub source: Source,
    /// The folder.
    pub dir: PathBuf,
}

/// The folders of skills that exist, in the order in which they are searched: first wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots {
    found: Vec<Root>,
    missing: Vec<PathBuf>,
    trouble: Option<String>,
}

impl Roots {
    /// The folders of a search; one that is named twice is searched once.
    ///
    /// # Errors
    /// A folder of `--skills-dir` does not exist.
    pub fn new(search: &Search<'_>) -> Result<Self> {
        let mut roots = Self { found: Vec::new(), missing: Vec::new(), trouble: None };
        let mut seen = HashSet::new();
        for Root { source, dir } in candidates(search) {
            match (dir.canonicalize(), &source) {
                (Ok(real), _) if real.is_dir() => {
                    if seen.insert(real) {
                        roots.found.push(Root { source, dir });
                    }
                }
                (_, Source::Flag) => {
                    let message = format!("`--skills-dir {}` is not a folder", dir.display());
                    return Err(Fault::usage(message));
                }
                (Ok(_) | Err(_), _) => roots.missing.push(dir),
            }
        }
        match search.cache.map(bundled::folder) {
            None => {}
            Some(Ok(dir)) => roots.found.push(Root { source: Source::Bundled, dir }),
            // Whoever asks for one is told; everybody else can do without.
            Some(Err(error)) => {
                roots.trouble = Some(format!("the bundled skills cannot be unpacked: {error}"));
            }
        }
        Ok(roots)
    }

    /// The folders that exist, in order.
    pub fn existing(&self) -> &[Root] {
        &self.found
    }

    /// The folders that were looked for and do not exist.
    pub fn missing(&self) -> &[PathBuf] {
        &self.missing
    }
}

/// Every skill in a folder, and what of it could not be looked at.
pub fn below(dir: &Path) -> (Vec<Found>, Vec<String>) {
    let root = Root { source: Source::Flag, dir: dir.to_owned() };
    let walk = walk::walk(dir);
    let found = walk.candidates.into_iter().map(|candidate| find::found(&root, candidate));
    (found.collect(), walk.warnings)
}

/// The skill that a folder is, if it is one.
pub fn in_folder(dir: &Path) -> Option<Found> {
    let root = Root { source: Source::Flag, dir: dir.to_owned() };
    walk::skill_at(dir, 0).map(|candidate| find::found(&root, candidate))
}

/// Reads a skill that was found.
///
/// # Errors
/// Its file cannot be read, is no regular file, is larger than 1 MiB, or has broken front matter.
pub fn load(found: &Found) -> Result<Skill> {
    let unreadable = |fault: Fault| Fault {
        message: format!("the skill `{}` cannot be read", found.name),
        causes: std::iter::once(fault.message).chain(fault.causes).collect(),
        ..fault
    };
    let bytes = read::whole(&found.file, MAX_BYTES).map_err(unreadable)?;
    Skill::read(found.clone(), &bytes).map_err(unreadable)
}

fn candidates(search: &Search<'_>) -> Vec<Root> {
    let root = |source: Source, dir: PathBuf| Root { source, dir };
    let flags = search.flags.iter().map(|dir| root(Source::Flag, dir.clone()));
    let variable = search.variable.into_iter().flat_map(std::env::split_paths);
    let variable =
        variable.filter(|dir| !dir.as_os_str().is_empty()).map(|dir| root(Source::Variable, dir));
    let personal = search.home.map(|home| root(Source::Personal, home.join(".claude/skills")));
    let project = search.project.into_iter().flat_map(|project| {
        [
            root(Source::Project, project.join(".claude/skills")),
            root(Source::Agents, project.join(".agents/skills")),
            root(Source::Repository, project.join("skills")),
        ]
    });
    flags.chain(variable).chain(personal).chain(project).collect()
}
