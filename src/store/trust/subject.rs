//! What trust is given to: the files of a repository or a skill that can execute or widen.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs,
    os::unix::{
        ffi::{OsStrExt as _, OsStringExt as _},
        fs::MetadataExt as _,
    },
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use serde::{Deserialize, Serialize};

use super::{Identity, claude_files, named, walk};
use crate::{
    model::{Fault, Result, digest::sha256},
    store::{config, contracts, text_file},
    sys::{fs::read_capped, git},
};

/// A file of a subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HashedFile {
    /// Where it lies in the subject; bytes that are no text are escaped.
    pub path: String,
    /// The SHA-256 of its content, in hexadecimal digits.
    pub sha256: String,
    /// The folder below the root in which Claude Code finds it, where it counts only for whoever
    /// stands in that folder or below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
}

/// What trust is given to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The folder, without symbolic links.
    pub root: PathBuf,
    /// Which folder it is, whatever its path.
    pub identity: Identity,
    /// The folders below the root that lie on the way to where the user stands.
    pub way: Vec<String>,
    /// Its files, by path.
    pub files: Vec<HashedFile>,
    /// The SHA-256 over all paths and hashes, in hexadecimal digits: what `--trust=HASH` names.
    pub digest: String,
}

/// Where a repository keeps skills.
const SKILL_FOLDERS: &[&str] = &[".claude/skills", ".agents/skills", "skills"];

/// The most that one file, and all files together, may hold.
const MAX_FILE: u64 = 32 * 1024 * 1024;
const MAX_TOTAL: u64 = 256 * 1024 * 1024;

impl Subject {
    /// What of the repository at `root` can execute or widen for somebody who stands in `cwd`,
    /// whichever skill is run.
    ///
    /// # Errors
    /// A file cannot be read, or a symbolic link leads out of the repository.
    pub fn of_repository(root: &Path, cwd: &Path) -> Result<Self> {
        let root = canonical(root)?;
        let way = claude_files::way(&root, &canonical(cwd)?);
        let mut found = Found::default();
        found.add(None, PathBuf::from(config::PROJECT_FILE));
        found.add_named(None, named::in_config(&root));
        for contract in walk::files(&root, Path::new(contracts::FOLDER))? {
            found.add_named(None, named::in_contract(&root, Path::new(""), &contract));
            found.add(None, contract);
        }
        for folder in SKILL_FOLDERS {
            found.add_skills(&root, None, Path::new(folder))?;
        }
        found.add_claude_files(&root, None)?;
        for folder in &way {
            found.add_claude_files(&root, Some(folder))?;
            found.add_skills(&root, Some(folder), &folder.join(SKILL_FOLDERS[0]))?;
        }
        let way = way.iter().map(|folder| shown(folder)).collect();
        found.hashed(root, way)
    }

    /// What of the skill in the folder `skill`, outside of a repository, can execute or widen.
    ///
    /// # Errors
    /// A file cannot be read, or a symbolic link leads out of the skill.
    pub fn of_skill(skill: &Path) -> Result<Self> {
        let root = canonical(skill)?;
        let mut found = Found::default();
        found.add_skill(&root, None, Path::new(""))?;
        found.hashed(root, Vec::new())
    }

    /// Those of Claude Code's own files that stand in the repository: with nothing else to trust
    /// a run is isolated from them.
    pub fn claude_files(&self) -> Vec<&str> {
        let paths = self.files.iter().map(|file| file.path.as_str());
        paths.filter(|path| claude_files::is_one(path)).collect()
    }

    /// Those of them from which a run is isolated by itself, without being asked anything.
    pub(super) fn unheeded_files(&self) -> Vec<&str> {
        let own = self.files.iter().filter(|file| file.path == config::PROJECT_FILE);
        own.map(|file| file.path.as_str()).chain(self.claude_files()).collect()
    }

    /// Whether a hash of the command line names its content.
    pub(super) fn is(&self, hash: &str) -> bool {
        !self.files.is_empty() && hash.eq_ignore_ascii_case(&self.digest)
    }

