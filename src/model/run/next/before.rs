//! Before anything is spent: prerequisites, then pre hooks.

use super::{Phase, checks, end};
use crate::model::{
    Status,
    check::{Check, CheckStatus, Timing},
    run::{Effect, Plan, Point, State, state::Stage},
};

/// Prerequisites are looked up before any hook runs, since a hook may need them.
pub(super) fn next(plan: &Plan, state: &State) -> Phase {
    if !plan.requires.is_empty() {
        match state.checks.get(&Point::Pre).unwrap_or(&Stage::Idle) {
            Stage::Idle => return Phase::GoesOn(vec![Effect::Check { at: Point::Pre }]),
            Stage::Running => return Phase::GoesOn(Vec::new()),
            Stage::Ended(found) => {
                if let Some(block) = blocked(found) {
                    return block;
                }
            }
        }
    }
    match checks::hooks(plan, state, Timing::Pre, &Point::Pre) {
        checks::Hooks::Running(effects) => Phase::GoesOn(effects),
        checks::Hooks::Ended(found) => blocked(found).unwrap_or_else(|| freeze(plan, state)),
    }
}

/// What a pre hook made of a judge is nobody's attack: no agent has run yet.
fn freeze(plan: &Plan, state: &State) -> Phase {
    if state.judges.is_due() && !plan.judges.is_empty() {
        return Phase::GoesOn(vec![Effect::Freeze]);
    }
    Phase::Over
}

/// Before the work, a check that could not run blocks like one that said no: nothing is lost yet.
fn blocked<'a>(found: impl IntoIterator<Item = &'a Check>) -> Option<Phase> {
    let reasons: Vec<String> =
        found.into_iter().filter(|check| objects(check)).map(checks::reason).collect();
    (!reasons.is_empty())
        .then(|| Phase::GoesOn(vec![end::run(Status::Blocked, reasons.join("; "))]))
}

fn objects(check: &Check) -> bool {
    check.blocking && check.status != CheckStatus::Passed
}
