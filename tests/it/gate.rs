//! `atlas gate`: what Claude Code is told, and what the real one makes of it.

mod install;
mod real;

use serde_json::{Value, json};

use crate::support::programs::Run;
use crate::support::world::World;

/// Refuses a file that says so, and leaves a mark outside of the repository each time it looks.
const CONTRACT: &str = "\
hooks:
  no-bad:
    timing: post
    command: [sh, -c, 'echo looked >> ../looks; ! grep -hn BAD *.txt >&2']
";

/// A repository that is held to a contract, and trusted.
fn held(contract: &str) -> World {
    let world = World::new();
    prepare(&world, contract);
    world
}

fn prepare(world: &World, contract: &str) {
    world.write("src.txt", "good\n").write(".claude/contracts/gate.yaml", contract);
    world.repo().commit("first");
    world.atlas(["trust", "--yes"]).run().expect_code(0);
}

/// The gate, asked as Claude Code asks.
fn asked(world: &World, event: &str) -> Run {
    let told = json!({
        "session_id": "11111111-2222-3333-4444-555555555555",
        "transcript_path": "/nowhere/transcript.jsonl",
        "cwd": world.dir(),
        "hook_event_name": event,
        "prompt": "make it better",
        "last_assistant_message": "Done.",
        "stop_hook_active": false,
    });
    world.atlas(["gate"]).stdin(told.to_string())
}

fn prompt(world: &World) -> String {
    asked(world, "UserPromptSubmit").run().expect_code(0).stdout
}

/// What is answered at the end of a turn; null for nothing.
#[track_caller]
fn stop(world: &World) -> Value {
    let output = asked(world, "Stop").run().expect_code(0);
    if output.stdout.is_empty() { Value::Null } else { output.json() }
}

#[track_caller]
fn expect_block(answer: &Value, parts: &[&str]) {
    assert_eq!(answer["decision"], "block", "{answer}");
    let reason = answer["reason"].as_str().unwrap();
    for part in parts {
        assert!(reason.contains(part), "{part} in {reason}");
    }
}

#[track_caller]
fn expect_said(answer: &Value, part: &str) {
    assert_eq!(answer.get("decision"), None, "{answer}");
    assert!(answer["systemMessage"].as_str().unwrap().contains(part), "{part} in {answer}");
}

/// How often the hook looked.
fn looks(world: &World) -> usize {
    let marks = world.root().join("looks");
    if marks.exists() { crate::support::files::read(&marks).lines().count() } else { 0 }
}

fn runs(world: &World) -> usize {
    world.journal().iter().filter(|line| line["type"] == "run_started").count()
}

#[test]
fn three_refusals_and_no_look_twice_at_one_tree() {
    let world = held(CONTRACT);
    assert_eq!(prompt(&world), "");
    assert_eq!(stop(&world), Value::Null, "nothing was changed");
    assert_eq!(looks(&world), 0);
    world.write("src.txt", "BAD\n");
    let refused = "atlas gate: refused (1 of 3)";
    expect_block(&stop(&world), &[refused, "\n- no-bad: 1:BAD"]);
    expect_block(&stop(&world), &["refused (2 of 3)", "no-bad: 1:BAD"]);
    assert_eq!((looks(&world), runs(&world)), (1, 1), "the same tree");
    world.write("src.txt", "still BAD\n");
    expect_block(&stop(&world), &["refused (3 of 3)", "1:still BAD"]);
    expect_said(&stop(&world), "NOT VERIFIED");
    assert_eq!((looks(&world), runs(&world)), (2, 2));
    world.write("src.txt", "worse, BAD\n");
    expect_said(&stop(&world), "1:worse, BAD");
    world.write("src.txt", "better\n");
    expect_said(&stop(&world), "verified: 1 command, $0.00 spent");
    assert_eq!(stop(&world), Value::Null, "it was said once");
    assert_eq!((looks(&world), runs(&world)), (4, 4));
}

