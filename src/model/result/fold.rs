//! From a plan and a state to a result.

use super::{
    CanaryReport, ContextReport, OwnFinding, ReusedReport, RunResult, SCHEMA_VERSION, SpendReport,
    StepReport, StepSpend, UnavailableReason, UnavailableReport,
};
use crate::model::{
    Fault, Status,
    call::{CallOutcome, TokenCount},
    check::{Check, Proof, Timing},
    reuse::Reused,
    run::{
        Ledger, Plan, Point, State, StepStatus,
        event::Output,
        leaves::Leaf,
        made::Made,
        next,
        state::{Halt, RunEnd, Stage, StepState},
    },
    value::Usd,
};

/// What a result needs that no event holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outside<'a> {
    /// The session's id.
    pub session: Option<&'a str>,
    /// The content of the last step's output, where the journal only names its file; of tasks, all
    /// their results.
    pub output: Option<serde_json::Value>,
    /// How long the run took, in milliseconds.
    pub duration_ms: Option<u64>,
    /// The version of claude, where it became known after the run had started.
    pub claude_version: Option<&'a str>,
}

pub(super) fn run(plan: &Plan, state: &State, outside: &Outside<'_>) -> RunResult {
    let own = own_run(plan, state, outside);
    match &state.reused {
        Some(earlier) => reused(earlier, own),
        None => own,
    }
}

/// What an earlier run found out, under the name of this one, which cost nothing.
fn reused(earlier: &Reused, own: RunResult) -> RunResult {
    let found = earlier.result.clone();
    let steps = found.steps.into_iter().map(|step| StepReport {
        status: StepStatus::Reused,
        spend: StepSpend::NONE,
        ..step
    });
    let session = found.session.unwrap_or_default();
    RunResult {
        reused: Some(ReusedReport { session, run: found.run, at: earlier.ended.clone() }),
        output: found.output,
        checks: found.checks,
        proof: found.proof,
        verdict: found.verdict,
        steps: steps.collect(),
        changes: found.changes,
        context: found.context,
        ..own
    }
}

fn own_run(plan: &Plan, state: &State, outside: &Outside<'_>) -> RunResult {
    let end = state.end.clone().unwrap_or_else(|| RunEnd {
        status: Status::Interrupted,
        exit_code: Status::Interrupted.code(),
        reason: "the run was broken off before it ended".to_owned(),
    });
    let waived = end.status != Status::Passed && state.ok_on.contains(&end.status);
    RunResult {
        schema_version: SCHEMA_VERSION,
        repository: None,
        session: outside.session.map(str::to_owned),
        run: (state.run > 0).then_some(state.run),
        skill: Some(plan.skill.name.clone()),
        status: end.status,
        exit_code: if waived { Status::Passed.code() } else { end.exit_code },
        waived,
        reused: None,
        reason: Some(end.reason).filter(|reason| !reason.is_empty()),
        output: output(plan, state, outside),
        checks: checks(plan, state),
        proof: next::proof(state),
        verdict: state.verdict(),
        canary: canary(state),
        findings: findings(plan, state),
        steps: plan.leaves(state).iter().map(|leaf| step(leaf, state)).collect(),
        changes: state.changes.clone(),
        unavailable: unavailable(plan, state, end.status),
        spend: spend(&state.ledger),
        context: context(&state.ledger),
        duration_ms: outside.duration_ms,
        claude_version: state.claude.clone().or_else(|| outside.claude_version.map(str::to_owned)),
    }
}

/// Nothing ran, so nothing was spent: that much is known.
pub(super) fn fault(fault: &Fault) -> RunResult {
    let unavailable = (fault.status == Status::Unavailable).then_some(UnavailableReport {
        reason: UnavailableReason::Missing,
        window: None,
        resets_at: None,
    });
    RunResult {
        schema_version: SCHEMA_VERSION,
        repository: None,
        session: None,
        run: None,
        skill: None,
        status: fault.status,
        exit_code: fault.exit_code,
        waived: false,
        reused: None,
        reason: Some(with_places(fault)),
        output: None,
        checks: Vec::new(),
        proof: Proof::default(),
        verdict: None,
        canary: None,
        findings: Vec::new(),
        steps: Vec::new(),
        changes: None,
        unavailable,
        spend: spend(&Ledger::default()),
        context: None,
        duration_ms: None,
        claude_version: None,
    }
}

