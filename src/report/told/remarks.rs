//! What there is to say about a run: refusals, findings of the panel, findings of the skill itself.

use std::path::PathBuf;

use super::{About, Ending, Told, below};
use crate::{
    model::{
        check::{Check, CheckKind, CheckStatus},
        lint::Level,
        result::{Finding, FindingStatus, OwnFinding, Severity, own_findings},
        run::Plan,
    },
    report::annotation::{Annotation, At, RuleRow},
};

/// What the rule of the remark on how a run ended begins with.
pub(super) const OF_RUN: &str = "run/";

/// Adds the remarks and their rules.
pub(super) fn add(told: &mut Told, about: &About<'_>) {
    let mut remarks: Vec<(Annotation, RuleRow)> = Vec::new();
    let objecting = told.result.checks.iter().filter(|check| match check.status {
        CheckStatus::Failed | CheckStatus::Error => check.kind != CheckKind::Predicate,
        CheckStatus::Passed | CheckStatus::Skipped => false,
    });
    remarks.extend(objecting.map(|check| of_check(check, about.plan)));
    if let Some(verdict) = &told.result.verdict {
        remarks.extend(verdict.findings.iter().map(|finding| of_panel(finding, about.plan)));
    }
    remarks.extend(own(told, about.plan));
    if !told.is_told_by_a_check() {
        remarks.push(of_run(told, about.plan));
    }
    for (remark, rule) in remarks {
        if !told.rules.iter().any(|known| known.id == rule.id) {
            told.rules.push(rule);
        }
        told.remarks.push(remark);
    }
}

fn of_check(check: &Check, plan: Option<&Plan>) -> (Annotation, RuleRow) {
    let level = if check.blocking { Level::Error } else { Level::Warning };
    let reason = check.reason.as_deref().unwrap_or("no reason is known");
    let (kind, what) = match check.kind {
        CheckKind::Requires => ("requires", "what has to be there before"),
        CheckKind::Hook => ("hook", "a command that checks"),
        CheckKind::Schema => ("schema", "the schema of what comes out"),
        CheckKind::Predicate => ("call", "whether a call succeeded"),
        CheckKind::Panel => ("panel", "the verdict of the reviewers"),
        CheckKind::Secret => ("secret", "what looks like a secret in the result"),
        CheckKind::Protection => ("protection", "whether the work changed what judges it"),
        CheckKind::Report => ("report", "what a tool says in its report"),
    };
    let message = match check.status {
        CheckStatus::Error if check.kind != CheckKind::Panel => format!("could not run: {reason}"),
        CheckStatus::Error | CheckStatus::Failed | CheckStatus::Passed | CheckStatus::Skipped => {
            reason.to_owned()
        }
    };
    let (path, at) = defined(check, plan);
    let rule = format!("{kind}/{}", check.name);
    let row =
        RuleRow { id: rule.clone(), what: format!("{what}: {}", check.name), why: None, level };
    let known_by = (check.name.clone(), String::new());
    (Annotation { rule, level, severity: None, message, help: None, path, at, known_by }, row)
}

/// Where a check is defined, if that is in the repository; else the skill, if that is there.
fn defined(check: &Check, plan: Option<&Plan>) -> (Option<PathBuf>, At) {
    let Some(plan) = plan else { return (None, At::Anywhere) };
    let root = plan.root.as_deref();
    let hook = plan.hook(&check.name).filter(|_| check.kind == CheckKind::Hook);
    if let Some((path, line)) = hook.and_then(|hook| hook.source.rsplit_once(':'))
        && let (Some(path), Ok(line)) = (below(path, root), line.parse())
    {
        return (Some(path), At::Line(line));
    }
    (below(&plan.skill.dir.join("SKILL.md").to_string_lossy(), root), At::Anywhere)
}