    /// Whether a file would count for whoever stands where this was looked at.
    pub(super) fn is_about(&self, file: &HashedFile) -> bool {
        file.within.as_ref().is_none_or(|within| self.way.contains(within))
    }

    /// The content of one of its files, if that is still what was hashed.
    ///
    /// # Errors
    /// It is not, or cannot be read any more.
    pub fn content_of(&self, file: &HashedFile) -> Result<Vec<u8>> {
        let path = git::unescape(&file.path).map(|bytes| PathBuf::from(OsString::from_vec(bytes)));
        let path = path.unwrap_or_else(|| PathBuf::from(&file.path));
        let content = match leads_out(&self.root, &path) {
            Some(target) => Some(target),
            None => content(&self.root, &path)?,
        };
        content.filter(|content| sha256(content) == file.sha256).ok_or_else(|| changed(&file.path))
    }

    /// Holds what was read elsewhere against what was hashed here, so that nothing is used that
    /// was not judged. `path` is relative to the subject.
    ///
    /// # Errors
    /// The file changed between the two.
    pub fn expect_read(&self, path: &Path, sha256: &str) -> Result<()> {
        let path = shown(path);
        let is_the_one = |file: &&HashedFile| file.path == path;
        match self.files.iter().find(is_the_one) {
            Some(file) if file.sha256 == sha256 => Ok(()),
            // A folder that is a link has two names.
            None if self.files.iter().any(|file| file.sha256 == sha256) => Ok(()),
            Some(_) | None => Err(changed(&path)),
        }
    }

    /// The same for a file by its absolute path, which need not be one of the subject's.
    ///
    /// # Errors
    /// It is one, and holds something else.
    pub fn expect_still(&self, path: &Path, sha256: &str) -> Result<()> {
        let Ok(path) = path.strip_prefix(&self.root) else { return Ok(()) };
        let file = self.files.iter().find(|file| file.path == shown(path));
        match file.filter(|file| file.sha256 != sha256) {
            // Of a link that leads out only the link was hashed.
            Some(file) if leads_out(&self.root, path).is_none() => Err(changed(&file.path)),
            Some(_) | None => Ok(()),
        }
    }
}

fn changed(path: &str) -> Fault {
    Fault::invalid(format!("{path} changed while it was looked at"))
        .because("what is used has to be what was trusted")
        .hint("run the command again")
}

fn canonical(root: &Path) -> Result<PathBuf> {
    root.canonicalize()
        .map_err(|error| Fault::invalid(format!("cannot read {}", root.display())).because(error))
}

/// What was found, before it is read: the folder in which it counts, and its path.
#[derive(Default)]
struct Found {
    paths: BTreeSet<(PathBuf, Option<PathBuf>)>,
    /// The same for files that a command names: they may be links that lead out.
    named: BTreeSet<(PathBuf, Option<PathBuf>)>,
}

impl Found {
    fn add(&mut self, within: Option<&PathBuf>, path: PathBuf) {
        self.paths.insert((path, within.cloned()));
    }

    fn add_named(&mut self, within: Option<&PathBuf>, paths: Vec<PathBuf>) {
        self.named.extend(paths.into_iter().map(|path| (path, within.cloned())));
    }

    fn add_claude_files(&mut self, root: &Path, within: Option<&PathBuf>) -> Result<()> {
        let folder = within.map_or(Path::new(""), PathBuf::as_path);
        for path in claude_files::of_folder(root, folder)? {
            if path.extension().is_some_and(|it| it == "json") {
                self.add_named(within, named::in_settings(root, folder, &path));
            }
            self.add(within, path);
        }
        Ok(())
    }

    fn add_skills(&mut self, root: &Path, within: Option<&PathBuf>, folder: &Path) -> Result<()> {
        for skill in walk::skills(root, folder)? {
            self.add_skill(root, within, &skill)?;
        }
        Ok(())
    }

