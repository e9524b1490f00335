//! The steps, one after another: reserve, call, look, mid hooks; again where that makes sense.

use std::slice;

use super::{
    Phase,
    checks::{self, Hooks, Verdict},
    end, tasks,
};
use crate::model::{
    Status,
    call::{CallOutcome, Unavailability},
    check::Timing,
    contract::RetryOn,
    run::{
        Effect, Event, Plan, Point, State, StepStatus,
        plan::StepPlan,
        state::{Stage, StepState},
    },
    value::Span,
};

/// How many times one attempt waits for an overloaded service before the run gives up.
const WAITS: u32 = 4;

/// The first step that has not passed decides.
pub(super) fn next(plan: &Plan, state: &State) -> Phase {
    if plan.tasks.is_some() {
        return tasks::next(plan, state);
    }
    let passed = |step: &&StepPlan| {
        let known = state.step(&step.id);
        known.is_some_and(|known| matches!(known.status, Some((StepStatus::Passed, _))))
    };
    match plan.steps.iter().find(|step| !passed(step)) {
        None => Phase::Over,
        Some(step) => Phase::GoesOn(one(plan, state, step)),
    }
}

/// What can be done for one step now.
pub(super) fn one(plan: &Plan, state: &State, step: &StepPlan) -> Vec<Effect> {
    let fresh = StepState::default();
    let known = state.step(&step.id).unwrap_or(&fresh);
    match &known.call {
        Stage::Running => Vec::new(),
        Stage::Idle => call(plan, step, known),
        Stage::Ended(outcome) => ended(plan, state, (step, known), outcome),
    }
}

/// Where the step ran before, a broken-off call goes on in its conversation, and a refused attempt
/// is told why.
fn call(plan: &Plan, step: &StepPlan, known: &StepState) -> Vec<Effect> {
    if plan.work.is_some() {
        return vec![Effect::TakeWork { step: step.id.clone(), attempt: known.next_attempt() }];
    }
    let refused = known.rejections.last().filter(|_| known.attempt_is_refused());
    vec![Effect::Call {
        step: step.id.clone(),
        attempt: known.next_attempt(),
        // A sub-agent keeps no conversation: after an overload it begins anew.
        resume: known.conversation.clone().filter(|_| step.sub_agent.is_none()),
        reasons: refused.cloned().unwrap_or_default(),
        after: known.backoff.unwrap_or_default(),
        grant: None,
    }]
}

fn ended(
    plan: &Plan,
    state: &State,
    (step, known): (&StepPlan, &StepState),
    outcome: &CallOutcome,
) -> Vec<Effect> {
    if let CallOutcome::Unavailable { why, reason } = outcome
        && let Some(after) = worth_waiting(plan, known, why)
    {
        return vec![Effect::record(Event::CallRetrying {
            step: step.id.clone(),
            attempt: known.attempt,
            reason: reason.clone(),
            after,
        })];
    }
    let at = Point::Mid { step: step.id.clone(), attempt: known.attempt };
    let own = match state.checks.get(&at).unwrap_or(&Stage::Idle) {
        Stage::Idle => return vec![Effect::Check { at }],
        Stage::Running => return Vec::new(),
        Stage::Ended(checks) => checks,
    };
    let worked = matches!(outcome, CallOutcome::Succeeded | CallOutcome::Failed { .. });
    if let Some(reason) = checks::tampered(own).filter(|_| worked) {
        return stop(step, known, StepStatus::Rejected, Status::Rejected, &reason);
    }
    match outcome {
        CallOutcome::Succeeded => {}
        CallOutcome::Failed { failure, reason } => {
            let again = failure.worth_another_try() && plan.retry.on.contains(&RetryOn::Failed);
            return match again
                .then(|| repair(plan, (step, known), slice::from_ref(reason)))
                .flatten()
            {
                Some(retry) => vec![retry],
                None => stop(step, known, StepStatus::Failed, failure.status(), reason),
            };
        }
        CallOutcome::Limit { limit, reason } => {
            let (limit, reason) = (*limit, reason.clone());
            return vec![Effect::record(Event::LimitReached { limit, reason })];
        }
        CallOutcome::Unavailable { reason, .. } => {
            return stop(step, known, StepStatus::Failed, Status::Unavailable, reason);
        }
        CallOutcome::Interrupted => {
            let reason = "interrupted";
            return stop(step, known, StepStatus::Interrupted, Status::Interrupted, reason);
        }
    }
    judge(plan, state, (step, known), own, &at)
}

