//! Copies of the tree that runs worked on and left behind, and whether anything would be lost with
//! them. A copy goes by itself only where its work stands elsewhere too.

use std::path::{Path, PathBuf};

use super::session::{Listed, SessionDir};
use crate::{
    model::{Fault, Result, SessionId, run::Event},
    sys::{
        disk::usage,
        git::{Fate, GitError, Leftover, Repository},
    },
};

/// What atlas itself writes into a repository, and no run has changed.
const SESSIONS: &str = ".claude/sessions";

/// A copy that is still there.
#[derive(Debug)]
pub struct Copy {
    /// Its folder.
    pub dir: PathBuf,
    /// The session that made it, where that is known.
    pub session: Option<SessionDir>,
    /// What became of the work in it.
    pub state: CopyState,
    /// What it takes on the disk, in bytes.
    pub bytes: u64,
}

/// What became of the work in a copy.
#[derive(Debug)]
pub enum CopyState {
    /// A process works in it.
    InUse,
    /// Its run can go on in it.
    Unfinished,
    /// Its run is over, and this is what became of the change.
    Over(Fate),
    /// Only git's notes of it are there.
    Gone,
    /// Nobody can tell, and why.
    Unknown(String),
}

impl Copy {
    /// Whether nothing is lost with it.
    pub fn may_go(&self) -> bool {
        match &self.state {
            CopyState::Over(Fate::Unchanged | Fate::Applied | Fate::Merged { .. })
            | CopyState::Gone => true,
            CopyState::Over(Fate::Open { .. })
            | CopyState::InUse
            | CopyState::Unfinished
            | CopyState::Unknown(_) => false,
        }
    }

    /// Removes it, whatever is in it.
    pub fn remove(&self, repository: &Repository) -> Result<()> {
        repository.remove_worktree(&self.dir).map_err(|error| fault("cannot remove a copy", &error))
    }
}

/// The copies that atlas made of this repository and that are still there. `listed` are the
/// sessions of the repository.
pub fn copies(repository: &Repository, listed: &[Listed]) -> Result<Vec<Copy>> {
    let left = repository.worktrees().map_err(|error| fault("cannot list the copies", &error))?;
    Ok(left.into_iter().map(|left| look(repository, left, listed)).collect())
}

/// The folders of copies alone, each with the name of its session; quick.
pub fn names(repository: &Repository) -> Vec<(String, PathBuf)> {
    let left = repository.worktrees().unwrap_or_default();
    left.into_iter().filter(|left| left.is_there).map(|left| (name(&left.dir), left.dir)).collect()
}

fn look(repository: &Repository, left: Leftover, listed: &[Listed]) -> Copy {
    let owner = listed.iter().find(|listed| listed.session.id.as_str() == name(&left.dir));
    let state = if left.is_there { state(repository, &left.dir, owner) } else { CopyState::Gone };
    let bytes = usage(&left.dir);
    let session = owner.map(|listed| listed.session.clone());
    Copy { dir: left.dir, session, state, bytes }
}

fn state(repository: &Repository, dir: &Path, owner: Option<&Listed>) -> CopyState {
    let Some(owner) = owner else {
        return CopyState::Unknown("its session is gone".to_owned());
    };
    if owner.held_by.is_some() {
        return CopyState::InUse;
    }
    match &owner.summary {
        Ok(Some(summary)) if summary.is_unfinished() => return CopyState::Unfinished,
        Ok(_) => {}
        Err(fault) => return CopyState::Unknown(fault.message.clone()),
    }
    match fate(repository, dir, &owner.session) {
        Ok(Some(fate)) => CopyState::Over(fate),
        Ok(None) => CopyState::Unknown("nobody recorded what it was made of".to_owned()),
        Err(error) => CopyState::Unknown(error.to_string()),
    }
}

fn fate(
    repository: &Repository,
    dir: &Path,
    session: &SessionDir,
) -> Result<Option<Fate>, GitError> {
    let lines = session.lines().unwrap_or_default();
    let base = lines.iter().rev().find_map(|line| match &line.event {
        Event::Changes { changes, .. } => changes.base.clone(),
        _ => None,
    });
    let Some(base) = base.or_else(|| session.base()) else { return Ok(None) };
    let objects = session.objects();
    let base = repository.recall(&objects, &base)?;
    let exclude = [Path::new(SESSIONS)];
    let now = repository.open_worktree(dir)?.snapshot(&objects, &base, &exclude)?;
    repository.fate(&objects, (&base, &now), &exclude).map(Some)
}

/// The name of the session that made a copy; those of later runs have the run's number besides.
fn name(dir: &Path) -> String {
    let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match name.rsplit_once('-') {
        Some((session, run))
            if session.parse::<SessionId>().is_ok() && run.parse::<u32>().is_ok() =>
        {
            session.to_owned()
        }
        Some(_) | None => name,
    }
}

fn fault(what: &str, error: &GitError) -> Fault {
    let fault = Fault::invalid(what).because(error);
    match error.hint() {
        Some(hint) => fault.hint(hint),
        None => fault,
    }
}
