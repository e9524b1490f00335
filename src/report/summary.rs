//! What is said after a run: how it ended and why, what changed, and what to do next.

mod advice;
mod changes;
mod loaded;
mod tree;

use std::path::Path;

use super::{
    lines,
    look::{Look, Mark, Tone},
    printer::Verbosity,
    words,
};
use crate::model::{
    Status,
    check::{CheckKind, CheckStatus, Require},
    result::RunResult,
    run::{Plan, State, StepStatus},
    value::Usd,
};

/// Where things of the run lie, for people to look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place<'a> {
    /// The file that holds the last step's output, as the user would name it.
    pub output: Option<&'a Path>,
    /// The file that `-o` wrote.
    pub written: Option<&'a Path>,
    /// Whether the calls were played from a recording, so that nobody was paid now.
    pub replayed: bool,
}

/// Reasons longer than this are cut in the middle.
const REASON_LINES: usize = 12;

/// Everything said after a run, as lines, each ended.
pub fn summary(
    (plan, state): (&Plan, &State),
    result: &RunResult,
    place: &Place<'_>,
    (verbosity, look): (Verbosity, Look),
) -> String {
    let mut said = String::new();
    if result.waived {
        said.push_str(&not_checked(result, look));
    }
    said.push_str(&headline(Some(plan), result, place, look));
    said.push_str(&tree::tree(plan, state, (verbosity, look)));
    said.push_str(&not_started(plan, result, look));
    said.push_str(&reasons(result, look));
    said.push_str(&changes::changes(result, verbosity, look));
    said.push_str(&loaded::loaded(plan, result, verbosity, look));
    said.push_str(&where_it_lies(result, place, look));
    for hint in advice::advice(plan, state, result) {
        said.push_str(&look.line(Mark::Hint, &words::block(&hint, 1, look)));
    }
    said
}

/// The line that keeps a waived status from looking like a pass.
pub fn not_checked(result: &RunResult, look: Look) -> String {
    let reason = words::first_line(result.reason.as_deref().unwrap_or_default(), look);
    look.parts(&[format!("NOT CHECKED: {reason}")], Some(Tone::Doubtful))
}

/// The one line: `rejected · 2 of 3 checks · $0.06 · 41 s · …abcd`.
pub(super) fn headline(
    plan: Option<&Plan>,
    result: &RunResult,
    place: &Place<'_>,
    look: Look,
) -> String {
    let mut parts = vec![if by_nobody(result) {
        "passed, checked by nobody".to_owned()
    } else {
        result.status.to_string()
    }];
    if plan.is_some_and(|plan| plan.tasks.is_some()) {
        let passed = result.steps.iter().filter(|step| step.status == StepStatus::Passed).count();
        parts.push(format!("{passed} of {}", words::count(result.steps.len(), "task")));
    }
    // Nobody asked for the search for secrets: it is a warning and no part of the count.
    let counts = |kind| !matches!(kind, CheckKind::Predicate | CheckKind::Secret);
    let looked = result
        .checks
        .iter()
        .filter(|check| counts(check.kind) && check.status != CheckStatus::Skipped);
    let (passed, all) = looked.fold((0, 0), |(passed, all), check| {
        (passed + usize::from(check.status == CheckStatus::Passed), all + 1)
    });
    if all > 0 {
        parts.push(format!("{passed} of {}", words::count(all, "check")));
    }
    if let Some(verdict) = &result.verdict {
        let votes = verdict.votes;
        parts.push(format!(
            "{} of {} confirmed",
            votes.confirmed,
            words::count(votes.total() as usize, "reviewer")
        ));
    }
    if let Some(canary) = &result.canary {
        let seen = if canary.caught { "seen" } else { "missed" };
        parts.push(format!("planted fault {seen}"));
    }
    let spend = words::spend(&result.spend, look);
    let anything = result.spend.usd_known.is_none_or(|usd| usd > Usd::ZERO);
    parts.extend(result.reused.as_ref().map(|earlier| {
        format!("reused from {}{}", look.ellipsis(), words::short(&earlier.session))
    }));
    parts.push(match (place.replayed, anything) {
        (false, _) if result.reused.is_some() => "nothing spent".to_owned(),
        (false, _) => spend,
        (true, true) => format!("nothing spent ({spend} when recorded)"),
        (true, false) => "nothing spent".to_owned(),
    });
    parts.extend(result.duration_ms.map(words::duration));
    if let Some(session) = &result.session {
        parts.push(format!("{}{}", look.ellipsis(), words::short(session)));
    }
    look.parts(&parts, Some(tone(result)))
}

