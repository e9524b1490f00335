//! Hooks of one point, and what a set of checks amounts to.

use crate::model::{
    check::{Check, CheckKind, CheckStatus, Timing},
    contract::On,
    run::{Effect, Event, Plan, Point, State, path, plan::HookPlan, state::Stage},
};

/// How far the hooks of one point have come.
pub(super) enum Hooks<'a> {
    /// Some have not ended; these can start now.
    Running(Vec<Effect>),
    /// All have ended, in the file's order.
    Ended(Vec<&'a Check>),
}

/// All hooks of one timing at one point. They run side by side, except where one needs another.
pub(super) fn hooks<'a>(plan: &Plan, state: &'a State, timing: Timing, at: &Point) -> Hooks<'a> {
    let mut effects = Vec::new();
    let mut ended = Vec::new();
    let mut pending = false;
    for hook in plan.hooks.iter().filter(|hook| hook.timing == timing && looks_at(hook, at)) {
        match stage(state, at, &hook.name) {
            Stage::Ended(check) => ended.push(check),
            Stage::Running => pending = true,
            Stage::Idle => {
                pending = true;
                effects.extend(start(plan, hook, state, at));
            }
        }
    }
    if pending { Hooks::Running(effects) } else { Hooks::Ended(ended) }
}

fn looks_at(hook: &HookPlan, at: &Point) -> bool {
    // claude asks it, inside the call; what it says decides nothing.
    if hook.on == On::Edit {
        return false;
    }
    match at {
        Point::Mid { step, .. } => hook.looks_at(step),
        Point::Skill { step, .. } => hook.within.as_deref() == Some(&path::of_contract(step)),
        // What a skill that a step runs has before it starts is there before the run does.
        Point::Pre => true,
        Point::Settled { .. }
        | Point::Post { .. }
        | Point::Panel { .. }
        | Point::Canary { .. }
        | Point::HandOver => hook.within.is_none(),
    }
}

fn stage<'a>(state: &'a State, at: &Point, hook: &str) -> &'a Stage<Check> {
    state.hooks.get(&(at.clone(), hook.to_owned())).unwrap_or(&Stage::Idle)
}

/// A hook whose need did not pass has nothing to stand on, and is skipped with that reason. One
/// that does not look here at all holds nobody up.
fn start(plan: &Plan, hook: &HookPlan, state: &State, at: &Point) -> Option<Effect> {
    let looks = |need: &&String| plan.hook(need).is_some_and(|need| looks_at(need, at));
    for need in hook.needs.iter().filter(looks) {
        match stage(state, at, need) {
            Stage::Idle | Stage::Running => return None,
            Stage::Ended(check) if check.status == CheckStatus::Passed => {}
            Stage::Ended(check) => {
                let skipped = skipped(hook, format!("it needs `{need}`, which {}", said(check)));
                let event =
                    Event::HookEnded { hook: hook.name.clone(), at: at.clone(), check: skipped };
                return Some(Effect::record(event));
            }
        }
    }
    Some(Effect::RunHook { hook: hook.name.clone(), at: at.clone() })
}

fn skipped(hook: &HookPlan, reason: String) -> Check {
    Check {
        name: hook.name.clone(),
        kind: CheckKind::Hook,
        timing: Some(hook.timing),
        blocking: hook.blocking,
        status: CheckStatus::Skipped,
        reason: Some(reason),
        ms: 0,
    }
}

fn said(check: &Check) -> &'static str {
    match check.status {
        CheckStatus::Passed => "passed",
        CheckStatus::Failed => "failed",
        CheckStatus::Error => "could not run",
        CheckStatus::Skipped => "was skipped",
    }
}

/// What a set of checks amounts to.
pub(super) enum Verdict {
    /// No blocking check objects.
    Content,
    /// At least one looked and refused; its reasons go to the agent.
    Refused(Vec<String>),
    /// Nobody refused, but at least one could not look.
    Unknown(String),
    /// The work changed what judges it, for these reasons. Nobody else's word counts then.
    Tampered(String),
}

/// How the work changed what judges it, if it did.
pub(super) fn tampered<'a>(checks: impl IntoIterator<Item = &'a Check>) -> Option<String> {
    let found = checks
        .into_iter()
        .filter(|check| check.kind == CheckKind::Protection && check.status == CheckStatus::Failed);
    let mut reasons: Vec<String> = found.filter_map(|check| check.reason.clone()).collect();
    reasons.dedup();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

/// Advisory checks decide nothing. A refusal weighs more than an error, because it is certain. A
/// check that was skipped for want of another one has not looked either.
pub(super) fn verdict<'a>(checks: impl IntoIterator<Item = &'a Check> + Clone) -> Verdict {
    if let Some(reason) = tampered(checks.clone()) {
        return Verdict::Tampered(reason);
    }
    let mut refusals = Vec::new();
    let mut errors = Vec::new();
    for check in checks.into_iter().filter(|check| check.blocking) {
        match check.status {
            CheckStatus::Failed => refusals.push(reason(check)),
            CheckStatus::Error | CheckStatus::Skipped => errors.push(reason(check)),
            CheckStatus::Passed => {}
        }
    }
    match (refusals.is_empty(), errors.is_empty()) {
        (false, _) => Verdict::Refused(refusals),
        (true, false) => Verdict::Unknown(errors.join("; ")),
        (true, true) => Verdict::Content,
    }
}

/// One line that says which check said what.
pub(super) fn reason(check: &Check) -> String {
    let name = &check.name;
    match (&check.reason, check.status) {
        (Some(reason), CheckStatus::Error) if check.kind == CheckKind::Panel => {
            format!("{name} inconclusive: {reason}")
        }
        (Some(reason), CheckStatus::Error) => format!("{name} could not run: {reason}"),
        (Some(reason), CheckStatus::Skipped) => format!("{name} was skipped: {reason}"),
        (Some(reason), _) => format!("{name}: {reason}"),
        (None, _) => format!("{name} {}", said(check)),
    }
}
