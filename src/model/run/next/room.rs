//! Room for what could start: of all that the phases propose, what limits and jobs allow now.

use crate::model::{
    call::{LimitKind, QuotaUse},
    run::{Effect, Event, Plan, State, plan::StepPlan},
    value::Usd,
};

/// What may start now. Where there is no room for one call more beside those under way, it waits
/// for what they leave, since calls cost less than they reserve; where nothing is under way, the
/// limit has ended the run.
pub(super) fn admitted(plan: &Plan, state: &State, proposed: Vec<Effect>) -> Vec<Effect> {
    let jobs = plan.jobs.max(1) as usize;
    let mut running = state.running_steps();
    let mut promised = state.promised(plan);
    let mut admitted = Vec::new();
    let mut exhausted_by = None;
    for effect in proposed {
        match &effect {
            Effect::Call { step, .. } => {
                let Some(step) = plan.call(step) else { continue };
                if running >= jobs {
                    continue;
                }
                if let Some(limit) = exhausted(plan, state, step, promised) {
                    exhausted_by.get_or_insert(limit);
                    continue;
                }
                promised += step.reserve;
                running += 1;
            }
            // Branches that begin together want the same look at the tree.
            Effect::Check { .. } if admitted.contains(&effect) => continue,
            Effect::Run { .. } if running >= jobs => continue,
            Effect::Run { .. } => running += 1,
            Effect::Record(_)
            | Effect::Check { .. }
            | Effect::Freeze
            | Effect::RunHook { .. }
            | Effect::Cancel { .. }
            | Effect::TakeWork { .. }
            | Effect::Plant { .. }
            | Effect::Decide { .. } => {}
        }
        admitted.push(effect);
    }
    match exhausted_by {
        Some((limit, reason)) if admitted.is_empty() && !state.anything_running() => {
            vec![Effect::record(Event::LimitReached { limit, reason })]
        }
        Some(_) | None => admitted,
    }
}

/// Whether a limit leaves no room for a call. `promised` is what was ordered beside it.
pub(super) fn exhausted(
    plan: &Plan,
    state: &State,
    step: &StepPlan,
    promised: Usd,
) -> Option<(LimitKind, String)> {
    let ledger = &state.ledger;
    if let Some(limit) = plan.limits.usd {
        let charged = ledger.charged() + promised;
        if charged + step.reserve > limit {
            let (id, reserve) = (&step.id, step.reserve);
            let reason = format!("{charged} of {limit} is spent, and `{id}` reserves {reserve}");
            return Some((LimitKind::Usd, reason));
        }
    }
    if let Some(limit) = plan.limits.tokens.filter(|limit| ledger.tokens.counted() >= limit.0) {
        return Some((LimitKind::Tokens, format!("{limit} tokens are used up")));
    }
    if let Some(reason) = ledger.quota.as_ref().and_then(|quota| over_quota(plan, quota)) {
        return Some((LimitKind::Quota, reason));
    }
    let turns = plan.limits.turns;
    (ledger.turns >= turns).then(|| (LimitKind::Turns, format!("{turns} turns are used up")))
}

/// What is left of a plan's quota is the user's own to spend.
fn over_quota(plan: &Plan, quota: &QuotaUse) -> Option<String> {
    let limit = plan.limits.quota;
    let window = quota.window.as_deref().unwrap_or("current");
    (quota.used > limit.fraction()).then(|| {
        format!("{:.0}% of the {window} quota is used, {limit} is allowed", quota.used * 100.0)
    })
}
