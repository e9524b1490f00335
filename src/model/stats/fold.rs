//! From the events of one run to its cell. It asks for nothing but events and the names in them,
//! whatever steps a plan is made of.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Cell, HookTally, ReviewerTally, Tally, Usage, tally::is_decided, week_of};
use crate::model::{
    Status,
    call::Basis,
    check::{Check, CheckStatus},
    panel::{CANARY_UNITS, UNITS, catches::Catches, weigh::Vote},
    result::{FindingStatus, VerdictStatus},
    run::{Event, Point, State, event::CallEnded},
    value::Usd,
};

/// A run as a cell: its events, what they amount to, when it began, and how many milliseconds it
/// took. `None` for events that are no run, and for a run that another one stood for: counted again,
/// it would tell of work, time and money that were there once.
pub fn cell(events: &[&Event], state: &State, begun: Timestamp, ms: u64) -> Option<Cell> {
    let Some(Event::RunStarted { request, .. }) = events.first() else { return None };
    if state.reused.is_some() {
        return None;
    }
    let mut fold = Fold::default();
    for event in events {
        fold.apply(event);
    }
    let status = state.end.as_ref().map_or(Status::Interrupted, |end| end.status);
    let waived = status != Status::Passed && state.ok_on.contains(&status);
    let usd = state.ledger.charged();
    let Fold { mut tally, models, reviewer_models, panels } = fold;
    tally.reviewers = reviewers(&panels, &reviewer_models);
    for ((reviewer, model), caught) in Catches::of(events.iter().copied()).by {
        let model = reviewer_models.get(&reviewer).cloned().unwrap_or(model);
        let models = tally.reviewers.entry(reviewer).or_default();
        models.entry(model).or_default().caught += caught;
    }
    tally.runs = 1;
    tally.statuses.insert(status, 1);
    tally.waived = u64::from(waived);
    tally.usd = usd;
    tally.usd_in_plan = if state.ledger.basis == Basis::Plan { usd } else { Usd::ZERO };
    tally.loaded = state.ledger.loaded.unwrap_or_default();
    if is_decided(status) {
        tally.times.count(ms);
        tally.prices.count(usd.micros());
    }
    Some(Cell {
        skill: request.skill.clone(),
        model: models.into_iter().collect::<Vec<_>>().join(" + "),
        week: week_of(begun),
        tally,
    })
}

#[derive(Default)]
struct Fold {
    tally: Tally,
    /// The models that agents were.
    models: BTreeSet<String>,
    /// By the name of a reviewer.
    reviewer_models: BTreeMap<String, String>,
    panels: BTreeMap<Point, Panel>,
}

/// One sitting of a panel.
#[derive(Default)]
struct Panel {
    votes: BTreeMap<String, Vote>,
    /// Who claimed something, and whether it could be confirmed.
    claims: Vec<(String, FindingStatus)>,
    verdict: Option<VerdictStatus>,
}

impl Fold {
    fn apply(&mut self, event: &Event) {
        match event {
            Event::RunResumed { closed, .. } => closed.iter().for_each(|call| self.call(call)),
            Event::CallEnded(call) => self.call(call),
            Event::CallRetrying { .. } => self.tally.waits += 1,
            Event::Retry { .. } => self.tally.retries += 1,
            Event::HookEnded { hook, check, .. } => self.hook(hook, check),
            Event::EditChecked { answer, .. } => self.hook(&answer.check.name, &answer.check),
            Event::Vote { at, cast } => {
                self.panel(at).votes.insert(cast.reviewer.clone(), cast.vote);
            }
            Event::Finding { at, finding } => {
                let claims = finding.by.iter().map(|by| (by.clone(), finding.status));
                self.panel(at).claims.extend(claims);
            }
            Event::Verdict { at, status, .. } => self.panel(at).verdict = Some(*status),
            Event::RunStarted { .. }
            | Event::Plan { .. }
            | Event::Reused(_)
            | Event::Interrupted { .. }
            | Event::ChecksStarted { .. }
            | Event::ChecksEnded { .. }
            | Event::HookStarted { .. }
            | Event::JudgesFrozen { .. }
            | Event::HookWrote { .. }
            | Event::TreeJudged { .. }
            | Event::CanaryPlanted { .. }
            | Event::CanaryJudged { .. }
            | Event::Decided { .. }
            | Event::BranchBegan { .. }
            | Event::BranchMerged { .. }
            | Event::StepStarted { .. }
            | Event::CommandStarted { .. }
            | Event::CommandEnded(_)
            | Event::Cancelled { .. }
            | Event::StepCached(_)
            | Event::CallStarted(_)
            | Event::WorkTaken(_)
            | Event::CallAnswered { .. }
            | Event::CallRefused { .. }
            | Event::Changes { .. }
            | Event::LimitReached { .. }
            | Event::Unavailable { .. }
            | Event::QuotaAwaited { .. }
            | Event::QuotaReset
            | Event::StepEnded { .. }
            | Event::RunEnded { .. }
            | Event::Unknown => {}
        }
    }

