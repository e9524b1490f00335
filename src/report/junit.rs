//! JUnit's XML, which nearly every CI shows: one suite a run, one case a check.
//!
//! A failure is what a check refused, an error what could not be looked at. Whatever was not
//! checked is skipped, and never a plain pass.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{
    look::Look,
    told::{Ending, Told},
    words,
};
use crate::model::{
    check::{Check, CheckKind, CheckStatus},
    text,
};

/// One case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// What it belongs to.
    pub class: String,
    /// Its name.
    pub name: String,
    /// What came of it.
    pub came: Came,
    /// Why, for anything but a pass; any number of lines.
    pub reason: String,
    /// How long it took, in milliseconds.
    pub ms: u64,
}

/// What came of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// It was looked at and is as it should be.
    Passed,
    /// It was looked at and is not.
    Failed,
    /// It could not be looked at.
    Broke,
    /// Nobody looked, or what was seen decides nothing.
    Skipped,
}

/// A suite of cases as a whole document.
pub fn junit(suite: &str, properties: &[(&str, String)], cases: &[Case]) -> String {
    let mut all = TestSuite::new(line(suite));
    for (name, value) in properties {
        all.add_property((*name, line(value).as_str()));
    }
    let mut ms = 0;
    for case in cases {
        ms += case.ms;
        all.add_test_case(test_case(case));
    }
    all.set_time(Duration::from_millis(ms));
    let mut report = Report::new("atlas");
    report.set_time(Duration::from_millis(ms));
    report.add_test_suite(all);
    report.to_string().expect("a document in memory can be written")
}

/// A run: a case for each check, and one for the run itself where no check tells how it ended.
pub fn junit_of_run(told: &Told) -> String {
    let mut cases: Vec<Case> =
        told.result.checks.iter().map(|check| of_check(check, &told.skill)).collect();
    if !told.is_told_by_a_check() {
        cases.push(Case {
            class: told.skill.clone(),
            name: "run".to_owned(),
            came: match told.ending {
                Ending::Passed => Came::Passed,
                Ending::ByNobody | Ending::NotChecked => Came::Skipped,
                Ending::Refused => Came::Failed,
                Ending::Broken => Came::Broke,
            },
            reason: told.conclusion(),
            ms: told.result.duration_ms.unwrap_or_default(),
        });
    }
    let mut properties = vec![
        ("status", told.result.status.to_string()),
        ("exit_code", told.result.exit_code.to_string()),
        ("summary", told.headline.clone()),
    ];
    properties.extend(told.result.session.iter().map(|session| ("session", session.clone())));
    junit(&told.skill, &properties, &cases)
}

fn of_check(check: &Check, skill: &str) -> Case {
    let kind = match check.kind {
        CheckKind::Requires => "requires",
        CheckKind::Hook => "hook",
        CheckKind::Schema => "schema",
        CheckKind::Predicate => "call",
        CheckKind::Panel => "panel",
        CheckKind::Secret => "secret",
        CheckKind::Protection => "protection",
        CheckKind::Report => "report",
    };
    let reason = check.reason.clone().unwrap_or_default();
    let (came, reason) = match (check.status, check.blocking) {
        (CheckStatus::Passed, _) => (Came::Passed, reason),
        (CheckStatus::Failed, true) => (Came::Failed, reason),
        (CheckStatus::Error, true) => (Came::Broke, reason),
        (CheckStatus::Failed, false) => (Came::Skipped, format!("advisory, refused: {reason}")),
        (CheckStatus::Error, false) => {
            (Came::Skipped, format!("advisory, could not run: {reason}"))
        }
        (CheckStatus::Skipped, _) => (Came::Skipped, reason),
    };
    Case { class: format!("{skill}.{kind}"), name: check.name.clone(), came, reason, ms: check.ms }
}

fn test_case(case: &Case) -> TestCase {
    let message = words::first_line(&case.reason, Look::PLAIN);
    let mut status = match case.came {
        Came::Passed => TestCaseStatus::success(),
        Came::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Came::Broke => TestCaseStatus::non_success(NonSuccessKind::Error),
        Came::Skipped => TestCaseStatus::skipped(),
    };
    if case.came != Came::Passed {
        status.set_message(legal(&message));
        if case.reason.trim().contains('\n') {
            status.set_description(legal(&text::sanitize(case.reason.trim())));
        }
    }
    let mut written = TestCase::new(line(&case.name), status);
    written.set_classname(line(&case.class)).set_time(Duration::from_millis(case.ms));
    written
}

fn line(text: &str) -> String {
    legal(&text::sanitize_line(text))
}

/// Two characters are text to everybody else and none to XML.
fn legal(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}
