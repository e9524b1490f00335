//! After the steps: the run's schema, then the post hooks; a refusal goes back to one step.

use super::{
    Phase,
    checks::{self, Hooks, Verdict},
    end, repair,
};
use crate::model::{
    Status,
    check::Timing,
    run::{Effect, Plan, Point, State, state::Stage},
};

/// Post hooks start only once the output has the right shape: they may rely on it.
pub(super) fn next(plan: &Plan, state: &State) -> Phase {
    let at = Point::Post { round: state.round };
    if plan.output.is_some() || is_guarded(plan) {
        match state.checks.get(&at).unwrap_or(&Stage::Idle) {
            Stage::Idle => return Phase::GoesOn(vec![Effect::Check { at }]),
            Stage::Running => return Phase::GoesOn(Vec::new()),
            Stage::Ended(found) => {
                if let Some(answer) = answer(plan, state, checks::verdict(found)) {
                    return Phase::GoesOn(vec![answer]);
                }
            }
        }
    }
    match checks::hooks(plan, state, Timing::Post, &at) {
        Hooks::Running(effects) => Phase::GoesOn(effects),
        Hooks::Ended(found) => match answer(plan, state, checks::verdict(found)) {
            Some(answer) => Phase::GoesOn(vec![answer]),
            None => Phase::Over,
        },
    }
}

/// Whether something that the work could change is about to judge it.
fn is_guarded(plan: &Plan) -> bool {
    !plan.judges.is_empty()
        && plan.hooks.iter().any(|hook| hook.timing == Timing::Post && hook.within.is_none())
}

/// Sends refused work back to the step that can mend it, or ends the run.
pub(super) fn answer(plan: &Plan, state: &State, verdict: Verdict) -> Option<Effect> {
    match verdict {
        Verdict::Content => None,
        Verdict::Unknown(reason) => Some(end::run(Status::Inconclusive, reason)),
        Verdict::Tampered(reason) => Some(end::run(Status::Rejected, reason)),
        Verdict::Refused(reasons) => {
            let again = repair::mend(plan, state, &reasons);
            Some(again.unwrap_or_else(|| end::run(Status::Rejected, reasons.join("; "))))
        }
    }
}
