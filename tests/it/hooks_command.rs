//! `atlas hooks`: which ones there are, and asking them outside of a run.

use serde_json::{Value, json};

use crate::support::fake::{Script, Step};
use crate::support::world::World;

/// A fake whose every call goes well.
fn faked() -> World {
    World::faked(&Script::plays([Step::Success("Hello.".to_owned())]))
}

#[test]
fn every_hook_is_listed_with_where_it_stands_and_whether_it_may_run() {
    let world = faked();
    world.user_config("hooks: { mine: { timing: pre, use: clean-tree } }");
    world.write(
        ".claude/atlas.yaml",
        "hooks:\n  fmt: { timing: mid, on: edit, command: [sh, fmt.sh] }\n  \
         lint: { timing: post, blocking: false, command: [lint, 'a b'] }\n",
    );
    world.greet_by("hooks: { told: { timing: post, command: ['true'] } }");
    let output = world.atlas(["hooks", "list", "greet"]).run().expect_code(0);
    world.check(
        &output.stdout,
        snapbox::str![[r#"
hook  timing          trust        source                                            command
mine  pre             yours        [ROOT]/home/.config/atlas/config.yaml:1  use: clean-tree
fmt   mid, each edit  needs trust  .claude/atlas.yaml:2                              sh fmt.sh
lint  post, advisory  needs trust  .claude/atlas.yaml:3                              lint 'a b'
told  post            needs trust  .claude/skills/greet/contract.yaml:1              true

"#]],
    );

    let run = world.atlas(["hooks", "list", "--format=json"]);
    let listed = run.run().expect_code(0).json();
    let hooks = listed["hooks"].as_array().unwrap();
    let names: Vec<&Value> = hooks.iter().map(|hook| &hook["name"]).collect();
    assert_eq!(names, ["mine", "fmt", "lint"]);
    assert_eq!(hooks[0]["bundled"], "clean-tree");
    assert_eq!([&hooks[0]["trust"], &hooks[1]["trust"]], ["yours", "needs-trust"]);

    world.atlas(["trust", "--yes"]).run().expect_code(0);
    let listed = world.atlas(["hooks", "list", "greet", "--format=json"]).run().json();
    assert_eq!(listed["hooks"][3]["trust"], "trusted");
}

#[test]
fn a_list_of_nothing_says_so() {
    let output = faked().atlas(["hooks", "list"]).run().expect_code(0);
    assert_eq!(output.stdout, "");
    assert!(output.stderr.contains("no hooks here yet"), "{output}");
}

/// Scripts as people write them for Claude Code, unchanged.
#[test]
fn one_hook_is_asked_with_an_input_of_ones_own() {
    let says = |text: &str| format!("command: [echo, '{text}']");
    let script = |text: &str| format!("command: [sh, -c, '{text}']");
    let reads = "input=$(cat); case $input in *secret*) echo no secrets >&2; exit 2;; esac";
    let rows: Vec<(String, &str, u8, &str)> = vec![
        (script(reads), r#"{"a":"secret"}"#, 4, "failed: hook h: no secrets"),
        (script(reads), r#"{"a":"b"}"#, 0, "ok: hook h"),
        (says(r#"{"decision":"block","reason":"not yet"}"#), "{}", 4, "failed: hook h: not yet"),
        (says(r#"{"continue":false,"stopReason":"halt"}"#), "{}", 4, "failed: hook h: halt"),
        (says(r#"{"decision":"approve"}"#), "{}", 0, "ok: hook h"),
        (says(r#"{"suppressOutput":true}"#), "{}", 0, "ok: hook h"),
        (
            says(r#"{"hookSpecificOutput":{"hookEventName":"Stop","additionalContext":"see X"}}"#),
            "{}",
            0,
            "ok: hook h: see X",
        ),
        (script("exit 1"), "{}", 4, "failed: hook h: exit 1"),
        (script("echo {oops"), "{}", 5, "failed: hook h could not run"),
        (script("kill -9 $$"), "{}", 5, "it was killed by signal 9"),
        (script("sleep 60").replace('}', "") + ", timeout: 1s", "{}", 5, "it took too long"),
        ("command: [./gone]".to_owned(), "{}", 5, "failed: hook h could not run"),
        (
            "blocking: false, command: ['false']".to_owned(),
            "{}",
            0,
            "warning: hook h (advisory): exit 1",
        ),
    ];
    for (hook, input, code, expected) in rows {
        let world = faked();
        world.user_config(&format!("hooks: {{ h: {{ timing: post, {hook} }} }}"));
        world.write("told.json", input);
        let run = world.atlas(["hooks", "test", "h", "--input", "told.json", "--plain"]);
        let output = run.run().expect_code(code.into());
        assert!(output.stdout.contains(expected), "{hook}: {output}");
        assert!(!world.root().join("bin/claude.calls").exists(), "claude is not needed");
    }
}

#[test]
fn a_hook_that_is_asked_alone_needs_trust_as_in_a_run() {
    let world = faked();
    let hook = "hooks: { format: { timing: pre, command: [sh, -c, 'touch ../ran; exit 1'] } }";
    world.write(".claude/atlas.yaml", hook);
    let output = world.atlas(["hooks", "test", "format"]).run().expect_code(2);
    assert!(output.stderr.contains("is not trusted"), "{output}");
    assert!(!world.root().join("ran").exists());
    world.atlas(["trust", "--yes"]).run().expect_code(0);
    let run = world.atlas(["hooks", "test", "format", "--format=json"]).run().expect_code(3);
    assert_eq!(run.json()["status"], "blocked");
    assert!(world.root().join("ran").exists());
    let output = world.atlas(["hooks", "test", "fromat"]).run().expect_code(2);
    assert!(output.stderr.contains("did you mean `format`?"), "{output}");
}

#[test]
fn hooks_are_asked_again_on_a_run_that_is_over() {
    let world = faked();
    let config = |script: &str| {
        format!(
            "hooks:\n  a: {{ timing: post, command: [sh, -c, '{script}'] }}\n  \
             b: {{ timing: post, needs: [a], command: [sh, -c, 'cat > ../told'] }}\n  \
             c: {{ timing: pre, command: ['true'] }}\n"
        )
    };
    world.user_config(&config("echo not so >&2; exit 1")).greet();
    world.atlas(["run", "greet"]).run().expect_code(4);

    let again = || world.atlas(["hooks", "run", "--timing=post", "--format=json"]).run();
    let document = again().expect_code(4).json();
    let shown = |document: &Value| {
        let checks = document["checks"].as_array().unwrap();
        let shown = checks.iter().map(|it| format!("{} {}", it["name"], it["status"]));
        shown.collect::<Vec<_>>().join(", ").replace('"', "")
    };
    assert_eq!(shown(&document), "a failed, b skipped");

    world.user_config(&config("grep -q Hello $ATLAS_OUTPUT_FILE"));
    assert_eq!(shown(&again().expect_code(0).json()), "a passed, b passed");
    let told: Value = serde_json::from_str(&world.read("../told")).unwrap();
    assert_eq!(told["skill"], "greet");
    assert_eq!(told["cwd"], json!(world.dir()));
    assert_eq!(told["run"], 1);
    let id = world.session().file_name().unwrap().to_str().unwrap().to_owned();
    let run =
        world.atlas(["hooks", "run", "--timing=pre", "--session", &id[id.len() - 4..], "--plain"]);
    let output = run.run().expect_code(0);
    assert!(output.stdout.starts_with("ok: hook c"), "{output}");
}

/// A repository may bring a journal along; what stands in it must not be executed.
#[test]
fn a_journal_names_no_command() {
    let world = faked();
    world.user_config("hooks: { a: { timing: post, command: [touch, ../ran] } }").greet();
    world.atlas(["run", "greet"]).run().expect_code(0);
    std::fs::remove_file(world.root().join("ran")).unwrap();
    world.user_config("");
    let output = world.atlas(["hooks", "run", "--timing=post"]).run().expect_code(0);
    assert!(output.stderr.contains("there is no post hook"), "{output}");
    assert!(!world.root().join("ran").exists());
}
