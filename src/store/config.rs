//! The configuration files: where they are, and whether they can be believed.
//!
//! The user's file says what atlas may do at all, so a file that somebody else could have written
//! is refused. A repository's file is read only at the repository's root: one that lies in a
//! folder above, such as `/tmp`, is nobody's.

use std::path::Path;

use super::{
    folders::Folders,
    text_file::{self, Shared},
};
use crate::model::{
    Fault, Result,
    config::{Config, parse_project, parse_user},
    yaml::Document,
};

/// The user's file, in the user's configuration folder.
pub const USER_FILE: &str = "config.yaml";

/// The repository's file, in its root.
pub const PROJECT_FILE: &str = ".claude/atlas.yaml";

/// A repository's configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectConfig {
    /// What it says, and where.
    pub document: Document<Config>,
    /// What a person should hear of it: lower case, no final period.
    pub warnings: Vec<String>,
}

/// Reads the user's configuration, if there is one.
///
/// # Errors
/// The file is faulty, or somebody else could have written it.
pub fn user(folders: &Folders) -> Result<Option<Document<Config>>> {
    let path = folders.config.join(USER_FILE);
    let Some(text) = text_file::read(&path)? else { return Ok(None) };
    for place in [path.as_path(), &folders.config] {
        refuse_shared(place)?;
    }
    parse_user(&path, &text).map(Some)
}

/// Reads the configuration of the repository at `root`, if there is one.
///
/// # Errors
/// The file is faulty, or a symbolic link leads out of the repository.
pub fn project(root: &Path) -> Result<Option<ProjectConfig>> {
    let path = root.join(PROJECT_FILE);
    let Some(real) = text_file::inside(root, &path)? else { return Ok(None) };
    let Some(text) = text_file::read(&real)? else { return Ok(None) };
    let document = parse_project(Path::new(PROJECT_FILE), &text)?;
    let shared = real.metadata().ok().and_then(|found| Shared::of(&found));
    let warning = |shared: Shared| format!("{PROJECT_FILE}: {}", shared.why());
    let warnings = shared.map(warning).into_iter().collect();
    Ok(Some(ProjectConfig { document, warnings }))
}

fn refuse_shared(path: &Path) -> Result<()> {
    let shown = path.display();
    let found = path
        .metadata()
        .map_err(|error| Fault::invalid(format!("cannot read {shown}")).because(error))?;
    let Some(shared) = Shared::of(&found) else { return Ok(()) };
    Err(Fault::invalid(format!("{shown} cannot be believed"))
        .because(shared.why())
        .hint(shared.remedy(path)))
}

#[cfg(test)]
mod tests;
