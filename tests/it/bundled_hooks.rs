//! The hooks that come with atlas, on work that is done in front of them.

use serde_json::{Value, json};

use crate::support::fake::{Script, Step};
use crate::support::model::rule;
use crate::support::world::World;

/// A world whose claude writes these files and says something. Agents work in the tree itself.
fn writes(files: &[(&str, &str)]) -> World {
    let mut steps = vec![Step::Init];
    steps.extend(
        files.iter().map(|(path, text)| Step::Write { path: (*path).into(), text: (*text).into() }),
    );
    steps.push(Step::Result("Done.".to_owned()));
    World::faked(&Script::plays(steps))
}

/// Runs the skill with one hook of the user's; tells the hook's status and reason.
#[track_caller]
fn looked(world: &World, hook: &str) -> (String, String) {
    world.user_config(&format!("isolation: none\nretry: 0\nhooks: {{ it: {{ {hook} }} }}\n"));
    let output = world.atlas(["run", "greet", "--format=json"]).run();
    let result: Value = output.json();
    let checks = result["checks"].as_array().unwrap_or_else(|| panic!("{output}"));
    let check = checks.iter().find(|check| check["name"] == "it");
    let check = check.unwrap_or_else(|| panic!("{output}"));
    let text = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
    (text("status"), text("reason"))
}

/// The hook was content where nothing is told, and else refused with words that hold this.
#[track_caller]
fn check(world: &World, hook: &str, told: &str) {
    let (status, reason) = looked(world, hook);
    let expected = if told.is_empty() { "passed" } else { "failed" };
    assert_eq!(status, expected, "{hook}: {reason}");
    assert!(reason.contains(told), "{hook}: {reason}");
}

