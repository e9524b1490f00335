//! Locks between processes that the kernel lets go when their holder dies.
//!
//! The lock is `flock` on an open file, never the file's existence, so nothing stale is left to
//! clean up. What stands in the file only serves the message to whoever finds it held.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, ErrorKind, Read as _, Seek as _, Write as _},
    os::{
        fd::OwnedFd,
        unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    },
    path::Path,
    thread,
    time::Duration,
};

use tokio::{sync::oneshot, time::timeout};

use crate::sys::{
    fs::{PRIVATE_FILE, named, open_private},
    process::ProcessId,
};

/// How often a lock file that was removed under us is made again before we give up.
const ROUNDS: usize = 16;

/// Who else may hold the lock at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nobody.
    Exclusive,
    /// Others that share.
    Shared,
}

/// What came of trying to lock.
#[derive(Debug)]
pub enum Attempt {
    /// The lock is ours until the value is dropped.
    Locked(FileLock),
    /// Another process holds it.
    Held {
        /// One of its holders, if it could be read. For the message only.
        by: Option<ProcessId>,
    },
}

/// A lock that is held. Dropping it lets go.
#[derive(Debug)]
pub struct FileLock {
    file: File,
}

impl FileLock {
    /// Takes the lock on the file `path` if it is free, and makes the file if it is missing.
    pub fn try_lock(path: &Path, mode: Mode) -> io::Result<Attempt> {
        for _ in 0..ROUNDS {
            let file = open(path)?;
            let taken = match mode {
                Mode::Exclusive => file.try_lock(),
                Mode::Shared => file.try_lock_shared(),
            };
            match taken {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(Attempt::Held { by: holder(&file) }),
                Err(TryLockError::Error(error)) => return Err(named("lock", path, &error)),
            }
            if let Some(lock) = Self::confirm(file, path)? {
                return Ok(Attempt::Locked(lock));
            }
        }
        Err(removed(path))
    }

    /// Takes the lock on the file `path`, and waits for it up to `patience`.
    ///
    /// A thread of its own waits in the kernel, so the lock comes at once when it is free. When
    /// the patience ends, or the future is dropped, that thread lets go of what it gets.
    pub async fn lock(path: &Path, mode: Mode, patience: Duration) -> io::Result<Attempt> {
        let wait = async {
            for _ in 0..ROUNDS {
                let file = wait_for(open(path)?, mode).await;
                let file = file.map_err(|error| named("lock", path, &error))?;
                if let Some(lock) = Self::confirm(file, path)? {
                    return Ok(Attempt::Locked(lock));
                }
            }
            Err(removed(path))
        };
        match timeout(patience, wait).await {
            Ok(locked) => locked,
            Err(_) => Self::try_lock(path, mode),
        }
    }

    /// Another hold on the same lock: it stays taken until both are closed or this is dropped.
    ///
    /// A child that is given the hold keeps the lock when this process is killed.
    pub fn share(&self) -> io::Result<OwnedFd> {
        Ok(self.file.try_clone()?.into())
    }

    /// Makes sure that `file` still is what stands at `path`: somebody may have removed it
    /// between our opening and our locking, and then the next one would lock another file.
    fn confirm(file: File, path: &Path) -> io::Result<Option<Self>> {
        let ours = file.metadata()?;
        let there = match path.symlink_metadata() {
            Ok(there) => there,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(named("lock", path, &error)),
        };
        if (ours.dev(), ours.ino()) != (there.dev(), there.ino()) {
            return Ok(None);
        }
        let lock = Self { file };
        lock.sign().map_err(|error| named("write", path, &error))?;
        Ok(Some(lock))
    }

    fn sign(&self) -> io::Result<()> {
        let me = ProcessId::of(std::process::id());
        let start = me.start.map_or_else(|| "-".to_owned(), |start| start.to_string());
        self.file.set_len(0)?;
        (&self.file).write_all(format!("{} {start}\n", me.pid).as_bytes())
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // The signature goes first, so that nobody is named who holds nothing any more.
        if holder(&self.file) == Some(ProcessId::of(std::process::id())) {
            let _cleared = self.file.set_len(0);
        }
        // Closing would not be enough where the hold was shared. A failure leaves it to closing.
        let _unlocked = self.file.unlock();
    }
}

fn open(path: &Path) -> io::Result<File> {
    open_private(
        path,
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(PRIVATE_FILE),
    )
}

async fn wait_for(file: File, mode: Mode) -> io::Result<File> {
    let (sender, receiver) = oneshot::channel();
    thread::Builder::new().name("lock".to_owned()).spawn(move || {
        let locked = loop {
            let locked = match mode {
                Mode::Exclusive => file.lock(),
                Mode::Shared => file.lock_shared(),
            };
            match locked {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        // Where nobody waits any more the file comes back in the error, is closed, and so free.
        drop(sender.send(locked.map(|()| file)));
    })?;
    receiver.await.map_err(|_| io::Error::other("the waiting thread is gone"))?
}

/// Who holds the lock on the file `path`, as far as its signature tells. For messages and lists
/// only: unlike an attempt to lock, it cannot get in another process's way.
pub fn signed_by(path: &Path) -> Option<ProcessId> {
    holder(&open_private(path, OpenOptions::new().read(true)).ok()?)
}

/// Who signed the file, if that process still lives.
fn holder(mut file: &File) -> Option<ProcessId> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(100).read_to_string(&mut text).ok()?;
    let (pid, start) = text.trim_end().split_once(' ')?;
    let id = ProcessId { pid: pid.parse().ok()?, start: start.parse().ok() };
    (ProcessId::of(id.pid).start == id.start).then_some(id)
}

fn removed(path: &Path) -> io::Error {
    let error = io::Error::new(ErrorKind::NotFound, "it is removed again and again");
    named("lock", path, &error)
}

#[cfg(test)]
mod tests;
