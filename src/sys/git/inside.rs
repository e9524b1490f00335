//! Opening files of the work tree so that no symbolic link leads out of it. What is a folder now
//! can be a link a moment later: whatever the agent left running can still write.

use std::{io, os::fd::OwnedFd, path::Path};

use rustix::fs::{AtFlags, Mode, OFlags, Stat, openat, statat};

/// The root of a work tree, held open.
pub(super) struct Inside(OwnedFd);

/// A moment of the file system's clock: seconds and nanoseconds.
pub(super) type Time = (i64, i64);

impl Inside {
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        Ok(Self(rustix::fs::open(root, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?))
    }

    /// Opens a folder; the empty path is the root itself.
    pub(super) fn folder(&self, path: &Path) -> io::Result<OwnedFd> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        self.open_beneath(path, OFlags::RDONLY | OFlags::DIRECTORY)
    }

    /// Opens a file for reading. A pipe that took the file's place does not make this wait.
    pub(super) fn file(&self, path: &Path) -> io::Result<OwnedFd> {
        self.open_beneath(path, OFlags::RDONLY | OFlags::NONBLOCK)
    }

    pub(super) fn stat(&self, path: &Path) -> io::Result<Stat> {
        Ok(statat(&self.0, path, AtFlags::SYMLINK_NOFOLLOW)?)
    }

    pub(super) fn link_target(&self, path: &Path) -> io::Result<Vec<u8>> {
        Ok(rustix::fs::readlinkat(&self.0, path, Vec::new())?.into_bytes())
    }

    fn open_beneath(&self, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        #[cfg(target_os = "linux")]
        {
            use rustix::{fs::ResolveFlags, io::Errno};
            let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
            match rustix::fs::openat2(&self.0, path, flags, Mode::empty(), resolve) {
                // Old kernels do not know the call, and some sandboxes refuse it.
                Err(Errno::NOSYS | Errno::PERM) => {}
                opened => return Ok(opened?),
            }
        }
        Ok(openat(&self.0, path, flags, Mode::empty())?)
    }
}

/// When the content last changed.
pub(super) fn modified(stat: &Stat) -> Time {
    (number(stat.st_mtime), number(stat.st_mtime_nsec))
}

/// When the content, the name or the permissions last changed.
pub(super) fn changed(stat: &Stat) -> Time {
    (number(stat.st_ctime), number(stat.st_ctime_nsec))
}

/// The size in bytes.
pub(super) fn size(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or(0)
}

/// The fields of `stat` have another width on every platform; all their values fit here.
fn number<T: TryInto<i64>>(value: T) -> i64 {
    value.try_into().unwrap_or(0)
}
