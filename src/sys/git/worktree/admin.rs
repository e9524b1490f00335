//! The folder `worktrees/<name>` in the user's `.git`, by which git knows a linked worktree.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, ErrorKind, Write as _},
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use super::canonical;
use crate::sys::{
    fs::{read_capped, write_atomic},
    git::{GitError, Head},
};

/// What all names of ours begin with.
const PREFIX: &str = "atlas-";
/// The file that says so too, and names the worktree's folder. Git does not look at it.
const MARKER: &str = "atlas";
/// A name is tried for so many times.
const MOST: usize = 10_000;

/// Git's notes of one worktree of ours.
pub(super) struct Admin {
    /// The folder of the notes.
    pub(super) folder: PathBuf,
    /// The folder of the worktree.
    pub(super) dir: PathBuf,
}

impl Admin {
    /// Writes the notes, and the file in the worktree that leads to them. HEAD is on a branch that
    /// is not there: libgit2 takes files that a commit has for the agent's to keep.
    pub(super) fn make(handle: &git2::Repository, dir: &Path) -> Result<Self, GitError> {
        let common = canonical(handle.commondir())?;
        let folder = new_folder(&common.join("worktrees"), &stem(dir))?;
        let admin = Self { folder, dir: dir.to_path_buf() };
        let head = format!("ref: refs/heads/{}\n", admin.name());
        let dir = dir.as_os_str().as_bytes();
        let git_file = [b"gitdir: ", admin.folder.as_os_str().as_bytes(), b"\n"].concat();
        // The marker comes first, so that what a crash leaves behind is known to be ours.
        let files = [
            (admin.folder.join(MARKER), [dir, b"\n"].concat()),
            (admin.folder.join("commondir"), b"../..\n".to_vec()),
            (admin.folder.join("gitdir"), [dir, b"/.git\n"].concat()),
            (admin.folder.join("HEAD"), head.into_bytes()),
            (admin.dir.join(".git"), git_file),
        ];
        for (path, bytes) in files {
            File::create_new(&path)
                .and_then(|mut file| file.write_all(&bytes))
                .map_err(|error| GitError::io("cannot write", path, error))?;
        }
        Ok(admin)
    }

    /// Puts HEAD on the user's commit. Without a commit it stays where it is, on a branch of its
    /// own, because a commit on the user's would become the user's first one.
    pub(super) fn set_head(&self, head: &Head) -> Result<(), GitError> {
        let path = self.folder.join("HEAD");
        match head {
            Head::Unborn { .. } => Ok(()),
            Head::Branch { commit, .. } | Head::Detached { commit } => {
                write_atomic(&path, format!("{commit}\n").as_bytes(), 0o644)
                    .map_err(|error| GitError::io("cannot write", path, error))
            }
        }
    }

    /// The notes of the worktree at `dir`, if it is one of ours.
    pub(super) fn of(handle: &git2::Repository, dir: &Path) -> Result<Option<Self>, GitError> {
        // As a rule they have the worktree's name.
        let likely = canonical(handle.commondir())?.join("worktrees").join(stem(dir));
        if let Some(admin) = Self::read(likely).filter(|admin| admin.dir == dir) {
            return Ok(Some(admin));
        }
        Ok(Self::all(handle)?.into_iter().find(|admin| admin.dir == dir))
    }

