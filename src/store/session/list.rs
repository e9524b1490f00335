//! Finding sessions, and saying what they are.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use super::{
    Home, SessionDir, Summary,
    home::notice,
    place::{self, NoPlace},
    remove::{Scrap, scraps},
    summary::SessionFile,
};
use crate::{
    model::{Fault, Result, SessionId, session_id::resolve},
    store::totals::Totals,
    sys::{lock::signed_by, process::ProcessId},
};

/// How many sessions a message about an ambiguous name lists.
const SHOWN: usize = 8;

/// How many sessions, the newest first, are looked at for what is not finished.
const LOOKED_AT: usize = 50;

/// The sessions of one place.
#[derive(Clone, Debug)]
pub struct Sessions {
    root: PathBuf,
    /// Below the user's state folder.
    outside: PathBuf,
    keep: Keep,
}

/// Where new sessions go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    /// Into the tree, where it can be written.
    Inside,
    /// Outside, by the user's wish; older ones may lie inside.
    Outside,
    /// Outside, because there is no tree.
    Bare,
}

/// A session, as a list shows it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Where it is.
    pub session: SessionDir,
    /// What happened in it; `None` while no run has begun, a fault where it cannot be read.
    pub summary: Result<Option<Summary>>,
    /// The process that works on it just now.
    pub held_by: Option<ProcessId>,
}

impl Sessions {
    /// The sessions of a work tree, or, outside of any, of the folder where the user stood.
    ///
    /// `state` is the user's state folder, for trees that cannot be written.
    pub fn at(root: &Path, state: &Path) -> Self {
        let outside = place::outside(root, state);
        Self { root: root.to_owned(), outside, keep: Keep::Inside }
    }

    /// The sessions of a bare repository, which has no tree to keep them in.
    pub fn of_bare(git_dir: &Path, state: &Path) -> Self {
        let outside = place::outside(git_dir, state);
        Self { root: git_dir.to_owned(), outside, keep: Keep::Bare }
    }

    /// The same sessions, with new ones below the user's state folder, as `sessions: state` asks.
    #[must_use]
    pub fn kept_outside(mut self) -> Self {
        if self.keep == Keep::Inside {
            self.keep = Keep::Outside;
        }
        self
    }

    /// Makes sure of the folder that new sessions go to.
    pub fn home(&self) -> Result<Home> {
        let root = self.root.clone();
        let why = match self.keep {
            Keep::Outside => "`sessions: state` is set".to_owned(),
            Keep::Bare => "a bare repository has no work tree".to_owned(),
            Keep::Inside => match place::make_inside(&self.root) {
                Ok(changed) => {
                    let folder = place::inside(&self.root);
                    return Ok(Home { root, folder, notice: None, changed });
                }
                Err(NoPlace::ReadOnly(error)) => error.to_string(),
                Err(NoPlace::Fault(fault)) => return Err(fault),
            },
        };
        let changed = place::make_outside(&self.outside)?;
        let notice = Some(notice(&self.outside, why));
        Ok(Home { root, folder: self.outside.clone(), notice, changed })
    }

    /// The folder that new sessions go to, as far as that is known before one is made: a tree that
    /// cannot be written is only found out then.
    pub fn folder(&self) -> PathBuf {
        match self.keep {
            Keep::Inside => place::inside(&self.root),
            Keep::Outside | Keep::Bare => self.outside.clone(),
        }
    }

    /// Where sessions may be: new ones, and in the tree those of other times.
    pub fn everywhere(&self) -> Vec<PathBuf> {
        vec![self.folder(), place::inside(&self.root)]
    }

    /// All sessions, the newest first.
    pub fn list(&self) -> Result<Vec<Listed>> {
        Ok(self.all()?.into_iter().map(describe).collect())
    }

    /// The session that `query` names: its name, a beginning of that, or its last four letters.
    pub fn find(&self, query: &str) -> Result<SessionDir> {
        let mut all = self.all()?;
        let ids: Vec<_> = all.iter().map(|session| session.id.clone()).collect();
        match resolve(query, &ids) {
            Ok(id) => {
                let found = all.iter().position(|session| session.id == *id);
                Ok(all.swap_remove(found.expect("the name came from this list")))
            }
            Err(none) if none.is_empty() => {
                Err(Fault::usage(format!("no session answers to `{}`", query.escape_debug()))
                    .hint("`atlas session list` shows them all"))
            }
            Err(many) => Err(ambiguous(query, &many)),
        }
    }