#[test]
fn what_touches_no_other_paths_passes() {
    let world = writes(&[("src/new.rs", "x\n"), ("Cargo.lock", "y\n")]);
    world.write("src/old.rs", "x\n").greet();
    check(&world, r#"timing: post, use: paths-allowed, with: { paths: [src, "*.lock"] }"#, "");
    let world = writes(&[("src/new.rs", "x\n"), ("Cargo.lock", "y\n")]);
    world.greet();
    check(
        &world,
        r#"timing: mid, use: paths-allowed, with: { paths: [src, "!src/new.rs"] }"#,
        "`Cargo.lock` may not be touched; undo what was done to it\n`src/new.rs` may not",
    );
}

#[test]
fn a_touched_path_goes_back_to_the_agent_who_undoes_it() {
    let call = |tool: &str, input: Value| rule().times(1).calls(tool, input);
    let world = World::scripted([
        call("Read", json!({"file_path": "a.txt"})),
        call("Write", json!({"file_path": "a.txt", "content": "changed\n"})),
        rule().times(1).says("Done."),
        call("Write", json!({"file_path": "a.txt", "content": "a\n"})),
        rule().says("Undone."),
    ]);
    world
        .write("a.txt", "a\n")
        .greet_by("hooks: { only: { timing: post, use: paths-allowed, with: { paths: [src] } } }");

    let run = world.atlas(["run", "greet", "--edit", "--trust", "--format=json"]);
    let result = run.run().expect_code(0).json();

    assert_eq!(result["steps"][0]["attempts"], 2, "{result:#}");
    assert_eq!(result["changes"]["files"], json!([]));
    let requests = world.model().requests();
    let told = requests.iter().find(|asked| asked.user().contains("was not accepted")).unwrap();
    let reason = "only: `a.txt` may not be touched; undo what was done to it";
    assert!(told.user().contains(reason), "{}", told.user());
}

#[test]
fn a_change_has_a_size() {
    let world = writes(&[("a.txt", "1\n2\n3\n"), ("logo.bin", "\0\n\n\n\n")]);
    world.greet();
    check(&world, "timing: post, use: diff-size, with: { max-lines: 3, max-files: 2 }", "");
    let small = "timing: post, use: diff-size, with: { max-lines: 2 }";
    let world = writes(&[("a.txt", "1\n2\n3\n")]);
    world.greet();
    check(&world, small, "3 lines were added and removed, at most 2 may");
    let world = writes(&[("a.txt", "1\n2\n3\n")]);
    world.greet();
    check(&world, "timing: post, use: diff-size, with: { max-lines: 2, except: [a.txt] }", "");
    // A file that git does not know and that is too large to be kept is counted all the same.
    let world = writes(&[("large.txt", &"line\n".repeat(300_000))]);
    world.greet();
    check(&world, "timing: post, use: diff-size", "300000 lines were added");
}

#[test]
fn a_tree_is_clean_before_the_work() {
    let clean = "timing: pre, use: clean-tree";
    let world = writes(&[]);
    world.write("a.txt", "a\n").greet();
    check(&world, clean, "");
    world.write("a.txt", "b\n").write("new.txt", "n\n").write(".gitignore", "out\n");
    world.write("out/x", "ignored\n");
    check(&world, clean, "first:\n?? .gitignore\n M a.txt\n?? new.txt");
    check(&world, "timing: pre, use: clean-tree, with: { except: [a.txt, \"*\"] }", "");
}

#[test]
fn a_copy_of_a_dirty_tree_is_not_clean_either() {
    let world = writes(&[]);
    world.write("a.txt", "a\n").greet();
    world.write("a.txt", "b\n");
    world.user_config("isolation: worktree\nhooks: { it: { timing: pre, use: clean-tree } }");
    let output = world.atlas(["run", "greet", "--edit"]).run().expect_code(3);
    assert!(output.stderr.contains("M a.txt"), "{output}");
}

#[test]
fn what_is_not_known_is_no_pass() {
    let hooks = [
        "use: diff-size",
        "use: no-conflict-markers",
        "use: paths-allowed, with: { paths: [src] }",
    ];
    for hook in hooks {
        let world = writes(&[("a.txt", "a\n")]);
        world.personal_skill("greet", crate::support::world::GREET);
        let (status, reason) = looked(&world, &format!("timing: post, {hook}"));
        assert_eq!(status, "error", "{hook}: {reason}");
        assert!(reason.contains("what the run changed is not known"), "{hook}: {reason}");
    }
}

#[test]
fn options_are_read_strictly() {
    let rows = [
        ("use: diff-size, with: { max-line: 3 }", "did you mean `max-lines`?"),
        ("use: diff-size, with: { max-lines: many }", "found the text `many`"),
        ("use: diff-size, with: { paths: [a] }", "`diff-size` has no option `paths`"),
        ("use: paths-allowed", "`paths-allowed` needs `paths` in `with:`"),
        ("use: paths-allowed, with: { paths: [\"a[\"] }", "`a[` is no glob"),
        ("use: clean-tree", "`clean-tree` cannot look at post, only at pre"),
        ("use: diff-sise", "did you mean `diff-size`?"),
        ("command: [ls], with: { max-lines: 1 }", "`with` goes with `use`"),
    ];
    for (hook, told) in rows {
        let world = writes(&[]);
        world.greet_by(&format!("hooks:\n  it: {{ timing: post, {hook} }}\n"));
        let output = world.atlas(["run", "greet", "--trust"]).run().expect_code(8);
        assert!(output.stderr.contains(told), "{hook}\n{output}");
        assert!(output.stderr.contains("contract.yaml:2"), "{hook}\n{output}");
    }
}

/// What Claude Code itself tells a hook of its own.
#[test]
fn a_hook_looks_for_claude_code_too() {
    let world = World::new();
    world.write("a.txt", "a\n").repo().commit("first");
    world.write("a.txt", "b\n").write("sub/c.txt", "c\n");
    let stop = json!({"hook_event_name": "Stop", "cwd": world.dir().join("sub")});
    let edit = |file: &str| {
        json!({"hook_event_name": "PostToolUse", "cwd": world.dir(), "tool_name": "Edit",
            "tool_input": {"file_path": world.dir().join(file)}})
    };
    let rows = [
        (&stop, r#"{"paths":["sub"]}"#, 2, "`a.txt` may not be touched"),
        (&stop, r#"{"paths":["sub","a.txt"]}"#, 0, ""),
        (&edit("a.txt"), r#"{"paths":["sub"]}"#, 2, "`a.txt` may not be touched"),
        (&edit("sub/c.txt"), r#"{"paths":["sub"]}"#, 0, ""),
        (&edit("../../x"), r#"{"paths":["sub"]}"#, 126, "lies outside of the repository"),
        (&edit("a.txt"), r#"{"path":["sub"]}"#, 126, "unknown field `path`"),
    ];
    for (told, with, code, said) in rows {
        let run = world.atlas(["__hook", "paths-allowed", with]).stdin(told.to_string());
        let output = run.run().expect_code(code);
        assert!(output.stderr.contains(said), "{told} {with}: {output}");
    }
}
