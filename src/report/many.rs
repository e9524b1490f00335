//! One skill over many repositories, as one table.

use super::{
    look::{Look, Mark},
    table::table,
    words,
};
use crate::model::{
    Status,
    check::{CheckKind, CheckStatus},
    result::{ManyResults, RunResult},
};

/// The table, and what was not begun.
pub fn many(many: &ManyResults, look: Look) -> String {
    let rows: Vec<[String; 6]> = many.results.iter().map(|result| row(result, look)).collect();
    let head = ["repository", "status", "checks", "spend", "session", "why"];
    let mut said = table(head, &rows, look);
    for repository in &many.not_begun {
        let repository = words::first_line(repository, look);
        said += &look.line(Mark::Note, &format!("not begun: {repository}"));
    }
    said
}

fn row(result: &RunResult, look: Look) -> [String; 6] {
    let looked = || {
        let counts = |kind| !matches!(kind, CheckKind::Predicate | CheckKind::Secret);
        let checks = result.checks.iter();
        checks.filter(move |it| counts(it.kind) && it.status != CheckStatus::Skipped)
    };
    let passed = looked().filter(|check| check.status == CheckStatus::Passed).count();
    let checks = match looked().count() {
        0 => String::new(),
        all => format!("{passed}/{all}"),
    };
    let why = match result.status {
        Status::Passed => String::new(),
        _ => words::first_line(result.reason.as_deref().unwrap_or_default(), look),
    };
    [
        result.repository.clone().unwrap_or_default(),
        status(result),
        checks,
        words::spend(&result.spend, look),
        result.session.as_deref().map(words::short).unwrap_or_default().to_owned(),
        why,
    ]
}

/// What is waived must never look like a pass.
fn status(result: &RunResult) -> String {
    let status = result.status;
    match (result.waived, &result.reused) {
        (true, _) => format!("{status}, NOT CHECKED"),
        (false, Some(_)) => format!("{status}, reused"),
        (false, None) => status.to_string(),
    }
}
