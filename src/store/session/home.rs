//! Where new sessions are made, and the locks that go before.

use std::{
    collections::BTreeSet,
    fmt,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Mutex,
};

use uuid::Uuid;

use super::{Recovered, Session, SessionDir, SessionFile, name_of};
use crate::{
    model::{Fault, Result, SessionId, value::Span},
    store::journal::Journal,
    sys::{
        clock::Clock,
        fs::create_private_dir,
        lock::{Attempt, FileLock, Mode},
        process::ProcessId,
    },
};

/// How many names are tried; two of them alike within a second are rare already.
const TRIES: usize = 16;

/// A folder in which sessions can be made.
#[derive(Clone, Debug)]
pub struct Home {
    /// The tree that the sessions are of.
    pub(super) root: PathBuf,
    /// The folder that holds them.
    pub folder: PathBuf,
    /// Why it is not the usual one, if it is not.
    pub notice: Option<Notice>,
    /// Folders that got new entries on the way.
    pub(super) changed: Vec<PathBuf>,
}

/// Sessions do not lie where they usually do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Where they lie.
    pub folder: PathBuf,
    /// Why.
    pub why: String,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the session is kept in `{}`: {}", self.folder.display(), self.why)
    }
}

/// What a new session is told of itself.
#[derive(Clone, Debug, Default)]
pub struct NewSession {
    /// The clock that names it and dates its events.
    pub clock: Clock,
    /// The version of claude, where one was found.
    pub claude: Option<String>,
}

impl Home {
    /// Takes the tree lock: alone for work that can write, shared for all other.
    ///
    /// Where somebody is in the way this is busy at once, or once `wait` is over.
    pub async fn lock_tree(&self, mode: Mode, wait: Option<Span>) -> Result<FileLock> {
        let path = self.folder.join(".tree.lock");
        let attempt = match wait {
            Some(patience) => FileLock::lock(&path, mode, patience.0).await,
            None => FileLock::try_lock(&path, mode),
        };
        let root = self.root.display();
        match attempt {
            Ok(Attempt::Locked(lock)) => Ok(lock),
            Ok(Attempt::Held { by }) => {
                Err(Fault::busy(format!("the work tree `{root}` is held by {}", holder(by)))
                    .hint("wait for it with `--wait`, or work beside it with `--worktree`"))
            }
            Err(error) => Err(Fault::failed("cannot lock the work tree").because(error)),
        }
    }

    /// Makes a session, locks it and opens its journal.
    pub fn create(&self, new: &NewSession) -> Result<Session> {
        let stored = self.make_folder(new.clock)?;
        let lock = lock_session(&stored)?;
        create_private_dir(&stored.objects())
            .map_err(|error| Fault::failed("cannot make a session").because(error))?;
        let mut folders = vec![stored.path.clone(), self.folder.clone()];
        folders.extend(self.changed.iter().cloned());
        let journal = Journal::create(&stored.journal(), new.clock, folders)?;
        let mut file = SessionFile::new(stored.id.clone(), &self.root);
        file.claude.clone_from(&new.claude);
        let session = self.session(stored, lock, journal, file)?;
        session.write_file(&session.file())?;
        Ok(session)
    }

    /// Goes on with a session: locks it, reads its journal and mends a torn end.
    pub fn resume(&self, stored: &SessionDir, clock: Clock) -> Result<(Session, Recovered)> {
        if name_of(&stored.path).is_none() {
            return Err(Fault::invalid(format!("session {} is no folder", stored.id)));
        }
        let lock = lock_session(stored)?;
        let above = stored.path.parent().map(Path::to_owned);
        let folders = std::iter::once(stored.path.clone()).chain(above).collect();
        let (journal, recovered) = Journal::open(&stored.journal(), clock, folders)?;
        let kept = SessionFile::read(&stored.file()).filter(|file| file.id == stored.id);
        let missing = kept.is_none();
        let file = kept.unwrap_or_else(|| SessionFile::new(stored.id.clone(), &self.root));
        let session = self.session(stored.clone(), lock, journal, file)?;
        if missing {
            session.write_file(&session.file())?;
        }
        Ok((session, recovered))
    }

    fn make_folder(&self, clock: Clock) -> Result<SessionDir> {
        for _ in 0..TRIES {
            let chance = Uuid::new_v4().as_u64_pair().1;
            let id = SessionId::new(clock.now(), chance);
            let path = self.folder.join(id.as_str());
            match create_private_dir(&path) {
                Ok(()) => return Ok(SessionDir { id, path }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Fault::failed("cannot make a session").because(error)),
            }
        }
        Err(Fault::failed("cannot make a session").because("every name that was tried is taken"))
    }

    fn session(
        &self,
        stored: SessionDir,
        lock: FileLock,
        journal: Journal,
        file: SessionFile,
    ) -> Result<Session> {
        let name = name_of(&stored.path)
            .ok_or_else(|| Fault::invalid(format!("session {} is no folder", stored.id)))?;
        let unsynced = Mutex::new(BTreeSet::new());
        let notice = self.notice.clone();
        let file = Mutex::new(file);
        Ok(Session { journal, notice, stored, name, unsynced, file, lock })
    }
}

fn lock_session(stored: &SessionDir) -> Result<FileLock> {
    match FileLock::try_lock(&stored.lock(), Mode::Exclusive) {
        Ok(Attempt::Locked(lock)) => Ok(lock),
        Ok(Attempt::Held { by }) => {
            Err(Fault::busy(format!("session {} is held by {}", stored.id, holder(by)))
                .hint("wait until that process ends, or end it"))
        }
        Err(error) => Err(Fault::failed("cannot lock the session").because(error)),
    }
}

fn holder(by: Option<ProcessId>) -> String {
    by.map_or_else(|| "another process".to_owned(), |id| format!("process {}", id.pid))
}

/// The notice of a place that does not hold its own sessions.
pub(super) fn notice(folder: &Path, why: impl fmt::Display) -> Notice {
    Notice { folder: folder.to_owned(), why: why.to_string() }
}
