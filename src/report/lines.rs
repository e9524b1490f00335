//! Events as lines that stay: one for each event worth telling.

mod panel;

use super::{
    look::{Look, Mark},
    printer::Verbosity,
    words,
};
use crate::model::{
    call::stream::EditAnswer,
    changes::TreeChanges,
    check::{Check, CheckKind, CheckStatus},
    reuse::Reused,
    run::{
        Event, Plan, Point, State, StepStatus,
        event::{CallEnded, CallStarted, CommandEnded, StepCached},
        state::StepState,
    },
    value::{Span, Usd},
};

/// Who looks at the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// A live view shows what runs, so that lines tell only of what ended.
    LiveView,
    /// Nothing: lines tell of beginnings too.
    Nothing,
}

/// The lines for one event, each ended; empty for what is not worth telling.
pub fn told(
    plan: &Plan,
    state: &State,
    event: &Event,
    (verbosity, beside): (Verbosity, Beside),
    look: Look,
) -> String {
    let verbose = verbosity == Verbosity::Verbose;
    let starts = verbose || beside == Beside::Nothing;
    match event {
        Event::RunResumed { differences, .. } => resumed(differences, look),
        Event::Reused(reused) => look.line(Mark::Note, &self::reused(reused, look)),
        Event::Interrupted { signal } => interrupted(*signal, look),
        Event::ChecksEnded { checks, at } => checks_ended(plan, (at, checks), verbosity, look),
        Event::HookStarted { hook, .. } if verbose => hook_started(hook, look),
        Event::HookEnded { check: found, at, .. } => {
            check(found, &whose(plan, at, look), verbosity, look)
        }
        // The order in which reviewers come to speak is nobody's; that in which they are asked is
        // the plan's.
        Event::StepStarted { step, .. } if starts && plan.step(step).is_none() => {
            panel::asked(plan, step, look)
        }
        Event::CallStarted(call) if starts && plan.step(&call.step).is_some() => {
            call_started(plan, call, look)
        }
        Event::CommandStarted { step, argv, .. } if starts => command_started(step, argv, look),
        Event::CommandEnded(command) => command_ended(command, verbosity, look),
        Event::StepCached(cached) if starts => step_cached(cached, look),
        Event::CallRetrying { step, reason, after, .. } => retrying(step, reason, *after, look),
        Event::CallRefused { step, status, .. } if verbose => refused(step, *status, look),
        Event::QuotaAwaited { window, resets_at } => awaited(window.as_deref(), *resets_at, look),
        Event::CallEnded(call) => warnings(call, look),
        Event::Changes { changes, .. } if verbose => changed(changes, look),
        Event::EditChecked { answer, .. } => edit_checked(answer, verbosity, look),
        Event::BranchMerged { step, refused } => merged(step, refused.as_deref(), look),
        Event::Retry { step, reasons, .. } => again(step, reasons, look),
        Event::CanaryJudged { by, caught, .. } => panel::canary(state, by, *caught, look),
        Event::Vote { cast, .. } => panel::vote(cast, look),
        Event::Finding { finding, .. } => panel::finding(finding, look),
        Event::StepEnded { step, status, .. } => {
            step_ended(step, *status, state.step(step), look)
        }
        Event::RunStarted { .. }
        | Event::Plan { .. }
        | Event::ChecksStarted { .. }
        | Event::HookStarted { .. }
        | Event::JudgesFrozen { .. }
        | Event::HookWrote { .. }
        | Event::Verdict { .. }
        | Event::Decided { .. }
        | Event::BranchBegan { .. }
        | Event::Cancelled { .. }
        | Event::StepCached(_)
        | Event::CommandStarted { .. }
        | Event::TreeJudged { .. }
        | Event::CanaryPlanted { .. }
        | Event::WorkTaken(_)
        | Event::StepStarted { .. }
        | Event::CallStarted(_)
        | Event::Changes { .. }
        | Event::CallAnswered { .. }
        | Event::CallRefused { .. }
        | Event::QuotaReset
        // The last words of a run say it, right after.
        | Event::LimitReached { .. }
        | Event::Unavailable { .. }
        | Event::RunEnded { .. }
        | Event::Unknown => String::new(),
    }
}

