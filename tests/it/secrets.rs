//! Secrets: none is added unseen, and none leaves a session.

use serde_json::{Value, json};

use crate::support::fake::{Script, Step};
use crate::support::files;
use crate::support::programs::Output;
use crate::support::world::World;

/// Put together here, so that this file itself holds none.
fn key() -> String {
    ["gh", "p_", "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"].concat()
}

fn says(text: &str) -> World {
    World::faked(&Script::plays([Step::Success(text.to_owned())]))
}

/// A world whose claude writes this file, in the tree itself.
fn writes(path: &str, text: &str) -> World {
    let write = Step::Write { path: path.to_owned(), text: text.to_owned() };
    let world = World::faked(&Script::plays([Step::Init, write, Step::Result("Done.".to_owned())]));
    world.user_config(
        "isolation: none\nretry: 0\nhooks: { it: { timing: post, use: no-secrets } }\n",
    );
    world
}

/// Runs the skill; gives the status and reason of the hook.
#[track_caller]
fn looked(world: &World) -> (String, String) {
    let result: Value = world.atlas(["run", "greet", "--format=json"]).run().json();
    let checks = result["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == "it").unwrap();
    let text = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
    (text("status"), text("reason"))
}

#[test]
fn a_key_that_the_run_added_is_refused_by_its_line() {
    let old = format!("one\ntoken: {}\nthree\n", key());
    let rows = [
        (
            "src/a.rs",
            format!("{old}four\nfive {}\n", key()),
            "`src/a.rs`, line 5: this looks like a GitHub token",
        ),
        // Git keeps nothing of a file with such a name, and it is read all the same.
        (".env", format!("A=1\nGH={}\n", key()), "`.env`, line 2: this looks like a GitHub token"),
        ("tä b.txt", key(), "`tä b.txt`, line 1: "),
        (
            "large.txt",
            format!("{}{}\n", "line\n".repeat(300_000), key()),
            "`large.txt`, line 300001: ",
        ),
    ];
    for (path, text, told) in rows {
        let world = writes(path, &text);
        world.write("src/a.rs", &old).greet();
        let (status, reason) = looked(&world);
        assert_eq!(status, "failed", "{path}: {reason}");
        assert!(reason.contains(told), "{path}: {reason}");
        assert!(!reason.contains("; and"), "only what was added: {reason}");
        assert!(!reason.contains(&key()), "a reason repeats no key: {reason}");
    }
}

#[test]
fn what_was_there_before_is_not_the_work_of_the_run() {
    let old = format!("one\ntoken: {}\nthree\n", key());
    let world = writes("src/a.rs", &format!("{old}four\n"));
    // Committed, and dirty when the run begins.
    world.write("src/a.rs", "one\n").greet().write("src/a.rs", &old);
    assert_eq!(looked(&world), ("passed".to_owned(), String::new()));
    let world = writes("blob.bin", &format!("\0{}", key()));
    world.greet();
    assert_eq!(looked(&world).0, "passed", "what has no lines is not read");
}

#[test]
fn an_edit_of_claude_code_is_looked_at_alone() {
    let world = World::new();
    world.write("a.txt", format!("one\ntwo\nthree {}\n", key())).repo().commit("first");
    let told = |text: String| {
        json!({"hook_event_name": "PostToolUse", "cwd": world.dir(), "tool_name": "Edit",
            "tool_input": {"file_path": "a.txt", "old_string": "x", "new_string": text}})
    };
    let hook = |told: Value| world.atlas(["__hook", "no-secrets"]).stdin(told.to_string()).run();
    hook(told("one".to_owned())).expect_code(0);
    let many = json!({"hook_event_name": "PostToolUse", "cwd": world.dir(), "tool_input": {
        "file_path": "a.txt", "edits": [{"old_string": "x", "new_string": key()}]}});
    hook(many).expect_code(2);
    let output = hook(told(format!("three {}", key()))).expect_code(2);
    assert!(output.stderr.contains("`a.txt`, line 3: this looks like a GitHub token"), "{output}");
}

/// No key in what went out, and a note in its place.
#[track_caller]
fn expect_redacted(output: &Output) {
    let all = format!("{}{}", output.stdout, output.stderr);
    assert!(!all.contains(&key()), "{output}");
    assert!(all.contains("[redacted: a GitHub token]"), "{output}");
}

#[test]
fn an_answer_leaves_without_its_secret() {
    let said = format!("Use {} there.", key());
    let world = says(&said);
    world.greet();

    let output = world.atlas(["run", "greet"]).run().expect_code(0);
    expect_redacted(&output);
    assert_eq!(output.stdout, "Use [redacted: a GitHub token] there.\n");
    assert!(output.stderr.contains("the output holds what looks like a GitHub token"), "{output}");
    assert!(!output.stderr.contains("0 of 1 check"), "nobody asked for it: {output}");
    let journal = files::read(&world.session().join("journal.jsonl"));
    assert!(journal.contains(&key()), "the session keeps what was said");
    let shown = world.atlas(["session", "show", "--last"]).run().expect_code(0);
    assert!(!shown.stdout.contains(&key()), "{shown}");

    let output = world.atlas(["run", "greet", "--format=json"]).run().expect_code(0);
    expect_redacted(&output);
    let checks = output.json()["checks"].clone();
    assert_eq!(checks[0]["kind"], "secret", "{checks:#}");
    assert_eq!(checks[0]["blocking"], false);
    assert_eq!(checks[0]["status"], "failed");

    world.atlas(["run", "greet", "-o", "answer.txt"]).run().expect_code(0);
    assert_eq!(world.read("answer.txt"), "Use [redacted: a GitHub token] there.\n");
}

#[test]
fn a_hook_that_tells_a_secret_tells_it_to_nobody_outside() {
    let world = says("Hello.");
    let refuse = format!("echo 'a long way to {} it is' >&2; exit 1", key());
    world.user_config(&format!(
        "retry: 0\nhooks: {{ it: {{ timing: post, command: [sh, -c, \"{refuse}\"] }} }}"
    ));
    world.greet();
    expect_redacted(&world.atlas(["run", "greet"]).run().expect_code(4));
    expect_redacted(&world.atlas(["run", "greet", "--format=json"]).run().expect_code(4));
    expect_redacted(&world.atlas(["run", "greet", "--dry-run"]).run().expect_code(0));
}
