//! Tasks of sub-agents: all run side by side, whatever comes of one.

use super::{Phase, agent, end, room, steps::Mode};
use crate::model::{
    Status,
    call::{CallOutcome, LimitKind},
    run::{
        Effect, Event, Plan, State, StepStatus,
        plan::{Does, Node, StepPlan},
        state::{Stage, StepState},
    },
};

/// Every task that has not ended goes on; the worst of them is what the run ends with.
pub(super) fn next(plan: &Plan, state: &State) -> Phase {
    let mut effects = Vec::new();
    let mut places = room::window(plan, state);
    let mut is_open = false;
    for step in &plan.steps {
        if state.step(&step.id).is_some_and(|known| known.status.is_some()) {
            continue;
        }
        is_open = true;
        for effect in one(plan, state, step) {
            match effect {
                Effect::Call { .. } if places == 0 => {}
                Effect::Call { .. } => {
                    places -= 1;
                    effects.push(effect);
                }
                other => effects.push(other),
            }
        }
    }
    if is_open { Phase::GoesOn(effects) } else { concluded(plan, state) }
}

/// A task goes on as a step that asks an agent does; but whatever ends it ends no other.
fn one(plan: &Plan, state: &State, step: &StepPlan) -> Vec<Effect> {
    let known = state.step(&step.id);
    let ended = known.and_then(|known| match &known.call {
        Stage::Ended(CallOutcome::Limit { limit, reason }) if is_own(*limit) => {
            Some((known.attempt, format!("{}: {reason}", limit.name())))
        }
        Stage::Ended(_) | Stage::Idle | Stage::Running => None,
    });
    match ended {
        None => {
            let node = Node::plain(step.id.clone(), Does::Call);
            let effects = agent::next(plan, state, (&node, &step.id), Mode::Open);
            effects.into_iter().map(alone).collect()
        }
        Some((attempt, reason)) => vec![Effect::record(Event::StepEnded {
            step: step.id.clone(),
            attempt,
            status: StepStatus::Limit,
            reason: Some(reason),
            scratch: None,
            ends: None,
        })],
    }
}

/// The end of a task is not that of the run.
fn alone(effect: Effect) -> Effect {
    match effect {
        Effect::Record(event) => Effect::Record(Box::new(match *event {
            Event::StepEnded { step, attempt, status, reason, scratch, ends: _ } => {
                Event::StepEnded { step, attempt, status, reason, scratch, ends: None }
            }
            other => other,
        })),
        other => other,
    }
}

fn is_own(limit: LimitKind) -> bool {
    match limit {
        LimitKind::Usd | LimitKind::Turns | LimitKind::Idle | LimitKind::Context => true,
        LimitKind::UsdPerDay | LimitKind::Tokens | LimitKind::Time | LimitKind::Quota => false,
    }
}

fn concluded(plan: &Plan, state: &State) -> Phase {
    let known = plan.steps.iter().filter_map(|step| state.step(&step.id));
    let worst = known.map(status).min_by_key(|status| status.from_worst());
    match worst {
        None | Some(Status::Passed) => Phase::Over,
        Some(worst) => {
            let passed = plan.steps.iter().filter(|step| has_passed(state, step)).count();
            let reason = format!("{passed} of {} tasks passed", plan.steps.len());
            Phase::GoesOn(vec![end::run(worst, reason)])
        }
    }
}

fn has_passed(state: &State, step: &StepPlan) -> bool {
    state.step(&step.id).is_some_and(|known| status(known) == Status::Passed)
}

/// How a run would end that has this task alone.
fn status(known: &StepState) -> Status {
    match (&known.call, known.status.as_ref().map(|(status, _)| *status)) {
        (Stage::Ended(CallOutcome::Unavailable { .. }), Some(StepStatus::Failed)) => {
            Status::Unavailable
        }
        (_, Some(StepStatus::Passed | StepStatus::Reused | StepStatus::Cached)) => Status::Passed,
        (_, Some(StepStatus::Rejected)) => Status::Rejected,
        (_, Some(StepStatus::Limit)) => Status::Limit,
        (_, Some(StepStatus::Interrupted)) => Status::Interrupted,
        (_, Some(StepStatus::Failed | StepStatus::Skipped | StepStatus::Cancelled) | None) => {
            Status::Failed
        }
    }
}
