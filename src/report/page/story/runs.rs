//! From the material of one run to its story.

use std::collections::BTreeMap;

use super::{
    Asked, CanaryStory, Excerpt, ExcerptLine, FindingStory, Looked, Material, Refusal, RunStory,
    Stage, StepBar, VoteStory,
};
use crate::{
    model::{
        Status,
        check::{CheckKind, CheckStatus},
        journal_line::Line,
        panel::weigh::Vote,
        result::{Finding, OwnFinding, RunResult, own_findings},
        run::{Event, Plan, event::CallEnded},
        value::{Tokens, Usd},
    },
    report::page::{
        float,
        patch::PatchStory,
        timeline::{Timeline, share},
    },
};

/// So many lines are shown before and after one that a finding speaks of.
const AROUND: usize = 3;

/// A longer output is a file of its own.
const LONGEST_OUTPUT: usize = 200_000;

pub(super) fn story(run: &Material<'_>) -> RunStory {
    let Material { lines, plan, state, result, patch, conversations, files } = run;
    let (headline, mood) = headline(result);
    RunStory {
        number: state.run,
        skill: plan.skill.name.clone(),
        begun: lines
            .first()
            .map(|line| line.at.strftime("%Y-%m-%d %H:%M UTC").to_string())
            .unwrap_or_default(),
        status: result.status,
        waived: result.waived,
        mood,
        headline,
        reason: result.reason.clone(),
        atlas: atlas(lines),
        asked: Asked {
            source: plan.skill.source.clone(),
            digest: plan.skill.digest.chars().take(12).collect(),
            args: args(lines),
            inputs: plan.inputs.clone().into_iter().collect(),
        },
        output: output(result),
        result: RunResult { output: None, ..(*result).clone() },
        looked: looked(result),
        timeline: Timeline::of(lines),
        bars: bars(lines),
        votes: votes(lines),
        canary: result.canary.as_ref().map(|canary| CanaryStory {
            fault: canary.kind.words(),
            file: canary.file.clone(),
            line: canary.line,
            caught: canary.caught,
        }),
        findings: findings(result, files),
        own: own(plan, result, files),
        refusals: refusals(lines),
        notes: notes(lines),
        patch: patch.as_deref().map(PatchStory::of).filter(|patch| !patch.files.is_empty()),
        conversations: conversations.clone(),
        loaded: loaded(result),
        settings: plan.settings.clone(),
    }
}

/// How a run ended, as people say it, and what to feel about that.
fn headline(result: &RunResult) -> (String, &'static str) {
    if result.waived {
        return (format!("Not checked: {}", result.status), "doubtful");
    }
    let (words, mood) = match result.status {
        Status::Passed => ("Passed", "good"),
        Status::Rejected => ("Rejected", "bad"),
        Status::Failed => ("Failed", "bad"),
        Status::Blocked => ("Blocked before anything was spent", "doubtful"),
        Status::Inconclusive => ("Inconclusive", "doubtful"),
        Status::Limit => ("Stopped at a limit", "bad"),
        Status::Unavailable => ("Nobody to ask", "doubtful"),
        Status::Invalid => ("Invalid", "bad"),
        Status::Usage => ("Wrongly asked", "bad"),
        Status::Waiting => ("Waiting", "doubtful"),
        Status::Busy => ("Busy", "doubtful"),
        Status::Interrupted => ("Interrupted", "doubtful"),
    };
    (words.to_owned(), mood)
}

fn atlas(lines: &[Line]) -> String {
    let version = lines.iter().find_map(|line| match &line.event {
        Event::RunStarted { atlas, .. } => Some(atlas.clone()),
        _ => None,
    });
    version.unwrap_or_default()
}

fn args(lines: &[Line]) -> Vec<String> {
    let args = lines.iter().find_map(|line| match &line.event {
        Event::RunStarted { request, .. } => Some(request.args.clone()),
        _ => None,
    });
    args.unwrap_or_default()
}

