//! The files of a revision that has the say in a run, laid out where no checkout reaches.
//!
//! Where a change is judged that somebody else proposed, its checkout is data. What judges it, the
//! configuration, contracts, skills and scripts, comes from a revision that its author cannot
//! write: `--config-from REF`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Component, Path, PathBuf},
};

use super::unpacked::{self, File, Files, Kind};
use crate::{
    model::{Fault, Result, text},
    sys::git::{FileKind, GitError, Named, Repository, TreeFile, as_path},
};

/// Where a repository keeps what has a say: the file and the contracts below `.claude`, skills,
/// and what makes it a plugin.
const CONFIGURATION: [&str; 4] = [".claude", ".claude-plugin", ".agents", "skills"];

/// As many files, and as many bytes, as trust looks at.
const MAX_FILES: usize = 20_000;
const MAX_TOTAL: usize = 256 * 1024 * 1024;

/// A link that leads to a link is followed so often.
const MAX_LINKS: usize = 8;

/// A revision, and its files.
#[derive(Debug)]
pub struct Protected<'a> {
    repository: &'a Repository,
    /// The commit.
    pub commit: String,
    files: BTreeMap<PathBuf, TreeFile>,
    /// Where folders are laid out.
    home: PathBuf,
}

impl<'a> Protected<'a> {
    /// The revision that `name` means.
    ///
    /// # Errors
    /// There is none, or more than one.
    pub fn named(repository: &'a Repository, name: &str, cache: &Path) -> Result<Self> {
        let shown = text::sanitize_line(name).into_owned();
        let commit = match repository.named(name).map_err(|error| fault(&error))? {
            Named::Commit(commit) => commit,
            Named::Unknown => {
                return Err(Fault::usage(format!(
                    "`--config-from {shown}` names no revision here"
                ))
                .because("the configuration comes from there, or from nowhere")
                .hint(
                    "fetch it first, such as by `git fetch origin main`, or fetch more of \
                           a shallow clone",
                ));
            }
            Named::Ambiguous(names) => {
                return Err(Fault::usage(format!(
                    "`--config-from {shown}` names several revisions"
                ))
                .because(format!("there are {}", names.join(", ")))
                .hint("write the full name of the one that is protected"));
            }
        };
        Self::of_commit(repository, commit, cache)
    }

    /// A commit by its id.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of_commit(repository: &'a Repository, commit: String, cache: &Path) -> Result<Self> {
        let files = repository.files_of_commit(&commit).map_err(|error| fault(&error))?;
        let files = files.into_iter().map(|file| (as_path(&file.path).to_owned(), file));
        let home = cache.join("revisions");
        Ok(Self { repository, commit, files: files.collect(), home })
    }

    /// What a file holds; nothing where there is no such file.
    pub fn content(&self, path: &Path) -> Option<Vec<u8>> {
        self.repository.committed(self.file(path)?).ok()
    }

    /// Lays out the configuration, and `besides` what lies at these paths. Returns the folder that
    /// stands for the root of the repository.
    ///
    /// # Errors
    /// It cannot be read or written, or is too much.
    pub fn configuration(&self, besides: &[PathBuf]) -> Result<PathBuf> {
        let fixed = CONFIGURATION.iter().map(PathBuf::from);
        self.lay_out(&fixed.chain(besides.iter().cloned()).collect())
    }

    /// Lays out the files at or below these paths, in a folder that stands for the root.
    ///
    /// # Errors
    /// As [`Self::configuration`].
    pub fn lay_out(&self, wanted: &BTreeSet<PathBuf>) -> Result<PathBuf> {
        let mut contents: BTreeMap<PathBuf, (Kind, Vec<u8>)> = BTreeMap::new();
        let mut total = 0;
        for (path, file) in self.below(wanted) {
            let bytes = self.repository.committed(file).map_err(|error| fault(&error))?;
            total += bytes.len();
            if total > MAX_TOTAL || contents.len() > MAX_FILES {
                return Err(Fault::invalid("the configuration of the revision is too large")
                    .because(format!("there are over {MAX_FILES} files, or over 256 MiB")));
            }
            let kind = match file.kind {
                FileKind::Executable => Kind::Program,
                FileKind::Plain | FileKind::Link | FileKind::Submodule => Kind::Plain,
            };
            contents.insert(path, (kind, bytes));
        }
        let file = |kind, bytes| File { kind, bytes };
        let files: Files<'_> = contents
            .iter()
            .map(|(path, (kind, bytes))| (path.as_path(), file(*kind, bytes.as_slice())))
            .collect();
        unpacked::folder(&self.home, &files).map_err(|error| {
            Fault::failed("cannot lay out the configuration of the revision").because(error)
        })
    }

    /// The files at or below the paths. What a link leads to stands in its place; a link that
    /// leads out of the revision leads nowhere.
    fn below(&self, wanted: &BTreeSet<PathBuf>) -> BTreeMap<PathBuf, &TreeFile> {
        let mut found = BTreeMap::new();
        let mut left: Vec<(PathBuf, PathBuf, usize)> =
            wanted.iter().map(|path| (path.clone(), path.clone(), 0)).collect();
        while let Some((shown, real, links)) = left.pop().filter(|_| found.len() <= MAX_FILES) {
            for (path, file) in self.under(&real) {
                let below = path.strip_prefix(&real).unwrap_or(Path::new(""));
                let shown =
                    if below.as_os_str().is_empty() { shown.clone() } else { shown.join(below) };
                match file.kind {
                    FileKind::Plain | FileKind::Executable => drop(found.insert(shown, file)),
                    FileKind::Link if links < MAX_LINKS => {
                        let target = self.target(path, file);
                        left.extend(target.map(|target| (shown, target, links + 1)));
                    }
                    FileKind::Link | FileKind::Submodule => {}
                }
            }
        }
        found
    }

    fn under<'s>(&'s self, path: &Path) -> impl Iterator<Item = (&'s PathBuf, &'s TreeFile)> {
        let path = path.to_owned();
        let from = self.files.range(path.clone()..);
        from.take_while(move |(found, _)| found.starts_with(&path))
    }

    /// The file at the path, through links.
    fn file(&self, path: &Path) -> Option<&TreeFile> {
        let mut path = path.to_owned();
        for _ in 0..=MAX_LINKS {
            let file = self.files.get(&path)?;
            match file.kind {
                FileKind::Plain | FileKind::Executable => return Some(file),
                FileKind::Link => path = self.target(&path, file)?,
                FileKind::Submodule => return None,
            }
        }
        None
    }

    /// Where a link leads, if that is in the revision.
    fn target(&self, path: &Path, link: &TreeFile) -> Option<PathBuf> {
        let target = self.repository.committed(link).ok()?;
        let mut real = path.parent()?.to_owned();
        for part in as_path(&target).components() {
            match part {
                Component::CurDir => {}
                Component::Normal(name) => real.push(name),
                Component::ParentDir if real.pop() => {}
                Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
            }
        }
        (!real.as_os_str().is_empty()).then_some(real)
    }
}

fn fault(error: &GitError) -> Fault {
    let fault = Fault::invalid("cannot read the revision of `--config-from`").because(error);
    match error.hint() {
        Some(hint) => fault.hint(hint),
        None => fault,
    }
}

#[cfg(test)]
mod tests;
