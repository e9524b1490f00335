//! Doing it: new content beside its place first, then moves, then removals. Every folder is
//! opened without following links, and every name is used within its open folder.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, ErrorKind, Write as _},
    os::{
        fd::OwnedFd,
        unix::ffi::{OsStrExt as _, OsStringExt as _},
    },
    path::Path,
};

use git2::build::CheckoutBuilder;
use rustix::{
    fs::{
        AtFlags, Dir, FileType, Mode, OFlags, fchmod, mkdirat, openat, renameat, symlinkat,
        unlinkat,
    },
    io::Errno,
};

use super::{
    Applied,
    plan::{Act, Before, Side, Step, look},
    staging,
};
use crate::sys::git::{
    GitError, escape,
    index::{MODE_LINK, MODE_PROGRAM},
    inside::Inside,
    open::open,
    path::as_path,
    stand::{Stand, ancestors, stand},
    trees::{Blob, borrow_objects, index_of},
};

/// Does the steps in order, with what was prepared for each; stops at the first that fails.
pub(super) fn perform(side: &Side<'_>, steps: &[Step], mut ready: Ready) -> Applied {
    let paths = |steps: &[Step]| steps.iter().map(|step| escape(&step.path)).collect();
    for (place, (step, new)) in steps.iter().zip(&mut ready.beside).enumerate() {
        if let Err(error) = act(side.inside, step, new.as_mut()) {
            let path = side.repository.root().join(as_path(&step.path));
            return Applied::Partly {
                done: paths(&steps[..place]),
                undone: paths(&steps[place..]),
                error: GitError::io("cannot change", path, error),
            };
        }
    }
    Applied::Whole { done: paths(steps) }
}

/// New content that lies beside its place. Removed again if it is never moved there.
pub(super) struct Beside {
    folder: OwnedFd,
    name: String,
    is_moved: bool,
}

impl Drop for Beside {
    fn drop(&mut self) {
        if !self.is_moved {
            let _: rustix::io::Result<()> =
                unlinkat(&self.folder, self.name.as_str(), AtFlags::empty());
        }
    }
}

/// Everything new, beside its place. The folder that tells of it is there for as long as any of it may
/// lie where nobody else would look for it.
pub(super) struct Ready {
    beside: Vec<Option<Beside>>,
    _told_by: Option<tempfile::TempDir>,
}

/// Writes all new contents beside their places. libgit2 writes them first, into the session's
/// folder, with the line ends that the user's tree has.
pub(super) fn prepare(side: &Side<'_>, steps: &[Step]) -> Result<Ready, GitError> {
    let blobs = || {
        steps.iter().filter_map(|step| match &step.act {
            Act::Write(blob) => Some(blob),
            Act::Remove | Act::SetMode(_) => None,
        })
    };
    if blobs().next().is_none() {
        let beside = steps.iter().map(|_| None).collect();
        return Ok(Ready { beside, _told_by: None });
    }
    let folder = tempfile::Builder::new()
        .prefix(staging::PREFIX)
        .tempdir_in(side.objects)
        .map_err(|error| GitError::io("cannot write to", side.objects, error))?;
    let files = folder.path().join(staging::FILES);
    check_out(side, folder.path(), &files, blobs())?;
    let beside = staging::tag(folder.path()).map(|tag| staging::beside(&tag)).unwrap_or_default();
    let prepared = |(place, step): (usize, &Step)| match &step.act {
        Act::Remove | Act::SetMode(_) => Ok(None),
        Act::Write(blob) => {
            let name = format!("{beside}{place}");
            let source = files.join(as_path(&step.path));
            put_beside(side.inside, step, blob, (&source, name))
                .map(Some)
                .map_err(|error| GitError::io("cannot write beside", &source, error))
        }
    };
    let beside = steps.iter().enumerate().map(prepared).collect::<Result<_, _>>()?;
    Ok(Ready { beside, _told_by: Some(folder) })
}

/// Writes the contents into the folder `files`, as they would be in the user's tree. The handle
/// is of that tree but without HEAD: what a commit has, libgit2 takes for the user's to keep.
fn check_out<'a>(
    side: &Side<'_>,
    folder: &Path,
    files: &Path,
    blobs: impl Iterator<Item = &'a Blob>,
) -> Result<(), GitError> {
    let git_dir = folder.join(staging::GIT);
    let cannot = |error| GitError::io("cannot write to", folder, error);
    fs::create_dir(files).and_then(|()| fs::create_dir(&git_dir)).map_err(cannot)?;
    let root = side.repository.root().as_os_str().as_bytes();
    let common = side.handle.commondir().as_os_str().as_bytes();
    for (name, line) in [
        ("HEAD", b"ref: refs/heads/none\n".to_vec()),
        ("commondir", [common, b"\n"].concat()),
        ("gitdir", [root, b"/.git\n"].concat()),
    ] {
        let written = File::create_new(git_dir.join(name)).and_then(|mut it| it.write_all(&line));
        written.map_err(cannot)?;
    }
    let handle = open(&git_dir)?;
    let _bridge = borrow_objects(&handle, side.objects)?;
    let doing = "cannot check out a snapshot";
    let mut index = index_of(blobs).map_err(GitError::git(doing))?;
    let mut options = CheckoutBuilder::new();
    options.force().update_index(false).target_dir(files);
    handle.checkout_index(Some(&mut index), Some(&mut options)).map_err(GitError::git(doing))
}