fn output(result: &RunResult) -> Option<String> {
    let mut words = match result.output.as_ref()? {
        serde_json::Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    };
    if words.len() > LONGEST_OUTPUT {
        let end = (0..=LONGEST_OUTPUT).rev().find(|at| words.is_char_boundary(*at));
        words.truncate(end.unwrap_or_default());
        words += "\n… the rest is in the session";
    }
    Some(words).filter(|words| !words.trim().is_empty())
}

/// As the line after a run counts them.
fn looked(result: &RunResult) -> Looked {
    let counts = |kind| !matches!(kind, CheckKind::Predicate | CheckKind::Secret);
    let looked = result.checks.iter().filter(|check| counts(check.kind));
    let looked = looked.filter(|check| check.status != CheckStatus::Skipped);
    looked.fold(Looked::default(), |sum, check| Looked {
        passed: sum.passed + usize::from(check.status == CheckStatus::Passed),
        of: sum.of + 1,
    })
}

/// Every call that ended, those included that a resume found dead.
fn calls(lines: &[Line]) -> impl Iterator<Item = &CallEnded> {
    lines.iter().flat_map(|line| match &line.event {
        Event::CallEnded(call) => std::slice::from_ref(&**call),
        Event::RunResumed { closed, .. } => closed.as_slice(),
        _ => &[],
    })
}

fn bars(lines: &[Line]) -> Vec<StepBar> {
    let mut order = Vec::new();
    let mut sums: BTreeMap<&str, StepBar> = BTreeMap::new();
    for call in calls(lines) {
        let bar = sums.entry(&call.step).or_insert_with(|| {
            order.push(call.step.as_str());
            StepBar {
                id: call.step.clone(),
                model: String::new(),
                calls: 0,
                usd: None,
                usd_share: 0.0,
                tokens: 0,
                read: 0,
                cached: 0,
                context: 0.0,
                window: 0,
                ms: 0,
            }
        });
        bar.model.clone_from(call.model.as_ref().unwrap_or(&bar.model.clone()));
        bar.calls += 1;
        bar.usd = match (bar.usd, call.spend.usd) {
            (Some(sum), Some(more)) => Some(sum + more),
            (sum, more) => sum.or(more),
        };
        let tokens = call.spend.tokens;
        bar.tokens += tokens.in_window();
        bar.read += tokens.in_window() - tokens.output;
        bar.cached += tokens.cache_read;
        bar.context = bar.context.max((call.context.peak_fraction() * 1000.0).round() / 10.0);
        bar.window = call.context.window;
        bar.ms += call.ms;
    }
    let dearest = sums.values().filter_map(|bar| bar.usd).max().unwrap_or(Usd::ZERO).dollars();
    order
        .into_iter()
        .filter_map(|id| sums.remove(id))
        .map(|mut bar| {
            bar.usd_share = bar.usd.map_or(0.0, |usd| share(usd.dollars(), dearest));
            bar
        })
        .collect()
}

/// What the last panel said.
fn votes(lines: &[Line]) -> Vec<VoteStory> {
    let votes = || {
        lines.iter().filter_map(|line| match &line.event {
            Event::Vote { at, cast } => Some((at, cast)),
            _ => None,
        })
    };
    let Some((last, _)) = votes().next_back() else { return Vec::new() };
    let of_last = votes().filter(|(at, _)| *at == last);
    of_last
        .map(|(_, cast)| {
            let (vote, mood) = match cast.vote {
                Vote::Confirmed => ("confirmed", "good"),
                Vote::Refuted => ("refuted", "bad"),
                Vote::Abstained => ("gave no vote that counts", "doubtful"),
                Vote::Error => ("died", "doubtful"),
            };
            VoteStory { reviewer: cast.reviewer.clone(), vote, mood, reason: cast.reason.clone() }
        })
        .collect()
}

