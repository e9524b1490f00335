//! The folder of one apply among the session's objects: what it is called, and what is in it.

use std::{
    ffi::OsStr,
    fs,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

/// What its name begins with.
pub(super) const PREFIX: &str = "apply-";

/// Its folder with the new contents, under their paths.
pub(super) const FILES: &str = "files";

/// Its folder that libgit2 takes for a git folder.
pub(super) const GIT: &str = "git";

/// What tells the apply from others: the folder's name. `None` for a folder of another kind.
pub(super) fn tag(folder: &Path) -> Option<String> {
    let name = folder.file_name()?.to_str()?;
    name.starts_with(PREFIX).then(|| name.to_owned())
}

/// The tree that is applied to.
pub(super) fn root(folder: &Path) -> Option<PathBuf> {
    let line = fs::read(folder.join(GIT).join("gitdir")).ok()?;
    let path = line.strip_suffix(b"/.git\n")?;
    Some(PathBuf::from(OsStr::from_bytes(path)))
}

/// What the names begin with of files that lie beside their places.
pub(super) fn beside(tag: &str) -> String {
    format!(".atlas-{tag}-")
}
