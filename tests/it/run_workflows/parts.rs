//! A part of the steps: `--step` and `--from`, and what is refused of them.

use super::{offline, run, steps};

const CONTRACT: &str = "steps:\n  \
    - { id: a, run: ['false'] }\n  \
    - id: both\n    parallel:\n      - { id: b, run: [echo, b] }\n      \
    - { id: c, steps: [{ id: d, run: [echo, d] }, { id: e, run: [echo, e] }] }\n  \
    - { id: f, run: [echo, f] }\n  \
    - { id: g, run: [echo, '{{ steps.f.output }}'] }\n\
    hooks:\n  last: { timing: post, command: ['false'] }\n";

fn part(args: &[&str], code: i32, expected: &str) -> serde_json::Value {
    let world = offline(CONTRACT);
    let args: Vec<&str> = args.iter().copied().chain(["--format", "json"]).collect();
    let result = run(&world, &args).expect_code(code).json();
    assert_eq!(steps(&result), expected, "{args:?}\n{result:#}");
    result
}

#[test]
fn one_step_runs_and_what_judges_the_whole_is_shown_as_skipped() {
    let done = part(&["--step", "f"], 0, "f passed");
    let last = &done["checks"][0];
    assert_eq!((&last["name"], &last["status"]), (&"last".into(), &"skipped".into()));
    part(&["--step", "c"], 0, "both/c/d passed\nboth/c/e passed");
    part(&["--step", "both/c/d"], 0, "both/c/d passed");
    part(&["--step", "a"], 1, "a failed");
}

#[test]
fn a_step_and_what_comes_after_it_are_judged_as_a_whole() {
    part(&["--from", "f"], 4, "f passed\ng passed");
    part(&["--from", "e"], 4, "both/c/e passed\nf passed\ng passed");
}

#[test]
fn a_part_that_needs_what_does_not_run_is_refused() {
    let world = offline(CONTRACT);
    let missing = run(&world, &["--step", "g"]).expect_code(2);
    assert!(missing.stderr.contains("`g` needs what `f` makes, which does not run"), "{missing}");
    let unknown = run(&world, &["--from", "ff"]).expect_code(2);
    assert!(unknown.stderr.contains("did you mean `f`?"), "{unknown}");
    run(&world, &["--from", "f", "--step", "g"]).expect_code(2);
}

#[test]
fn the_steps_are_drawn_and_nothing_runs() {
    let world = offline(CONTRACT);
    let graph = run(&world, &["--graph"]).expect_code(0).stdout;
    assert!(graph.starts_with("flowchart TD\n"), "{graph}");
    assert!(graph.contains("\"f: runs echo f\""), "{graph}");
    let part = run(&world, &["--graph", "--from", "g"]).expect_code(2).stderr;
    assert!(part.contains("leaves out what is needed"), "{part}");
}
