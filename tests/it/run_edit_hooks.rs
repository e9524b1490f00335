//! `on: edit`, through the real claude: the agent hears at once, and the decision falls elsewhere.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::model::{Rule, rule};
use crate::support::world::World;

/// A model that writes a file of the tree and then ends.
fn writes(path: &str) -> impl FnOnce(&Path) -> Vec<Rule> {
    let path = path.to_owned();
    move |dir| {
        let write = json!({"file_path": dir.join(path), "content": "hello\n"});
        vec![rule().before_tool_result().calls("Write", write), rule().says("Hello.")]
    }
}

/// A world whose model knows where it works.
fn world(rules: impl FnOnce(&Path) -> Vec<Rule>, hook: &str) -> World {
    let world = World::scripted_in(rules);
    world.user_config(&format!(
        "isolation: none\nhooks: {{ fmt: {{ timing: mid, on: edit, {hook} }} }}"
    ));
    world.greet();
    world.repo().commit("all");
    world
}

fn checked(world: &World) -> Value {
    let events = world.events("edit_checked");
    assert_eq!(events.len(), 1, "{events:#?}");
    events[0]["answer"].clone()
}

#[test]
fn the_agent_hears_of_an_edit_at_once() {
    let world = world(
        writes("a.txt"),
        "command: [sh, -c, 'cat > ../told; env > ../env; pwd > ../where; echo tabs, please >&2; exit 2']",
    );
    let output = world.atlas(["run", "greet", "--edit"]).run().expect_code(0);

    let [_, second] = &world.model().requests()[..] else { panic!("two requests: {output}") };
    assert!(second.prompt().contains("fmt: tabs, please"), "{}", second.prompt());
    world.check(
        &output.stderr,
        snapbox::str![[r#"
greet, sonnet, about [..] tokens, cap $2.00
note: skill: asking sonnet
failed: a.txt: hook fmt: tabs, please, [TIME]
ok: skill, [TIME], $0.01
passed, checked by nobody, $0.01, [TIME], ...[SHORT]
note: changed 1 file, +1 -0
  A +1 -0 a.txt
hint: say what must hold: a post hook or a schema in [ROOT]/repo/.claude/skills/greet/contract.yaml

"#]],
    );
    let answer = checked(&world);
    assert_eq!(answer["tool"], "Write");
    assert_eq!(answer["check"]["status"], "failed");
    assert_eq!(answer["check"]["reason"], "tabs, please");

    let told: Value = serde_json::from_str(&world.read("../told")).unwrap();
    assert_eq!(told["hook_event_name"], "PostToolUse");
    assert_eq!(told["tool_name"], "Write");
    assert_eq!(told["tool_input"]["file_path"], json!(world.dir().join("a.txt")));
    assert_eq!([&told["skill"], &told["step"]], ["greet", "skill"]);
    assert_eq!([&told["run"], &told["attempt"]], [1, 1]);
    let env = world.read("../env");
    for secret in ["ANTHROPIC", "CLAUDE_CODE", "CLAUDECODE", "ATLAS_EDIT_ORDER"] {
        assert!(!env.contains(secret), "{secret}: {env}");
    }
    assert!(env.contains("ATLAS_SKILL=greet\n"), "{env}");
    assert_eq!(world.read("../where").trim(), world.dir().to_str().unwrap());
}

#[test]
fn what_an_edit_hook_says_decides_nothing_and_proves_nothing() {
    let passing = world(writes("a.txt"), "command: ['true']");
    passing.atlas(["run", "greet", "--edit", "--require=checks"]).run().expect_code(5);
    assert_eq!(checked(&passing)["check"]["status"], "passed");
    let edited = world(|_| vec![rule().says("Hello.")], "command: ['false']");
    edited.atlas(["run", "greet", "--edit"]).run().expect_code(0);
    assert_eq!(edited.events("edit_checked").len(), 0, "nothing was edited");
}

#[test]
fn a_refusal_that_blocks_nothing_is_not_told_and_context_is() {
    let advisory = world(
        writes("a.txt"),
        "blocking: false, command: [sh, -c, 'echo tabs, please >&2; exit 1']",
    );
    let output = advisory.atlas(["run", "greet", "--edit"]).run().expect_code(0);
    assert!(output.stderr.contains("hook fmt (advisory): tabs, please"), "{output}");
    assert!(!advisory.model().requests()[1].prompt().contains("tabs, please"));

    let said = r#"{"hookSpecificOutput":{"additionalContext":"there is a style guide"}}"#;
    let telling = world(writes("a.txt"), &format!("command: [echo, '{said}']"));
    telling.atlas(["run", "greet", "--edit"]).run().expect_code(0);
    assert!(telling.model().requests()[1].prompt().contains("there is a style guide"));
}

#[test]
fn an_edit_hook_that_cannot_look_disturbs_nobody_and_is_told() {
    let world = world(writes("a.txt"), "command: [./gone]");
    let output = world.atlas(["run", "greet", "--edit"]).run().expect_code(0);
    assert!(output.stderr.contains("hook fmt could not run"), "{output}");
    assert_eq!(checked(&world)["check"]["status"], "error");
}

/// The script of the hook is a judge like any other, though its word decides nothing.
#[test]
fn an_agent_that_edits_the_edit_hook_is_told_and_rejected() {
    let world = world(writes("qc/fmt.sh"), "command: [sh, qc/fmt.sh]");
    world.write("qc/fmt.sh", "touch ../ran").repo().commit("fmt");
    let output = world.atlas(["run", "greet", "--edit"]).run().expect_code(4);
    assert!(output.stderr.contains("the work changed its own check qc/fmt.sh"), "{output}");
    assert!(world.model().requests()[1].prompt().contains("changed its own check"), "{output}");
    assert!(!world.root().join("ran").exists());
}

/// A step that the hook does not look at has no hook.
#[test]
fn edits_are_looked_at_by_step() {
    let other = world(writes("a.txt"), "steps: [other], command: ['false']");
    other.atlas(["run", "greet", "--edit"]).run().expect_code(0);
    assert_eq!(other.events("edit_checked").len(), 0);
    let own = world(writes("a.txt"), "steps: ['sk*'], command: ['false']");
    own.atlas(["run", "greet", "--edit"]).run().expect_code(0);
    assert_eq!(checked(&own)["check"]["status"], "failed");
}

/// With a trusted repository claude has its settings too; ours stand beside them.
#[test]
fn hooks_of_the_project_run_beside_ours() {
    let world = World::scripted_in(writes("a.txt"));
    world.greet_by(
        "isolation: none\nhooks: { fmt: { timing: mid, on: edit, command: [touch, ../ours] } }",
    );
    let theirs =
        json!({"type": "command", "command": format!("touch {}/theirs", world.root().display())});
    let settings = json!({"hooks": {"PostToolUse": [{"matcher": "Write", "hooks": [theirs]}]}});
    world.write(".claude/settings.json", settings.to_string()).repo().commit("all");
    world.atlas(["run", "greet", "--edit", "--trust"]).run().expect_code(0);
    assert!(world.root().join("ours").exists());
    assert!(world.root().join("theirs").exists());
    assert_eq!(checked(&world)["check"]["status"], "passed");
}