/// What the reports of steps say, in the attempts that count.
fn findings(plan: &Plan, state: &State) -> Vec<OwnFinding> {
    let leaves = plan.leaves(state);
    let known = leaves.iter().filter_map(|leaf| state.step(&leaf.path));
    known.flat_map(|known| known.findings.iter().cloned()).collect()
}

/// The fault that tested the panel, once it is known what became of it.
fn canary(state: &State) -> Option<CanaryReport> {
    let known = state.canary()?;
    let fault = known.fault.as_ref()?;
    Some(CanaryReport {
        kind: fault.kind,
        file: fault.file.clone(),
        line: fault.line,
        caught: known.caught?,
        by: known.by.clone(),
    })
}

/// A fault in a file is of no use to a reader of JSON without the place.
fn with_places(fault: &Fault) -> String {
    let mut reason = fault.to_string();
    for spot in &fault.spots {
        let start = (0..=spot.span.start.min(spot.source.len()))
            .rev()
            .find(|at| spot.source.is_char_boundary(*at))
            .unwrap_or(0);
        let before = &spot.source[..start];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        reason = format!("{reason}; {}:{line}:{column}: {}", spot.path.display(), spot.message);
    }
    reason
}

/// What the last step said in the attempt that counts.
fn output(plan: &Plan, state: &State, outside: &Outside<'_>) -> Option<serde_json::Value> {
    // Of tasks each has one, and some may lie in files.
    if plan.tasks.is_some() {
        return outside.output.clone();
    }
    match plan.made(state) {
        Made::Nothing => None,
        Made::Leaf(_, Output::Text { text }) => Some(text.clone().into()),
        Made::Leaf(_, Output::Json { json }) => Some(json.clone()),
        Made::Leaf(_, Output::File { .. }) | Made::List(_) | Made::Fields(_) => {
            outside.output.clone()
        }
    }
}

/// Everything that looked, in the plan's order, and what was not asked to.
fn checks(plan: &Plan, state: &State) -> Vec<Check> {
    let mut checks = at(plan, state, Timing::Pre, &Point::Pre);
    checks.extend(skipped(plan, |timing| timing == Some(Timing::Pre)));
    for leaf in plan.leaves(state) {
        if let Some(known) = state.step(&leaf.path) {
            let (step, attempt) = (leaf.path, known.attempt);
            let settled = Point::Settled { step: step.clone(), attempt };
            checks.extend(at(plan, state, Timing::Mid, &Point::Mid { step, attempt }));
            checks.extend(own(state, &settled));
        }
    }
    checks.extend(of_skills(plan, state));
    checks.extend(skipped(plan, |timing| timing == Some(Timing::Mid)));
    checks.extend(at(plan, state, Timing::Post, &Point::Post { round: state.round }));
    let panel = state.checks.keys().filter(|at| match at {
        Point::Panel { round, .. } | Point::Canary { round, .. } => *round == state.round,
        Point::Pre
        | Point::Mid { .. }
        | Point::Settled { .. }
        | Point::Skill { .. }
        | Point::Post { .. }
        | Point::HandOver => false,
    });
    checks.extend(panel.flat_map(|at| own(state, at)));
    checks.extend(at(plan, state, Timing::Post, &Point::HandOver));
    checks.extend(skipped(plan, |timing| matches!(timing, Some(Timing::Post) | None)));
    checks
}

/// What the contracts of skills that steps run say of what these made.
fn of_skills(plan: &Plan, state: &State) -> Vec<Check> {
    let is_end = |at: &&Point| matches!(at, Point::Skill { .. }) && next::stands(state, at);
    let ends = state.checks.keys().filter(is_end);
    ends.flat_map(|end| at(plan, state, Timing::Post, end)).collect()
}

/// What looked at one point: first we ourselves, then the hooks.
fn at(plan: &Plan, state: &State, timing: Timing, at: &Point) -> Vec<Check> {
    let mut found = own(state, at);
    for hook in plan.hooks.iter().filter(|hook| hook.timing == timing) {
        if let Some(Stage::Ended(check)) = state.hooks.get(&(at.clone(), hook.name.clone())) {
            found.push(check.clone());
        }
    }
    found
}

