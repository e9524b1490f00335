//! Whole results of whole runs, and the published schema.

pub(crate) mod plans;
pub(crate) mod story;

use snapbox::{IntoData as _, assert_data_eq, file, str};
use story::Story;

use super::*;
use crate::model::{
    check::CheckStatus,
    run::{Event, StepStatus, next},
    value::Usd,
};

pub(crate) fn all() -> Vec<(&'static str, Story)> {
    vec![
        ("passed", story::passed()),
        ("nobody", story::passed_by_nobody()),
        ("rejected", story::rejected()),
        ("repaired", story::repaired()),
        ("limit", story::limit()),
        ("quota", story::quota()),
        ("login", story::login()),
        ("overloaded", story::overloaded()),
        ("interrupted", story::interrupted()),
        ("broken off", story::broken_off()),
        ("denied", story::denied()),
        ("blocked", story::blocked()),
        ("waived", story::waived()),
        ("hostile", story::hostile()),
    ]
}

#[test]
fn the_published_schema_is_current() {
    let schema = serde_json::to_string_pretty(&RunResult::schema()).unwrap() + "\n";
    assert_data_eq!(schema.raw(), file!["../../../docs/reference/result.schema.json"].raw());
}

#[test]
fn every_result_satisfies_the_published_schema_and_survives_json() {
    let schema = serde_json::to_value(RunResult::schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut results: Vec<_> =
        all().into_iter().map(|(name, story)| (name, story.result())).collect();
    results.push(("fault", RunResult::of_fault(&Fault::usage("no such flag"))));
    for (name, result) in results {
        let json = serde_json::to_value(&result).unwrap();
        let errors: Vec<_> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}\n{json:#}");
        assert_eq!(serde_json::from_value::<RunResult>(json).unwrap(), result, "{name}");
    }
    let mut lacking = serde_json::to_value(RunResult::of_fault(&Fault::usage("x"))).unwrap();
    lacking.as_object_mut().unwrap().remove("spend");
    assert!(!validator.is_valid(&lacking), "a document that lacks a part is no result");
}

#[test]
fn statuses_and_exit_codes() {
    let rows = [
        ("passed", Status::Passed, 0),
        ("nobody", Status::Passed, 0),
        ("rejected", Status::Rejected, 4),
        ("repaired", Status::Passed, 0),
        ("limit", Status::Limit, 6),
        ("quota", Status::Unavailable, 7),
        ("login", Status::Unavailable, 7),
        ("overloaded", Status::Unavailable, 7),
        ("interrupted", Status::Interrupted, 143),
        ("broken off", Status::Interrupted, 130),
        ("denied", Status::Failed, 1),
        ("blocked", Status::Blocked, 3),
        ("waived", Status::Unavailable, 0),
        ("hostile", Status::Rejected, 4),
    ];
    for ((name, story), (expected, status, code)) in all().into_iter().zip(rows) {
        let result = story.result();
        assert_eq!((name, result.status, result.exit_code), (expected, status, code));
    }
}

/// The result shows exactly the checks that stand, and those that never looked.
#[test]
fn the_checks_are_those_that_stand() {
    for (name, story) in all() {
        let state = story.state();
        let name_of = |check: &Check| (check.name.clone(), check.status, check.reason.clone());
        let mut standing: Vec<_> = next::standing_checks(&state).map(name_of).collect();
        standing.extend(story.plan.skipped.iter().map(name_of));
        let mut shown: Vec<_> = story.result().checks.iter().map(name_of).collect();
        standing.sort_by_key(|check| check.0.clone());
        shown.sort_by_key(|check| check.0.clone());
        assert_eq!(shown, standing, "{name}");
    }
}

#[test]
fn checks_stand_in_the_order_of_the_plan() {
    let result = story::passed().result();
    let names: Vec<&str> = result.checks.iter().map(|check| check.name.as_str()).collect();
    assert_eq!(
        names,
        ["git", "clean", "claude", "claude", "schema", "fmt", "schema", "tests-pass", "lint", "ci"]
    );
}

#[test]
fn what_is_not_known_is_null() {
    let login = story::login().result();
    assert_eq!(login.spend.usd_known, None);
    assert_eq!(login.spend.input_tokens, None);
    assert_eq!(login.spend.usd_charged, Usd::from_micros(50_000));
    assert_eq!((login.spend.calls, login.spend.calls_unknown), (1, 1));
    let broken_off = story::broken_off().result();
    assert_eq!((broken_off.spend.calls, broken_off.spend.calls_unknown), (1, 1));
    assert_eq!(broken_off.spend.usd_known, None);
    assert_eq!(broken_off.context, None);
    let blocked = story::blocked().result();
    assert_eq!(blocked.spend.usd_known, Some(Usd::ZERO));
    assert_eq!(blocked.spend.input_tokens, Some(0));
    assert_eq!(blocked.changes, None);
}

/// A step that has to run again after a repair vouches for nothing any more.
#[test]
fn a_superseded_step_has_no_output_and_no_verdict() {
    let mut story = story::passed();
    let last = story.plan.steps.last().unwrap().id.clone();
    story.events.retain(|event| !matches!(event, Event::RunEnded { .. }));
    story.events.push(Event::Retry {
        step: "gather".into(),
        reasons: vec!["again".into()],
        supersedes: vec![last],
    });
    let result = story.result();
    assert_eq!(result.output, None);
    assert_eq!(result.status, Status::Interrupted);
    assert!(result.steps.iter().all(|step| step.status == StepStatus::Interrupted));
    assert!(
        !result
            .checks
            .iter()
            .any(|check| check.name == "tests-pass" && check.status == CheckStatus::Passed)
    );
}

#[test]
fn a_large_output_comes_from_its_file() {
    let mut story = story::passed_by_nobody();
    story.output_in_a_file();
    assert_eq!(story.result().output, None, "nobody read the file");
    let outside = Outside { output: Some("read".into()), ..Outside::default() };
    let result = RunResult::fold(&story.plan, &story.state(), &outside);
    assert_eq!(result.output, Some("read".into()));
}

#[test]
fn a_fault_names_its_places() {
    let fault = Fault::invalid("the contract is faulty").because("two keys are wrong").at(
        crate::model::Spot {
            path: "contract.yaml".into(),
            source: "a: 1\nbäh: 2\n".into(),
            span: 10..11,
            message: "no such key".into(),
            help: None,
        },
    );
    let json = serde_json::to_string_pretty(&RunResult::of_fault(&fault)).unwrap();
    assert_data_eq!(
        json,
        str![[r#"
{
  "schema_version": 1,
  "session": null,
  "run": null,
  "skill": null,
  "status": "invalid",
  "exit_code": 8,
  "reason": "the contract is faulty: two keys are wrong; contract.yaml:2:5: no such key",
  "output": null,
  "checks": [],
  "proof": {
    "commands": 0,
    "schema": 0,
    "votes": 0,
    "canary": 0
  },
  "verdict": null,
  "steps": [],
  "changes": null,
  "unavailable": null,
  "spend": {
    "basis": "unknown",
    "usd_known": 0.0,
    "usd_charged": 0.0,
    "calls": 0,
    "calls_unknown": 0,
    "input_tokens": 0,
    "output_tokens": 0,
    "cache_read_tokens": 0,
    "cache_write_tokens": 0
  },
  "context": null,
  "duration_ms": null,
  "claude_version": null
}
"#]]
        .raw()
    );
}

#[test]
fn the_published_example_is_current() {
    let json = serde_json::to_string_pretty(&story::passed().result()).unwrap() + "\n";
    assert_data_eq!(json.raw(), file!["../../../docs/reference/result.example.json"].raw());
}
