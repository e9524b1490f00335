//! What to do next.

use crate::model::{
    Status,
    call::{CallOutcome, LimitKind},
    check::Require,
    result::{RunResult, UnavailableReason, UnavailableReport},
    run::{
        Plan, State,
        state::{Halt, Stage},
    },
    value::Span,
};
use crate::report::words;

/// Hints, most useful first; each one line.
pub(super) fn advice(plan: &Plan, state: &State, result: &RunResult) -> Vec<String> {
    match result.status {
        // Tasks of sub-agents have nothing that could say it.
        Status::Passed if plan.tasks.is_some() => Vec::new(),
        Status::Passed if result.proof.level() == Require::None => unproven(plan),
        Status::Inconclusive if result.proof.level() < plan.require => unproven(plan),
        Status::Limit => limit(plan, state, result).into_iter().collect(),
        Status::Unavailable => unavailable(result),
        Status::Interrupted => vec![format!("go on with {}", again(result, ""))],
        Status::Failed if could_end_otherwise(state) => {
            vec![format!("the same call could end otherwise: go on with {}", again(result, ""))]
        }
        Status::Passed
        | Status::Failed
        | Status::Usage
        | Status::Blocked
        | Status::Rejected
        | Status::Inconclusive
        | Status::Invalid
        | Status::Waiting
        | Status::Busy => Vec::new(),
    }
}

/// The command by which the run goes on. Where nobody knows the session, nothing was done either.
fn again(result: &RunResult, flags: &str) -> String {
    match &result.session {
        Some(session) => {
            let command = format!("atlas resume {} {flags}", words::short(session));
            format!("`{}`", command.trim_end())
        }
        None if flags.is_empty() => "another `atlas run`".to_owned(),
        None => format!("`atlas run` and `{flags}`"),
    }
}

fn unproven(plan: &Plan) -> Vec<String> {
    let contract = plan.skill.dir.join("contract.yaml");
    vec![format!("say what must hold: a post hook or a schema in {}", contract.display())]
}

/// The flag that raises the limit, with twice what there was, and enough for the call that was not
/// made.
fn limit(plan: &Plan, state: &State, result: &RunResult) -> Option<String> {
    let kind = match state.halt.as_ref()? {
        Halt::Limit(kind, _) => *kind,
        Halt::Interrupted(_) | Halt::Over(..) | Halt::Unavailable(..) => return None,
    };
    if let Some(raised) = raised(plan, state, kind) {
        return Some(format!("go on with {}", again(result, &raised)));
    }
    let go_on = again(result, "--accept-changes");
    Some(match kind {
        LimitKind::UsdPerDay => format!(
            "wait until the next day begins by UTC, or raise `usd-per-day` in your own configuration; \
             then go on with {go_on}"
        ),
        _ => format!("raise `limits.{}`, then go on with {go_on}", kind.name()),
    })
}

fn raised(plan: &Plan, state: &State, kind: LimitKind) -> Option<String> {
    let limits = &plan.limits;
    let flag = kind.flag()?;
    let twice = match kind {
        LimitKind::Usd => {
            let dearest = plan.steps.iter().map(|step| step.reserve).max().unwrap_or_default();
            let needed = state.ledger.charged() + dearest;
            let limit = limits.usd?;
            format!("{:.2}", needed.max(limit + limit).dollars())
        }
        LimitKind::Turns => limits.turns.saturating_mul(2).to_string(),
        LimitKind::Time => Span(limits.time.0.saturating_mul(2)).to_string().replace(' ', ""),
        LimitKind::UsdPerDay
        | LimitKind::Tokens
        | LimitKind::Idle
        | LimitKind::Context
        | LimitKind::Quota => return None,
    };
    Some(format!("{flag} {twice}"))
}

fn unavailable(result: &RunResult) -> Vec<String> {
    let go_on = again(result, "");
    let why: Option<&UnavailableReport> = result.unavailable.as_ref();
    let way_out = match why.map(|why| (why.reason, why.resets_at)) {
        Some((UnavailableReason::Login, _)) => Some(format!(
            "log in with `claude auth login`, or set ANTHROPIC_API_KEY; then go on with {go_on}"
        )),
        Some((UnavailableReason::Missing, _)) => {
            Some("install Claude Code, or name its program by ATLAS_CLAUDE".to_owned())
        }
        Some((UnavailableReason::Quota, Some(resets_at))) => words::moment(resets_at)
            .map(|at| format!("the quota starts anew at {at}; then go on with {go_on}")),
        Some((UnavailableReason::Quota, None)) => {
            Some(format!("wait until the plan's quota starts anew, then go on with {go_on}"))
        }
        Some((UnavailableReason::Overloaded | UnavailableReason::Network, _)) | None => {
            Some(format!("go on later with {go_on}"))
        }
    };
    way_out.into_iter().collect()
}

/// Where the same call would only fail again, its reason names the way out.
fn could_end_otherwise(state: &State) -> bool {
    state.steps.values().any(|step| match &step.call {
        Stage::Ended(CallOutcome::Failed { failure, .. }) => failure.worth_another_try(),
        Stage::Ended(
            CallOutcome::Succeeded
            | CallOutcome::Limit { .. }
            | CallOutcome::Unavailable { .. }
            | CallOutcome::Interrupted,
        )
        | Stage::Idle
        | Stage::Running => false,
    })
}