#[test]
fn what_was_verified_is_the_next_base_and_what_was_not_stays_in_the_change() {
    let files =
        "hooks: { files: { timing: post, command: [sh, -c, 'cat > ../told; grep -q ok *.txt'] } }";
    let world = held(files);
    let changed = |world: &World| {
        let told: Value =
            serde_json::from_str(&crate::support::files::read(&world.root().join("told"))).unwrap();
        let files = told["changed_files"].as_array().unwrap();
        files.iter().map(|file| file["path"].clone()).collect::<Value>()
    };
    // Changed before the session begins, so no work of it.
    world.write("mine.txt", "x\n");
    prompt(&world);
    world.write("a.txt", "a\n");
    expect_block(&stop(&world), &["files: "]);
    prompt(&world);
    world.write("b.txt", "b\n").write("src.txt", "ok\n");
    expect_said(&stop(&world), "verified");
    assert_eq!(changed(&world), json!(["a.txt", "b.txt", "src.txt"]));
    prompt(&world);
    world.write("c.txt", "c\n");
    expect_said(&stop(&world), "verified");
    assert_eq!(changed(&world), json!(["c.txt"]));
    assert_eq!(runs(&world), 3, "in one session of atlas");
}

#[test]
fn without_a_contract_nothing_happens() {
    let world = World::new();
    world.write("src.txt", "x\n").repo().commit("first");
    for event in ["UserPromptSubmit", "Stop", "SubagentStop"] {
        assert_eq!(asked(&world, event).run().expect_code(0).stdout, "", "{event}");
        world.write("src.txt", "BAD\n");
    }
    assert!(!world.dir().join(".claude").exists());
}

#[test]
fn inside_of_atlas_nothing_happens() {
    let world = held(CONTRACT);
    for name in ["ATLAS_DEPTH", "ATLAS_SESSION"] {
        asked(&world, "UserPromptSubmit").env(name, "1").run().expect_code(0);
        world.write("src.txt", "BAD\n");
        let output = asked(&world, "Stop").env(name, "1").run().expect_code(0);
        assert_eq!(output.stdout, "", "{name}");
    }
    assert!(!world.dir().join(".claude/sessions").exists() && looks(&world) == 0);
}

#[test]
fn nobodys_contract_runs_untrusted_and_is_told_of() {
    let world = World::new();
    world.write("src.txt", "good\n").write(".claude/contracts/gate.yaml", CONTRACT);
    world.repo().commit("first");
    let said: Value = serde_json::from_str(&prompt(&world)).unwrap();
    expect_said(&said, "nothing is checked here");
    expect_said(&said, "atlas trust");
    world.write("src.txt", "BAD\n");
    expect_said(&stop(&world), "NOT VERIFIED: no base was taken");
    assert_eq!(looks(&world), 0);
}

/// A contract that is gone at a prompt was taken away by a person: the work so far was verified.
#[test]
fn a_person_takes_the_contract_away_or_changes_it_between_two_turns() {
    let world = held(CONTRACT);
    prompt(&world);
    world.write("src.txt", "better\n");
    expect_said(&stop(&world), "verified");
    world.write(".claude/contracts/gate.yaml", format!("{CONTRACT}# more\n"));
    let said: Value = serde_json::from_str(&prompt(&world)).unwrap();
    expect_said(&said, "held to the contract as it was, because");
    std::fs::remove_file(world.dir().join(".claude/contracts/gate.yaml")).unwrap();
    assert_eq!(prompt(&world), "");
    world.write("src.txt", "BAD\n");
    assert_eq!(stop(&world), Value::Null);
}

#[test]
fn a_gate_put_up_later_has_no_base_and_stops_nobody() {
    let world = held(CONTRACT);
    world.write("src.txt", "BAD\n");
    expect_said(&stop(&world), "NOT VERIFIED: no base was taken");
}

