//! The panel: starts only where nothing else refused, asks its reviewers, and concludes.

use super::{
    Phase, after, checks,
    steps::{self, exhausted},
};
use crate::model::{
    call::CallOutcome,
    check::Check,
    panel::{PanelPlan, ReviewerPlan},
    run::{
        Effect, Event, Plan, Point, State,
        state::{Stage, StepState},
    },
    value::Usd,
};

/// Reviewers are asked side by side; where the panel escalates, the first one alone at first.
pub(super) fn next(plan: &Plan, state: &State) -> Phase {
    let Some(panel) = &plan.panel else { return Phase::Over };
    if panel.escalate && panel.reviewers.len() > 1 {
        match hear(plan, state, &panel.reviewers[..1]) {
            Heard::GoesOn(effects) => return Phase::GoesOn(effects),
            // Somebody who doubts, or who said nothing, leaves it to the others.
            Heard::Ended([]) => {}
            Heard::Ended(found) => return answered(plan, state, found),
        }
    }
    match hear(plan, state, &panel.reviewers) {
        Heard::GoesOn(effects) => Phase::GoesOn(effects),
        Heard::Ended(found) => answered(plan, state, found),
    }
}

fn answered(plan: &Plan, state: &State, found: &[Check]) -> Phase {
    match after::answer(plan, state, checks::verdict(found)) {
        Some(effect) => Phase::GoesOn(vec![effect]),
        None => Phase::Over,
    }
}

/// How far these reviewers have come.
enum Heard<'a> {
    GoesOn(Vec<Effect>),
    Ended(&'a [Check]),
}

fn hear<'a>(plan: &Plan, state: &'a State, reviewers: &[ReviewerPlan]) -> Heard<'a> {
    let at = Point::Panel { round: state.round, asked: u32::try_from(reviewers.len()).unwrap_or(u32::MAX) };
    match state.checks.get(&at) {
        Some(Stage::Ended(found)) => return Heard::Ended(found),
        Some(Stage::Running) => return Heard::GoesOn(Vec::new()),
        Some(Stage::Idle) | None => {}
    }
    let mut effects = Vec::new();
    let mut pending = false;
    let mut promised = state.promised(plan);
    for reviewer in reviewers {
        match known(state, reviewer).map(|known| (&known.call, known)) {
            Some((Stage::Running, _)) => pending = true,
            Some((Stage::Ended(outcome), known)) => {
                if let Some(again) = waits(plan, reviewer, (known, outcome)) {
                    pending = true;
                    effects.push(again);
                }
            }
            Some((Stage::Idle, _)) | None => {
                pending = true;
                effects.push(ask(plan, state, reviewer, &mut promised));
            }
        }
    }
    if !pending {
        effects.push(Effect::Check { at });
    }
    Heard::GoesOn(effects)
}

/// A reviewer is asked once a round; what it said of an earlier one is about other work.
fn known<'a>(state: &'a State, reviewer: &ReviewerPlan) -> Option<&'a StepState> {
    state.step(&reviewer.call.id).filter(|known| known.attempt == attempt(state))
}

fn attempt(state: &State) -> u32 {
    state.round + 1
}

fn ask(plan: &Plan, state: &State, reviewer: &ReviewerPlan, promised: &mut Usd) -> Effect {
    if let Some((limit, reason)) = exhausted(plan, state, &reviewer.call, *promised) {
        return Effect::record(Event::LimitReached { limit, reason });
    }
    *promised = *promised + reviewer.call.reserve;
    Effect::Call {
        step: reviewer.call.id.clone(),
        attempt: attempt(state),
        // A reviewer keeps no conversation: after an overload it begins anew.
        resume: None,
        reasons: Vec::new(),
        after: known(state, reviewer).and_then(|known| known.backoff).unwrap_or_default(),
    }
}

fn waits(plan: &Plan, reviewer: &ReviewerPlan, (known, outcome): (&StepState, &CallOutcome)) -> Option<Effect> {
    let CallOutcome::Unavailable { why, reason } = outcome else { return None };
    let after = steps::worth_waiting(plan, known, why)?;
    Some(Effect::record(Event::CallRetrying {
        step: reviewer.call.id.clone(),
        attempt: known.attempt,
        reason: reason.clone(),
        after,
    }))
}
