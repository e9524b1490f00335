//! What configuration names: files in commands, and folders that are always trusted.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use globset::GlobBuilder;

use super::Asking;
use crate::{
    model::{
        Fault, Result,
        config::parse_project,
        contract::{Argv, Contract, Hook, HookAction, Leaf, parse},
        judges::{Word, below, candidates},
        yaml::Named,
    },
    store::{config, text_file},
};

/// Files of the repository that its configuration names in commands.
///
/// A file that is faulty names none: it is hashed itself, and it will not be used.
pub(super) fn in_config(root: &Path) -> Vec<PathBuf> {
    let path = Path::new(config::PROJECT_FILE);
    let text = text_file::read(&root.join(path)).ok().flatten();
    let Some(document) = text.and_then(|text| parse_project(path, &text).ok()) else {
        return Vec::new();
    };
    let commands = hook_commands(&document.value.hooks);
    commands.flat_map(|argv| in_command(root, &[Path::new("")], argv)).collect()
}

/// Files that a contract names in commands; they may be relative to the root or to the skill.
pub(super) fn in_contract(root: &Path, skill: &Path, contract: &Path) -> Vec<PathBuf> {
    let text = text_file::read(&root.join(contract)).ok().flatten();
    let Some(document) = text.and_then(|text| parse(contract, &text).ok()) else {
        return Vec::new();
    };
    let folders = [Path::new(""), skill];
    let commands = contract_commands(&document.value);
    commands.into_iter().flat_map(|argv| in_command(root, &folders, argv)).collect()
}

fn hook_commands(hooks: &Named<Hook>) -> impl Iterator<Item = &Argv> {
    hooks.iter().filter_map(|(_, hook)| match &hook.action {
        HookAction::Command(argv) => Some(&argv.value),
        HookAction::Use(_) => None,
    })
}

fn contract_commands(contract: &Contract) -> Vec<&Argv> {
    let mut commands: Vec<&Argv> = hook_commands(&contract.hooks).collect();
    for step in &contract.steps {
        if let Leaf::Run { argv, .. } = &step.leaf {
            commands.push(&argv.value);
        }
    }
    let verify = contract.verify.iter().flat_map(|verify| verify.evidence.commands.iter());
    commands.extend(verify.map(|(_, argv)| &argv.value));
    commands
}

/// The files that exist. What a word may mean, self-protection and trust read alike.
fn in_command(root: &Path, folders: &[&Path], argv: &Argv) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for word in candidates(argv.words()) {
        let meant: Vec<PathBuf> = match &word {
            Word::Plain(word) => folders.iter().map(|folder| folder.join(word)).collect(),
            Word::InSkill(rest) => {
                folders.last().map(|skill| skill.join(rest)).into_iter().collect()
            }
        };
        for path in meant.iter().filter_map(|path| below(root, path)) {
            if fs::metadata(root.join(&path)).is_ok_and(|found| found.is_file()) {
                found.push(path);
            }
        }
    }
    found
}

/// The glob of the user's configuration that trusts this folder, if one does.
///
/// It counts only for a folder that nobody else can write or put another in the place of.
pub(super) fn always(root: &Path, asking: &Asking<'_>) -> Result<Option<String>> {
    for glob in asking.always {
        let home = asking.home.map(|home| home.canonicalize().unwrap_or(home.to_owned()));
        let full = match (glob.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => {
                format!("{}/{rest}", globset::escape(&home.to_string_lossy()))
            }
            (Some(_), None) => continue,
            (None, _) => glob.clone(),
        };
        let matcher = GlobBuilder::new(&full).literal_separator(true).build().map_err(|error| {
            Fault::invalid("`trust.always` of your configuration is faulty").because(error)
        })?;
        if matcher.compile_matcher().is_match(root) && is_own(root) {
            return Ok(Some(glob.clone()));
        }
    }
    Ok(None)
}

/// Whether only this user and root can change what stands at this path.
fn is_own(root: &Path) -> bool {
    const STICKY: u32 = 0o1000;
    let own = [0, rustix::process::geteuid().as_raw()];
    root.ancestors().all(|folder| {
        let Ok(found) = fs::symlink_metadata(folder) else { return false };
        let open = found.mode() & 0o022 != 0;
        // In a folder such as /tmp nobody can move what belongs to another.
        let guarded = folder != root && found.mode() & STICKY != 0;
        own.contains(&found.uid()) && (!open || guarded)
    })
}
