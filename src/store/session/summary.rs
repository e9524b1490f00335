//! What a list shows of a session: a fold of its journal, kept in `session.json` so that a list
//! need not read every journal.

use std::{collections::BTreeMap, path::Path, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::SessionDir;
use crate::{
    model::{
        Result, SessionId, Status,
        journal_line::Line,
        run::{
            Event, State,
            state::{StepState, ends_for_good},
        },
        scratch::Mark,
        stats::{self, Cell},
        value::Usd,
    },
    store::stamp,
    sys::{fs::read_capped, lock::signed_by},
};

/// The version of `session.json` that is written.
const VERSION: u32 = 1;

/// A description is far smaller; what is larger is none.
const MAX_FILE: u64 = 1 << 20;

/// The content of `session.json`. Nothing depends on it; whatever it says, the journal decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionFile {
    /// The version of the format.
    pub v: u32,
    /// The session's name.
    pub id: SessionId,
    /// The root of the work tree, or the folder where the user stood; for people.
    pub root: String,
    /// The tree as it was before the first run, as a git tree id, where there is one.
    pub base: Option<String>,
    /// The version of claude, where one was found.
    pub claude: Option<String>,
    /// The version of atlas.
    pub atlas: String,
    /// What the journal held when this was written.
    pub summary: Option<Summary>,
}

/// What a list shows of a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The journal's size in bytes when it was folded; with another size this is stale.
    pub journal_bytes: u64,
    /// How many runs it has.
    pub runs: u32,
    /// The skill of the last run.
    pub skill: String,
    /// When its last event was written.
    #[serde(with = "stamp")]
    pub last: Timestamp,
    /// How the last run ended; `None` if it did not.
    pub ended: Option<Ended>,
    /// Whether the last run came to have a plan, without which there is nothing to go on with.
    #[serde(default = "planned", skip_serializing_if = "Clone::clone")]
    pub planned: bool,
    /// What all its runs are charged.
    pub usd: Usd,
    /// What each step of the last run cost, where claude told.
    #[serde(default)]
    pub steps: BTreeMap<String, Usd>,
    /// The context windows that its results named, in tokens, by the model's name in the plan.
    #[serde(default)]
    pub windows: BTreeMap<String, u64>,
    /// What its runs came to, for statistics; `None` in files that an older atlas wrote.
    #[serde(default)]
    pub stats: Option<Vec<Cell>>,
}

/// What all but a few are, and what is not said of older ones.
fn planned() -> bool {
    true
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// The status.
    pub status: Status,
    /// The exit code, which for signals says more.
    pub exit_code: u8,
    /// Why, in one line.
    pub reason: String,
}

impl SessionFile {
    /// The description of a session that begins.
    pub(super) fn new(id: SessionId, root: &Path) -> Self {
        Self {
            v: VERSION,
            id,
            root: root.to_string_lossy().into_owned(),
            base: None,
            claude: None,
            atlas: env!("CARGO_PKG_VERSION").to_owned(),
            summary: None,
        }
    }

    /// What stands at `path`, if it is a description that we can read.
    pub(super) fn read(path: &Path) -> Option<Self> {
        let bytes = read_capped(path, MAX_FILE).ok()?;
        serde_json::from_slice(&bytes).ok().filter(|file: &Self| file.v == VERSION)
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec_pretty(self).expect("text keys and no failing parts");
        json.push(b'\n');
        json
    }
}

fn prices(state: &State) -> BTreeMap<String, Usd> {
    let price = |(id, step): (&String, &StepState)| Some((id.clone(), step.spend.usd?));
    state.steps.iter().filter_map(price).collect()
}

/// What the results of a run named, by the model that its plan names for the step.
fn windows(run: &[Line], state: &State) -> Vec<(String, u64)> {
    let plan = run.iter().find_map(|line| {
        if let Event::Plan { plan, .. } = &line.event { Some(plan) } else { None }
    });
    let model = |step: &str| Some(plan?.step(step)?.agent.model.clone());
    let windows = &state.ledger.windows;
    windows.iter().filter_map(|(step, window)| Some((model(step)?, *window))).collect()
}

/// What each run came to.
fn cells(runs: &[&[Line]], states: &[State]) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (run, state) in runs.iter().zip(states) {
        let events: Vec<&Event> = run.iter().map(|line| &line.event).collect();
        let took = u64::try_from(worked(run).as_millis()).unwrap_or(u64::MAX);
        let begun = run.first().map(|line| line.at);
        if let Some(cell) = begun.and_then(|begun| stats::cell(&events, state, begun, took)) {
            stats::add(&mut cells, &cell);
        }
    }
    cells
}