/// What we ourselves looked at.
fn own(state: &State, at: &Point) -> Vec<Check> {
    match state.checks.get(at) {
        Some(Stage::Ended(checks)) => checks.clone(),
        Some(Stage::Idle | Stage::Running) | None => Vec::new(),
    }
}

fn skipped(plan: &Plan, when: impl Fn(Option<Timing>) -> bool) -> impl Iterator<Item = Check> {
    plan.skipped.iter().filter(move |check| when(check.timing)).cloned()
}

fn step(leaf: &Leaf<'_>, state: &State) -> StepReport {
    let id = &leaf.path;
    let fresh = StepState::default();
    let known = state.step(id).unwrap_or(&fresh);
    let status = match state.status(id) {
        Some((status, _)) => *status,
        None if state.end.is_none() && known.attempt > 0 => StepStatus::Interrupted,
        None => StepStatus::Cancelled,
    };
    // A command costs nothing, however often it ran.
    let fresh = StepState::default();
    let paid = if leaf.is_call() { known } else { &fresh };
    StepReport {
        id: id.clone(),
        status,
        attempts: known.attempt,
        claude_session: known.conversation.clone(),
        spend: StepSpend::of(paid),
    }
}

impl StepSpend {
    /// What the calls of a step cost, as far as it has come.
    pub fn of(known: &StepState) -> Self {
        let tokens = Told::of(known.attempt > 0, known.spend.tokens, known.spend.usd);
        Self {
            usd_known: known.spend.usd.or((known.attempt == 0).then_some(Usd::ZERO)),
            input_tokens: tokens.of_kind(|count| count.input),
            output_tokens: tokens.of_kind(|count| count.output),
            cache_read_tokens: tokens.of_kind(|count| count.cache_read),
            cache_write_tokens: tokens.of_kind(|count| count.cache_write),
        }
    }
}

/// Only a step whose last call found nobody explains an unavailable run.
fn unavailable(plan: &Plan, state: &State, status: Status) -> Option<UnavailableReport> {
    if status != Status::Unavailable {
        return None;
    }
    if let Some(Halt::Unavailable(why, _)) = &state.halt {
        return Some(why.into());
    }
    plan.leaves(state).iter().find_map(|leaf| match &state.step(&leaf.path)?.call {
        Stage::Ended(CallOutcome::Unavailable { why, .. }) => Some(why.into()),
        Stage::Ended(
            CallOutcome::Succeeded
            | CallOutcome::Failed { .. }
            | CallOutcome::Limit { .. }
            | CallOutcome::Interrupted,
        )
        | Stage::Idle
        | Stage::Running => None,
    })
}

fn spend(ledger: &Ledger) -> SpendReport {
    let priced = ledger.priced();
    let usd_known = (priced > 0 || ledger.calls == 0).then_some(ledger.known);
    let tokens = Told::of(ledger.calls > 0, ledger.tokens, usd_known);
    SpendReport {
        basis: ledger.basis,
        usd_known,
        usd_charged: ledger.charged(),
        calls: ledger.calls,
        calls_unknown: ledger.calls - priced,
        input_tokens: tokens.of_kind(|count| count.input),
        output_tokens: tokens.of_kind(|count| count.output),
        cache_read_tokens: tokens.of_kind(|count| count.cache_read),
        cache_write_tokens: tokens.of_kind(|count| count.cache_write),
    }
}

fn context(ledger: &Ledger) -> Option<ContextReport> {
    ledger.context.map(|context| ContextReport {
        window: context.window,
        window_assumed: context.window_assumed,
        peak_fraction: context.peak_fraction(),
        bytes_by_stage: ledger.loaded,
    })
}

/// Tokens, if anybody told them. Calls of which neither a token nor a price is known may have cost
/// anything, so their zeros say nothing.
struct Told(Option<TokenCount>);

impl Told {
    fn of(called: bool, tokens: TokenCount, usd: Option<Usd>) -> Self {
        let silent = called && usd.is_none() && tokens == TokenCount::default();
        Self((!silent).then_some(tokens))
    }

    fn of_kind(&self, kind: impl Fn(TokenCount) -> u64) -> Option<u64> {
        self.0.map(kind)
    }
}
