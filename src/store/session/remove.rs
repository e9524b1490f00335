//! Removing sessions. A session disappears in one step, by a new name, after it was counted; what
//! a crash leaves of it is nobody's session any more, and goes the next time.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::{SessionDir, Summary, home::lock_session};
use crate::{
    model::{Fault, Result},
    store::totals::Totals,
    sys::{
        disk::usage,
        lock::{Attempt, FileLock, Mode},
    },
};

/// What a session is called while its files go.
const REMOVED: &str = ".removed-";
/// What a session is called that is being made.
const UNBORN: &str = ".new-";
/// What files are called that are being written.
const TEMPORARY: &str = ".tmp-";

/// Younger than this, an unfinished folder may be somebody's who still works on it.
const SETTLED: Duration = Duration::from_secs(3600);

/// What is left of things that broke off, and no session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scrap {
    /// The file or folder.
    pub path: PathBuf,
    /// What it takes on the disk, in bytes.
    pub bytes: u64,
}

impl SessionDir {
    /// Removes the session, once it is counted in the totals of its place.
    ///
    /// # Errors
    /// Somebody holds it: busy. It cannot be counted, or not be removed.
    pub fn remove(&self) -> Result<()> {
        let cannot = |error: &dyn std::fmt::Display| {
            Fault::failed(format!("cannot remove session {}", self.id)).because(error)
        };
        let folder = self.path.parent().unwrap_or(&self.path);
        let _one_at_a_time = one_at_a_time(folder)?;
        let lock = lock_session(self)?;
        Totals::fold(folder, &self.id, &Summary::whole(self))?;
        let aside = folder.join(format!("{REMOVED}{}", self.id));
        fs::rename(&self.path, &aside).map_err(|error| cannot(&error))?;
        drop(lock);
        fs::remove_dir_all(&aside).map_err(|error| cannot(&error))
    }
}

/// Two that count at once would count one session only.
fn one_at_a_time(folder: &Path) -> Result<FileLock> {
    let path = folder.join(".totals.lock");
    match FileLock::try_lock(&path, Mode::Exclusive) {
        Ok(Attempt::Locked(lock)) => Ok(lock),
        Ok(Attempt::Held { by }) => {
            let who = by.map_or_else(|| "another process".to_owned(), |by| by.pid.to_string());
            Err(Fault::busy(format!("sessions are being removed by {who}")).hint("try again later"))
        }
        Err(error) => Err(Fault::failed("cannot lock the totals").because(error)),
    }
}

/// What broke off in a folder of sessions: sessions that were never born or not wholly removed,
/// and files that were never wholly written.
pub(super) fn scraps(folder: &Path) -> Vec<Scrap> {
    let totals = Totals::read(folder).unwrap_or_default();
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut scraps: Vec<Scrap> = entries
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let is_counted = name.parse().is_ok_and(|id| totals.counts(&id));
            is_counted
                || name.starts_with(REMOVED)
                || ((name.starts_with(UNBORN) || name.contains(TEMPORARY)) && is_settled(entry))
        })
        .map(|entry| Scrap { bytes: usage(&entry.path()), path: entry.path() })
        .collect();
    scraps.sort_by(|one, other| one.path.cmp(&other.path));
    scraps
}

impl Scrap {
    /// Removes it.
    pub fn remove(&self) -> Result<()> {
        let folder = self.path.symlink_metadata().is_ok_and(|found| found.is_dir());
        let removed =
            if folder { fs::remove_dir_all(&self.path) } else { fs::remove_file(&self.path) };
        removed.map_err(|error| {
            Fault::failed("cannot remove what broke off")
                .because(format!("`{}`: {error}", self.path.display()))
        })
    }
}

fn is_settled(entry: &fs::DirEntry) -> bool {
    let modified = entry.metadata().and_then(|found| found.modified());
    modified.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age > SETTLED))
}
