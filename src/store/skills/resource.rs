//! The files beside a SKILL.md: the last stage of a skill, read only when somebody asks.

use std::path::{Path, PathBuf};

use super::unreadable;
use crate::{
    model::{Fault, Result, skill::Found, text},
    sys::fs::read_beneath,
};

/// The most bytes of a file that are read.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// The most files of a skill that are named.
const MAX_FILES: usize = 1000;

/// The most files and folders that are looked at for that.
const MAX_ENTRIES: usize = 20_000;

/// A file of a skill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Its path from the skill's folder.
    pub path: PathBuf,
    /// How many bytes it has.
    pub bytes: u64,
}

/// A file of a skill, by its path from the skill's folder.
///
/// # Errors
/// It does not exist or cannot be read, or it lies outside of the folder, with all links resolved:
/// a skill must not be a way to files that are no part of it.
pub fn resource(found: &Found, asked: &Path) -> Result<Vec<u8>> {
    let shown = text::sanitize_line(&asked.to_string_lossy()).into_owned();
    let cannot =
        || Fault::invalid(format!("`{shown}` of the skill `{}` cannot be read", found.name));
    let folder = found.dir.canonicalize().map_err(|error| cannot().because(error))?;
    let real = folder.join(asked).canonicalize().map_err(|error| {
        cannot().because(error).hint(format!("`atlas show {}` lists its files", found.name))
    })?;
    let Ok(inside) = real.strip_prefix(&folder) else {
        return Err(Fault::usage(format!("`{shown}` is outside of the skill `{}`", found.name))
            .hint("name a file inside the skill's own folder"));
    };
    // Whatever became a link since then is refused.
    read_beneath(&folder, inside, MAX_BYTES).map_err(|error| unreadable(&error))
}

/// The files of a skill.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// All but its SKILL.md, by path.
    pub files: Vec<Resource>,
    /// Whether there are more than are named.
    pub are_more: bool,
}

/// The files of a skill but its SKILL.md. Links are named only where they lead to a file inside
/// the folder, and nothing that is hidden.
pub fn resources(found: &Found) -> Resources {
    let mut resources = Resources::default();
    let Ok(folder) = found.dir.canonicalize() else { return resources };
    let mut folders = vec![folder.clone()];
    let mut looked_at = 0;
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).into_iter().flatten().filter_map(Result::ok) {
            looked_at += 1;
            if resources.files.len() > MAX_FILES || looked_at > MAX_ENTRIES {
                resources.are_more = true;
                folders.clear();
                break;
            }
            let path = entry.path();
            let Ok(kind) = entry.file_type() else { continue };
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            if kind.is_dir() {
                folders.push(path);
            } else if let Some(bytes) = size(&path, &folder) {
                let path = path.strip_prefix(&folder).unwrap_or(&path).to_owned();
                resources.files.push(Resource { path, bytes });
            }
        }
    }
    let files = &mut resources.files;
    files.retain(|file| found.file.file_name() != Some(file.path.as_os_str()));
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.truncate(MAX_FILES);
    resources
}

/// The size of a regular file inside `folder`.
fn size(path: &Path, folder: &Path) -> Option<u64> {
    let real = path.canonicalize().ok()?;
    let facts = real.metadata().ok().filter(std::fs::Metadata::is_file)?;
    real.starts_with(folder).then_some(facts.len())
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;
    use crate::model::skill::source::Source;

    #[test]
    fn only_what_lies_inside_is_read() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("skill");
        fs::create_dir_all(dir.join("scripts")).unwrap();
        for (path, content) in
            [("skill/SKILL.md", "#"), ("skill/scripts/a.sh", "echo"), ("secret", "key")]
        {
            crate::sys::fs::write_atomic(&root.path().join(path), content.as_bytes(), 0o600)
                .unwrap();
        }
        symlink("../../secret", dir.join("scripts/out")).unwrap();
        symlink("a.sh", dir.join("scripts/in")).unwrap();
        symlink("..", dir.join("up")).unwrap();
        let found = Found {
            name: "skill".to_owned(),
            file: dir.join("SKILL.md"),
            dir: dir.clone(),
            source: Source::Personal,
        };
        let secret = root.path().join("secret").display().to_string();
        let rows = [
            ("scripts/a.sh", Ok("echo")),
            ("scripts/in", Ok("echo")),
            ("scripts/../SKILL.md", Ok("#")),
            ("../secret", Err("outside")),
            ("scripts/out", Err("outside")),
            ("up/secret", Err("outside")),
            (secret.as_str(), Err("outside")),
            ("scripts", Err("a folder")),
            ("nothing", Err("cannot be read")),
        ];
        for (asked, expected) in rows {
            match (resource(&found, Path::new(asked)), expected) {
                (Ok(bytes), Ok(text)) => assert_eq!(bytes, text.as_bytes(), "{asked}"),
                (Err(fault), Err(why)) => {
                    assert!(fault.to_string().contains(why), "{asked}: {fault}");
                }
                (got, expected) => panic!("{asked}: {got:?}, not {expected:?}"),
            }
        }
        let named: Vec<_> = resources(&found).files.into_iter().map(|file| file.path).collect();
        assert_eq!(named, [Path::new("scripts/a.sh"), Path::new("scripts/in")]);
    }
}
