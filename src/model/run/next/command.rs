//! A step that runs a program, and looking at what programs did to the tree.

use std::slice;

use super::{
    Phase,
    checks::{self, Verdict},
    end,
    repair::repair,
    steps::Mode,
};
use crate::model::{
    Status,
    call::CallOutcome,
    check::CheckStatus,
    contract::{Retry, RetryOn},
    run::{
        Effect, Event, Plan, Point, State, StepStatus,
        plan::Node,
        state::{Stage, StepState},
    },
    value::Span,
};

/// A command is tried again only where its step says so: it does the same thing each time.
static ONCE: Retry = Retry { times: 0, on: Vec::new(), backoff: Span(std::time::Duration::ZERO) };

/// What can be done for it now.
pub(super) fn next(
    plan: &Plan,
    state: &State,
    (node, path): (&Node, &str),
    mode: Mode,
) -> Vec<Effect> {
    if plan.command(path).is_none() {
        return vec![end::run(Status::Failed, format!("the plan has no command `{path}`"))];
    }
    let fresh = StepState::default();
    let known = state.step(path).unwrap_or(&fresh);
    match (&known.call, mode) {
        (Stage::Running, _) | (Stage::Idle, Mode::Draining) => Vec::new(),
        (Stage::Idle, Mode::Open) => vec![Effect::Run {
            step: path.to_owned(),
            attempt: known.next_attempt(),
            after: wait(node.retry.as_ref(), known),
        }],
        (Stage::Ended(outcome), _) => ended(state, (node, path), known, outcome),
    }
}

/// Twice as long before each further try.
fn wait(retry: Option<&Retry>, known: &StepState) -> Span {
    let times = u32::try_from(known.rejections.len()).unwrap_or(u32::MAX);
    match (retry, times) {
        (None, _) | (_, 0) => Span::default(),
        (Some(retry), times) => {
            let doubled = retry.backoff.0.checked_mul(1 << (times - 1).min(16));
            Span(doubled.unwrap_or(retry.backoff.0))
        }
    }
}

fn ended(
    state: &State,
    (node, path): (&Node, &str),
    known: &StepState,
    outcome: &CallOutcome,
) -> Vec<Effect> {
    let retry = node.retry.as_ref().unwrap_or(&ONCE);
    let stop = |status, reason: &str, ends| {
        vec![Effect::record(Event::StepEnded {
            step: path.to_owned(),
            attempt: known.attempt,
            status,
            reason: Some(reason.to_owned()).filter(|reason| !reason.is_empty()),
            scratch: None,
            ends,
        })]
    };
    let again = |on, reasons: &[String]| {
        retry.on.contains(&on).then(|| repair(retry, (path, known), reasons)).flatten()
    };
    let at = Point::Mid { step: path.to_owned(), attempt: known.attempt };
    let checks = match state.checks.get(&at) {
        Some(Stage::Ended(checks)) => checks.as_slice(),
        Some(Stage::Idle | Stage::Running) | None => &[],
    };
    if let Some(reason) = checks::tampered(checks) {
        return stop(StepStatus::Rejected, &reason, Some(Status::Rejected));
    }
    match outcome {
        CallOutcome::Succeeded => match checks::verdict(checks) {
            Verdict::Content => stop(known.passed(), "", None),
            Verdict::Unknown(reason) => {
                stop(StepStatus::Failed, &reason, Some(Status::Inconclusive))
            }
            Verdict::Tampered(reason) => {
                stop(StepStatus::Rejected, &reason, Some(Status::Rejected))
            }
            Verdict::Refused(reasons) => match again(RetryOn::Rejected, &reasons) {
                Some(retry) => vec![retry],
                None => stop(StepStatus::Rejected, &reasons.join("; "), None),
            },
        },
        CallOutcome::Failed { reason, .. } => {
            match again(RetryOn::Failed, slice::from_ref(reason)) {
                Some(retry) => vec![retry],
                None => stop(StepStatus::Failed, reason, None),
            }
        }
        CallOutcome::Limit { reason, .. } => stop(StepStatus::Limit, reason, None),
        CallOutcome::Unavailable { reason, .. } => {
            stop(StepStatus::Failed, reason, Some(Status::Unavailable))
        }
        CallOutcome::Interrupted => {
            stop(StepStatus::Interrupted, "interrupted", Some(Status::Interrupted))
        }
    }
}

/// A look at a tree, where something may have changed it since the last one and changes are
/// tracked; nothing to do while somebody looks.
pub(super) fn unseen(plan: &Plan, state: &State, tree: Option<&str>) -> Option<Vec<Effect>> {
    plan.root.as_ref()?;
    let (step, attempt) = state.unseen(tree).cloned()?;
    let at = Point::Settled { step, attempt };
    match state.checks.get(&at).unwrap_or(&Stage::Idle) {
        Stage::Idle => Some(vec![Effect::Check { at }]),
        Stage::Running => Some(Vec::new()),
        // What could not be seen is told by a check, and holds up only those who would judge it.
        Stage::Ended(_) => None,
    }
}

/// What the last commands did is seen before anybody judges it; where it cannot be seen, nobody does.
pub(super) fn settle(plan: &Plan, state: &State) -> Option<Phase> {
    let effects = unseen(plan, state, None).or_else(|| blind(plan, state).map(|end| vec![end]));
    effects.map(Phase::GoesOn)
}

fn blind(plan: &Plan, state: &State) -> Option<Effect> {
    plan.root.as_ref()?;
    let (step, attempt) = state.unseen(None).cloned()?;
    let Stage::Ended(found) = state.checks.get(&Point::Settled { step, attempt })? else {
        return None;
    };
    let failed = found.iter().find(|it| it.blocking && it.status == CheckStatus::Error)?;
    Some(end::run(Status::Inconclusive, checks::reason(failed)))
}
