//! A step that asks an agent: reserve, call, look, mid hooks; again where that makes sense.

use std::slice;

use super::{
    checks::{self, Hooks, Verdict},
    command, end,
    repair::repair,
    steps::Mode,
};
use crate::model::{
    Status,
    call::{CallOutcome, Unavailability},
    check::{Check, Timing},
    contract::{Conversation, Retry, RetryOn},
    run::{
        Effect, Event, Plan, Point, State, StepStatus,
        plan::{Node, StepPlan},
        state::{Stage, StepState},
    },
    value::Span,
};

/// How many times one attempt waits for an overloaded service before the run gives up.
const WAITS: u32 = 4;

/// One step of this run: what is planned, where it is, and what is known of it.
#[derive(Clone, Copy)]
struct Asked<'a> {
    plan: &'a Plan,
    state: &'a State,
    step: &'a StepPlan,
    path: &'a str,
    retry: &'a Retry,
    known: &'a StepState,
}

/// What can be done for it now.
pub(super) fn next(
    plan: &Plan,
    state: &State,
    (node, path): (&Node, &str),
    mode: Mode,
) -> Vec<Effect> {
    let Some(step) = plan.step(path) else {
        let reason = format!("the plan has no step `{path}`");
        return vec![end::run(Status::Failed, reason)];
    };
    let fresh = StepState::default();
    let known = state.step(path).unwrap_or(&fresh);
    let retry = node.retry.as_ref().unwrap_or(&plan.retry);
    let asked = Asked { plan, state, step, path, retry, known };
    match &known.call {
        Stage::Running => Vec::new(),
        Stage::Idle => match mode {
            Mode::Open => call(asked),
            Mode::Draining => Vec::new(),
        },
        Stage::Ended(outcome) => ended(asked, outcome),
    }
}

/// Where the step ran before, a broken-off call goes on in its conversation, and a refused attempt
/// is told why. An agent works on a tree that somebody has looked at, so that its own changes can be
/// told from those of commands before it.
fn call(asked: Asked<'_>) -> Vec<Effect> {
    let Asked { plan, state, path, known, .. } = asked;
    if plan.work.is_some() {
        return vec![Effect::TakeWork { step: path.to_owned(), attempt: known.next_attempt() }];
    }
    if let Some(look) = command::unseen(plan, state, state.tree_of(path)) {
        return look;
    }
    let refused = known.rejections.last().filter(|_| known.attempt_is_refused());
    vec![Effect::Call {
        step: path.to_owned(),
        attempt: known.next_attempt(),
        // A sub-agent keeps no conversation: after an overload it begins anew.
        resume: match asked.step.sub_agent {
            Some(_) => None,
            None => known.conversation.clone().or_else(|| asked.goes_on_with()),
        },
        reasons: refused.cloned().unwrap_or_default(),
        after: known.backoff.unwrap_or_default(),
        grant: None,
    }]
}

fn ended(asked: Asked<'_>, outcome: &CallOutcome) -> Vec<Effect> {
    let Asked { plan, state, path, retry, known, .. } = asked;
    if let CallOutcome::Unavailable { why, reason } = outcome
        && let Some(after) = worth_waiting((plan, retry), known, why)
    {
        return vec![Effect::record(Event::CallRetrying {
            step: path.to_owned(),
            attempt: known.attempt,
            reason: reason.clone(),
            after,
        })];
    }
    let at = Point::Mid { step: path.to_owned(), attempt: known.attempt };
    let own = match state.checks.get(&at).unwrap_or(&Stage::Idle) {
        Stage::Idle => return vec![Effect::Check { at }],
        Stage::Running => return Vec::new(),
        Stage::Ended(checks) => checks,
    };
    let worked = matches!(outcome, CallOutcome::Succeeded | CallOutcome::Failed { .. });
    if let Some(reason) = checks::tampered(own).filter(|_| worked) {
        return asked.over(StepStatus::Rejected, Status::Rejected, &reason);
    }
    match outcome {
        CallOutcome::Succeeded => judge(plan, asked, own, &at),
        CallOutcome::Failed { failure, reason } => {
            let again = failure.worth_another_try() && retry.on.contains(&RetryOn::Failed);
            match again.then(|| repair(retry, (path, known), slice::from_ref(reason))).flatten() {
                Some(retry) => vec![retry],
                None if failure.status() == Status::Failed => {
                    asked.stop(StepStatus::Failed, reason)
                }
                None => asked.over(StepStatus::Failed, failure.status(), reason),
            }
        }
        // Its own limit stops the step; one of the run stops everything.
        CallOutcome::Limit { limit, reason } if asked.step.limits.has(*limit) => {
            asked.stop(StepStatus::Limit, &format!("{}: {reason}", limit.name()))
        }
        CallOutcome::Limit { limit, reason } => {
            let (limit, reason) = (*limit, reason.clone());
            vec![Effect::record(Event::LimitReached { limit, reason })]
        }
        CallOutcome::Unavailable { reason, .. } => {
            asked.over(StepStatus::Failed, Status::Unavailable, reason)
        }
        CallOutcome::Interrupted => {
            asked.over(StepStatus::Interrupted, Status::Interrupted, "interrupted")
        }
    }
}

