//! A plan whose work was done elsewhere: the same run, with nobody in the place of the agent.

use crate::model::{
    GivenWork,
    check::{Check, CheckKind, CheckStatus, Timing},
    contract::Isolation,
    run::Plan,
};

/// The id of the one step, which takes the work in.
pub(super) const STEP: &str = "work";

/// The plan with the work in it. What a contract wants looked at before the work or while it is
/// done is shown as skipped, and refused work goes back to nobody.
pub(super) fn given(mut plan: Plan, work: &GivenWork) -> Plan {
    let (after, other) = plan.hooks.into_iter().partition(|hook| hook.timing == Timing::Post);
    plan.hooks = after;
    plan.skipped.extend(other.into_iter().map(|hook| {
        let why = match hook.timing {
            Timing::Pre => "it looks before the work, which was done elsewhere",
            Timing::Mid | Timing::Post => "it looks at an agent, and none was asked",
        };
        let skipped = Check::blocking(hook.name, CheckKind::Hook, CheckStatus::Skipped);
        Check { timing: Some(hook.timing), blocking: hook.blocking, ..skipped.because(why) }
    }));
    plan.requires.given.clear();
    plan.isolation = Isolation::None;
    plan.retry.times = 0;
    plan.work = Some(work.clone());
    plan
}