    /// The notes of all worktrees of ours, by name.
    pub(super) fn all(handle: &git2::Repository) -> Result<Vec<Self>, GitError> {
        let above = canonical(handle.commondir())?.join("worktrees");
        let cannot = |error| GitError::io("cannot read", &above, error);
        let entries = match fs::read_dir(&above) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(cannot(error)),
        };
        let mut all = Vec::new();
        for entry in entries {
            let entry = entry.map_err(cannot)?;
            let is_ours = entry.file_name().as_bytes().starts_with(PREFIX.as_bytes());
            if is_ours && entry.file_type().map_err(cannot)?.is_dir() {
                all.extend(Self::read(entry.path()));
            }
        }
        all.sort_by(|one, other| one.folder.cmp(&other.folder));
        Ok(all)
    }

    /// Both the marker and git must name the folder: a person may have moved the worktree, and
    /// what is no longer where it was made is left alone. What a crash cut off names nothing yet.
    fn read(folder: PathBuf) -> Option<Self> {
        let dir = line(&folder.join(MARKER)).ok()?;
        match line(&folder.join("gitdir")) {
            Ok(git_file) if git_file != dir.join(".git") && git_file != Path::new("") => None,
            Err(error) if error.kind() != ErrorKind::NotFound => None,
            Ok(_) | Err(_) => dir.is_absolute().then_some(Self { folder, dir }),
        }
    }

    pub(super) fn name(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Whether the folder leads to these notes.
    pub(super) fn is_named_by(&self, dir: &Path) -> bool {
        self.git_file(dir).is_ok_and(|is_ours| is_ours)
    }

    /// The same, or a folder that leads nowhere, because it was half made or is half removed.
    pub(super) fn may_be_named_by(&self, dir: &Path) -> bool {
        match self.git_file(dir) {
            Ok(is_ours) => is_ours || fs::read(dir.join(".git")).is_ok_and(|it| it.is_empty()),
            Err(error) => error.kind() == ErrorKind::NotFound,
        }
    }

    fn git_file(&self, dir: &Path) -> io::Result<bool> {
        let path = dir.join(".git");
        let is_file = fs::symlink_metadata(&path)?.is_file();
        let expected = [b"gitdir: ", self.folder.as_os_str().as_bytes()].concat();
        Ok(is_file && line(&path)?.as_os_str().as_bytes() == expected)
    }

    /// Removes the folder for notes of a worktree at `dir` in which nothing stands yet.
    pub(super) fn remove_empty(handle: &git2::Repository, dir: &Path) -> Result<(), GitError> {
        let above = canonical(handle.commondir())?.join("worktrees");
        let folder = above.join(stem(dir));
        let marker = folder.join(MARKER);
        if fs::read(&marker).is_ok_and(|said| said.is_empty()) {
            drop(fs::remove_file(marker));
        }
        // Neither folder is there as a rule, and one that holds anything stays.
        drop(fs::remove_dir(folder));
        drop(fs::remove_dir(above));
        Ok(())
    }

    /// Removes the notes, and the folder above where nothing else is in it, as git does. The marker
    /// goes last, so that what a crash leaves behind is known to be ours.
    pub(super) fn remove(self) -> Result<(), GitError> {
        let cannot = |error| GitError::io("cannot remove", &self.folder, error);
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries.collect::<io::Result<Vec<_>>>().map_err(cannot)?,
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(cannot(error)),
        };
        for entry in entries.iter().filter(|entry| entry.file_name() != MARKER) {
            gone(remove_any(&entry.path())).map_err(cannot)?;
        }
        gone(fs::remove_file(self.folder.join(MARKER))).map_err(cannot)?;
        gone(fs::remove_dir(&self.folder)).map_err(cannot)?;
        if let Some(above) = self.folder.parent() {
            drop(fs::remove_dir(above));
        }
        Ok(())
    }
}

/// The first line of a file of git's, as a path.
fn line(path: &Path) -> io::Result<PathBuf> {
    let bytes = read_capped(path, 1 << 16)?;
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Ok(PathBuf::from(OsStr::from_bytes(line)))
}

/// A file, or a folder with all that is in it; a link is not followed.
fn remove_any(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    }
}

/// What is gone already was removed.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// The name as far as it can also be that of a branch.
fn stem(dir: &Path) -> String {
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' };
    format!("{PREFIX}{}", name.chars().map(plain).take(60).collect::<String>())
}

fn new_folder(above: &Path, stem: &str) -> Result<PathBuf, GitError> {
    let cannot = |error| GitError::io("cannot make", above.join(stem), error);
    let mut number = 1;
    // Whoever removes the last worktree removes the folder above too, at any time.
    for _ in 0..MOST {
        let name = if number == 1 { stem.to_owned() } else { format!("{stem}-{number}") };
        let folder = above.join(name);
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(error) if error.kind() == ErrorKind::NotFound => match fs::create_dir(above) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                    return Err(cannot(error));
                }
                Ok(()) | Err(_) => {}
            },
            Err(error) => return Err(cannot(error)),
        }
    }
    Err(cannot(ErrorKind::AlreadyExists.into()))
}