fn findings(result: &RunResult, files: &BTreeMap<String, String>) -> Vec<FindingStory> {
    let findings = result.verdict.iter().flat_map(|verdict| &verdict.findings);
    let told = |it: &Finding| FindingStory {
        severity: it.severity,
        claim: it.claim.clone(),
        file: it.file.clone(),
        line: it.line,
        status: Some(it.status),
        by: it.by.clone(),
        suggestion: None,
        excerpt: excerpt((it.file.as_ref(), it.line, it.quote.as_ref()), files),
    };
    findings.map(told).collect()
}

fn own(plan: &Plan, result: &RunResult, files: &BTreeMap<String, String>) -> Vec<FindingStory> {
    let told = |it: OwnFinding| FindingStory {
        severity: it.severity,
        excerpt: excerpt((it.file.as_ref(), it.line, it.quote.as_ref()), files),
        claim: it.claim,
        file: it.file,
        line: it.line,
        status: None,
        by: Vec::new(),
        suggestion: it.suggestion,
    };
    own_findings(plan, result).into_iter().map(told).collect()
}

/// The lines around the one that is named, or else around the one that is quoted.
fn excerpt(
    (file, line, quote): (Option<&String>, Option<u64>, Option<&String>),
    files: &BTreeMap<String, String>,
) -> Option<Excerpt> {
    let text = files.get(file?)?;
    let quoted = || {
        let first = quote?.lines().map(str::trim).find(|line| !line.is_empty())?;
        Some(text.lines().position(|line| line.contains(first))? + 1)
    };
    let named = line.and_then(|line| usize::try_from(line).ok());
    let meant = named.or_else(quoted)?;
    let lines: Vec<ExcerptLine> = (1..)
        .zip(text.lines())
        .skip(meant.saturating_sub(AROUND + 1))
        .take_while(|(number, _)| *number <= meant + AROUND)
        .map(|(number, text)| ExcerptLine { number, text: text.to_owned(), meant: number == meant })
        .collect();
    lines.iter().any(|line| line.meant).then_some(Excerpt { lines })
}

fn refusals(lines: &[Line]) -> Vec<Refusal> {
    let refused = lines.iter().filter_map(|line| match &line.event {
        Event::Retry { step, reasons, .. } => {
            Some(Refusal { step: step.clone(), reasons: reasons.clone() })
        }
        _ => None,
    });
    refused.collect()
}

fn notes(lines: &[Line]) -> Vec<String> {
    let mut notes = Vec::new();
    for line in lines {
        match &line.event {
            Event::RunResumed { differences, accepted, .. } => {
                let accepted = if *accepted { ", and changes were accepted" } else { "" };
                notes.push(format!("It was broken off and resumed{accepted}."));
                notes.extend(differences.iter().map(|it| format!("Changed meanwhile: {it}")));
            }
            Event::Reused(earlier) => {
                let session = earlier.result.session.as_deref().unwrap_or_default();
                notes.push(format!("The verdict of {session}, {}, stands for it.", earlier.ended));
            }
            Event::Interrupted { signal } => notes.push(format!("Signal {signal} ended it.")),
            Event::LimitReached { reason, .. } => notes.push(format!("A limit: {reason}")),
            Event::CallRetrying { step, reason, .. } => {
                notes.push(format!("{step} waited for the service: {reason}"));
            }
            Event::CallEnded(call) => {
                notes.extend(call.warnings.iter().map(|it| format!("{}: {it}", call.step)));
            }
            _ => {}
        }
    }
    notes.dedup();
    notes
}

fn loaded(result: &RunResult) -> Vec<Stage> {
    let Some(bytes) = result.context.and_then(|context| context.bytes_by_stage) else {
        return Vec::new();
    };
    let stages = [
        ("header", bytes.header),
        ("outline", bytes.outline),
        ("sections", bytes.sections),
        ("resources", bytes.resources),
    ];
    let most = stages.iter().map(|(_, bytes)| *bytes).max().unwrap_or_default();
    stages
        .into_iter()
        .map(|(name, bytes)| Stage {
            name,
            bytes,
            tokens: Tokens::estimate(bytes).0,
            share: share(float(bytes), float(most)),
        })
        .collect()
}