    fn panel(&mut self, at: &Point) -> &mut Panel {
        self.panels.entry(at.clone()).or_default()
    }

    fn call(&mut self, call: &CallEnded) {
        let below = |folder: &str| call.step.strip_prefix(folder)?.strip_prefix('/');
        let usage = if let Some(reviewer) = below(UNITS).or_else(|| below(CANARY_UNITS)) {
            if let Some(model) = &call.model {
                self.reviewer_models.insert(reviewer.to_owned(), model.clone());
            }
            &mut self.tally.review
        } else {
            self.models.extend(call.model.clone());
            &mut self.tally.work
        };
        usage.add(Usage { calls: 1, tokens: call.spend.tokens });
    }

    fn hook(&mut self, name: &str, check: &Check) {
        let once = |status| u64::from(check.status == status);
        let said = HookTally {
            passed: once(CheckStatus::Passed),
            rejected: once(CheckStatus::Failed),
            errors: once(CheckStatus::Error),
            ms: check.ms,
        };
        // One that was not asked to look said nothing.
        if check.status != CheckStatus::Skipped {
            self.tally.hooks.entry(name.to_owned()).or_default().add(said);
        }
    }
}

fn reviewers(
    panels: &BTreeMap<Point, Panel>,
    models: &BTreeMap<String, String>,
) -> BTreeMap<String, BTreeMap<String, ReviewerTally>> {
    let mut sums: BTreeMap<String, ReviewerTally> = BTreeMap::new();
    for panel in panels.values() {
        for (reviewer, vote) in &panel.votes {
            panel.count(reviewer, *vote, sums.entry(reviewer.clone()).or_default());
        }
    }
    let by_model = |(reviewer, tally): (String, ReviewerTally)| {
        let model = models.get(&reviewer).cloned().unwrap_or_default();
        (reviewer, BTreeMap::from([(model, tally)]))
    };
    sums.into_iter().map(by_model).collect()
}

impl Panel {
    fn count(&self, reviewer: &str, vote: Vote, sum: &mut ReviewerTally) {
        *match vote {
            Vote::Confirmed => &mut sum.confirmed,
            Vote::Refuted => &mut sum.refuted,
            Vote::Abstained => &mut sum.abstained,
            Vote::Error => &mut sum.errors,
        } += 1;
        if let Some(agrees) = self.agrees(vote) {
            sum.agreed.count(u64::from(agrees));
        }
        for (_, status) in self.claims.iter().filter(|(by, _)| by == reviewer) {
            sum.supported.count(u64::from(*status == FindingStatus::Supported));
        }
    }

    /// Whether a vote says what the panel concluded; `None` where one of the two says nothing.
    fn agrees(&self, vote: Vote) -> Option<bool> {
        match (vote, self.verdict?) {
            (Vote::Abstained | Vote::Error, _) | (_, VerdictStatus::Inconclusive) => None,
            (Vote::Confirmed, verdict) => Some(verdict == VerdictStatus::Passed),
            (Vote::Refuted, verdict) => Some(verdict == VerdictStatus::Rejected),
        }
    }
}
