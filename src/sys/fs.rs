//! Files that are whole or not there, private, and never something else in a file's place.
//!
//! Every error names its path, because an error that does not is of no use to a person. The kind
//! of the system's error is kept.

use std::{
    ffi::OsStr,
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, ErrorKind, Read as _, Write as _},
    os::unix::fs::{
        DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _,
        PermissionsExt as _,
    },
    path::{Component, Path},
};

use rustix::fs::{Access, Mode, OFlags};

/// The mode of a file that only its owner reads.
pub const PRIVATE_FILE: u32 = 0o600;

/// The mode of a folder that only its owner enters.
pub const PRIVATE_DIR: u32 = 0o700;

/// Makes `path` hold `bytes`, in one step that no reader and no crash can see half of.
///
/// `mode` holds whatever the umask is. A symbolic link at `path` is replaced, not followed. On
/// return the content and the name are on disk.
pub fn write_atomic(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    write_beside(path, bytes, mode, File::sync_all)
        .map_err(|error| named("write", path, &error))?;
    sync_dir(folder_of(path))
}

/// Like [`write_atomic`], for what can be made anew: no reader sees half of it, yet after a crash
/// of the machine it may be as it was before.
pub fn write_private(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    write_beside(path, bytes, mode, |_| Ok(())).map_err(|error| named("write", path, &error))
}

fn write_beside(
    path: &Path,
    bytes: &[u8],
    mode: u32,
    sync: impl FnOnce(&File) -> io::Result<()>,
) -> io::Result<()> {
    let mut prefix = path.file_name().ok_or(ErrorKind::InvalidInput)?.to_os_string();
    prefix.push(".tmp-");
    let mut file = tempfile::Builder::new().prefix(&prefix).tempfile_in(folder_of(path))?;
    file.as_file().set_permissions(Permissions::from_mode(mode))?;
    file.write_all(bytes)?;
    sync(file.as_file())?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Writes what a person asked to have in the file `path`.
///
/// A file is replaced in one step and keeps its mode; a new one gets what the umask leaves. A
/// link is followed. What is no file, such as `/dev/stdout` or a FIFO, is written to.
pub fn write_result(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let written = match fs::metadata(path) {
        Ok(found) if found.is_file() => {
            let mode = Permissions::from_mode(found.mode() & 0o7777);
            path.canonicalize().and_then(|real| replace(&real, bytes, Some(mode)))
        }
        Ok(_) => OpenOptions::new().write(true).open(path).and_then(|mut it| it.write_all(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => replace(path, bytes, None),
        Err(error) => Err(error),
    };
    written.map_err(|error| named("write", path, &error))
}

/// Writes to the end of the file `path`, which is made if it is not there.
pub fn append(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let opened = OpenOptions::new().append(true).create(true).open(path);
    opened.and_then(|mut file| file.write_all(bytes)).map_err(|error| named("write", path, &error))
}

fn replace(path: &Path, bytes: &[u8], mode: Option<Permissions>) -> io::Result<()> {
    let mut prefix = path.file_name().ok_or(ErrorKind::InvalidInput)?.to_os_string();
    prefix.push(".tmp-");
    let mut builder = tempfile::Builder::new();
    // The umask takes its part of these.
    builder.prefix(&prefix).permissions(Permissions::from_mode(0o666));
    let mut file = builder.tempfile_in(folder_of(path))?;
    if let Some(mode) = mode {
        file.as_file().set_permissions(mode)?;
    }
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Puts on disk which names the folder `path` holds.
pub fn sync_dir(path: &Path) -> io::Result<()> {
    let synced = File::open(path).and_then(|folder| folder.sync_all());
    synced.map_err(|error| named("sync", path, &error))
}

/// Makes the folder `path` with mode 0700, whatever the umask is.
///
/// Fails if anything is there already, so that nobody can have prepared it.
pub fn create_private_dir(path: &Path) -> io::Result<()> {
    let made = DirBuilder::new().mode(PRIVATE_DIR).create(path);
    let made = made.and_then(|()| fs::set_permissions(path, Permissions::from_mode(PRIVATE_DIR)));
    made.map_err(|error| named("create", path, &error))
}

/// Makes the folder `path` and those above it that are missing, each with mode 0700.
///
/// A folder that is there already must belong to this user and is closed to all others.
pub fn ensure_private_dir(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) => keep_private(path, &found).map_err(|error| named("use", path, &error)),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let above = folder_of(path);
            if !above.exists() {
                ensure_private_dir(above)?;
            }
            match create_private_dir(path) {
                // Another process was faster.
                Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
                made => made,
            }
        }
        Err(error) => Err(named("use", path, &error)),
    }
}

fn keep_private(path: &Path, found: &fs::Metadata) -> io::Result<()> {
    if !found.is_dir() {
        return Err(io::Error::new(ErrorKind::NotADirectory, "it is not a folder"));
    }
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::new(ErrorKind::PermissionDenied, "it belongs to another user"));
    }
    if found.mode() & 0o077 != 0 {
        fs::set_permissions(path, Permissions::from_mode(PRIVATE_DIR))?;
    }
    Ok(())
}

/// Fails unless this process may make files in the folder `path`.
pub fn expect_writable_dir(path: &Path) -> io::Result<()> {
    rustix::fs::access(path, Access::WRITE_OK | Access::EXEC_OK)
        .map_err(|error| named("write to", path, &error.into()))
}

