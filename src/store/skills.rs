//! Skills on disk: where they are looked for, which one is meant, and what it says.

mod bundled;
mod find;
mod list;
mod plugins;
mod resource;
mod walk;

#[cfg(test)]
mod tests;

use std::{
    cell::OnceCell,
    collections::HashSet,
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
};

use crate::{
    model::{
        Fault, Result,
        skill::{Found, MAX_BYTES, Skill, source::Source},
    },
    sys::{fs::read_capped, git::Ignores},
};

pub use list::{Entry, Listing};
pub use resource::{Resource, Resources, resource, resources};

/// The places that are searched, as the caller knows them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Search<'a> {
    /// The folders of `--skills-dir`.
    pub flags: &'a [PathBuf],
    /// The value of `ATLAS_SKILLS_PATH`: folders, separated as in `PATH`.
    pub variable: Option<&'a OsStr>,
    /// The folders of `--plugin-dir`.
    pub plugins: &'a [PathBuf],
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
    /// Where it stands in the search: lower wins. The folders of one plugin stand side by side.
    rank: usize,
    /// The name of the one skill that the folder is; `None`: it may hold many.
    only: Option<String>,
}

impl Root {
    /// A folder that nobody searches but whoever names it.
    fn alone(dir: &Path) -> Self {
        Self { source: Source::Flag, dir: dir.to_owned(), rank: 0, only: None }
    }
}

/// The folders of skills that exist, in the order in which they are searched: first wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots {
    found: Vec<Root>,
    missing: Vec<PathBuf>,
    places: plugins::Places,
    /// Looked for only when somebody asks for one, or for all skills.
    plugins: OnceCell<plugins::Plugins>,
    bundled: Option<Root>,
    trouble: Option<String>,
}

impl Roots {
    /// The folders of a search; one that is named twice is searched once.
    ///
    /// # Errors
    /// A folder of `--skills-dir` does not exist, or one of `--plugin-dir` holds no plugin.
    pub fn new(search: &Search<'_>) -> Result<Self> {
        search.plugins.iter().try_for_each(|dir| plugins::expect_plugin(dir))?;
        let mut roots = Self {
            found: Vec::new(),
            missing: Vec::new(),
            places: plugins::Places {
                given: search.plugins.to_vec(),
                project: search.project.map(Path::to_owned),
                home: search.home.map(Path::to_owned),
            },
            plugins: OnceCell::new(),
            bundled: None,
            trouble: None,
        };
        let mut seen = HashSet::new();
        for (source, dir) in candidates(search) {
            match (dir.canonicalize(), &source) {
                (Ok(real), _) if real.is_dir() => {
                    if seen.insert(real) {
                        let rank = roots.found.len();
                        roots.found.push(Root { source, dir, rank, only: None });
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
            Some(Ok(dir)) => {
                let root = Root { source: Source::Bundled, dir, rank: usize::MAX, only: None };
                roots.bundled = Some(root);
            }
            // Whoever asks for one is told; everybody else can do without.
            Some(Err(error)) => {
                roots.trouble = Some(format!("the bundled skills cannot be unpacked: {error}"));
            }
        }
        Ok(roots)
    }

    /// The folders that were looked for and do not exist.
    pub fn missing(&self) -> &[PathBuf] {
        &self.missing
    }

    /// The folders whose skills have plain names.
    fn plain(&self) -> impl Iterator<Item = &Root> {
        self.found.iter().chain(&self.bundled)
    }

    /// Every folder, in order.
    fn all(&self) -> impl Iterator<Item = &Root> {
        self.found.iter().chain(&self.plugins().roots).chain(&self.bundled)
    }

    fn plugins(&self) -> &plugins::Plugins {
        self.plugins.get_or_init(|| {
            let mut plugins = self.places.find(self.found.len());
            let reached = |root: &Root| root.dir.canonicalize().ok();
            let own: Vec<PathBuf> = self.found.iter().filter_map(reached).collect();
            // The `skills` of a project that is a plugin is one of its folders of skills already.
            plugins.roots.retain(|root| match root.source {
                Source::ProjectPlugin(_) => !own.iter().any(|own| root.dir.starts_with(own)),
                _ => true,
            });
            plugins
        })
    }
}

/// Every skill in a folder but for what git ignores there, and what could not be looked at.
pub fn below(dir: &Path) -> (Vec<Found>, Vec<String>) {
    let root = Root::alone(dir);
    let walk = walk::walk(dir, walk::Limits::new(Ignores::below(dir).as_ref()));
    let found = walk.candidates.into_iter().map(|candidate| find::found(&root, candidate));
    (found.collect(), walk.warnings)
}

/// The skill that a folder is, if it is one.
pub fn in_folder(dir: &Path) -> Option<Found> {
    let root = Root::alone(dir);
    walk::skill_at(dir, 0).map(|candidate| find::found(&root, candidate))
}

/// Reads a skill that was found.
///
/// # Errors
/// Its file cannot be read, is no regular file, is larger than 1 MiB, or has too much front matter.
pub fn load(found: &Found) -> Result<Skill> {
    let cannot = |fault: Fault| Fault {
        message: format!("the skill `{}` cannot be read", found.name),
        causes: std::iter::once(fault.message).chain(fault.causes).collect(),
        ..fault
    };
    let bytes = read_capped(&found.file, MAX_BYTES as u64);
    let bytes = bytes.map_err(|error| cannot(unreadable(&error)))?;
    Skill::read(found.clone(), &bytes).map_err(cannot)
}

/// A file of a skill that cannot be read, by an error that names it.
fn unreadable(error: &io::Error) -> Fault {
    let fault = Fault::invalid(error.to_string());
    match error.kind() {
        io::ErrorKind::PermissionDenied => fault.hint("give yourself the right to read it"),
        io::ErrorKind::FileTooLarge => fault.hint("move long parts into files under `references/`"),
        _ => fault,
    }
}

fn candidates(search: &Search<'_>) -> Vec<(Source, PathBuf)> {
    let flags = search.flags.iter().map(|dir| (Source::Flag, dir.clone()));
    let variable = search.variable.into_iter().flat_map(std::env::split_paths);
    let variable =
        variable.filter(|dir| !dir.as_os_str().is_empty()).map(|dir| (Source::Variable, dir));
    let personal = search.home.map(|home| (Source::Personal, home.join(".claude/skills")));
    let project = search.project.into_iter().flat_map(|project| {
        [
            (Source::Project, project.join(".claude/skills")),
            (Source::Agents, project.join(".agents/skills")),
            (Source::Repository, project.join("skills")),
        ]
    });
    flags.chain(variable).chain(personal).chain(project).collect()
}
