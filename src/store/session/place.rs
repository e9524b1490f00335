//! Where sessions lie, and the folders on the way there.

use std::{
    fs::{self, DirBuilder},
    io::{self, ErrorKind},
    os::unix::{ffi::OsStrExt as _, fs::DirBuilderExt as _},
    path::{Path, PathBuf},
};

use crate::{
    model::Fault,
    model::digest::sha256,
    sys::fs::{
        PRIVATE_FILE, create_private_dir, ensure_private_dir, expect_writable_dir, write_atomic,
    },
};

/// The mode of a `.claude` that we make: it belongs to the project and is read by others.
const PROJECT_DIR: u32 = 0o755;

/// Why sessions cannot lie in a place.
#[derive(Debug)]
pub(super) enum NoPlace {
    /// Nothing can be written there; another place may do.
    ReadOnly(io::Error),
    /// What is there is not what it should be, or the system failed.
    Fault(Fault),
}

impl From<io::Error> for NoPlace {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => Self::ReadOnly(error),
            _ => Self::Fault(Fault::failed("cannot make a place for sessions").because(error)),
        }
    }
}

/// The folder of the sessions of a tree.
pub(super) fn inside(root: &Path) -> PathBuf {
    root.join(".claude").join("sessions")
}

/// The folder of the same tree's sessions below the user's state folder.
pub(super) fn outside(root: &Path, state: &Path) -> PathBuf {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let digest = sha256(root.as_os_str().as_bytes());
    state.join("sessions").join(&digest[..16])
}

/// Whether `folder`, below a state folder, is that of the sessions of the tree `root`.
pub(super) fn is_outside_of(root: &Path, folder: &Path) -> bool {
    let state = folder.parent().and_then(Path::parent);
    state.is_some_and(|state| outside(root, state) == folder)
}

/// Makes sure of the sessions folder in a tree; gives those folders that got new entries.
pub(super) fn make_inside(root: &Path) -> Result<Vec<PathBuf>, NoPlace> {
    let mut changed = Vec::new();
    let claude = root.join(".claude");
    if is_missing(&claude)? {
        or_there(DirBuilder::new().mode(PROJECT_DIR).create(&claude))
            .map_err(|error| with_path(&claude, &error))?;
        changed.push(root.to_owned());
    }
    let sessions = inside(root);
    expect_inside(root).map_err(NoPlace::Fault)?;
    if is_missing(&sessions)? {
        or_there(create_private_dir(&sessions))?;
        changed.push(claude);
    }
    expect_inside(root).map_err(NoPlace::Fault)?;
    ensure_private_dir(&sessions)?;
    // What is there may be on a disk that is only read.
    expect_writable_dir(&sessions)?;
    let ignore = sessions.join(".gitignore");
    if is_missing(&ignore)? {
        write_atomic(&ignore, b"*\n", PRIVATE_FILE)?;
    }
    Ok(changed)
}

/// Makes sure of the sessions folder below the user's state folder.
pub(super) fn make_outside(folder: &Path) -> Result<Vec<PathBuf>, Fault> {
    ensure_private_dir(folder)
        .map_err(|error| Fault::failed("cannot make a place for sessions").because(error))?;
    Ok(folder.parent().map(Path::to_owned).into_iter().collect())
}

/// Refuses a `.claude` or a sessions folder that leads out of the tree: a repository could make
/// us write anywhere. What is not there leads nowhere.
pub(super) fn expect_inside(root: &Path) -> Result<(), Fault> {
    let sessions = inside(root);
    let refuse = |path: &Path, why: &str| {
        Fault::invalid(format!("`{}` {why}", path.display()))
            .because("sessions are only written inside the tree they belong to")
            .hint("remove it, or set `sessions: state` in your own configuration")
    };
    if sessions.symlink_metadata().is_ok_and(|found| found.is_symlink()) {
        return Err(refuse(&sessions, "is a symbolic link"));
    }
    let claude = root.join(".claude");
    match (root.canonicalize(), claude.canonicalize()) {
        (Ok(root), Ok(claude)) if !claude.starts_with(&root) => {
            Err(refuse(&claude, "leads out of the tree"))
        }
        _ => Ok(()),
    }
}

fn is_missing(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(false),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(with_path(path, &error)),
    }
}

/// Another process may have been faster.
fn or_there(made: io::Result<()>) -> io::Result<()> {
    made.or_else(|error| if error.kind() == ErrorKind::AlreadyExists { Ok(()) } else { Err(error) })
}

fn with_path(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("`{}`: {error}", path.display()))
}