fn of_panel(finding: &Finding, plan: Option<&Plan>) -> (Annotation, RuleRow) {
    let lens = finding.by.first().map_or("panel", String::as_str);
    let (level, claim) = match finding.status {
        FindingStatus::Supported => (level(finding.severity), finding.claim.clone()),
        FindingStatus::Unsupported => {
            (Level::Note, format!("unsupported ({}): {}", finding.severity.name(), finding.claim))
        }
    };
    let place = Words {
        file: finding.file.as_deref(),
        line: finding.line,
        quote: finding.quote.as_deref(),
        claim: &finding.claim,
    };
    let rule = format!("lens/{lens}");
    let row = RuleRow {
        id: rule.clone(),
        what: format!("what the reviewer {lens} looks for"),
        why: Some("it is told to disprove the work, and code looks up its evidence".to_owned()),
        level: Level::Error,
    };
    let by = format!("{} ({})", claim.trim(), finding.by.join(", "));
    (annotation((rule, level, by), finding.severity, &place, plan), row)
}

/// What the skill itself found, where its schema promises that and the output was accepted.
fn own(told: &Told, plan: Option<&Plan>) -> Vec<(Annotation, RuleRow)> {
    let found = plan.map(|plan| own_findings(plan, &told.result)).unwrap_or_default();
    let rule = format!("skill/{}", told.skill);
    let row = RuleRow {
        id: rule.clone(),
        what: format!("what {} finds", told.skill),
        why: None,
        level: Level::Warning,
    };
    let told = |finding: &OwnFinding| {
        let place = Words {
            file: finding.file.as_deref(),
            line: finding.line,
            quote: finding.quote.as_deref(),
            claim: &finding.claim,
        };
        let claim = finding.claim.trim().to_owned();
        let said = (rule.clone(), level(finding.severity), claim);
        let said = annotation(said, finding.severity, &place, plan);
        (Annotation { help: finding.suggestion.clone(), ..said }, row.clone())
    };
    found.iter().map(told).collect()
}

/// How the run ended, where no check tells it.
fn of_run(told: &Told, plan: Option<&Plan>) -> (Annotation, RuleRow) {
    let level = match told.ending {
        Ending::Passed | Ending::ByNobody => Level::Note,
        Ending::NotChecked => Level::Warning,
        Ending::Refused | Ending::Broken => Level::Error,
    };
    let rule = format!("{OF_RUN}{}", told.result.status);
    let row = RuleRow {
        id: rule.clone(),
        what: told.result.status.row().meaning.to_owned(),
        why: None,
        level,
    };
    let known_by = (told.skill.clone(), String::new());
    let root = plan.and_then(|plan| plan.root.as_deref());
    let skill = plan.map(|plan| plan.skill.dir.join("SKILL.md"));
    let path = skill.and_then(|skill| below(&skill.to_string_lossy(), root));
    let message = told.conclusion();
    let at = At::Anywhere;
    (Annotation { rule, level, severity: None, message, help: None, path, at, known_by }, row)
}

/// What a finding says of its place.
struct Words<'a> {
    file: Option<&'a str>,
    line: Option<u64>,
    quote: Option<&'a str>,
    claim: &'a str,
}

fn annotation(
    (rule, level, message): (String, Level, String),
    severity: Severity,
    words: &Words<'_>,
    plan: Option<&Plan>,
) -> Annotation {
    let path = words.file.and_then(|file| below(file, plan.and_then(|plan| plan.root.as_deref())));
    // A path that is none is a part of what was said, and nowhere else to be read.
    let message = match (words.file, &path) {
        (Some(file), None) => format!("{file}: {message}"),
        (Some(_) | None, _) => message,
    };
    // The same fault is told in other words by the next run; what stands there is the same.
    let known_by = words.quote.unwrap_or(words.claim).split_whitespace();
    Annotation {
        rule,
        level,
        severity: Some(severity),
        message,
        help: None,
        path,
        at: words.line.filter(|line| *line > 0).map_or(At::Anywhere, At::Line),
        known_by: (known_by.collect::<Vec<_>>().join(" "), String::new()),
    }
}

fn level(severity: Severity) -> Level {
    match severity {
        Severity::Blocker | Severity::Major => Level::Error,
        Severity::Minor => Level::Warning,
        Severity::Note => Level::Note,
    }
}