/// At most so many names of tasks are told.
const NAMES: usize = 10;

/// The tasks that the run ended before.
fn not_started(plan: &Plan, result: &RunResult, look: Look) -> String {
    let steps = result.steps.iter().filter(|step| plan.tasks.is_some() && step.attempts == 0);
    let names: Vec<String> = steps.map(|step| words::first_line(&step.id, look)).collect();
    if names.is_empty() {
        return String::new();
    }
    let more = match names.len().saturating_sub(NAMES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let shown = names[..names.len().min(NAMES)].join(", ");
    look.line(Mark::Warning, &format!("not started: {shown}{more}"))
}

fn by_nobody(result: &RunResult) -> bool {
    result.status == Status::Passed && result.proof.level() == Require::None
}

fn tone(result: &RunResult) -> Tone {
    match result.status {
        Status::Passed if by_nobody(result) => Tone::Doubtful,
        Status::Passed => Tone::Good,
        Status::Failed | Status::Rejected | Status::Invalid | Status::Usage | Status::Blocked => {
            Tone::Bad
        }
        Status::Inconclusive
        | Status::Limit
        | Status::Unavailable
        | Status::Waiting
        | Status::Busy
        | Status::Interrupted => Tone::Doubtful,
    }
}

/// Each check that objects, or the run's own reason where none of them is it.
fn reasons(result: &RunResult, look: Look) -> String {
    let from_checks = match result.status {
        Status::Rejected | Status::Blocked | Status::Inconclusive => {
            result.checks.iter().any(|check| check.refuses() && check.kind != CheckKind::Predicate)
        }
        Status::Passed
        | Status::Failed
        | Status::Usage
        | Status::Limit
        | Status::Unavailable
        | Status::Invalid
        | Status::Waiting
        | Status::Busy
        | Status::Interrupted => false,
    };
    let mut said = String::new();
    if !from_checks && !result.waived && result.status != Status::Passed {
        let reason = result.reason.as_deref().unwrap_or("no reason is known");
        let mark = match tone(result) {
            Tone::Bad => Mark::Bad,
            Tone::Good | Tone::Doubtful | Tone::Faint => Mark::Warning,
        };
        said.push_str(&look.line(mark, &words::block(reason, REASON_LINES, look)));
    }
    for check in &result.checks {
        let objects = match check.status {
            CheckStatus::Failed | CheckStatus::Error => check.kind != CheckKind::Predicate,
            CheckStatus::Skipped => true,
            CheckStatus::Passed => false,
        };
        if !objects {
            continue;
        }
        match (&check.reason, check.refuses()) {
            (Some(reason), true) if reason.contains('\n') => {
                let name = words::first_line(&check.name, look);
                let reason = words::block(reason, REASON_LINES, look);
                said.push_str(&look.line(Mark::Bad, &format!("{name}:\n{reason}")));
            }
            _ => said.push_str(&lines::check(check, "", Verbosity::Verbose, look)),
        }
    }
    said
}

/// Output that was not accepted never reaches stdout; it must be found all the same.
fn where_it_lies(result: &RunResult, place: &Place<'_>, look: Look) -> String {
    let (path, what) = match (place.written, place.output) {
        (Some(path), _) => (path, "output written to"),
        (None, Some(path)) if result.status != Status::Passed => (path, "output, not accepted:"),
        (None, _) => return String::new(),
    };
    let path = words::first_line(&path.to_string_lossy(), look);
    look.line(Mark::Note, &format!("{what} {path}"))
}
