//! When what ran: the events of a run as bars on a line of time, pauses of resumes taken out.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::model::{
    call::CallOutcome,
    check::{Check, CheckStatus},
    journal_line::Line,
    run::{Event, event::CallEnded},
};

/// So many lanes can be read; a run of many steps says how many more it had.
const LANES: usize = 40;

/// About so many marks stand on the line of time.
const TICKS: u64 = 6;

/// What ran when, in percents of the whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Timeline {
    /// How long all of it took, in milliseconds.
    pub ms: u64,
    /// One lane for each step, reviewer and hook, by when it began first.
    pub lanes: Vec<Lane>,
    /// Lanes that are not shown.
    pub more: usize,
    /// Where the line of time has its marks.
    pub ticks: Vec<Tick>,
    /// Moments that concern all lanes.
    pub moments: Vec<Moment>,
}

/// Everything that one step, reviewer or hook did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lane {
    /// Whose it is.
    pub name: String,
    /// What that is.
    pub kind: LaneKind,
    /// Its bars, in order.
    pub bars: Vec<Bar>,
}

/// What a lane is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LaneKind {
    /// Calls to claude.
    Call,
    /// Programs that a step ran.
    Command,
    /// A hook.
    Hook,
}

/// One thing that ran.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bar {
    /// Where it begins, in percent.
    pub at: f64,
    /// How long it is, in percent.
    pub long: f64,
    /// When it began, in milliseconds since the start.
    pub begun_ms: u64,
    /// How long it took, in milliseconds.
    pub ms: u64,
    /// Which attempt it was; 0 for what has none.
    pub attempt: u32,
    /// How it ended.
    pub tone: Tone,
    /// The same in words.
    pub said: String,
}

/// How something ended, for a reader's eye.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// Accepted.
    Good,
    /// Refused or broken.
    Bad,
    /// Neither.
    #[default]
    Doubtful,
}

/// A mark on the line of time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tick {
    /// Where, in percent.
    pub at: f64,
    /// The time, in milliseconds since the start.
    pub ms: u64,
}

/// A moment worth a line across all lanes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moment {
    /// Where, in percent.
    pub at: f64,
    /// What happened.
    pub said: String,
}

/// So much of a whole, in percent, to a tenth; nothing of nothing.
pub(super) fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole * 1000.0).round() / 10.0 } else { 0.0 }
}

impl Timeline {
    /// The line of time of one run.
    pub fn of(run: &[Line]) -> Self {
        let mut fold = Fold::default();
        for line in run {
            fold.line(line);
        }
        fold.finish()
    }
}

/// A bar before its place in the whole is known.
struct Span {
    lane: (LaneKind, String),
    attempt: u32,
    from: u64,
    to: Option<u64>,
    tone: Tone,
    said: String,
}

#[derive(Default)]
struct Fold {
    now: u64,
    before: Option<Timestamp>,
    spans: Vec<Span>,
    moments: Vec<(u64, String)>,
}

impl Fold {
    fn line(&mut self, line: &Line) {
        let paused = matches!(line.event, Event::RunResumed { .. } | Event::QuotaReset);
        let since = self.before.map_or(0, |before| line.at.duration_since(before).as_millis());
        let since = if paused { 0 } else { u64::try_from(since).unwrap_or_default() };
        self.now += since;
        self.before = Some(line.at);
        self.event(&line.event);
    }

    fn event(&mut self, event: &Event) {
        match event {
            Event::RunResumed { closed, .. } => self.resumed(closed),
            Event::Reused(_) => self.moment("an earlier verdict".to_owned()),
            Event::Interrupted { signal } => self.moment(format!("signal {signal}")),
            Event::LimitReached { reason, .. } => self.moment(format!("limit: {reason}")),
            Event::Unavailable { reason, .. } => self.moment(format!("unavailable: {reason}")),
            Event::QuotaAwaited { .. } => self.moment("waited for the quota".to_owned()),
            Event::Retry { step, .. } => self.moment(format!("{step} again")),
            Event::CanaryJudged { caught, .. } => {
                let seen = if *caught { "seen" } else { "missed" };
                self.moments.push((self.now, format!("planted fault {seen}")));
            }
            Event::BranchMerged { step, refused } => {
                let not = if refused.is_some() { "not " } else { "" };
                self.moment(format!("{step} {not}merged"));
            }
            Event::CallStarted(call) => self.begin(LaneKind::Call, &call.step, call.attempt),
            Event::CallEnded(call) => self.call_ended(call),
            Event::CommandStarted { step, attempt, .. } => {
                self.begin(LaneKind::Command, step, *attempt);
            }
            Event::CommandEnded(command) => {
                let (tone, said) = of_outcome(&command.outcome);
                let said = if tone == Tone::Good { "ended with 0".to_owned() } else { said };
                self.end(LaneKind::Command, &command.step, (tone, said));
            }
            Event::HookStarted { hook, .. } => self.begin(LaneKind::Hook, hook, 0),
            Event::HookEnded { hook, check, .. } if check.status != CheckStatus::Skipped => {
                let (tone, said) = of_check(check);
                self.end(LaneKind::Hook, hook, (tone, said));
            }
            Event::RunStarted { .. }
            | Event::Plan { .. }
            | Event::ChecksStarted { .. }
            | Event::ChecksEnded { .. }
            | Event::HookEnded { .. }
            | Event::JudgesFrozen { .. }
            | Event::HookWrote { .. }
            | Event::Vote { .. }
            | Event::Finding { .. }
            | Event::Verdict { .. }
            | Event::TreeJudged { .. }
            | Event::CanaryPlanted { .. }
            | Event::Decided { .. }
            | Event::BranchBegan { .. }
            | Event::StepStarted { .. }
            | Event::WorkTaken(_)
            | Event::Cancelled { .. }
            | Event::StepCached(_)
            | Event::CallAnswered { .. }
            | Event::CallRefused { .. }
            | Event::QuotaReset
            | Event::CallRetrying { .. }
            | Event::EditChecked { .. }
            | Event::Changes { .. }
            | Event::StepEnded { .. }
            | Event::RunEnded { .. }
            | Event::Unknown => {}
        }
    }

