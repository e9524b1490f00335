//! What trust is given to: the files of a repository or a skill that can execute or widen.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::{ffi::OsStrExt as _, fs::MetadataExt as _},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use serde::{Deserialize, Serialize};

use super::{Identity, named, walk};
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
}

/// What trust is given to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The folder, without symbolic links.
    pub root: PathBuf,
    /// Which folder it is, whatever its path.
    pub identity: Identity,
    /// Its files, by path.
    pub files: Vec<HashedFile>,
    /// The SHA-256 over all paths and hashes, in hexadecimal digits: what `--trust=HASH` names.
    pub digest: String,
}

/// Files of Claude Code and of atlas that lie in the root of a repository.
const ROOT_FILES: &[&str] = &[config::PROJECT_FILE, ".mcp.json", "CLAUDE.md", ".claude/CLAUDE.md"];

/// Where a repository keeps skills.
const SKILL_FOLDERS: &[&str] = &[".claude/skills", ".agents/skills", "skills"];

/// The most that one file, and all files together, may hold.
const MAX_FILE: u64 = 32 * 1024 * 1024;
const MAX_TOTAL: u64 = 256 * 1024 * 1024;

impl Subject {
    /// What of the repository at `root` can execute or widen, whichever skill is run.
    ///
    /// # Errors
    /// A file cannot be read, or a symbolic link leads out of the repository.
    pub fn of_repository(root: &Path) -> Result<Self> {
        let root = canonical(root)?;
        let mut paths: BTreeSet<PathBuf> = ROOT_FILES.iter().map(PathBuf::from).collect();
        paths.extend(settings_files(&root)?);
        let mut contracts: Vec<(PathBuf, PathBuf)> = Vec::new();
        for path in walk::files(&root, Path::new(contracts::FOLDER))? {
            contracts.push((PathBuf::new(), path.clone()));
            paths.insert(path);
        }
        for folder in SKILL_FOLDERS {
            for skill in walk::skills(&root, Path::new(folder))? {
                contracts.push((skill.clone(), skill.join(contracts::FILE)));
                paths.extend(skill_files(&root, &skill)?);
            }
        }
        let mut named = named::in_config(&root);
        for (folder, contract) in &contracts {
            named.extend(named::in_contract(&root, folder, contract));
        }
        hashed(root, paths, named)
    }

    /// What of the skill in the folder `skill`, outside of a repository, can execute or widen.
    ///
    /// # Errors
    /// A file cannot be read, or a symbolic link leads out of the skill.
    pub fn of_skill(skill: &Path) -> Result<Self> {
        let root = canonical(skill)?;
        let paths = skill_files(&root, Path::new(""))?;
        let named = named::in_contract(&root, Path::new(""), Path::new(contracts::FILE));
        hashed(root, paths, named)
    }

    /// Those of Claude Code's own files that stand in the repository: with nothing else to trust
    /// a run is isolated from them.
    pub fn claude_files(&self) -> Vec<&str> {
        let own = |path: &&str| {
            matches!(*path, ".mcp.json" | "CLAUDE.md" | ".claude/CLAUDE.md")
                || path.starts_with(".claude/settings")
        };
        self.files.iter().map(|file| file.path.as_str()).filter(own).collect()
    }
}

fn canonical(root: &Path) -> Result<PathBuf> {
    root.canonicalize()
        .map_err(|error| Fault::invalid(format!("cannot read {}", root.display())).because(error))
}

/// `.claude/settings.json`, `.claude/settings.local.json` and whatever else Claude Code may add.
fn settings_files(root: &Path) -> Result<Vec<PathBuf>> {
    let names = walk::names(root, Path::new(".claude"))?;
    let settings = names.into_iter().filter(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        name.starts_with("settings") && Path::new(&name).extension().is_some_and(|it| it == "json")
    });
    Ok(settings.collect())
}

fn skill_files(root: &Path, skill: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut paths: BTreeSet<PathBuf> =
        walk::files(root, &skill.join("scripts"))?.into_iter().collect();
    let own = walk::names(root, skill)?
        .into_iter()
        .filter(|path| path.file_name().is_some_and(|name| name.eq_ignore_ascii_case("SKILL.md")));
    paths.extend(own);
    paths.insert(skill.join(contracts::FILE));
    Ok(paths)
}

/// Hashes those of the paths that exist. Of a link that a command names and that leads out of
/// the folder, such as the interpreter in `.venv/bin`, where it leads is all that a repository
/// decides.
fn hashed(root: PathBuf, mut paths: BTreeSet<PathBuf>, named: Vec<PathBuf>) -> Result<Subject> {
    let mut files = Vec::new();
    for path in named {
        match root.join(&path).canonicalize() {
            Ok(real) if !real.starts_with(&root) && !paths.contains(&path) => {
                files.push(hashed_file(&path, format!("-> {}", shown(&real)).as_bytes()));
            }
            Ok(_) | Err(_) => drop(paths.insert(path)),
        }
    }
    let mut total = 0;
    for path in &paths {
        let Some(content) = content(&root, path)? else { continue };
        total += content.len() as u64;
        if total > MAX_TOTAL {
            return Err(Fault::invalid("the files that need trust are over 256 MiB"));
        }
        files.push(hashed_file(path, &content));
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup();
    let mut listed = String::new();
    for file in &files {
        // Escaped paths hold no line break, so no two lists can look the same.
        listed.push_str(&file.sha256);
        listed.push(' ');
        listed.push_str(&file.path);
        listed.push('\n');
    }
    let digest = sha256(listed.as_bytes());
    let identity = identity(&root)?;
    Ok(Subject { root, identity, files, digest })
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

fn hashed_file(path: &Path, content: &[u8]) -> HashedFile {
    HashedFile { path: shown(path), sha256: sha256(content) }
}

/// A path as text that loses nothing.
pub(super) fn shown(path: &Path) -> String {
    git::escape(path.as_os_str().as_bytes())
}

/// The repository's own folder stays the same under another branch; a device number may differ
/// after the next start of the machine, so it is no part.
fn identity(root: &Path) -> Result<Identity> {
    let git = root.join(".git");
    let place = if git.exists() { git.as_path() } else { root };
    let found = fs::symlink_metadata(place).map_err(|error| {
        Fault::invalid(format!("cannot read {}", place.display())).because(error)
    })?;
    let created = found.created().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let created = created.map(|time| format!("{}.{:09}", time.as_secs(), time.subsec_nanos()));
    Ok(Identity { inode: found.ino(), created })
}
