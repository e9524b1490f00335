//! Tasks of sub-agents: all run side by side, whatever comes of one.

use super::{Phase, agent, end, room, steps::Mode};
use crate::model::{
    Status,
    call::{CallOutcome, LimitKind},
    run::{
        Effect, Event, Plan, State, StepStatus, path,
        plan::{Does, Node, StepPlan},
        state::{NodeState, Stage, StepState},
    },
};

/// Every task that has not ended goes on; the worst of them is what the run ends with.
pub(super) fn next(plan: &Plan, state: &State) -> Phase {
    let nothing_begun = NodeState::default();
    let all = state.node(path::ROOT).unwrap_or(&nothing_begun);
    let begun = all.active.values().filter_map(|id| plan.step(id));
    let mut effects: Vec<Effect> = begun.flat_map(|step| one(plan, state, step)).collect();
    // There may be very many of them, so those that have not begun are only looked at while there
    // is room for one more.
    let mut places = room::window(plan, state);
    places = places.saturating_sub(effects.iter().filter(|effect| is_call(effect)).count());
    let mut waiting = waiting(plan, all).peekable();
    let is_open = !all.active.is_empty() || waiting.peek().is_some();
    for step in waiting {
        if places == 0 {
            break;
        }
        let more = one(plan, state, step);
        places = places.saturating_sub(more.iter().filter(|effect| is_call(effect)).count());
        effects.extend(more);
    }
    if is_open { Phase::GoesOn(effects) } else { concluded(plan, state) }
}

/// The tasks that have not begun, in their order.
fn waiting<'a>(plan: &'a Plan, all: &NodeState) -> impl Iterator<Item = &'a StepPlan> {
    let count = u32::try_from(plan.steps.len()).unwrap_or(u32::MAX);
    let step = |place: u32| plan.steps.get(usize::try_from(place).ok()?);
    all.waiting(count).filter_map(step)
}

fn is_call(effect: &Effect) -> bool {
    matches!(effect, Effect::Call { .. })
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