/// Opens the regular file `path` for appending, with mode 0600; makes it if it is not there.
///
/// A symbolic link is refused, so that nobody can lead the lines elsewhere.
pub fn open_append_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(PRIVATE_FILE);
    open_private(path, &mut options)
}

/// Opens a regular file that is not reached by a symbolic link, and closes it to other users.
pub fn open_private(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
    let opened = options.open(path).and_then(|file| {
        let found = file.metadata()?;
        expect_regular(&found)?;
        if found.mode() & 0o7777 != PRIVATE_FILE {
            file.set_permissions(Permissions::from_mode(PRIVATE_FILE))?;
        }
        Ok(file)
    });
    opened.map_err(|error| named("open", path, &error))
}

/// Reads the regular file `path`, of at most `max` bytes. Symbolic links are followed.
///
/// Anything else in a file's place (a FIFO, a device, a socket, a folder, a file that the kernel
/// makes up) is refused without waiting for it, as is a larger file.
pub fn read_capped(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    let read = open_regular(path).and_then(|file| all_of(&file, max));
    read.map_err(|error| named("read", path, &error))
}

/// Reads the regular file at `path` below the folder `dir`, of at most `max` bytes.
///
/// No symbolic link is followed on the way from `dir`, nor a `..`: whoever resolved the path has
/// looked at it, and what became a link since then is refused. What is no file is refused as by
/// [`read_capped`].
pub fn read_beneath(dir: &Path, path: &Path, max: u64) -> io::Result<Vec<u8>> {
    let read = open_beneath(dir, path).and_then(|file| all_of(&file, max));
    read.map_err(|error| named("read", &dir.join(path), &error))
}

/// Opens the regular file `path` for reading and says how many bytes it has.
///
/// What is no file is refused as by [`read_capped`].
pub fn open_stored(path: &Path) -> io::Result<(File, u64)> {
    let opened = open_regular(path).and_then(|file| {
        let bytes = file.metadata()?.len();
        Ok((file, bytes))
    });
    opened.map_err(|error| named("read", path, &error))
}

/// Reads the first `max` bytes of the regular file `path`, or all of it if it has no more.
///
/// What is no file is refused as by [`read_capped`].
pub fn read_start(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = open_regular(path).and_then(|file| file.take(max).read_to_end(&mut bytes));
    read.map_err(|error| named("read", path, &error))?;
    Ok(bytes)
}

/// Hands the content of the regular file `path` to `take`, piece by piece.
///
/// What is no file is refused as by [`read_capped`].
pub fn read_chunks(path: &Path, mut take: impl FnMut(&[u8])) -> io::Result<()> {
    let read = open_regular(path).and_then(|mut file| {
        let mut chunk = vec![0; 64 * 1024];
        loop {
            match file.read(&mut chunk) {
                Ok(0) => return Ok(()),
                Ok(n) => take(&chunk[..n]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    });
    read.map_err(|error| named("read", path, &error))
}

/// All bytes of a file, if there are no more than `max`. One that says it has more is not read,
/// and one that grows is not read further.
fn all_of(file: &File, max: u64) -> io::Result<Vec<u8>> {
    let too_large = || io::Error::new(ErrorKind::FileTooLarge, format!("over {max} bytes"));
    if file.metadata()?.len() > max {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    file.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max { Err(too_large()) } else { Ok(bytes) }
}

fn open_beneath(dir: &Path, path: &Path) -> io::Result<File> {
    let folder = OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut parts: Vec<&OsStr> = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => parts.push(name),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return Err(io::Error::new(ErrorKind::InvalidInput, "it leads out of its folder"));
            }
        }
    }
    let (name, above) = parts.split_last().ok_or(ErrorKind::IsADirectory)?;
    let mut at = rustix::fs::open(dir, folder, Mode::empty())?;
    for part in above {
        at = rustix::fs::openat(&at, *part, folder | OFlags::NOFOLLOW, Mode::empty())?;
    }
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::openat(&at, *name, flags, Mode::empty())?);
    expect_regular(&file.metadata()?)?;
    expect_stored(&file)?;
    Ok(file)
}

fn open_regular(path: &Path) -> io::Result<File> {
    // Opening alone can do something to a device, so the first look is by name; the second, at
    // what was opened, is the one that counts.
    expect_regular(&fs::metadata(path)?)?;
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    expect_regular(&file.metadata()?)?;
    expect_stored(&file)?;
    Ok(file)
}

fn expect_regular(found: &fs::Metadata) -> io::Result<()> {
    let kind = found.file_type();
    let what = match () {
        () if kind.is_file() => return Ok(()),
        () if kind.is_dir() => "a folder",
        () if kind.is_fifo() => "a FIFO",
        () if kind.is_socket() => "a socket",
        () if kind.is_char_device() || kind.is_block_device() => "a device",
        () => "of another kind",
    };
    Err(io::Error::new(ErrorKind::InvalidInput, format!("not a regular file but {what}")))
}

/// Refuses files of `/proc`: they say they are regular and hold, among others, the environment.
#[cfg(target_os = "linux")]
fn expect_stored(file: &File) -> io::Result<()> {
    if rustix::fs::fstatfs(file)?.f_type == rustix::fs::PROC_SUPER_MAGIC {
        return Err(io::Error::new(ErrorKind::InvalidInput, "not a stored file but one of /proc"));
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn expect_stored(_file: &File) -> io::Result<()> {
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => path,
    }
}

/// `error` with what was tried and the path it was tried on.
pub(super) fn named(verb: &str, path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot {verb} `{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests;
