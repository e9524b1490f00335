//! What to do next.

use crate::{
    model::{
        Status,
        call::{CallOutcome, LimitKind},
        check::Require,
        result::{RunResult, UnavailableReason, UnavailableReport},
        run::{
            Plan, State,
            state::{Halt, Stage},
        },
        value::Span,
    },
    report::words,
};

/// Hints, most useful first; each one line.
pub(super) fn advice(plan: &Plan, state: &State, result: &RunResult) -> Vec<String> {
    let resume = result.session.as_deref().map(|id| format!("atlas resume {}", words::short(id)));
    match result.status {
        Status::Passed if result.proof.level() == Require::None => unproven(plan),
        Status::Inconclusive if result.proof.level() < plan.require => unproven(plan),
        Status::Limit => limit(plan, state, resume).into_iter().collect(),
        Status::Unavailable => unavailable(result.unavailable.as_ref(), resume),
        Status::Interrupted => {
            resume.map(|resume| format!("go on with `{resume}`")).into_iter().collect()
        }
        Status::Failed if could_end_otherwise(state) => {
            resume.map(|resume| format!("try again with `{resume}`")).into_iter().collect()
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

fn unproven(plan: &Plan) -> Vec<String> {
    let skill = &plan.skill.name;
    vec![
        format!("say what must hold: `atlas new contract --for {skill}`"),
        format!("or let reviewers look: `atlas run {skill} --verify`"),
    ]
}

/// The flag that raises the limit, with twice what there was, and enough for the call that was not
/// made.
fn limit(plan: &Plan, state: &State, resume: Option<String>) -> Option<String> {
    let resume = resume?;
    let kind = match state.halt.as_ref()? {
        Halt::Limit(kind, _) => *kind,
        Halt::Interrupted(_) => return None,
    };
    Some(match raised(plan, state, kind) {
        Some(raised) => format!("go on with `{resume} {raised}`"),
        None => format!("raise `limits.{}`, then go on with `{resume}`", kind.name()),
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

fn unavailable(why: Option<&UnavailableReport>, resume: Option<String>) -> Vec<String> {
    let way_out = match why.map(|why| (why.reason, why.resets_at)) {
        Some((UnavailableReason::Login, _)) => {
            Some("log in with `claude auth login`, or set ANTHROPIC_API_KEY".to_owned())
        }
        Some((UnavailableReason::Missing, _)) => {
            Some("install Claude Code, or name its program by ATLAS_CLAUDE".to_owned())
        }
        Some((UnavailableReason::Quota, Some(resets_at))) => {
            moment(resets_at).map(|at| format!("the quota starts anew at {at}"))
        }
        Some((UnavailableReason::Quota, None)) => {
            Some("wait until the plan's quota starts anew".to_owned())
        }
        Some((UnavailableReason::Overloaded | UnavailableReason::Network, _)) | None => None,
    };
    let first = if way_out.is_some() { "then go on" } else { "go on later" };
    let resume = resume.map(|resume| format!("{first} with `{resume}`"));
    way_out.into_iter().chain(resume).collect()
}

fn moment(seconds: i64) -> Option<String> {
    let at = jiff::Timestamp::from_second(seconds).ok()?;
    Some(at.strftime("%Y-%m-%d %H:%M UTC").to_string())
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