/// The call succeeded; now our own checks and the mid hooks have to be content.
fn judge(
    plan: &Plan,
    state: &State,
    (step, known): (&StepPlan, &StepState),
    own: &[crate::model::check::Check],
    at: &Point,
) -> Vec<Effect> {
    // A schema that refused is sent back before any hook wastes its time on the output.
    let verdict = match checks::verdict(own) {
        Verdict::Content => match checks::hooks(plan, state, Timing::Mid, at) {
            Hooks::Running(effects) => return effects,
            Hooks::Ended(found) => checks::verdict(found),
        },
        otherwise => otherwise,
    };
    match verdict {
        Verdict::Content => vec![step_ended(step, known, StepStatus::Passed, None)],
        Verdict::Unknown(reason) => {
            stop(step, known, StepStatus::Failed, Status::Inconclusive, &reason)
        }
        Verdict::Tampered(reason) => {
            stop(step, known, StepStatus::Rejected, Status::Rejected, &reason)
        }
        Verdict::Refused(reasons) => match repair(plan, (step, known), &reasons) {
            Some(retry) if plan.retry.on.contains(&RetryOn::Rejected) => vec![retry],
            _ => {
                let reason = reasons.join("; ");
                stop(step, known, StepStatus::Rejected, Status::Rejected, &reason)
            }
        },
    }
}

/// Another try, unless there was one too many or the last one was refused for the same reasons.
pub(super) fn repair(
    plan: &Plan,
    (step, known): (&StepPlan, &StepState),
    reasons: &[String],
) -> Option<Effect> {
    let tried = u32::try_from(known.rejections.len()).unwrap_or(u32::MAX);
    let the_same = known.rejections.last().is_some_and(|last| last == reasons);
    if tried >= u32::from(plan.retry.times) || the_same {
        return None;
    }
    // Nothing is built on what a task of a sub-agent gives.
    let one_by_one = plan.steps.iter().filter(|_| plan.tasks.is_none());
    let later = one_by_one.skip_while(|other| other.id != step.id).skip(1);
    Some(Effect::record(Event::Retry {
        step: step.id.clone(),
        reasons: reasons.to_vec(),
        supersedes: later.map(|later| later.id.clone()).collect(),
    }))
}

/// An overload or a broken line passes; a login does not, and a quota only for a run that waits.
pub(super) fn worth_waiting(plan: &Plan, known: &StepState, why: &Unavailability) -> Option<Span> {
    let doubled = || {
        let doubled = plan.retry.backoff.0.checked_mul(1 << known.waits.min(16))?;
        (known.waits < WAITS).then_some(Span(doubled))
    };
    match why {
        Unavailability::Missing | Unavailability::Login => None,
        Unavailability::Quota { .. } => plan.pace.wait.and_then(|_| doubled()),
        Unavailability::Overloaded | Unavailability::Network
            if !plan.retry.on.contains(&RetryOn::Unavailable) =>
        {
            None
        }
        Unavailability::Overloaded | Unavailability::Network => doubled(),
    }
}

fn stop(
    step: &StepPlan,
    known: &StepState,
    status: StepStatus,
    run: Status,
    reason: &str,
) -> Vec<Effect> {
    let reason = reason.to_owned();
    if known.status.is_some() {
        return vec![end::run(run, reason)];
    }
    vec![step_ended(step, known, status, Some(reason))]
}

fn step_ended(
    step: &StepPlan,
    known: &StepState,
    status: StepStatus,
    reason: Option<String>,
) -> Effect {
    Effect::record(Event::StepEnded {
        step: step.id.clone(),
        attempt: known.attempt,
        status,
        reason,
        scratch: None,
    })
}
