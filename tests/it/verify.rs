//! `atlas verify`: work that was done elsewhere, before the same judges as a run's own.

use serde_json::json;
use snapbox::str;

use crate::support::files;
use crate::support::model::{Rule, rule};
use crate::support::world::World;

/// Words that only a reviewer's system prompt has.
const REVIEWER: &str = "You review work that somebody else has done";

/// Every reviewer confirms; nobody else is answered.
fn confirming() -> Vec<Rule> {
    vec![
        rule()
            .when_prompt(REVIEWER)
            .before_tool_result()
            .returns(json!({ "passed": true, "issues": [] })),
        rule().when_prompt(REVIEWER).after_tool_result().says("Done."),
    ]
}

fn asked(world: &World) -> usize {
    world.model().requests().len()
}

#[test]
fn given_work_is_judged_and_nobody_is_asked_to_do_it() {
    let world = World::scripted(confirming());
    world.write("notes.md", "Hello, Ada.\n").greet_by(
        "hooks: { polite: { timing: post, command: [sh, -c, 'cat > ../told; cp \"$ATLAS_OUTPUT_FILE\" ../seen'] } }",
    );
    let output = world.atlas(["verify", "greet", "notes.md", "--trust"]).run().expect_code(0);
    assert_eq!(output.stdout, "Hello, Ada.\n");
    world.check(
        &output.stderr,
        str![[r#"
greet, judging notes.md, cap $2.00
ok: work
ok: hook polite, [TIME]
note: reviewer facts: asking haiku
ok: reviewer facts confirmed
ok: check panel
passed, 2 of 2 checks, 1 of 1 reviewer confirmed, $0[..], [TIME], ...[SHORT]

"#]],
    );
    assert_eq!(files::read(&world.root().join("seen")), "Hello, Ada.\n");
    let told: serde_json::Value =
        serde_json::from_str(&files::read(&world.root().join("told"))).unwrap();
    assert_eq!((&told["transcript_path"], &told["session_id"]), (&json!(null), &json!(null)));
    assert_eq!(told["changed_files"], json!([]));
    let requests = world.model().requests();
    assert!(requests.iter().all(|request| request.system().contains(REVIEWER)));
    assert!(requests[0].user().contains("BEGIN output"), "{}", requests[0].user());
    assert!(requests[0].user().contains("Hello, Ada."), "{}", requests[0].user());
    world.check(
        &world.event_types().join("\n"),
        str![[r#"
run_started
plan
judges_frozen
step_started
work_taken
checks_started
changes
checks_ended
step_ended
checks_started
checks_ended
hook_started
hook_ended
step_started
call_started
call_answered
call_ended
checks_started
vote
verdict
checks_ended
run_ended
"#]],
    );
}

#[test]
fn refused_work_goes_back_to_nobody() {
    let world = World::scripted(confirming());
    world.write("notes.md", "Hello, you.\n").greet_by(
        "retry: 3\nhooks: { names: { timing: post, command: [grep, -q, Ada, notes.md] } }",
    );
    let args = ["verify", "greet", "notes.md", "--trust", "--format=json"];
    let result = world.atlas(args).run().expect_code(4).json();
    assert_eq!(
        (&result["status"], &result["output"]),
        (&json!("rejected"), &json!("Hello, you.\n"))
    );
    assert_eq!(result["steps"][0]["id"], "work");
    assert_eq!(result["steps"][0]["attempts"], 1);
    assert_eq!(asked(&world), 0, "whatever a command can decide costs nothing");
}

#[test]
fn what_looks_before_or_during_the_work_is_skipped_and_told() {
    let world = World::new();
    world.write("notes.md", "Hello.\n").greet_by(
        "hooks:\n  before: { timing: pre, command: ['false'] }\n  during: { timing: mid, command: ['false'] }\n  \
         edits: { timing: mid, on: edit, command: ['false'] }\n  after: { timing: post, command: ['true'] }\n",
    );
    let args = ["verify", "greet", "notes.md", "--trust", "--no-verify", "--format=json"];
    let result = world.atlas(args).run().expect_code(0).json();
    let checks = result["checks"].as_array().unwrap();
    let said: Vec<(&str, &str)> = checks
        .iter()
        .map(|check| (check["name"].as_str().unwrap(), check["status"].as_str().unwrap()))
        .collect();
    let expected =
        [("before", "skipped"), ("during", "skipped"), ("edits", "skipped"), ("after", "passed")];
    assert_eq!(said, expected);
    assert_eq!(result["proof"], json!({ "commands": 1, "schema": 0, "votes": 0, "canary": 0 }));
}

/// Without reviewers nobody is asked anything, so no claude is needed.
#[test]
fn stdin_is_judged_where_there_is_no_claude() {
    let world = World::new();
    world.greet_by("output: { type: object, required: [name] }");
    let verify = |work: &str, code| {
        let args = ["verify", "greet", "-", "--trust", "--no-verify", "--format=json"];
        world.atlas(args).stdin(work).run().expect_code(code).json()
    };
    let result = verify("{ \"name\": \"Ada\" }\n", 0);
    assert_eq!((&result["output"]["name"], &result["spend"]["calls"]), (&json!("Ada"), &json!(0)));
    assert_eq!(result["claude_version"], json!(null));
    let rows = [("{ \"names\": 1 }", "name"), ("no JSON at all", "the output is no JSON")];
    for (work, reason) in rows {
        let result = verify(work, 4);
        assert!(result["reason"].as_str().unwrap().contains(reason), "{result}");
    }
}

#[test]
fn a_base_makes_the_change_part_of_the_work() {
    let world = World::scripted(confirming());
    world
        .write("src/a.txt", "one\n")
        .greet_by("hooks: { told: { timing: post, command: [sh, -c, 'cat > ../told'] } }");
    world.write("src/a.txt", "one\ntwo\n").repo().commit("second");
    world.write("src/b.txt", "not committed\n").write("notes.md", "Added two.\n");
    let args = ["verify", "greet", "notes.md", "--trust", "--base=HEAD~1", "--format=json"];
    let result = world.atlas(args).run().expect_code(0).json();
    let paths = |files: &serde_json::Value| -> Vec<String> {
        let files = files.as_array().unwrap().iter();
        files.map(|file| file["path"].as_str().unwrap().to_owned()).collect()
    };
    let expected = ["notes.md", "src/a.txt", "src/b.txt"];
    assert_eq!(paths(&result["changes"]["files"]), expected);
    let told: serde_json::Value =
        serde_json::from_str(&files::read(&world.root().join("told"))).unwrap();
    assert_eq!(paths(&told["changed_files"]), expected);
    assert_eq!(told["base"], result["changes"]["base"]);
    let package = world.model().requests()[0].user();
    assert!(package.contains("+two") && package.contains("+not committed"), "{package}");
    assert!(!package.contains("+one"), "{package}");
    assert_eq!(world.repo().git(["status", "--porcelain"]), "?? notes.md\n?? src/b.txt\n");
}

#[test]
fn what_cannot_be_judged_is_said_before_anything_is_spent() {
    let world = World::scripted(confirming());
    world.write("empty.md", " \n").write("bytes.bin", b"\xff\xfe").write("work.md", "Hello.\n");
    world.greet_by("verify: { quorum: 3 }");
    let rows: [(&[&str], i32, &str); 8] = [
        (&["none.md"], 2, "the work in `none.md` cannot be read"),
        (&["empty.md"], 2, "there is no work in `empty.md`: it is empty"),
        (&["bytes.bin"], 2, "not UTF-8 text"),
        (&["work.md", "--base=nowhere"], 2, "nowhere"),
        (&["work.md", "--verify=2"], 2, "`--verify=2` asks 2, and 3 have to confirm"),
        (&["-", "-i", "name=-"], 2, "stdin is the work, and cannot be the input `name` too"),
        (&["work.md", "--canary", "--no-verify"], 2, "--no-verify"),
        (&["work.md", "--edit"], 2, "--edit"),
    ];
    for (args, code, said) in rows {
        let args = ["verify", "greet", "--trust"].iter().chain(args);
        let output = world.atlas(args).run().expect_code(code);
        assert!(output.stderr.contains(said), "{said}: {output}");
    }
    assert_eq!(asked(&world), 0);
    assert!(!world.dir().join(".claude/sessions").exists(), "no session was made");
}

#[test]
fn a_base_needs_a_repository() {
    let world = World::new();
    world.skill("greet", crate::support::world::GREET).write("work.md", "Hello.\n");
    let args = ["verify", "greet", "work.md", "--no-verify", "--base=main"];
    let output = world.atlas(args).run().expect_code(2);
    assert!(output.stderr.contains("there is no repository here"), "{output}");
}

#[test]
fn trust_holds_as_for_a_run() {
    let world = World::new();
    world.write("work.md", "Hello.\n");
    world.greet_by("hooks: { look: { timing: post, command: [touch, ../looked] } }");
    let args = ["verify", "greet", "work.md", "--no-verify"];
    let output = world.atlas(args).run().expect_code(8);
    assert!(output.stderr.contains("touch ../looked"), "{output}");
    let untrusted = ["--untrusted", "--require=checks", "--format=json"];
    let result = world.atlas(args.iter().chain(&untrusted)).run().expect_code(5).json();
    assert_eq!(result["checks"][0]["status"], "skipped");
    assert!(!world.root().join("looked").exists());
}

/// What was read is judged, whatever becomes of the file.
#[test]
fn a_judgement_that_a_limit_ended_goes_on() {
    let world = World::scripted(confirming());
    world.write("work.md", "Hello, Ada.\n").greet();
    let args = ["verify", "greet", "work.md", "--verify=1", "--max-usd=0.01"];
    world.atlas(args).run().expect_code(6);
    assert_eq!(asked(&world), 0);
    world.write("work.md", "Something else.\n");
    let output = world.atlas(["resume", "--last", "--max-usd=1"]).run().expect_code(0);
    assert_eq!(output.stdout, "Hello, Ada.\n");
    assert!(world.model().requests()[0].user().contains("Hello, Ada."));
    assert_eq!(world.events("work_taken").len(), 1);
    world.expect_valid_journal();
}

#[test]
fn the_plan_of_a_judgement_is_shown() {
    let world = World::new();
    world.write("work.md", "Hello.\n").greet();
    let args = ["verify", "greet", "work.md", "--dry-run", "--canary", "--format=json"];
    let shown = world.atlas(args).run().expect_code(0).json();
    let plan = &shown["plan"];
    assert_eq!(plan["work"], json!({ "file": "work.md", "text": "Hello.\n", "base": null }));
    assert_eq!(plan["retry"]["times"], 0);
    assert_eq!(shown["calls"], json!([]));
    let canary = plan["panel"]["canary"].as_array().unwrap();
    assert_eq!(canary.len(), 3);
    assert_eq!(canary[0]["id"], "canary/facts");
    let shown = world.atlas(&args[..args.len() - 1]).run().expect_code(0).stdout;
    for line in [
        "work.md, ≈ 2 tokens, done elsewhere",
        "a copy with a planted fault tests the panel",
        "refused work goes back to nobody",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
}