    fn add_skill(&mut self, root: &Path, within: Option<&PathBuf>, skill: &Path) -> Result<()> {
        for path in walk::files(root, &skill.join("scripts"))? {
            self.add(within, path);
        }
        for path in walk::names(root, skill)? {
            if path.file_name().is_some_and(|name| name.eq_ignore_ascii_case("SKILL.md")) {
                self.add(within, path);
            }
        }
        let contract = skill.join(contracts::FILE);
        self.add_named(within, named::in_contract(root, skill, &contract));
        self.add(within, contract);
        Ok(())
    }

    /// Hashes those of the paths that exist. Of a link that a command names and that leads out of
    /// the folder, such as the interpreter in `.venv/bin`, where it leads is all that a repository
    /// decides.
    fn hashed(mut self, root: PathBuf, way: Vec<String>) -> Result<Subject> {
        let mut files = Vec::new();
        for (path, within) in std::mem::take(&mut self.named) {
            match leads_out(&root, &path) {
                Some(target) if !self.paths.iter().any(|(known, _)| *known == path) => {
                    files.push(hashed_file(&path, within.as_deref(), &target));
                }
                Some(_) | None => self.add(within.as_ref(), path),
            }
        }
        let mut total = 0;
        for (path, within) in &self.paths {
            let Some(content) = content(&root, path)? else { continue };
            total += content.len() as u64;
            if total > MAX_TOTAL {
                return Err(Fault::invalid("the files that need trust are over 256 MiB"));
            }
            files.push(hashed_file(path, within.as_deref(), &content));
        }
        // What counts everywhere comes before the same file where it counts for some.
        files.sort_by(|a, b| (&a.path, &a.within).cmp(&(&b.path, &b.within)));
        files.dedup_by(|later, first| later.path == first.path);
        let digest = digest_of(&files);
        let identity = identity_of(&root)?;
        Ok(Subject { root, identity, way, files, digest })
    }
}

fn digest_of(files: &[HashedFile]) -> String {
    let mut listed = String::new();
    for file in files {
        // Escaped paths hold no line break, so no two lists can look the same.
        listed.push_str(&file.sha256);
        listed.push(' ');
        listed.push_str(&file.path);
        listed.push('\n');
    }
    sha256(listed.as_bytes())
}

/// Where a link leads that leads out of the folder, as what a repository says of it.
fn leads_out(root: &Path, path: &Path) -> Option<Vec<u8>> {
    let real = root.join(path).canonicalize().ok()?;
    (!real.starts_with(root)).then(|| format!("-> {}", shown(&real)).into_bytes())
}

fn content(root: &Path, path: &Path) -> Result<Option<Vec<u8>>> {
    let Some(real) = text_file::inside(root, &root.join(path))? else { return Ok(None) };
    if real.is_dir() {
        return Ok(None);
    }
    match read_capped(&real, MAX_FILE) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if text_file::is_absent(&error) => Ok(None),
        Err(error) => {
            let message = format!("cannot hash {} for trust", path.display());
            Err(Fault::invalid(message).because(error))
        }
    }
}

fn hashed_file(path: &Path, within: Option<&Path>, content: &[u8]) -> HashedFile {
    HashedFile { path: shown(path), sha256: sha256(content), within: within.map(shown) }
}

/// A path as text that loses nothing.
pub(super) fn shown(path: &Path) -> String {
    git::escape(path.as_os_str().as_bytes())
}

/// The repository's own folder stays the same under another branch; a device number may differ
/// after the next start of the machine, so it is no part.
pub(super) fn identity_of(root: &Path) -> Result<Identity> {
    let git = root.join(".git");
    let place = if git.exists() { git.as_path() } else { root };
    let found = fs::symlink_metadata(place).map_err(|error| {
        Fault::invalid(format!("cannot read {}", place.display())).because(error)
    })?;
    let created = found.created().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let created = created.map(|time| format!("{}.{:09}", time.as_secs(), time.subsec_nanos()));
    Ok(Identity { inode: found.ino(), created })
}
