//! `repo/`: the files of a small repository.

use std::{
    fs,
    os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _},
    path::{Path, PathBuf},
};

use crate::{
    model::{Fault, Result},
    sys::fs::read_capped,
};

/// The folder.
pub(super) const REPO: &str = "repo";

/// A recording is read by people, and lies beside a skill.
const MAX_FILES: usize = 200;
const MAX_TOTAL: usize = 1024 * 1024;

/// A file of the base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepoFile {
    /// The path from the root.
    pub path: PathBuf,
    /// What kind of file.
    pub kind: RepoKind,
    /// Its content; for a link, where it leads.
    pub bytes: Vec<u8>,
}

/// What kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepoKind {
    /// A file.
    Plain,
    /// A file that can be executed.
    Executable,
    /// A symbolic link.
    Link,
}

/// Refuses what is no small repository.
pub(super) fn expect_small(files: &[RepoFile]) -> Result<()> {
    let bytes: usize = files.iter().map(|file| file.bytes.len()).sum();
    let refuse = |why: String| {
        Fault::invalid("the repository is too large for a recording")
            .because(why)
            .hint("record in a small repository that shows what the skill does")
    };
    if files.len() > MAX_FILES {
        return Err(refuse(format!("{} files, {MAX_FILES} are the most", files.len())));
    }
    if bytes > MAX_TOTAL {
        return Err(refuse(format!("{bytes} bytes, {MAX_TOTAL} are the most")));
    }
    Ok(())
}

/// Reads the folder; one that is missing holds nothing.
pub(super) fn read(root: &Path) -> Result<Vec<RepoFile>> {
    let mut files = Vec::new();
    if root.is_dir() {
        below(root, Path::new(""), &mut files)?;
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    expect_small(&files)?;
    Ok(files)
}

fn below(root: &Path, folder: &Path, files: &mut Vec<RepoFile>) -> Result<()> {
    let cannot = |error: std::io::Error| {
        Fault::invalid("the recording's repository cannot be read").because(error)
    };
    for entry in fs::read_dir(root.join(folder)).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let path = folder.join(entry.file_name());
        let found = entry.metadata().map_err(cannot)?;
        if found.is_dir() {
            below(root, &path, files)?;
            continue;
        }
        let (kind, bytes) = if found.is_symlink() {
            let target = fs::read_link(entry.path()).map_err(cannot)?;
            (RepoKind::Link, target.as_os_str().as_bytes().to_vec())
        } else {
            let executable = found.permissions().mode() & 0o100 != 0;
            let kind = if executable { RepoKind::Executable } else { RepoKind::Plain };
            let max = u64::try_from(MAX_TOTAL).unwrap_or(u64::MAX);
            (kind, read_capped(&entry.path(), max).map_err(cannot)?)
        };
        files.push(RepoFile { path, kind, bytes });
        if files.len() > MAX_FILES {
            return expect_small(files);
        }
    }
    Ok(())
}
