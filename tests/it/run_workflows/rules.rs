//! The rows of docs/reference/steps.md, each tried.

mod endings;

use super::{check, run};
use crate::run_apart;
use crate::support::files;
use crate::support::world::World;

/// The rows of the tables under a heading of the page: their first cells.
fn rows_of_the_page(heading: &str) -> Vec<String> {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/steps.md");
    let page = files::read(&page);
    let (_, part) = page.split_once(&format!("\n## {heading}\n")).expect("the page has it");
    let part = part.split("\n## ").next().unwrap_or_default();
    let rows = part.lines().filter(|line| line.starts_with('|')).skip(2);
    let first = rows.filter_map(|row| Some(row.split(" | ").next()?.trim_start_matches("| ")));
    first.map(str::to_owned).collect()
}

/// Tries each row, and fails if the page has other ones.
#[track_caller]
fn try_rows(heading: &str, rows: &[(&str, fn())]) {
    let named: Vec<&str> = rows.iter().map(|(row, _)| *row).collect();
    assert_eq!(rows_of_the_page(heading), named, "{heading}");
    for (_, act) in rows {
        act();
    }
}

/// Notes its name outside of the tree, where the run ends without it.
fn notes(id: &str) -> String {
    format!("{{ id: {id}, run: [sh, -c, 'echo {id} >> $ATLAS_SESSION/noted'] }}")
}

/// These steps, and one that gives what was noted.
fn noted(steps: &str, expected: &str) {
    let contract =
        format!("steps:\n{steps}  - {{ id: told, run: [sh, -c, 'cat $ATLAS_SESSION/noted'] }}\n");
    let world = super::offline(&contract);
    let result = run(&world, &["--format", "json"]).expect_code(0).json();
    assert_eq!(result["output"], expected, "{contract}\n{result:#}");
}

#[test]
fn what_begins_when() {
    try_rows(
        "When a step begins",
        &[
            ("a list", a_list_begins),
            ("`parallel`", || {
                let branches =
                    ["c", "a", "b"].map(|id| format!("      - {}\n", notes(id))).concat();
                noted(&format!("  - max: 1\n    parallel:\n{branches}"), "c\na\nb\n");
            }),
            ("`each`", || {
                noted(
                    "  - { id: names, run: [printf, '[\"y\", \"x\"]'], parse: json }\n  \
                     - max: 1\n    each: { in: steps.names.output, as: n, do: { run: [sh, -c, \
                     'echo $1 >> $ATLAS_SESSION/noted', sh, '{{ n }}'] } }\n",
                    "y\nx\n",
                );
            }),
            ("`route`", super::of_a_route_one_case_runs),
            ("`parallel` with `join: any`", || {
                check(
                    "steps: [{ id: p, join: any, parallel: [{ id: slow, run: [sleep, '600'] }, \
                     { id: quick, run: ['true'] }] }]\n",
                    0,
                    "p/slow cancelled\np/quick passed",
                );
            }),
            ("`fallback`", || {
                check(
                    "steps: [{ id: f, fallback: [{ id: a, when: 'false', run: ['true'] }, \
                     { id: b, run: ['false'] }, \
                     { id: c, run: [echo, '{}'], output: { required: [n] } }, \
                     { id: d, run: [sleep, '600'], limits: { time: 50ms } }, \
                     { id: e, run: ['true'] }, { id: g, run: ['true'] }] }]\n",
                    0,
                    "f/a skipped\nf/b failed\nf/c rejected\nf/d limit\nf/e passed\nf/g cancelled",
                );
            }),
            ("`skill`", what_a_skill_needs_comes_first),
            ("`delegate`", super::picked::a_sub_agent_picks_one_of_several_skills),
            ("a step with `cache`", super::cached::an_earlier_result_stands_for_the_same_step),
            ("`when`", super::a_condition_that_does_not_hold_skips_and_the_rest_goes_on),
        ],
    );
}

fn a_list_begins() {
    check(
        "steps: [{ id: a, run: ['true'] }, { id: b, when: 'false', run: ['false'] }, \
         { id: c, run: ['true'] }]\n",
        0,
        "a passed\nb skipped\nc passed",
    );
}

/// The skill `inner` of the user's own.
fn inner(world: &World, contract: &str) {
    let text = "---\nname: inner\ndescription: For a test\n---\n# Inner\n";
    world.personal_skill("inner", text);
    files::write(&world.home().join(".claude/skills/inner/contract.yaml"), contract);
}

fn what_a_skill_needs_comes_first() {
    let does = "steps: [{ id: do, run: ['true'] }]\n";
    for (needs, code) in [
        ("requires: { tools: [no-such-program] }\n", 3),
        ("hooks: { no: { timing: pre, command: ['false'] } }\n", 4),
    ] {
        let world = super::offline("steps: [{ id: a, run: ['true'] }, { id: b, skill: inner }]\n");
        inner(&world, &format!("{needs}{does}"));
        let result = run(&world, &["--format", "json"]).json();
        let began = result["steps"].as_array().unwrap().iter().any(|it| it["status"] == "passed");
        assert!(!began && result["exit_code"].as_i64() != Some(0), "{code}: {result:#}");
    }
}

