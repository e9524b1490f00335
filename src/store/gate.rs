//! What is known of sessions of Claude Code that are held to a contract: one file each, in the
//! user's state folder, where the work does not reach it.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use crate::{
    model::{Fault, Result, digest::sha256, gate::Held},
    store::text_file::is_absent,
    sys::{
        fs::{PRIVATE_FILE, ensure_private_dir, read_capped, write_atomic},
        lock::{Attempt, FileLock, Mode},
    },
};

/// Plans and prompts are far smaller.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// A session of Claude Code that said nothing for so long has ended.
const FORGOTTEN: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What is known of one session of Claude Code, held by this process alone.
#[derive(Debug)]
pub struct HeldFile {
    path: PathBuf,
    claude_session: String,
    // Two of its sub-agents may stop at once.
    _lock: FileLock,
}

impl HeldFile {
    /// Takes hold of what is known of a session, below the user's `state` folder; waits at most
    /// `patience` for another process that has it.
    ///
    /// # Errors
    /// It cannot be had.
    pub async fn take(state: &Path, claude_session: &str, patience: Duration) -> Result<Self> {
        let fault =
            |error| Fault::failed("cannot look up the session of Claude Code").because(error);
        let folder = state.join("gate");
        ensure_private_dir(&folder).map_err(fault)?;
        let name = &sha256(claude_session.as_bytes())[..32];
        let lock = folder.join(format!("{name}.lock"));
        match FileLock::lock(&lock, Mode::Exclusive, patience).await.map_err(fault)? {
            Attempt::Locked(lock) => Ok(Self {
                path: folder.join(format!("{name}.json")),
                claude_session: claude_session.to_owned(),
                _lock: lock,
            }),
            Attempt::Held { .. } => {
                Err(Fault::busy("another process looks at this session of Claude Code"))
            }
        }
    }

    /// What is known; nothing where the session was never held to anything.
    ///
    /// # Errors
    /// It cannot be read, or it was written by another version of atlas.
    pub fn read(&self) -> Result<Option<Held>> {
        let refuse = |why: String| {
            Fault::invalid("what is known of this session of Claude Code cannot be read")
                .because(why)
                .hint(format!("remove {}", self.path.display()))
        };
        let bytes = match read_capped(&self.path, MAX_BYTES) {
            Ok(bytes) => bytes,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(refuse(error.to_string())),
        };
        match serde_json::from_slice::<Held>(&bytes) {
            Ok(held) if held.is_of(&self.claude_session) => Ok(Some(held)),
            Ok(_) => Err(refuse("it is of another session or another version".to_owned())),
            Err(error) => Err(refuse(error.to_string())),
        }
    }

    /// Keeps what is known from now on.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, held: &Held) -> Result<()> {
        let bytes = serde_json::to_vec(held).expect("what is known is plain data");
        write_atomic(&self.path, &bytes, PRIVATE_FILE).map_err(|error| {
            Fault::failed("cannot keep what is known of the session of Claude Code").because(error)
        })
    }

    /// Forgets what is known.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn forget(&self) -> Result<()> {
        match fs::remove_file(&self.path) {
            Ok(()) => Ok(()),
            Err(error) if is_absent(&error) => Ok(()),
            Err(error) => Err(Fault::failed("cannot let go of a session").because(error)),
        }
    }

    /// Removes what is known of sessions that have long ended. Where that fails, it is in nobody's
    /// way.
    pub fn forget_old(&self, now: SystemTime) {
        let Some(entries) = self.path.parent().and_then(|folder| fs::read_dir(folder).ok()) else {
            return;
        };
        for entry in entries.filter_map(std::result::Result::ok) {
            let modified = entry.metadata().and_then(|found| found.modified());
            let age = modified.ok().and_then(|modified| now.duration_since(modified).ok());
            if age.is_some_and(|age| age > FORGOTTEN) {
                let _left = fs::remove_file(entry.path());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::gate::Bond;

    const PATIENCE: Duration = Duration::from_millis(1);

    fn held(claude_session: &str) -> Held {
        Held::new(claude_session, Bond::Broken { reason: "x".to_owned() })
    }

    #[tokio::test]
    async fn what_is_kept_is_read_back_and_of_no_other_session() {
        let state = tempfile::tempdir().unwrap();
        let file = HeldFile::take(state.path(), "one", PATIENCE).await.unwrap();
        assert_eq!(file.read().unwrap(), None);
        file.write(&held("one")).unwrap();
        assert_eq!(file.read().unwrap(), Some(held("one")));
        assert!(HeldFile::take(state.path(), "one", PATIENCE).await.is_err(), "it is held");
        let other = HeldFile::take(state.path(), "../two", PATIENCE).await.unwrap();
        assert_eq!(other.read().unwrap(), None);
        other.forget().unwrap();
        other.write(&held("one")).unwrap();
        assert!(other.read().is_err());
        file.forget().unwrap();
        assert_eq!(file.read().unwrap(), None);
        for broken in ["", "{", "{\"version\":9}"] {
            write_atomic(&other.path, broken.as_bytes(), PRIVATE_FILE).unwrap();
            assert!(other.read().is_err(), "{broken}");
        }
    }

    #[tokio::test]
    async fn what_is_old_is_forgotten() {
        let state = tempfile::tempdir().unwrap();
        let file = HeldFile::take(state.path(), "one", PATIENCE).await.unwrap();
        file.write(&held("one")).unwrap();
        file.forget_old(SystemTime::now());
        assert!(file.read().unwrap().is_some());
        file.forget_old(SystemTime::now() + FORGOTTEN + Duration::from_secs(60));
        assert_eq!(file.read().unwrap(), None);
    }
}