/// One check as a line, after the words that say whose it is. What was only looked up and was there
/// is for those who want everything.
pub fn check(check: &Check, whose: &str, verbosity: Verbosity, look: Look) -> String {
    let kind = match check.kind {
        CheckKind::Requires => "needs",
        CheckKind::Hook => "hook",
        CheckKind::Schema
        | CheckKind::Predicate
        | CheckKind::Panel
        | CheckKind::Secret
        | CheckKind::Protection
        | CheckKind::Report => "check",
    };
    let minor = match check.kind {
        CheckKind::Requires | CheckKind::Predicate | CheckKind::Secret => true,
        CheckKind::Hook
        | CheckKind::Schema
        | CheckKind::Panel
        | CheckKind::Protection
        | CheckKind::Report => false,
    };
    let (mark, said) = match (check.status, check.blocking) {
        (CheckStatus::Passed, _) if minor && verbosity < Verbosity::Verbose => {
            return String::new();
        }
        (CheckStatus::Passed, _) => (Mark::Good, ""),
        (CheckStatus::Failed, true) => (Mark::Bad, ""),
        (CheckStatus::Failed, false) => (Mark::Warning, " (advisory)"),
        (CheckStatus::Error, true) if check.kind == CheckKind::Panel => {
            (Mark::Bad, " inconclusive")
        }
        (CheckStatus::Error, true) => (Mark::Bad, " could not run"),
        (CheckStatus::Error, false) => (Mark::Warning, " (advisory) could not run"),
        (CheckStatus::Skipped, _) => (Mark::Note, " skipped"),
    };
    let mut text = format!("{whose}{kind} {}{said}", words::first_line(&check.name, look));
    // What a panel refuses was just told, finding by finding.
    let told = check.kind == CheckKind::Panel && check.status == CheckStatus::Failed;
    if let Some(reason) = check.reason.as_ref().filter(|_| !told) {
        text = format!("{text}: {}", words::first_line(reason, look));
    }
    // What atlas looks at itself takes a moment that is nobody's to mend.
    if check.ms > 0 && check.kind == CheckKind::Hook {
        text = format!("{text}{}{}", look.separator(), words::duration(check.ms));
    }
    look.line(mark, &text)
}

/// Where several steps are looked at, a check says at which one it looked.
fn whose(plan: &Plan, at: &Point, look: Look) -> String {
    match at {
        Point::Skill { step, .. } => format!("{}: ", words::first_line(step, look)),
        Point::Mid { step, .. } | Point::Settled { step, .. }
            if plan.steps.len() + plan.commands.len() > 1 =>
        {
            format!("{}: ", words::first_line(step, look))
        }
        Point::Mid { .. }
        | Point::Settled { .. }
        | Point::Pre
        | Point::Post { .. }
        | Point::Panel { .. }
        | Point::Canary { .. }
        | Point::HandOver => String::new(),
    }
}

fn edit_checked(answer: &EditAnswer, verbosity: Verbosity, look: Look) -> String {
    let file = words::first_line(&answer.file, look);
    check(&answer.check, &format!("{file}: "), verbosity, look)
}

fn resumed(differences: &[String], look: Look) -> String {
    let mut lines = look.line(Mark::Note, "the run goes on where it stopped");
    for difference in differences {
        let difference = words::first_line(difference, look);
        lines.push_str(&look.line(Mark::Warning, &format!("changed meanwhile: {difference}")));
    }
    lines
}

fn interrupted(signal: i32, look: Look) -> String {
    look.line(Mark::Warning, &format!("signal {signal}: ending what runs"))
}

/// A branch that had a copy of the tree has become part of it, or the reason why it could not.
fn merged(step: &str, refused: Option<&str>, look: Look) -> String {
    match refused {
        None => look.line(Mark::Good, &format!("{}: merged", words::first_line(step, look))),
        Some(reason) => look.line(Mark::Bad, &words::first_line(reason, look)),
    }
}

/// Whose verdict counts, and since when.
fn reused(reused: &Reused, look: Look) -> String {
    let at = words::first_line(&reused.ended, look);
    let session = reused.result.session.as_deref().unwrap_or_default();
    let session = format!("{}{}", look.ellipsis(), words::short(session));
    format!("nothing of what was judged has changed: the verdict of {session}, {at}, counts")
}

/// Of a task that passed its one line says it.
fn checks_ended(
    plan: &Plan,
    (at, checks): (&Point, &[Check]),
    verbosity: Verbosity,
    look: Look,
) -> String {
    let whose = whose(plan, at, look);
    let all = plan.tasks.is_none() || verbosity == Verbosity::Verbose;
    let worth_a_line = checks.iter().filter(|found| all || found.refuses());
    worth_a_line.map(|found| check(found, &whose, verbosity, look)).collect()
}

fn again(step: &str, reasons: &[String], look: Look) -> String {
    let reasons: Vec<String> =
        reasons.iter().map(|reason| words::first_line(reason, look)).collect();
    let step = words::first_line(step, look);
    look.line(Mark::Again, &format!("{step} again: {}", reasons.join("; ")))
}