impl Summary {
    /// The summary of these lines, which take so many bytes; `None` while no run has begun.
    pub fn of(lines: &[Line], journal_bytes: u64) -> Option<Self> {
        let runs = runs(lines);
        let (Some(last_run), Some(last)) = (runs.last(), lines.last()) else { return None };
        let states: Vec<_> = runs.iter().map(|run| fold(run)).collect();
        let Some(Event::RunStarted { request, .. }) = last_run.first().map(|line| &line.event)
        else {
            return None;
        };
        let end = states.last().and_then(|state| state.end.clone());
        Some(Self {
            journal_bytes,
            runs: u32::try_from(runs.len()).unwrap_or(u32::MAX),
            skill: request.skill.clone(),
            last: last.at,
            ended: end.map(|end| Ended {
                status: end.status,
                exit_code: end.exit_code,
                reason: end.reason,
            }),
            planned: last_run.iter().any(|line| matches!(line.event, Event::Plan { .. })),
            usd: states.iter().map(|state| state.ledger.charged()).sum(),
            steps: states.last().map(prices).unwrap_or_default(),
            windows: runs
                .iter()
                .zip(&states)
                .flat_map(|(run, state)| windows(run, state))
                .collect(),
            stats: Some(cells(&runs, &states)),
        })
    }

    /// Whether the last run is worth going on with: it had begun, and did not end, or ended for a
    /// reason that can go away.
    pub fn is_unfinished(&self) -> bool {
        let is_open = self.ended.as_ref().is_none_or(|end| {
            matches!(end.status, Status::Interrupted | Status::Limit | Status::Unavailable)
        });
        is_open && self.planned
    }

    /// Whether a resume finds anything to go on with, also where that is not likely to help.
    pub fn can_go_on(&self) -> bool {
        self.planned && self.ended.as_ref().is_none_or(|end| !ends_for_good(end.status))
    }

    /// The summary of a session: the kept one if it is fresh, else folded from the journal.
    /// `None` while no run has begun.
    pub(super) fn read_or_fold(session: &SessionDir) -> Result<Option<Self>> {
        let kept = SessionFile::read(&session.file()).filter(|file| file.id == session.id);
        let size = session.journal().symlink_metadata().map(|found| found.len()).ok();
        match kept.and_then(|file| file.summary) {
            Some(kept) if Some(kept.journal_bytes) == size => Ok(Some(kept)),
            _ => Ok(Self::of(&session.lines()?, size.unwrap_or_default())),
        }
    }

    /// The same, with what statistics need, which older files do not have.
    pub(super) fn whole(session: &SessionDir) -> Result<Option<Self>> {
        match Self::read_or_fold(session)? {
            Some(Self { stats: None, journal_bytes, .. }) => {
                Ok(Self::of(&session.lines()?, journal_bytes))
            }
            whole => Ok(whole),
        }
    }
}

/// What of a session's last run decides on how far its scratch pad is confirmed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LastRun {
    /// Its number; 0 while there is none.
    pub run: u32,
    /// Whether it neither ended nor goes on.
    pub broken_off: bool,
    /// How far the pad had come when its last step ended.
    pub scratch: Option<Mark>,
}

/// The last run of a session.
pub fn last_run(session: &SessionDir) -> Result<LastRun> {
    let lines = session.lines()?;
    let Some(state) = runs(&lines).last().map(|run| fold(run)) else {
        return Ok(LastRun::default());
    };
    let broken_off = state.end.is_none() && signed_by(&session.lock()).is_none();
    Ok(LastRun { run: state.run, broken_off, scratch: state.scratch })
}

/// The lines of each run, in order.
pub fn runs(lines: &[Line]) -> Vec<&[Line]> {
    let mut runs = Vec::new();
    let mut rest = lines;
    while let Some(first) = rest.iter().position(is_start) {
        let run = &rest[first..];
        let length = run.iter().skip(1).position(is_start).map_or(run.len(), |next| next + 1);
        runs.push(&run[..length]);
        rest = &run[length..];
    }
    runs
}

/// How long a run took: the time between its first event and its last, without the pauses before
/// it was resumed.
pub fn worked(run: &[Line]) -> Duration {
    let Some(first) = run.first() else { return Duration::ZERO };
    let (mut worked, mut before) = (Duration::ZERO, first.at);
    for line in run {
        let paused = matches!(line.event, Event::RunResumed { .. } | Event::QuotaReset);
        // A clock that was set back makes nothing undone.
        let step = Duration::try_from(line.at.duration_since(before)).unwrap_or_default();
        worked += if paused { Duration::ZERO } else { step };
        before = line.at;
    }
    worked
}

fn is_start(line: &Line) -> bool {
    matches!(line.event, Event::RunStarted { .. })
}

fn fold(run: &[Line]) -> State {
    State::of(run.iter().map(|line| &line.event))
}
