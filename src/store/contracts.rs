//! Which contract a skill has: its own, or the one that the repository puts in its place.

use std::path::{Path, PathBuf};

use super::text_file::{self, Shared};
use crate::model::{
    Fault, Result,
    contract::{self, Contract},
    yaml::Document,
};

/// The contract in a skill's own folder.
pub const FILE: &str = "contract.yaml";

/// Where a repository keeps contracts in the place of those of skills.
pub const FOLDER: &str = ".claude/contracts";

/// A contract, and whose it is. Its text is the document's.
#[derive(Clone, Debug, PartialEq)]
pub struct ContractFile {
    /// Whose it is.
    pub origin: Origin,
    /// What it says; the path is as the user would name it.
    pub document: Document<Contract>,
}

/// Whose a contract is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The skill's own.
    Skill,
    /// The repository's, in the place of the skill's own.
    Repository,
}

/// The contract of the skill `name` in the folder `skill`, run in the repository at `root`.
///
/// # Errors
/// The contract that counts is faulty, or a symbolic link leads out of its folder.
pub fn contract_for(skill: &Path, name: &str, root: &Path) -> Result<Option<ContractFile>> {
    if let Some(path) = replacement(name) {
        let absolute = root.join(&path);
        if let Some(real) = text_file::inside(root, &absolute)?
            && let Some(text) = text_file::read(&real)?
        {
            let document = contract::parse(&path, &text)?;
            return Ok(Some(ContractFile { origin: Origin::Repository, document }));
        }
    }
    own_contract(skill, root)
}

/// The contract in the folder `skill` itself, whatever a repository puts in its place.
///
/// # Errors
/// It is faulty, or a symbolic link leads out of its folder.
pub fn own_contract(skill: &Path, root: &Path) -> Result<Option<ContractFile>> {
    let path = skill.join(FILE);
    let Some(real) = text_file::inside(skill, &path)? else { return Ok(None) };
    let Some(text) = text_file::read(&real)? else { return Ok(None) };
    let shown = path.strip_prefix(root).unwrap_or(&path);
    let document = contract::parse(shown, &text)?;
    Ok(Some(ContractFile { origin: Origin::Skill, document }))
}

/// A contract in a file of the user's own, wherever that is.
///
/// # Errors
/// It is faulty, or somebody else could have written it.
pub fn users_contract(path: &Path) -> Result<Option<ContractFile>> {
    let Some(text) = text_file::read(path)? else { return Ok(None) };
    let shared = path.metadata().ok().and_then(|found| Shared::of(&found));
    if let Some(shared) = shared {
        return Err(Fault::invalid(format!("{} is not only yours", path.display()))
            .because(shared.why())
            .hint(shared.remedy(path)));
    }
    let document = contract::parse(path, &text)?;
    Ok(Some(ContractFile { origin: Origin::Skill, document }))
}

/// Every file that could be the contract of a skill, whether or not it is there.
pub fn places(skill: &Path, name: &str, root: &Path) -> Vec<PathBuf> {
    let replaced = replacement(name).map(|path| root.join(path));
    replaced.into_iter().chain([skill.join(FILE)]).collect()
}

/// The text of the contract in a skill's own folder.
///
/// # Errors
/// It cannot be read, or a symbolic link leads out of the folder.
pub fn own_text(skill: &Path) -> Result<Option<String>> {
    match text_file::inside(skill, &skill.join(FILE))? {
        Some(real) => text_file::read(&real),
        None => Ok(None),
    }
}

/// The path of a skill's replaced contract, from the root; that of `plugin:skill` is
/// `plugin/skill.yaml`.
pub fn replacement(name: &str) -> Option<PathBuf> {
    let parts: Vec<&str> = name.split(':').collect();
    let plain = |part: &&str| {
        !part.is_empty() && !part.starts_with('.') && !part.contains(['/', '\\', '\0'])
    };
    let (last, folders) = parts.split_last()?;
    if parts.len() > 2 || !parts.iter().all(plain) {
        return None;
    }
    let folder: PathBuf = Path::new(FOLDER).join(folders.iter().collect::<PathBuf>());
    Some(folder.join(format!("{last}.yaml")))
}

#[cfg(test)]
mod tests;