    /// What the descriptions of the newest sessions say, at most so many: a look, not a reading of
    /// journals, so what is stale or missing is passed over.
    pub fn kept_summaries(&self, most: usize) -> Vec<(SessionId, Summary)> {
        let newest = self.all().unwrap_or_default().into_iter().take(most);
        let kept = |session: SessionDir| {
            let summary = SessionFile::read(&session.file())?.summary?;
            Some((session.id, summary))
        };
        newest.filter_map(kept).collect()
    }

    /// The newest session.
    pub fn last(&self) -> Result<SessionDir> {
        let newest = self.all()?.into_iter().next();
        newest.ok_or_else(|| Fault::usage("there is no session here yet"))
    }

    /// The newest session whose last run is worth going on with and that nobody works on.
    ///
    /// Only for a notice, so what cannot be read is passed over.
    pub fn unfinished(&self) -> Option<Listed> {
        self.all().ok()?.into_iter().take(LOOKED_AT).map(describe).find(|listed| {
            listed.held_by.is_none()
                && matches!(&listed.summary, Ok(Some(summary)) if summary.is_unfinished())
        })
    }

    /// What broke off where the sessions lie, and is no session.
    pub fn scraps(&self) -> Vec<Scrap> {
        let mut all = scraps(&self.outside);
        if place::expect_inside(&self.root).is_ok() {
            all.extend(scraps(&place::inside(&self.root)));
        }
        all
    }

    /// The folders in which they lie, as far as those can be believed.
    pub(super) fn folders(&self) -> Result<Vec<PathBuf>> {
        let mut folders = vec![self.outside.clone()];
        match (self.keep, place::expect_inside(&self.root)) {
            (Keep::Inside | Keep::Outside, Ok(())) => folders.push(place::inside(&self.root)),
            (Keep::Inside, Err(fault)) => return Err(fault),
            (Keep::Outside, Err(_)) | (Keep::Bare, _) => {}
        }
        Ok(folders)
    }

    /// The folder of the work tree, the git folder of a bare repository, or where the user stood.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What removed sessions came to, wherever they lay.
    pub fn totals(&self) -> Result<Vec<Totals>> {
        let mut all = vec![Totals::read(&self.outside)?];
        if place::expect_inside(&self.root).is_ok() {
            all.push(Totals::read(&place::inside(&self.root))?);
        }
        Ok(all)
    }

    /// The newest sessions whose last run never ended: an atlas works on it, or was killed.
    ///
    /// What cannot be read is passed over.
    pub fn broken_off(&self) -> Vec<SessionDir> {
        let newest = self.all().unwrap_or_default().into_iter().take(LOOKED_AT).map(describe);
        let broken = newest.filter(
            |listed| matches!(&listed.summary, Ok(Some(summary)) if summary.ended.is_none()),
        );
        broken.map(|listed| listed.session).collect()
    }

    /// Every folder that is named like a session, the newest first.
    fn all(&self) -> Result<Vec<SessionDir>> {
        let mut all = Vec::new();
        for folder in self.folders()? {
            all.extend(sessions_in(&folder)?);
        }
        all.sort_by(|a, b| b.id.cmp(&a.id));
        Ok(all)
    }
}

pub(super) fn sessions_in(folder: &Path) -> Result<Vec<SessionDir>> {
    let failed = |error: std::io::Error| {
        Fault::failed("cannot list the sessions")
            .because(format!("`{}`: {error}", folder.display()))
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let totals = Totals::read(folder).unwrap_or_default();
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let id = entry.file_name().to_str().and_then(|name| name.parse::<SessionId>().ok());
        // A link is nothing that we made, whatever its name.
        let real = entry.file_type().is_ok_and(|kind| kind.is_dir());
        // One whose removal broke off is counted as removed already.
        if let (Some(id), true) = (id, real)
            && !totals.counts(&id)
        {
            found.push(SessionDir { id, path: entry.path() });
        }
    }
    Ok(found)
}

fn describe(session: SessionDir) -> Listed {
    let summary = Summary::read_or_fold(&session);
    let held_by = signed_by(&session.lock());
    Listed { session, summary, held_by }
}

fn ambiguous(query: &str, many: &[&SessionId]) -> Fault {
    let shown: Vec<_> = many.iter().take(SHOWN).map(|id| format!("`{id}`")).collect();
    let more = many.len().saturating_sub(SHOWN);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    Fault::usage(format!("`{}` can mean several sessions", query.escape_debug()))
        .because(format!("{}{more}", shown.join(", ")))
        .hint("type more of the name")
}