/// The call succeeded; now our own checks and the mid hooks have to be content.
fn judge(plan: &Plan, asked: Asked<'_>, own: &[Check], at: &Point) -> Vec<Effect> {
    // A schema that refused is sent back before any hook wastes its time on the output.
    let verdict = match checks::verdict(own) {
        Verdict::Content => match checks::hooks(plan, asked.state, Timing::Mid, at) {
            Hooks::Running(effects) => return effects,
            Hooks::Ended(found) => checks::verdict(found),
        },
        otherwise => otherwise,
    };
    match verdict {
        Verdict::Content => vec![asked.ended(asked.known.passed(), None, None)],
        Verdict::Unknown(reason) => asked.over(StepStatus::Failed, Status::Inconclusive, &reason),
        Verdict::Tampered(reason) => asked.over(StepStatus::Rejected, Status::Rejected, &reason),
        Verdict::Refused(reasons) => {
            let again = asked.retry.on.contains(&RetryOn::Rejected);
            let again = again.then(|| repair(asked.retry, (asked.path, asked.known), &reasons));
            match again.flatten() {
                Some(retry) => vec![retry],
                None => asked.stop(StepStatus::Rejected, &reasons.join("; ")),
            }
        }
    }
}

/// An overload or a broken line passes; a login does not, and a quota only for a run that waits.
pub(super) fn worth_waiting(
    (plan, retry): (&Plan, &Retry),
    known: &StepState,
    why: &Unavailability,
) -> Option<Span> {
    let doubled = || {
        let doubled = retry.backoff.0.checked_mul(1 << known.waits.min(16))?;
        (known.waits < WAITS).then_some(Span(doubled))
    };
    match why {
        Unavailability::Missing | Unavailability::Login => None,
        Unavailability::Quota { .. } => plan.pace.wait.and_then(|_| doubled()),
        Unavailability::Overloaded | Unavailability::Network
            if !retry.on.contains(&RetryOn::Unavailable) =>
        {
            None
        }
        Unavailability::Overloaded | Unavailability::Network => doubled(),
    }
}

impl Asked<'_> {
    /// The conversation of the agent step before it, where it is the first to go on with that one.
    fn goes_on_with(self) -> Option<String> {
        if self.step.conversation == Conversation::Fresh || self.known.attempt > 0 {
            return None;
        }
        // claude keeps conversations by the folder that they were had in.
        let tree = self.state.tree_of(self.path);
        let before = self.plan.before(self.path);
        let mut here = before.iter().rev().filter(|path| self.state.tree_of(path) == tree);
        here.find_map(|path| self.state.step(path)?.conversation.clone())
    }

    /// The step ends like this, and another one may make up for it.
    fn stop(self, status: StepStatus, reason: &str) -> Vec<Effect> {
        vec![self.ended(status, Some(reason.to_owned()), None)]
    }

    /// The step ends like this, and the run with it.
    fn over(self, status: StepStatus, run: Status, reason: &str) -> Vec<Effect> {
        vec![self.ended(status, Some(reason.to_owned()), Some(run))]
    }

    fn ended(self, status: StepStatus, reason: Option<String>, ends: Option<Status>) -> Effect {
        Effect::record(Event::StepEnded {
            step: self.path.to_owned(),
            attempt: self.known.attempt,
            status,
            reason,
            scratch: None,
            ends,
        })
    }
}
