//! Copies of the tree that runs worked on and left behind, and whether anything would be lost with
//! them. A copy goes by itself only where its work stands elsewhere too.

use std::path::{Path, PathBuf};

use super::session::{Listed, SessionDir, lock_session};
use crate::{
    model::{Fault, Result, SessionId, digest::sha256, run::Event},
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
    /// How long the session's journal was when it was looked at.
    journal: Option<u64>,
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

    /// Removes it, whatever is in it, unless somebody went on with its session since it was looked
    /// at.
    pub fn remove(&self, repository: &Repository) -> Result<()> {
        let _nobody_else = match &self.session {
            Some(session) => {
                let lock = lock_session(session)?;
                if journal(session) != self.journal {
                    return Err(Fault::busy(format!("session {} went on meanwhile", session.id)));
                }
                Some(lock)
            }
            None => None,
        };
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
    let mut left = repository.worktrees().unwrap_or_default();
    // A run's own copy comes after those of its branches, and is the one that is shown.
    left.sort_by_key(|left| branch_mark(&left.dir).is_none());
    left.into_iter().filter(|left| left.is_there).map(|left| (name(&left.dir), left.dir)).collect()
}

fn look(repository: &Repository, left: Leftover, listed: &[Listed]) -> Copy {
    let owner = listed.iter().find(|listed| listed.session.id.as_str() == name(&left.dir));
    // Before anything else, so that whoever goes on with it later is seen.
    let journal = owner.map(|listed| journal(&listed.session));
    let state = if left.is_there { state(repository, &left.dir, owner) } else { CopyState::Gone };
    let bytes = usage(&left.dir);
    let session = owner.map(|listed| listed.session.clone());
    Copy { dir: left.dir, journal: journal.flatten(), session, state, bytes }
}

/// How long the journal is, in bytes.
fn journal(session: &SessionDir) -> Option<u64> {
    session.journal().symlink_metadata().map(|found| found.len()).ok()
}

fn state(repository: &Repository, dir: &Path, owner: Option<&Listed>) -> CopyState {
    let Some(owner) = owner else {
        return CopyState::Unknown("its session is gone".to_owned());
    };
    if owner.held_by.is_some() {
        return CopyState::InUse;
    }
    match &owner.summary {
        Ok(None) => return unplanned(&owner.session, run(dir)),
        Ok(Some(summary)) if !summary.planned && run(dir) == summary.runs => {
            return unplanned(&owner.session, summary.runs);
        }
        Ok(Some(summary)) if summary.is_unfinished() => return CopyState::Unfinished,
        Ok(Some(_)) => {}
        Err(fault) => return CopyState::Unknown(fault.message.clone()),
    }
    match fate(repository, dir, &owner.session) {
        Ok(Some(fate)) => CopyState::Over(fate),
        Ok(None) => CopyState::Unknown("nobody recorded what it was made of".to_owned()),
        Err(error) => CopyState::Unknown(error.to_string()),
    }
}

/// Of a run whose journal knows no plan: killed while the copy was made, or right after, so that no
/// agent has worked in it; unless the journal has lost what followed, and the folder still tells.
fn unplanned(session: &SessionDir, run: u32) -> CopyState {
    if session.steps_dir(run).exists() {
        return CopyState::Unknown("somebody worked in it, and its journal has no plan".to_owned());
    }
    CopyState::Over(Fate::Unchanged)
}

fn fate(
    repository: &Repository,
    dir: &Path,
    session: &SessionDir,
) -> Result<Option<Fate>, GitError> {
    let lines = session.lines().unwrap_or_default();
    let events = lines.iter().map(|line| &line.event);
    let base = match branch_mark(dir) {
        Some(_) => base_of_branch(events, dir),
        None => base_of_run(events.rev()).or_else(|| session.base()),
    };
    let Some(base) = base else { return Ok(None) };
    let objects = session.objects();
    let base = repository.recall(&objects, &base)?;
    let exclude = [Path::new(SESSIONS)];
    let copy = repository.open_worktree(dir)?;
    let unlooked = copy.repository().unlooked()?;
    if !unlooked.is_empty() {
        return Ok(Some(Fate::Open { files: unlooked }));
    }
    let now = copy.snapshot(&objects, &base, &exclude)?;
    repository.fate(&objects, (&base, &now), &exclude).map(Some)
}

fn base_of_run<'a>(mut latest_first: impl Iterator<Item = &'a Event>) -> Option<String> {
    latest_first.find_map(|event| match event {
        Event::Changes { changes, branch: None, .. } => changes.base.clone(),
        _ => None,
    })
}

fn base_of_branch<'a>(events: impl Iterator<Item = &'a Event>, folder: &Path) -> Option<String> {
    let (mut session, mut run) = (name(folder), 0);
    session.push('-');
    let told = folder.file_name()?.to_str()?.strip_prefix(&session)?;
    let mut base = None;
    for event in events {
        match event {
            Event::RunStarted { run: begun, .. } => run = *begun,
            Event::BranchBegan { step, stand, .. } if told == format!("{run}+{}", mark(step)) => {
                base = Some(stand.tree.tree.clone());
            }
            _ => {}
        }
    }
    base
}

/// What the folder of a branch's copy is called: after session and run, what tells the branch.
pub fn folder_of_branch(session: &str, run: u32, branch: &str) -> String {
    format!("{session}-{run}+{}", mark(branch))
}

/// A short name for a branch whose path may hold anything.
fn mark(branch: &str) -> String {
    let mut digits = sha256(branch.as_bytes());
    digits.truncate(12);
    digits
}

/// That short name, where a folder is the copy of a branch.
fn branch_mark(dir: &Path) -> Option<String> {
    let name = dir.file_name()?.to_str()?;
    name.rsplit_once('+').map(|(_, mark)| mark.to_owned())
}

/// The name of the session that made a copy.
fn name(dir: &Path) -> String {
    owner(dir).0
}

/// The number of the run that made a copy.
fn run(dir: &Path) -> u32 {
    owner(dir).1
}

/// Session and run that made a copy: the copies of later runs, and those of branches, have the run's
/// number in their names besides the session's.
fn owner(dir: &Path) -> (String, u32) {
    let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = name.rsplit_once('+').map(|(name, _)| name.to_owned()).unwrap_or(name);
    let later = name.rsplit_once('-').and_then(|(session, run)| {
        session.parse::<SessionId>().ok()?;
        Some((session.to_owned(), run.parse().ok()?))
    });
    later.unwrap_or((name, 1))
}

fn fault(what: &str, error: &GitError) -> Fault {
    let fault = Fault::invalid(what).because(error);
    match error.hint() {
        Some(hint) => fault.hint(hint),
        None => fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_tells_its_session_and_whether_it_is_a_branchs() {
        let session = "20260101-120000-abcd";
        assert!(session.parse::<SessionId>().is_ok(), "such are the names of sessions");
        let branch = folder_of_branch(session, 2, "files[3]/fix");
        let rows = [
            (session.to_owned(), None),
            (format!("{session}-2"), None),
            (branch.clone(), Some(mark("files[3]/fix"))),
        ];
        for (folder, expected) in rows {
            let dir = Path::new("/cache").join(&folder);
            assert_eq!((name(&dir).as_str(), branch_mark(&dir)), (session, expected), "{folder}");
            assert_eq!(run(&dir), if folder == session { 1 } else { 2 }, "{folder}");
        }
        assert_ne!(branch, folder_of_branch(session, 2, "files[4]/fix"));
    }
}
