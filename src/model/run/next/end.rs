//! The end of a run, reached or forced.

use super::command;
use crate::model::{
    Delivery, Status,
    call::CallOutcome,
    check::{Check, Proof, Require},
    result::{RunResult, VerdictStatus},
    run::{
        Effect, Event, Plan, Point, State, StepStatus,
        state::{Halt, Stage, StepState},
    },
};

/// The run ends like this.
pub(super) fn run(status: Status, reason: impl Into<String>) -> Effect {
    Effect::record(Event::RunEnded { status, exit_code: status.code(), reason: reason.into() })
}

/// How a run ends whose last word is how this step ended.
pub(super) fn status_of(status: StepStatus) -> Status {
    match status {
        StepStatus::Rejected => Status::Rejected,
        StepStatus::Limit => Status::Limit,
        StepStatus::Interrupted => Status::Interrupted,
        StepStatus::Failed
        | StepStatus::Cancelled
        | StepStatus::Passed
        | StepStatus::Skipped
        | StepStatus::Reused
        | StepStatus::Cached => Status::Failed,
    }
}

/// An earlier run stands for this one, and ended like that.
pub(super) fn as_before(result: &RunResult) -> Effect {
    run(result.status, result.reason.clone().unwrap_or_default())
}

/// Nothing refused. That is a pass only with as much proof as was asked for, and, where the work
/// was done on a copy that shall be handed over, only once the user has it.
pub(super) fn passed(plan: &Plan, state: &State) -> Vec<Effect> {
    let proof = proof(state);
    if proof.level() < plan.require {
        let missing = match plan.require {
            Require::None => "nothing",
            Require::Checks => "no blocking check looked at the work",
            Require::Panel => "no panel confirmed the work",
        };
        return vec![run(Status::Inconclusive, missing)];
    }
    if plan.delivery != Delivery::Patch {
        let at = Point::HandOver;
        match state.checks.get(&at).unwrap_or(&Stage::Idle) {
            Stage::Idle => return vec![Effect::Check { at }],
            Stage::Running => return Vec::new(),
            Stage::Ended(checks) => {
                if let Some(check) = checks.iter().find(|check| check.refuses()) {
                    return vec![run(Status::Failed, super::checks::reason(check))];
                }
            }
        }
    }
    let reason = if proof.level() == Require::None { "checked by nobody" } else { "" };
    vec![run(Status::Passed, reason)]
}

/// By whom the work is vouched for: only checks of the attempts and the round that count.
pub fn proof(state: &State) -> Proof {
    let confirmed = state.verdict().filter(|verdict| verdict.status == VerdictStatus::Passed);
    let votes = confirmed.map_or(0, |verdict| verdict.votes.confirmed);
    let caught = state.canary().and_then(|canary| canary.caught);
    let canary = u32::from(caught.unwrap_or(false));
    Proof { votes, canary, ..Proof::of(standing_checks(state)) }
}

/// The checks that still speak of the work as it is: those of superseded attempts do not.
pub fn standing_checks(state: &State) -> impl Iterator<Item = &Check> {
    let own =
        state.checks.iter().filter(|(at, _)| stands(state, at)).flat_map(
            |(_, stage)| match stage {
                Stage::Ended(checks) => checks.as_slice(),
                Stage::Idle | Stage::Running => &[],
            },
        );
    let hooks =
        state.hooks.iter().filter(|((at, _), _)| stands(state, at)).filter_map(|(_, stage)| {
            match stage {
                Stage::Ended(check) => Some(check),
                Stage::Idle | Stage::Running => None,
            }
        });
    own.chain(hooks)
}

/// Whether what was seen there still speaks of the work as it is.
pub fn stands(state: &State, at: &Point) -> bool {
    match at {
        Point::Pre | Point::HandOver => true,
        Point::Mid { step, attempt } | Point::Settled { step, attempt } => {
            state.step(step).is_some_and(|known| known.attempt == *attempt)
        }
        Point::Skill { step, attempt } => {
            state.node(step).is_some_and(|known| known.round + 1 == *attempt)
        }
        Point::Post { round } | Point::Panel { round, .. } | Point::Canary { round, .. } => {
            *round == state.round
        }
    }
}

/// Something ends the run early. What runs is ending already; then every step that had begun gets
/// its ending, and the run its own.
pub(super) fn wind_down(plan: &Plan, state: &State, halt: &Halt) -> Vec<Effect> {
    if state.anything_running() {
        return Vec::new();
    }
    let open = state.open_leaves();
    if let Some(at) = unseen(plan, state, &open) {
        return vec![Effect::Check { at }];
    }
    if let Some(look) = command::unseen(plan, state, None) {
        return look;
    }
    let (step_status, ends, end) = match halt {
        Halt::Interrupted(signal) => {
            (StepStatus::Interrupted, Status::Interrupted, interrupted(*signal))
        }
        Halt::Limit(limit, reason) => {
            let hint = limit.flag().map(|flag| format!("; raise it with `{flag}`"));
            let reason = format!("{}: {reason}{}", limit.name(), hint.unwrap_or_default());
            (StepStatus::Limit, Status::Limit, run(Status::Limit, reason))
        }
        Halt::Over(status, reason) => {
            (StepStatus::Cancelled, *status, run(*status, reason.clone()))
        }
        Halt::Unavailable(_, reason) => {
            let end = run(Status::Unavailable, reason.clone());
            (StepStatus::Cancelled, Status::Unavailable, end)
        }
    };
    let unfinished = open.iter().find_map(|path| {
        let known = state.step(path)?;
        (known.status.is_none() && known.attempt > 0).then(|| {
            Effect::record(Event::StepEnded {
                step: (*path).to_owned(),
                attempt: known.attempt,
                status: if found_nobody(known) { StepStatus::Failed } else { step_status },
                reason: None,
                scratch: None,
                ends: Some(ends),
            })
        })
    });
    vec![unfinished.unwrap_or(end)]
}

fn found_nobody(known: &StepState) -> bool {
    matches!(known.call, Stage::Ended(CallOutcome::Unavailable { .. }))
}

/// A call that was ended may have changed the tree. It is looked at, so that a resume can tell the
/// call's own work from what others do until then.
fn unseen(plan: &Plan, state: &State, open: &[&str]) -> Option<Point> {
    open.iter().find_map(|path| {
        plan.step(path)?;
        let known = state.step(path)?;
        let ended = matches!(known.call, Stage::Ended(_)) && known.status.is_none();
        let at = Point::Mid { step: (*path).to_owned(), attempt: known.attempt };
        (ended && !state.checks.contains_key(&at)).then_some(at)
    })
}

/// The exit code that a shell gives a process which that signal ended.
fn interrupted(signal: i32) -> Effect {
    let name = match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        15 => "SIGTERM",
        _ => "a signal",
    };
    let exit_code = u8::try_from(signal).map_or(Status::Interrupted.code(), |n| n | 0x80);
    Effect::record(Event::RunEnded {
        status: Status::Interrupted,
        exit_code,
        reason: format!("interrupted by {name}"),
    })
}
