//! The end of a skill that a step runs: what its own contract says of what was made.

use super::{
    checks::{self, Hooks, Verdict},
    command,
    repair::{Mending, mend_within},
};
use crate::model::{
    Status,
    check::Timing,
    run::{
        Effect, Event, Plan, Point, State, StepStatus, path,
        state::{NodeState, Stage},
    },
};

/// What came of it.
pub(super) enum Judged {
    /// It goes on: these can be done now; none, while what runs has to end first.
    GoesOn(Vec<Effect>),
    /// Nobody refuses it.
    Content,
    /// It is refused, and goes back to nobody any more.
    Refused(String),
}

/// Looks at what the skill made, as a run of it alone would: its schema, then its post hooks.
pub(super) fn judge(plan: &Plan, state: &State, path: &str) -> Judged {
    let Some(skill) = plan.skill_step(path) else { return Judged::Content };
    let fresh = NodeState::default();
    let known = state.node(path).unwrap_or(&fresh);
    let at = Point::Skill { step: path.to_owned(), attempt: known.round + 1 };
    if let Some(look) = command::unseen(plan, state, state.tree_of(path)) {
        return Judged::GoesOn(look);
    }
    let own = match state.checks.get(&at).unwrap_or(&Stage::Idle) {
        Stage::Idle => return Judged::GoesOn(vec![Effect::Check { at }]),
        Stage::Running => return Judged::GoesOn(Vec::new()),
        Stage::Ended(checks) => checks,
    };
    let verdict = match checks::verdict(own) {
        Verdict::Content => match checks::hooks(plan, state, Timing::Post, &at) {
            Hooks::Running(effects) => return Judged::GoesOn(effects),
            Hooks::Ended(found) => checks::verdict(found),
        },
        otherwise => otherwise,
    };
    let stop = |status, reason: String, ends| {
        Judged::GoesOn(vec![Effect::record(Event::StepEnded {
            step: path.to_owned(),
            attempt: known.again + 1,
            status,
            reason: Some(reason),
            scratch: None,
            ends: Some(ends),
        })])
    };
    match verdict {
        Verdict::Content => Judged::Content,
        Verdict::Unknown(reason) => stop(StepStatus::Failed, reason, Status::Inconclusive),
        Verdict::Tampered(reason) => stop(StepStatus::Rejected, reason, Status::Rejected),
        Verdict::Refused(reasons) => {
            let named = path::meant(&skill.repair, path);
            let mending = Mending { within: path, named: &named, retry: &skill.retry };
            match mend_within(plan, state, &mending, &reasons) {
                Some(again) => Judged::GoesOn(vec![again]),
                None => Judged::Refused(reasons.join("; ")),
            }
        }
    }
}