fn put_beside(
    inside: &Inside,
    step: &Step,
    blob: &Blob,
    (source, name): (&Path, String),
) -> io::Result<Beside> {
    let folder = inside.folder(as_path(nearest(inside, &step.path)?))?;
    if blob.mode == MODE_LINK {
        let target = fs::read_link(source)?.into_os_string().into_vec();
        symlinkat(OsStr::from_bytes(&target), &folder, name.as_str())?;
        return Ok(Beside { folder, name, is_moved: false });
    }
    let is_program = blob.mode == MODE_PROGRAM;
    let usual = Mode::from_raw_mode(if is_program { 0o777 } else { 0o666 });
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = openat(&folder, name.as_str(), flags, usual)?;
    let beside = Beside { folder, name, is_moved: false };
    let mut file = File::from(fd);
    io::copy(&mut File::open(source)?, &mut file)?;
    if let Before::File(_, stat) = step.before
        && FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
    {
        fchmod(&file, with_execution(stat.st_mode, blob.mode))?;
    }
    file.sync_all()?;
    Ok(beside)
}

/// The file's permissions as they are, but for that to execute, which follows that to read.
fn with_execution(found: u32, wanted: u32) -> Mode {
    let kept = found & 0o777;
    let readers = (kept & 0o444) >> 2;
    let has = kept & 0o100 != 0;
    Mode::from_raw_mode(match (wanted == MODE_PROGRAM, has) {
        (true, true) | (false, false) => kept,
        (true, false) => kept | readers,
        (false, true) => kept & !0o111,
    })
}

/// The innermost folder above the path that is there.
fn nearest<'a>(inside: &Inside, path: &'a [u8]) -> io::Result<&'a [u8]> {
    for end in ancestors(path).rev() {
        if matches!(stand(inside, &path[..end])?, Stand::Folder) {
            return Ok(&path[..end]);
        }
    }
    Ok(b"")
}

fn act(inside: &Inside, step: &Step, new: Option<&mut Beside>) -> io::Result<()> {
    expect_unchanged(inside, step)?;
    match (&step.act, new) {
        (Act::Write(_), Some(new)) => {
            make_folders(inside, &step.path)?;
            if matches!(step.before, Before::Folder) {
                remove_empty(inside, &step.path)?;
            }
            let (folder, name) = open_parent(inside, &step.path)?;
            match step.before {
                Before::File(..) => renameat(&new.folder, new.name.as_str(), &folder, name)?,
                Before::Nothing | Before::Folder => rename_new(new, &folder, name)?,
            }
            new.is_moved = true;
            Ok(())
        }
        (Act::Write(_), None) => unreachable!("all new content was written before"),
        (Act::SetMode(mode), _) => {
            let Before::File(_, stat) = step.before else { return Err(meanwhile()) };
            let file = inside.file(as_path(&step.path))?;
            Ok(fchmod(&file, with_execution(stat.st_mode, *mode))?)
        }
        (Act::Remove, _) => {
            let (folder, name) = open_parent(inside, &step.path)?;
            unlinkat(&folder, name, AtFlags::empty())?;
            remove_empty_above(inside, &step.path);
            Ok(())
        }
    }
}

/// Between the comparison and this moment the user may have saved the file.
fn expect_unchanged(inside: &Inside, step: &Step) -> io::Result<()> {
    let is_same = match (step.before, stand(inside, &step.path)?) {
        (Before::File(then, _), Stand::File(now)) => then == look(&now),
        (Before::Nothing, Stand::Nothing) | (Before::Folder, Stand::Folder | Stand::Nothing) => {
            true
        }
        (Before::File(..) | Before::Nothing | Before::Folder, _) => false,
    };
    if is_same { Ok(()) } else { Err(meanwhile()) }
}

fn meanwhile() -> io::Error {
    io::Error::other("somebody else changed it meanwhile")
}

fn open_parent<'a>(inside: &Inside, path: &'a [u8]) -> io::Result<(OwnedFd, &'a Path)> {
    match ancestors(path).next_back() {
        Some(end) => Ok((inside.folder(as_path(&path[..end]))?, as_path(&path[end + 1..]))),
        None => Ok((inside.folder(Path::new(""))?, as_path(path))),
    }
}

fn make_folders(inside: &Inside, path: &[u8]) -> io::Result<()> {
    for end in ancestors(path) {
        let (folder, name) = open_parent(inside, &path[..end])?;
        match mkdirat(&folder, name, Mode::from_raw_mode(0o777)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Moves without replacing: what appeared at the place meanwhile is somebody's.
fn rename_new(new: &Beside, folder: &OwnedFd, name: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    {
        use rustix::fs::{RenameFlags, renameat_with};
        let old = new.name.as_str();
        match renameat_with(&new.folder, old, folder, name, RenameFlags::NOREPLACE) {
            // Some file systems do not know the flag.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            moved => return Ok(moved?),
        }
    }
    rustix::fs::linkat(&new.folder, new.name.as_str(), folder, name, AtFlags::empty())?;
    Ok(unlinkat(&new.folder, new.name.as_str(), AtFlags::empty())?)
}

/// Removes the folder and the folders in it, which are all empty by now.
fn remove_empty(inside: &Inside, path: &[u8]) -> io::Result<()> {
    let folder = match inside.folder(as_path(path)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        folder => folder?,
    };
    let mut dir = Dir::new(folder)?;
    while let Some(entry) = dir.read() {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            remove_empty(inside, &[path, b"/", name].concat())?;
        }
    }
    let (above, name) = open_parent(inside, path)?;
    Ok(unlinkat(&above, name, AtFlags::REMOVEDIR)?)
}

/// Git knows no empty folders, so those that a removal leaves go with it, up to the root.
fn remove_empty_above(inside: &Inside, path: &[u8]) {
    for end in ancestors(path).rev() {
        let removed = open_parent(inside, &path[..end])
            .and_then(|(above, name)| Ok(unlinkat(&above, name, AtFlags::REMOVEDIR)?));
        if removed.is_err() {
            return;
        }
    }
}
