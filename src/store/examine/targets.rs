//! From what was asked to the files that are looked at.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::Ground;
use crate::{
    model::{Fault, Result, skill::Found, text},
    store::{config::PROJECT_FILE, contracts, skills},
};

/// One thing to look at.
#[derive(Debug)]
pub(super) enum Target {
    /// A configuration.
    Config {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        whose: Whose,
    },
    /// A contract that is looked at by itself.
    Contract {
        /// The file.
        path: PathBuf,
        /// The skill that it is for, where its own name says so.
        skill: Option<String>,
    },
    /// A skill, with the contract beside it.
    Skill(Found),
}

/// Whose a configuration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// The user's.
    User,
    /// A repository's, which may say less.
    Repository,
}

impl Target {
    /// The file that makes two targets one.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Config { path, .. } | Self::Contract { path, .. } => path,
            Self::Skill(found) => &found.file,
        }
    }
}

/// The folders of a repository that hold skills.
const SKILLS: [&str; 3] = [".claude/skills", ".agents/skills", "skills"];

/// Everything of a repository.
pub(super) fn in_repository(root: &Path, notices: &mut Vec<String>) -> Vec<Target> {
    let mut targets = Vec::new();
    let config = root.join(PROJECT_FILE);
    if config.symlink_metadata().is_ok() {
        targets.push(Target::Config { path: config, whose: Whose::Repository });
    }
    targets.extend(in_contracts(&root.join(contracts::FOLDER)));
    // A repository can be one skill.
    targets.extend(skills::in_folder(root).map(Target::Skill));
    for folder in SKILLS.map(|folder| root.join(folder)).iter().filter(|folder| folder.is_dir()) {
        targets.extend(in_skills(folder, notices));
    }
    targets
}

/// What a path on the command line means.
///
/// # Errors
/// It does not exist, or is nothing that can be looked at.
pub(super) fn named(
    ground: &Ground<'_>,
    asked: &Path,
    notices: &mut Vec<String>,
) -> Result<Vec<Target>> {
    let shown = text::sanitize_line(&asked.to_string_lossy()).into_owned();
    let path = plain(ground, &ground.cwd.join(asked));
    let facts = path
        .metadata()
        .map_err(|error| Fault::invalid(format!("`{shown}` cannot be looked at")).because(error))?;
    let targets = if facts.is_dir() { folder(&path, notices) } else { file(ground, &path) };
    if targets.is_empty() {
        let what = if facts.is_dir() { "holds" } else { "is" };
        let message = format!("`{shown}` {what} neither a skill nor a contract or configuration");
        return Err(Fault::invalid(message)
            .hint("name a folder with a SKILL.md, a contract.yaml, or a `.claude/atlas.yaml`"));
    }
    Ok(targets)
}

/// The path without `.` and links where it lies below the root, so that it is shown from there.
fn plain(ground: &Ground<'_>, path: &Path) -> PathBuf {
    match (path.canonicalize(), ground.root.canonicalize()) {
        (Ok(real), Ok(root)) => match real.strip_prefix(&root) {
            Ok(below) => ground.root.join(below),
            Err(_) => real,
        },
        (Ok(real), Err(_)) => real,
        (Err(_), _) => path.to_owned(),
    }
}

fn folder(path: &Path, notices: &mut Vec<String>) -> Vec<Target> {
    if let Some(found) = skills::in_folder(path) {
        return vec![Target::Skill(found)];
    }
    if path.join(".claude").is_dir() {
        return in_repository(path, notices);
    }
    if path.ends_with(contracts::FOLDER) {
        return in_contracts(path);
    }
    let mut targets = Vec::new();
    if path.ends_with(".claude") {
        let config = path.join("atlas.yaml");
        if config.is_file() {
            targets.push(Target::Config { path: config, whose: Whose::Repository });
        }
        targets.extend(in_contracts(&path.join("contracts")));
    }
    targets.extend(in_skills(path, notices));
    targets
}

fn file(ground: &Ground<'_>, path: &Path) -> Vec<Target> {
    let users = ground.user_config.and_then(|known| known.canonicalize().ok());
    if users.is_some_and(|known| known == path) {
        return vec![Target::Config { path: path.to_owned(), whose: Whose::User }];
    }
    if path.ends_with(PROJECT_FILE) {
        return vec![Target::Config { path: path.to_owned(), whose: Whose::Repository }];
    }
    let is_yaml = path.extension().is_some_and(|ending| ending == "yaml");
    let folders = path.ancestors().skip(1);
    if is_yaml && let Some(folder) = folders.clone().find(|it| it.ends_with(contracts::FOLDER)) {
        return vec![replacement(folder, path)];
    }
    // Whatever lies in a skill is a part of it, and the nearest skill is meant.
    let up_to_root = |folder: &&Path| folder.starts_with(ground.root);
    let above = folders.take_while(up_to_root);
    if let Some(found) = path.parent().into_iter().chain(above).find_map(skills::in_folder) {
        return vec![Target::Skill(found)];
    }
    let is_contract = path.file_name().is_some_and(|name| name == contracts::FILE);
    let contract = || Target::Contract { path: path.to_owned(), skill: None };
    is_contract.then(contract).into_iter().collect()
}

fn in_skills(folder: &Path, notices: &mut Vec<String>) -> Vec<Target> {
    let (found, warnings) = skills::below(folder);
    notices.extend(warnings);
    found.into_iter().map(Target::Skill).collect()
}

/// The contracts of a `.claude/contracts`; those of plugins stand one folder deeper.
fn in_contracts(folder: &Path) -> Vec<Target> {
    let entries = |dir: &Path| {
        let listed = fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
        let mut paths: Vec<PathBuf> = listed.map(|entry| entry.path()).collect();
        paths.sort();
        paths
    };
    let is_yaml = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "yaml");
    let (folders, files): (Vec<_>, Vec<_>) =
        entries(folder).into_iter().partition(|path| path.is_dir());
    let deeper = folders.iter().flat_map(|folder| entries(folder));
    let all = files.into_iter().chain(deeper).filter(is_yaml);
    all.map(|path| replacement(folder, &path)).collect()
}

/// A contract in the place of a skill's own: its path says whose.
fn replacement(folder: &Path, path: &Path) -> Target {
    let below = path.strip_prefix(folder).unwrap_or(path).with_extension("");
    let parts: Vec<String> = below.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    Target::Contract { path: path.to_owned(), skill: Some(parts.join(":")) }
}
