//! Sessions: folders of files that say what happened and what is known, in one repository.
//!
//! [`Sessions`] finds and lists them and takes nothing. Whoever wants to write first settles where
//! ([`Sessions::home`]), takes the tree lock if the work needs it, and then makes a [`Session`] or
//! goes on with one; that holds the session's lock for as long as it lives.
//!
//! A repository is not trusted with this. Its `.claude` may lead elsewhere, a folder may be a
//! link that somebody planted, and an agent may swap one for another while it runs: every way
//! into a session is looked at before something is written there.

mod count;
mod dir;
mod home;
mod list;
mod place;
mod remove;
mod salvage;
mod summary;

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

pub use count::{Counted, known_places};
pub use dir::{OBJECTS, SessionDir};
pub(in crate::store) use home::lock_session;
pub use home::{Home, NewSession, Notice};
pub use list::{Listed, Sessions};
pub use remove::Scrap;
pub use salvage::Salvaged;
pub use summary::{Ended, LastRun, SessionFile, Summary, last_run, runs, worked};

use crate::{
    model::{Fault, Result, SessionId},
    store::journal::{self, Journal, durability_lost},
    sys::{
        fs::{PRIVATE_FILE, create_private_dir, sync_dir, write_atomic, write_private},
        lock::FileLock,
    },
};

/// A session that this process writes: locked, with its journal open.
#[derive(Debug)]
pub struct Session {
    /// What happened.
    pub journal: Journal,
    /// Whether it lies where sessions usually do; said to the user if not.
    pub notice: Option<Notice>,
    stored: SessionDir,
    /// The folder's device and inode, by which a swap is noticed.
    name: (u64, u64),
    /// Folders that got new entries since they were last synced.
    unsynced: Mutex<BTreeSet<PathBuf>>,
    file: Mutex<SessionFile>,
    // The last field: the journal is closed before the lock is let go.
    lock: FileLock,
}

impl Session {
    /// Its name.
    pub fn id(&self) -> &SessionId {
        &self.stored.id
    }

    /// Its folder.
    pub fn dir(&self) -> &Path {
        &self.stored.path
    }

    /// The session as anybody sees it who only reads.
    pub fn stored(&self) -> &SessionDir {
        &self.stored
    }

    /// What stands in `session.json`.
    pub fn file(&self) -> SessionFile {
        open(&self.file).clone()
    }

    /// The session's lock, to share with a process that goes on after this one.
    pub fn lock(&self) -> &FileLock {
        &self.lock
    }

    /// Makes the folder of one attempt of a step, if it is not there yet.
    pub fn attempt_dir(&self, run: u32, step: &str, attempt: u32) -> Result<PathBuf> {
        let folder = self.stored.attempt_dir(run, step, attempt);
        self.make_dirs(&folder)?;
        Ok(folder)
    }

    /// Makes the folder for the sections of a staged skill, if it is not there yet.
    pub fn skill_dir(&self) -> Result<PathBuf> {
        let folder = self.stored.skill();
        self.make_dirs(&folder)?;
        Ok(folder)
    }

    /// Makes the file `path` of this session hold `bytes`; on return it and the way to it are on
    /// disk.
    pub fn write_durable(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        let lost =
            |error| durability_lost("a file of the session could not be written", path, &error);
        let folder = path.parent().unwrap_or(path);
        self.make_dirs(folder)?;
        write_atomic(path, bytes, PRIVATE_FILE).map_err(lost)?;
        let mut unsynced = open(&self.unsynced);
        while let Some(folder) = unsynced.first() {
            sync_dir(folder).map_err(lost)?;
            unsynced.pop_first();
        }
        Ok(())
    }

    /// Writes `session.json` anew after `change`, and with it the summary of what the journal
    /// holds now. Nothing depends on it, so it is not synced.
    ///
    /// A file that is not the one that was written last ends the run: somebody else was there.
    pub fn describe(&self, change: impl FnOnce(&mut SessionFile)) -> Result<()> {
        self.expect_in_place()?;
        let mut file = open(&self.file);
        if SessionFile::read(&self.stored.file()).as_ref() != Some(&*file) {
            return Err(self.changed("session.json"));
        }
        change(&mut file);
        let size = self.stored.journal().symlink_metadata().map_or(0, |found| found.len());
        // Whoever is told again how a run ended need not wait until all of it is read again.
        if file.summary.as_ref().is_none_or(|known| known.journal_bytes != size) {
            file.summary = Summary::of(&self.stored.lines()?, size);
        }
        self.write_file(&file)
    }

    fn write_file(&self, file: &SessionFile) -> Result<()> {
        let path = self.stored.file();
        write_private(&path, &file.to_json(), PRIVATE_FILE)
            .map_err(|error| durability_lost("the session could not be described", &path, &error))
    }

    /// Makes the folders from the session's own down to `folder`; what is there already must be
    /// real folders.
    fn make_dirs(&self, folder: &Path) -> Result<()> {
        self.expect_in_place()?;
        let inside = folder.strip_prefix(self.dir()).map_err(|_| {
            Fault::failed(format!("`{}` is no place in this session", folder.display()))
        })?;
        let mut path = self.dir().to_owned();
        for part in inside.components() {
            let above = path.clone();
            path.push(part);
            match path.symlink_metadata() {
                Ok(found) if found.is_dir() => {}
                Ok(_) => return Err(self.changed(&path.display().to_string())),
                Err(_) => {
                    create_private_dir(&path).map_err(|error| {
                        durability_lost("a folder could not be made", &path, &error)
                    })?;
                    open(&self.unsynced).insert(above);
                }
            }
        }
        Ok(())
    }

    fn expect_in_place(&self) -> Result<()> {
        match name_of(self.dir()) {
            Some(name) if name == self.name => Ok(()),
            _ => Err(self.changed("its folder")),
        }
    }

    fn changed(&self, what: &str) -> Fault {
        Fault::invalid(format!("session {} was changed by another process", self.id()))
            .because(format!("{what} is not what atlas made"))
    }
}

/// What a panic left behind in these is as good as before: no change of theirs has a middle.
fn open<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Device and inode of a folder that is no link.
fn name_of(folder: &Path) -> Option<(u64, u64)> {
    let found = fs::symlink_metadata(folder).ok().filter(fs::Metadata::is_dir)?;
    Some((found.dev(), found.ino()))
}

/// What a session held when it was gone on with.
pub type Recovered = journal::Recovered;