#[test]
fn what_becomes_of_what_a_branch_changed() {
    try_rows(
        "What becomes of what a branch changed",
        &[
            (
                "passed, as did all beside it",
                run_apart::two_branches_edit_one_file_and_both_edits_are_in_it,
            ),
            (
                "changed lines that one before it changed too",
                run_apart::what_does_not_go_together_fails_and_nothing_is_lost,
            ),
            (
                "passed, and one beside it did not",
                run_apart::beside_a_failure_nothing_is_merged_and_nothing_is_lost,
            ),
            (
                "is the first to pass, of `join: any`",
                run_apart::of_branches_of_which_the_first_counts_only_that_one_is_merged,
            ),
            (
                "holds branches that write",
                run_apart::a_branch_that_holds_branches_is_merged_with_what_they_did,
            ),
            (
                "was under way when atlas was killed",
                run_apart::after_a_kill_a_branch_goes_on_in_its_copy_and_nothing_is_paid_twice,
            ),
            (
                "begins again, by a `retry` around it or by a repair after the merge",
                run_apart::a_branch_that_begins_again_has_the_tree_as_it_is_then,
            ),
        ],
    );
}

#[test]
fn what_a_resume_runs_again() {
    try_rows(
        "What a resume runs again",
        &[
            ("passed or skipped", what_is_over_stays),
            (
                "under way when atlas was killed, an agent",
                crate::resume::payment::a_killed_run_goes_on_and_pays_for_nothing_twice,
            ),
            ("under way when atlas was killed, a command", a_killed_command_runs_again),
            (
                "failed, rejected or at its own limit, with nothing that made up for it",
                super::a_killed_flow_goes_on_where_it_stopped,
            ),
            ("failed in a `fallback` that went on with another", what_is_over_stays),
            ("stopped with the run", what_stopped_with_the_run_goes_on),
        ],
    );
}

/// One that passed, one that was skipped, one that another made up for; then one that fails once.
fn what_is_over_stays() {
    let note = |id: &str, code: u8| {
        format!("{{ id: {id}, run: [sh, -c, 'echo {id} >> $ATLAS_SESSION/noted; exit {code}'] }}")
    };
    let contract = format!(
        "steps:\n  - {}\n  - {{ id: b, when: \"steps.a.status != 'passed'\", run: ['false'] }}\n  \
         - fallback: [{}, {}]\n  - {{ id: e, run: [sh, -c, 'test -e go && cat $ATLAS_SESSION/noted'] }}\n",
        note("a", 0),
        note("c", 1),
        note("d", 0)
    );
    let world = super::offline(&contract);
    run(&world, &[]).expect_code(1);
    world.write("go", "");
    let again = world.atlas(["resume", "--last", "--format", "json"]).run().expect_code(0).json();
    assert_eq!(again["output"], "a\nc\nd\n", "{again:#}");
    let expected = "a passed\nb skipped\nstep-3/c failed\nstep-3/d passed\ne passed";
    assert_eq!(super::steps(&again), expected);
}

fn a_killed_command_runs_again() {
    let world = super::offline(
        "steps: [{ id: a, run: [sh, -c, 'echo a >> $ATLAS_SESSION/noted; \
         test -e go || { echo > ../begun; exec sleep 600; }; cat $ATLAS_SESSION/noted'] }]\n",
    );
    let begun = world.root().join("begun");
    world.program("mkfifo".as_ref(), [&begun]).run().expect_code(0);
    let running = world.atlas(["run", "flow"]).spawn();
    files::read(&begun);
    running.signal(rustix::process::Signal::KILL);
    drop(running);
    world.write("go", "");
    let args = ["resume", "--last", "--wait=20s", "--format", "json"];
    let again = world.atlas(args).run().expect_code(0).json();
    assert_eq!(again["output"], "a\na\n", "{again:#}");
}

fn what_stopped_with_the_run_goes_on() {
    let world = super::offline(
        "steps: [{ id: a, run: ['true'] }, { id: b, run: [sh, -c, 'test -e go || exec sleep 600'] }]\n\
         limits: { time: 3s }\n",
    );
    let stopped = run(&world, &["--format", "json"]).expect_code(6).json();
    assert_eq!(super::steps(&stopped), "a passed\nb limit");
    world.write("go", "");
    let args = ["resume", "--last", "--timeout=60s", "--format", "json"];
    let again = world.atlas(args).run().expect_code(0).json();
    assert_eq!(super::steps(&again), "a passed\nb passed");
}
