//! What removed sessions came to, kept beside those that are left, so that no count ever falls.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::session::Summary;
use crate::{
    model::{
        Fault, Result, SessionId, Status,
        stats::{self, Cell},
        value::Usd,
    },
    sys::fs::{PRIVATE_FILE, read_capped, write_atomic},
};

/// The version of the file that is written.
const VERSION: u32 = 1;

/// A file of totals is far smaller; what is larger is none.
const MAX_FILE: u64 = 8 << 20;

/// So many prices of a skill, and of each of its steps, are remembered: enough for a quantile.
const PRICES: usize = 50;

/// What removed sessions came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    v: u32,
    /// Sessions that are counted here and may still be there, because a removal broke off.
    #[serde(default)]
    removing: Vec<SessionId>,
    /// Sessions that nobody could read.
    #[serde(default)]
    pub unreadable: u64,
    /// By skill.
    #[serde(default)]
    pub skills: BTreeMap<String, SkillTotals>,
    /// What their runs came to, for statistics. Older versions kept no more than the numbers above.
    #[serde(default)]
    pub stats: Vec<Cell>,
}

/// What removed sessions of one skill came to. A session counts for the skill of its last run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SkillTotals {
    /// How many sessions.
    pub sessions: u64,
    /// How many runs they had.
    pub runs: u64,
    /// How many of the sessions ended in each status; the others were broken off.
    pub statuses: BTreeMap<String, u64>,
    /// What they were charged.
    pub usd: Usd,
    /// What the last of those cost that ran to an end, the newest last.
    pub prices: Vec<Usd>,
}

impl SkillTotals {
    /// How many of them ran to an end, so that what they cost means something.
    pub fn whole(&self) -> u64 {
        let counted = |(name, count): (&String, &u64)| {
            Status::from_name(name).is_some_and(is_whole).then_some(*count)
        };
        self.statuses.iter().filter_map(counted).sum()
    }
}

impl Default for Totals {
    fn default() -> Self {
        Self {
            v: VERSION,
            removing: Vec::new(),
            unreadable: 0,
            skills: BTreeMap::new(),
            stats: Vec::new(),
        }
    }
}

impl Totals {
    /// The totals of the sessions in `folder`; none where no session was removed yet.
    ///
    /// # Errors
    /// A file that we cannot read: to begin anew would make every count fall.
    pub fn read(folder: &Path) -> Result<Self> {
        let file = file(folder);
        if file.symlink_metadata().is_err() {
            return Ok(Self::default());
        }
        let refuse = |why: String| {
            Fault::invalid("the totals of removed sessions cannot be read")
                .because(format!("`{}`: {why}", file.display()))
        };
        let bytes = read_capped(&file, MAX_FILE).map_err(|error| refuse(error.to_string()))?;
        let totals: Self =
            serde_json::from_slice(&bytes).map_err(|error| refuse(error.to_string()))?;
        match totals.v {
            VERSION => Ok(totals),
            v => Err(refuse(format!("it has version {v}, this atlas reads {VERSION}"))),
        }
    }

    /// Whether the session is counted here already, although its folder may still be there.
    pub fn counts(&self, session: &SessionId) -> bool {
        self.removing.contains(session)
    }

    /// Counts a session that is about to be removed from `folder`, once and durably.
    pub(super) fn fold(
        folder: &Path,
        session: &SessionId,
        summary: &Result<Option<Summary>>,
    ) -> Result<()> {
        let mut totals = Self::read(folder)?;
        totals.removing.retain(|id| folder.join(id.as_str()).exists());
        if !totals.counts(session) {
            totals.removing.push(session.clone());
            match summary {
                Ok(Some(summary)) => totals.add(summary),
                Ok(None) => {}
                Err(_) => totals.unreadable += 1,
            }
        }
        let mut json = serde_json::to_vec_pretty(&totals).expect("text keys and no failing parts");
        json.push(b'\n');
        write_atomic(&file(folder), &json, PRIVATE_FILE).map_err(|error| {
            Fault::failed("the totals of removed sessions cannot be written").because(error)
        })
    }

    /// How many sessions are counted here.
    pub fn sessions(&self) -> u64 {
        self.skills.values().map(|skill| skill.sessions).sum()
    }

    /// How many runs they had of which only the number is known.
    pub fn runs_by_number_alone(&self) -> u64 {
        let runs: u64 = self.skills.values().map(|skill| skill.runs).sum();
        let told: u64 = self.stats.iter().map(|cell| cell.tally.runs).sum();
        runs.saturating_sub(told)
    }

    fn add(&mut self, summary: &Summary) {
        for cell in summary.stats.iter().flatten() {
            stats::add(&mut self.stats, cell);
        }
        let skill = self.skills.entry(summary.skill.clone()).or_default();
        skill.sessions += 1;
        skill.runs += u64::from(summary.runs);
        skill.usd += summary.usd;
        let Some(ended) = &summary.ended else { return };
        *skill.statuses.entry(ended.status.to_string()).or_default() += 1;
        if is_whole(ended.status) {
            remember(&mut skill.prices, summary.usd);
        }
    }
}

/// Whether a run with this end shows what a run of its skill costs.
pub(super) fn is_whole(status: Status) -> bool {
    matches!(status, Status::Passed | Status::Rejected | Status::Inconclusive)
}

fn remember(prices: &mut Vec<Usd>, usd: Usd) {
    prices.push(usd);
    let excess = prices.len().saturating_sub(PRICES);
    prices.drain(..excess);
}

fn file(folder: &Path) -> PathBuf {
    folder.join("totals.json")
}

#[cfg(test)]
mod tests;
