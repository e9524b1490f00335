//! Where new sessions are made, and the locks that go before.

use std::{
    collections::BTreeSet,
    fmt, fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use uuid::Uuid;

use super::{
    Recovered, Session, SessionDir, SessionFile,
    dir::{JOURNAL, LOCK, OBJECTS, SESSION_FILE},
    name_of,
};
use crate::{
    model::{Fault, Result, SessionId, value::Span},
    store::journal::{self, Journal},
    sys::{
        clock::Clock,
        fs::{PRIVATE_FILE, create_private_dir, write_private},
        lock::{Attempt, FileLock, Mode},
        process::ProcessId,
    },
};

/// How many names are tried; two of them alike are rare already.
const TRIES: u32 = 16;

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
    ///
    /// It is furnished under another name and then renamed, so that nobody ever finds half of one.
    pub fn create(&self, new: &NewSession) -> Result<Session> {
        let unborn = self.folder.join(format!(".new-{}", Uuid::new_v4().simple()));
        create_private_dir(&unborn).map_err(not_made)?;
        let furnished =
            furnish(&unborn).and_then(|lock| Ok((lock, self.give_name(&unborn, new, |_, _| ())?)));
        let (lock, (stored, file)) = furnished.inspect_err(|_| {
            // Where even this fails, what is left is in nobody's way.
            let _removed = fs::remove_dir_all(&unborn);
        })?;
        let mut folders = vec![stored.path.clone(), self.folder.clone()];
        folders.extend(self.changed.iter().cloned());
        let (journal, _) = Journal::open(&stored.journal(), new.clock, folders)?;
        self.session(stored, lock, journal, file)
    }

    /// Waits until nobody holds the session, at most so long. Another may still be faster then.
    pub async fn wait_for(&self, stored: &SessionDir, wait: Span) -> Result<()> {
        match FileLock::lock(&stored.lock(), Mode::Exclusive, wait.0).await {
            Ok(Attempt::Locked(_)) => Ok(()),
            Ok(Attempt::Held { by }) => Err(held(stored, by)),
            Err(error) => Err(Fault::failed("cannot lock the session").because(error)),
        }
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
        let file = kept.unwrap_or_else(|| SessionFile::new(stored.id.clone(), &self.root));
        let session = self.session(stored.clone(), lock, journal, file)?;
        // It may have been missing, or not been readable.
        session.write_file(&session.file())?;
        Ok((session, recovered))
    }

    /// Gives a furnished folder its name, and a description that `describe` has the last word on.
    pub(super) fn give_name(
        &self,
        unborn: &Path,
        new: &NewSession,
        describe: impl Fn(&mut SessionFile, &SessionId),
    ) -> Result<(SessionDir, SessionFile)> {
        for _ in 0..TRIES {
            let id = SessionId::new(new.clock.now(), other());
            let mut file = SessionFile::new(id.clone(), &self.root);
            file.claude.clone_from(&new.claude);
            describe(&mut file, &id);
            write_private(&unborn.join(SESSION_FILE), &file.to_json(), PRIVATE_FILE)
                .map_err(not_made)?;
            let path = self.folder.join(id.as_str());
            match fs::rename(unborn, &path) {
                Ok(()) => return Ok((SessionDir { id, path }, file)),
                // A session is never empty, so the system does not put another in its place.
                Err(error) if is_taken(&error) => {}
                Err(error) => return Err(not_made(error)),
            }
        }
        Err(not_made("every name that was tried is taken"))
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

/// Another number for each session of this process, from one that no other process has, as a rule:
/// some things that are named after sessions are shared by all repositories of a user.
fn other() -> u32 {
    static FIRST: LazyLock<u32> = LazyLock::new(|| Uuid::new_v4().as_fields().0);
    static NEXT: AtomicU32 = AtomicU32::new(0);
    FIRST.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed))
}

fn furnish(unborn: &Path) -> Result<FileLock> {
    create_private_dir(&unborn.join(OBJECTS)).map_err(not_made)?;
    journal::make(&unborn.join(JOURNAL))?;
    match FileLock::try_lock(&unborn.join(LOCK), Mode::Exclusive).map_err(not_made)? {
        Attempt::Locked(lock) => Ok(lock),
        Attempt::Held { by } => Err(not_made(format!("it is held by {}", holder(by)))),
    }
}

fn is_taken(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::DirectoryNotEmpty)
}

pub(super) fn not_made(why: impl fmt::Display) -> Fault {
    Fault::failed("cannot make a session").because(why)
}

pub(in crate::store) fn lock_session(stored: &SessionDir) -> Result<FileLock> {
    match FileLock::try_lock(&stored.lock(), Mode::Exclusive) {
        Ok(Attempt::Locked(lock)) => Ok(lock),
        Ok(Attempt::Held { by }) => Err(held(stored, by)),
        Err(error) => Err(Fault::failed("cannot lock the session").because(error)),
    }
}

/// Where the holder is gone, its warden still ends what it left and lets go in a moment.
fn held(stored: &SessionDir, by: Option<ProcessId>) -> Fault {
    let busy = Fault::busy(format!("session {} is held by {}", stored.id, holder(by)));
    match by {
        Some(_) => busy.hint("wait for it with `--wait`, or end that process"),
        None => busy.hint("what a killed atlas left is ended within seconds: wait with `--wait`"),
    }
}

fn holder(by: Option<ProcessId>) -> String {
    by.map_or_else(|| "another process".to_owned(), |id| format!("process {}", id.pid))
}

/// The notice of a place that does not hold its own sessions.
pub(super) fn notice(folder: &Path, why: impl fmt::Display) -> Notice {
    Notice { folder: folder.to_owned(), why: why.to_string() }
}