/// A path is trusted whatever it holds, so trust does not notice; the plan of the prompt does.
#[test]
fn the_work_cannot_change_what_it_is_held_to() {
    for (path, content) in
        [(".claude/contracts/gate.yaml", "hooks: {}\n"), ("check.sh", "exit 0\n")]
    {
        let world = World::new();
        let contract = "hooks: { own: { timing: post, command: [sh, check.sh] } }\n";
        world.write("check.sh", "echo as it was >&2; exit 1\n");
        world.write(".claude/contracts/gate.yaml", contract).repo().commit("first");
        world.atlas(["trust", "--always", "--yes"]).run().expect_code(0);
        prompt(&world);
        world.write(path, content);
        expect_block(&stop(&world), &["the work changed its own check", path]);
    }
}

#[test]
fn what_could_not_be_looked_at_is_no_pass_and_no_prison() {
    let hook = |command: &str| format!("hooks: {{ x: {{ timing: post, command: {command} }} }}");
    for (contract, part) in [
        (hook("[./not-there]"), "x: "),
        (hook("[no-such-program]"), "no-such-program"),
        (hook("[sh, -c, 'kill -9 $$']"), "x: "),
        ("verify: { reviewers: [{ lens: facts }] }".to_owned(), "claude"),
    ] {
        let world = held(&contract);
        prompt(&world);
        world.write("src.txt", "more\n");
        for count in 1..=3 {
            expect_block(&stop(&world), &[&format!("not checked ({count} of 3)"), part]);
        }
        expect_said(&stop(&world), "NOT VERIFIED");
    }
}

#[test]
fn a_broken_contract_is_told_at_the_prompt_and_holds_nobody_forever() {
    let world = held("hooks: {}\n");
    world.write(".claude/contracts/gate.yaml", "hoks: {}\n");
    let said: Value = serde_json::from_str(&prompt(&world)).unwrap();
    expect_said(&said, "nothing can be verified");
    for _ in 0..3 {
        expect_block(&stop(&world), &["not checked", "gate.yaml"]);
    }
    expect_said(&stop(&world), "NOT VERIFIED");
    // Once it is mended it counts, from there on.
    world.write(".claude/contracts/gate.yaml", "hooks: {}\n");
    assert_eq!(prompt(&world), "");
    world.write("src.txt", "more\n");
    expect_said(&stop(&world), "verified: nobody looked");
}

/// Claude Code reads 2 as a refusal, and would hear it again at the end of each turn.
#[test]
fn no_mistake_ends_with_the_code_of_a_refusal() {
    let world = held(CONTRACT);
    world.atlas(["gate", "--contrct", "x"]).run().expect_code(1);
    for told in ["", "hello", "{}", "{\"hook_event_name\":\"PreToolUse\"}"] {
        world.atlas(["gate"]).stdin(told).run().expect_code(1);
    }
    prompt(&world);
    for entry in std::fs::read_dir(world.home().join(".local/state/atlas/gate")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "json") {
            crate::support::files::write(&path, "{");
        }
    }
    let output = asked(&world, "Stop").run().expect_code(8);
    assert!(output.stderr.contains("cannot be read") && output.stdout.is_empty(), "{output}");
}

#[test]
fn another_contract_is_one_that_trust_looks_at_or_a_file_of_ones_own() {
    let world = held("hooks: {}\n");
    let named = |file: &str, event: &str| {
        asked(&world, event).args(["--contract", file]).run().expect_code(0).stdout
    };
    world.write("gate.yaml", CONTRACT);
    let said: Value = serde_json::from_str(&named("gate.yaml", "UserPromptSubmit")).unwrap();
    expect_said(&said, "is no contract of this repository");

    let world = held("hooks: {}\n");
    let own = world.home().join("gate.yaml");
    crate::support::files::write(&own, CONTRACT);
    let own = own.to_str().unwrap();
    let asked = |event: &str| {
        let run = asked(&world, event).args(["--contract", own]).run().expect_code(0);
        if run.stdout.is_empty() { Value::Null } else { run.json() }
    };
    assert_eq!(asked("UserPromptSubmit"), Value::Null);
    world.write("src.txt", "BAD\n");
    expect_block(&asked("SubagentStop"), &["no-bad: 1:BAD"]);
}