/// Reviewers are told of when they are asked, and of a task its end is.
fn call_started(plan: &Plan, call: &CallStarted, look: Look) -> String {
    if plan.tasks.is_some() || plan.step(&call.step).is_none() {
        return String::new();
    }
    let model = plan.step(&call.step).map(|step| words::first_line(&step.agent.model, look));
    let again =
        if call.attempt > 1 { format!(", attempt {}", call.attempt) } else { String::new() };
    let step = words::first_line(&call.step, look);
    let model = model.unwrap_or_else(|| "claude".to_owned());
    look.line(Mark::Note, &format!("{step}: asking {model}{again}"))
}

/// What runs is the contract's to say, and what it is given may be long.
fn hook_started(hook: &str, look: Look) -> String {
    look.line(Mark::Note, &format!("hook {} runs", words::first_line(hook, look)))
}

fn changed(changes: &TreeChanges, look: Look) -> String {
    let files = words::count(changes.files.len(), "file");
    look.line(Mark::Note, &format!("{files} changed so far"))
}

fn step_cached(cached: &StepCached, look: Look) -> String {
    let step = words::first_line(&cached.step, look);
    look.line(Mark::Note, &format!("{step}: an earlier result stands, of {}", cached.made))
}

fn command_ended(command: &CommandEnded, verbosity: Verbosity, look: Look) -> String {
    let whose = format!("{}: ", words::first_line(&command.step, look));
    let checks = command.checks.iter();
    checks.map(|found| check(found, &whose, verbosity, look)).collect()
}

fn command_started(step: &str, argv: &[String], look: Look) -> String {
    let program = argv.first().map_or("", String::as_str);
    let (step, program) = (words::first_line(step, look), words::first_line(program, look));
    look.line(Mark::Note, &format!("{step}: running {program}"))
}

fn retrying(step: &str, reason: &str, after: Span, look: Look) -> String {
    let (step, reason) = (words::first_line(step, look), words::first_line(reason, look));
    let after = words::duration(u64::try_from(after.0.as_millis()).unwrap_or(u64::MAX));
    look.line(Mark::Again, &format!("{step}: {reason}; asking again in {after}"))
}

fn refused(step: &str, status: Option<u16>, look: Look) -> String {
    let step = words::first_line(step, look);
    let said = match status {
        Some(status) => format!("the service answered {status}"),
        None => "the service could not be reached".to_owned(),
    };
    look.line(Mark::Again, &format!("{step}: {said}; claude asks again"))
}

fn awaited(window: Option<&str>, resets_at: i64, look: Look) -> String {
    let window = window.map(|window| words::first_line(window, look) + " ").unwrap_or_default();
    let until = words::moment(resets_at).unwrap_or_else(|| "it starts anew".to_owned());
    look.line(Mark::Again, &format!("the {window}quota is used up; waiting until {until}"))
}

fn warnings(call: &CallEnded, look: Look) -> String {
    let step = words::first_line(&call.step, look);
    let line = |warning: &String| {
        look.line(Mark::Warning, &format!("{step}: {}", words::first_line(warning, look)))
    };
    call.warnings.iter().map(line).collect()
}

/// How a step's end is marked, and what is said after its name.
pub(super) fn came_to(status: StepStatus) -> (Mark, &'static str) {
    match status {
        StepStatus::Passed => (Mark::Good, ""),
        StepStatus::Reused => (Mark::Good, " (reused)"),
        StepStatus::Cached => (Mark::Good, " (cached)"),
        StepStatus::Failed => (Mark::Bad, " failed"),
        StepStatus::Rejected => (Mark::Bad, " rejected"),
        StepStatus::Limit => (Mark::Bad, " stopped at a limit"),
        StepStatus::Interrupted => (Mark::Warning, " interrupted"),
        StepStatus::Skipped => (Mark::Note, " skipped"),
        StepStatus::Cancelled => (Mark::Note, " cancelled"),
    }
}

/// Why it ended like this is said at the end of the run, which follows.
fn step_ended(step: &str, status: StepStatus, known: Option<&StepState>, look: Look) -> String {
    let (mark, said) = came_to(status);
    let mut parts = vec![format!("{}{said}", words::first_line(step, look))];
    if let Some(known) = known.filter(|known| known.ms > 0) {
        parts.push(words::duration(known.ms));
        parts.extend(known.spend.usd.as_ref().map(Usd::to_string));
    }
    look.line(mark, &parts.join(look.separator()))
}
