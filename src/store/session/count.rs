//! What the sessions of a place came to, for statistics: read from their descriptions, which hold
//! it, so that ten thousand sessions are counted without reading a journal.

use std::{
    convert::Infallible,
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{SessionDir, Sessions, Summary, list::sessions_in, place};
use crate::{
    model::{
        Result, SessionId,
        stats::{self, Cell, Kept, Place},
    },
    store::{day_ledger::DayLedger, totals::Totals},
    sys::{fs::read_capped, spread::spread},
};

/// A description is far smaller; what is larger is none.
const MAX_FILE: u64 = 1 << 20;

/// What the sessions of one repository came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    /// What their runs came to.
    pub cells: Vec<Cell>,
    /// Where, and how many sessions.
    pub place: Place,
}

impl Sessions {
    /// Counts all sessions of this place, removed ones too. What cannot be read is counted as that.
    ///
    /// # Errors
    /// The sessions cannot be listed, or the totals of removed ones cannot be read.
    pub fn count(&self) -> Result<Counted> {
        count(&self.root().to_string_lossy(), &self.folders()?)
    }
}

/// Counts the sessions of every place where this user is known to have had some: those that the
/// ledger in `state` names, and those that are kept below `state` themselves. A place whose sessions
/// cannot be listed is named, with why.
pub fn known_places(state: &Path) -> (Vec<Counted>, Vec<String>) {
    let (mut counted, mut unread) = (Vec::new(), Vec::new());
    let mut seen: Vec<PathBuf> = Vec::new();
    for root in DayLedger::repositories(state) {
        let sessions = Sessions::at(&root, state);
        match sessions
            .folders()
            .and_then(|folders| Ok((count(&root.to_string_lossy(), &folders)?, folders)))
        {
            Ok((found, folders)) => {
                counted.push(found);
                seen.extend(folders);
            }
            Err(fault) => unread.push(format!("{}: {fault}", root.display())),
        }
    }
    let kept = fs::read_dir(state.join("sessions")).into_iter().flatten().flatten();
    let mut others: Vec<PathBuf> = kept.map(|entry| entry.path()).collect();
    others.retain(|folder| folder.is_dir() && !seen.contains(folder));
    others.sort();
    for folder in others {
        let root = root_of(&folder).unwrap_or_else(|| folder.display().to_string());
        match count(&root, std::slice::from_ref(&folder)) {
            Ok(found) => counted.push(found),
            Err(fault) => unread.push(format!("{}: {fault}", folder.display())),
        }
    }
    counted.retain(|found| found.place.sessions != Kept::default());
    (counted, unread)
}

fn count(path: &str, folders: &[PathBuf]) -> Result<Counted> {
    let mut cells: Vec<Cell> = Vec::new();
    let mut kept = Kept::default();
    for folder in folders {
        let totals = Totals::read(folder)?;
        kept.removed += totals.sessions();
        kept.unreadable += totals.unreadable;
        kept.runs_by_number_alone += totals.runs_by_number_alone();
        for cell in &totals.stats {
            stats::add(&mut cells, cell);
        }
        let count = |part: &[SessionDir]| Ok::<_, Infallible>(count_part(part));
        let Ok(parts) = spread(&sessions_in(folder)?, count);
        for (part, readable, unreadable) in parts {
            for cell in &part {
                stats::add(&mut cells, cell);
            }
            kept.kept += readable;
            kept.unreadable += unreadable;
        }
    }
    let runs = cells.iter().map(|cell| cell.tally.runs).sum();
    let place = Place { path: path.to_owned(), runs, sessions: kept };
    Ok(Counted { cells, place })
}

/// The cells of some sessions, how many were read, and how many could not be.
fn count_part(sessions: &[SessionDir]) -> (Vec<Cell>, u64, u64) {
    let mut cells = Vec::new();
    let (mut readable, mut unreadable) = (0, 0);
    for session in sessions {
        match of_session(session) {
            Ok(found) => {
                for cell in &found {
                    stats::add(&mut cells, cell);
                }
                readable += 1;
            }
            Err(_) => unreadable += 1,
        }
    }
    (cells, readable, unreadable)
}

/// What one session came to, from its description where that is fresh, else from its journal.
fn of_session(session: &SessionDir) -> Result<Vec<Cell>> {
    let size = session.journal().symlink_metadata().map(|found| found.len()).ok();
    if let Some(kept) = kept(session)
        && Some(kept.journal_bytes) == size
        && let Some(cells) = kept.stats
    {
        return Ok(cells);
    }
    Ok(Summary::whole(session)?.and_then(|summary| summary.stats).unwrap_or_default())
}

/// Of a description no more than what is counted.
#[derive(Deserialize)]
struct Described {
    id: SessionId,
    summary: Option<Derived>,
}

#[derive(Deserialize)]
struct Derived {
    journal_bytes: u64,
    stats: Option<Vec<Cell>>,
}

fn kept(session: &SessionDir) -> Option<Derived> {
    let bytes = read_capped(&session.file(), MAX_FILE).ok()?;
    let described: Described = serde_json::from_slice(&bytes).ok()?;
    (described.id == session.id).then_some(described.summary)?
}

/// Which tree the sessions of a folder below the state folder belong to, as one of them says.
fn root_of(folder: &Path) -> Option<String> {
    let sessions = sessions_in(folder).ok()?;
    let said = sessions.iter().find_map(|session| super::SessionFile::read(&session.file()));
    said.map(|file| file.root).filter(|root| place::is_outside_of(Path::new(root), folder))
}
