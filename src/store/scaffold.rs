//! Makes what somebody begins a skill or a contract with. What is there already is never touched.

#[cfg(test)]
mod tests;

use std::{
    fs::{self, OpenOptions, Permissions},
    io::{self, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use include_dir::{Dir, DirEntry, include_dir};

use crate::model::{Fault, Result, text};

/// The files of a new skill; `{{name}}` and `{{description}}` stand for its own.
static SKILL: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/store/scaffold/skill");

/// What a new skill does until somebody says something else.
pub const DESCRIPTION: &str = "Names the files of a project that somebody new to it should read \
                               first, and says why. Use when asked where to begin reading.";

/// What a new skill says about itself.
#[derive(Clone, Copy, Debug)]
pub struct NewSkill<'a> {
    /// Its name, which is also its folder's.
    pub name: &'a str,
    /// What it does, if it is not what the template does.
    pub description: Option<&'a str>,
}

/// Makes the folder of a new skill in a folder of skills, whole or not at all; gives its path.
///
/// # Errors
/// There is one of this name, or it cannot be written.
pub fn skill(skills: &Path, new: NewSkill<'_>) -> Result<PathBuf> {
    let folder = skills.join(new.name);
    if folder.symlink_metadata().is_ok() {
        return Err(Fault::usage(format!("there is a skill `{}` already", new.name))
            .because(format!("in {}", folder.display()))
            .hint("give the new one another name"));
    }
    let failed = |error: io::Error| {
        Fault::failed(format!("cannot make the skill in {}", skills.display())).because(error)
    };
    fs::create_dir_all(skills).map_err(failed)?;
    let fresh = tempfile::Builder::new().prefix(".new-").tempdir_in(skills).map_err(failed)?;
    fill(fresh.path(), new).map_err(failed)?;
    // A temporary folder is private; a skill is for everybody who has the repository.
    fs::set_permissions(fresh.path(), Permissions::from_mode(0o755)).map_err(failed)?;
    fs::rename(fresh.path(), &folder).map_err(failed)?;
    let _moved_away = fresh.keep();
    Ok(folder)
}

/// Writes a new file, and the folders that it needs.
///
/// # Errors
/// There is one already, or it cannot be written.
pub fn file(path: &Path, text: &str) -> Result<()> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Fault::usage(format!("there is a file {} already", path.display()))
        }
        _ => Fault::failed(format!("cannot write {}", path.display())).because(error),
    };
    put(path, text.as_bytes()).map_err(failed)
}

fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(bytes)
}

fn fill(folder: &Path, new: NewSkill<'_>) -> io::Result<()> {
    // A text in JSON's quotes is one in YAML too, without what nobody can see.
    let quoted = |said| serde_json::Value::from(text::sanitize_line(said)).to_string();
    let description = new.description.map(quoted);
    let description = description.as_deref().unwrap_or(DESCRIPTION);
    let mut left = vec![&SKILL];
    while let Some(next) = left.pop() {
        for entry in next.entries() {
            match entry {
                DirEntry::Dir(below) => left.push(below),
                DirEntry::File(file) => {
                    let template = file.contents_utf8().expect("the template is text");
                    let text = template.replace("{{name}}", new.name);
                    let text = text.replace("{{description}}", description);
                    let path = folder.join(file.path());
                    put(&path, text.as_bytes())?;
                    if file.path().starts_with("scripts") {
                        make_executable(&path)?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// Whoever may read it may start it.
fn make_executable(path: &Path) -> io::Result<()> {
    let mode = path.metadata()?.permissions().mode();
    fs::set_permissions(path, Permissions::from_mode(mode | (mode & 0o444) >> 2))
}