    /// What ran when the process died ended at a time that nobody wrote down.
    fn resumed(&mut self, closed: &[CallEnded]) {
        for call in closed {
            self.call_ended(call);
        }
        self.give_up();
        self.moments.push((self.now, "resumed".to_owned()));
    }

    fn moment(&mut self, said: String) {
        self.moments.push((self.now, said));
    }

    fn begin(&mut self, kind: LaneKind, name: &str, attempt: u32) {
        self.spans.push(Span {
            lane: (kind, name.to_owned()),
            attempt,
            from: self.now,
            to: None,
            tone: Tone::Doubtful,
            said: "broken off".to_owned(),
        });
    }

    fn end(&mut self, kind: LaneKind, name: &str, (tone, said): (Tone, String)) {
        let now = self.now;
        let open =
            |span: &&mut Span| span.to.is_none() && span.lane.0 == kind && span.lane.1 == name;
        if let Some(span) = self.spans.iter_mut().rev().find(open) {
            (span.to, span.tone, span.said) = (Some(now), tone, said);
        }
    }

    fn call_ended(&mut self, call: &CallEnded) {
        self.end(LaneKind::Call, &call.step, of_outcome(&call.outcome));
    }

    fn give_up(&mut self) {
        let now = self.now;
        self.spans.iter_mut().filter(|span| span.to.is_none()).for_each(|span| {
            span.to = Some(now);
        });
    }

    fn finish(mut self) -> Timeline {
        self.give_up();
        let whole = float(self.now);
        let mut lanes: Vec<Lane> = Vec::new();
        let mut places: BTreeMap<(LaneKind, String), usize> = BTreeMap::new();
        for span in self.spans {
            let place = *places.entry(span.lane.clone()).or_insert_with(|| {
                let (kind, name) = span.lane.clone();
                lanes.push(Lane { name, kind, bars: Vec::new() });
                lanes.len() - 1
            });
            let ms = span.to.unwrap_or(span.from) - span.from;
            lanes[place].bars.push(Bar {
                at: share(float(span.from), whole),
                long: share(float(ms), whole),
                begun_ms: span.from,
                ms,
                attempt: span.attempt,
                tone: span.tone,
                said: span.said,
            });
        }
        let more = lanes.len().saturating_sub(LANES);
        lanes.truncate(LANES);
        let moment = |(at, said)| Moment { at: share(float(at), whole), said };
        Timeline {
            ms: self.now,
            lanes,
            more,
            ticks: ticks(self.now),
            moments: self.moments.into_iter().map(moment).collect(),
        }
    }
}

fn of_check(check: &Check) -> (Tone, String) {
    let reason = check.reason.as_deref().unwrap_or_default();
    let first = reason.lines().next().unwrap_or_default();
    match check.status {
        CheckStatus::Passed => (Tone::Good, "passed".to_owned()),
        CheckStatus::Failed => (Tone::Bad, format!("refused: {first}")),
        CheckStatus::Error => (Tone::Doubtful, format!("could not run: {first}")),
        CheckStatus::Skipped => (Tone::Doubtful, "skipped".to_owned()),
    }
}

fn of_outcome(outcome: &CallOutcome) -> (Tone, String) {
    match outcome {
        CallOutcome::Succeeded => (Tone::Good, "answered".to_owned()),
        CallOutcome::Failed { reason, .. } => (Tone::Bad, format!("failed: {reason}")),
        CallOutcome::Limit { .. } => (Tone::Bad, "stopped at a limit".to_owned()),
        CallOutcome::Unavailable { .. } => (Tone::Doubtful, "nobody to ask".to_owned()),
        CallOutcome::Interrupted => (Tone::Doubtful, "interrupted".to_owned()),
    }
}

/// Marks at round times: 1, 2 or 5 of a unit that people count in.
fn ticks(ms: u64) -> Vec<Tick> {
    const ROUND: [u64; 15] = [
        100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
        1_800_000, 3_600_000,
    ];
    let fits = |step: &&u64| ms / **step <= TICKS;
    let step = ROUND.iter().find(fits).copied().unwrap_or_else(|| {
        let hour = 3_600_000;
        (ms / TICKS).div_ceil(hour).max(1) * hour
    });
    let marks = (0..=ms / step).map(|n| n * step);
    marks.map(|at| Tick { at: share(float(at), float(ms)), ms: at }).collect()
}

#[expect(clippy::cast_precision_loss, reason = "nothing takes 2^53 milliseconds")]
fn float(count: u64) -> f64 {
    count as f64
}
