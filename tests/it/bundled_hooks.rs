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

#[test]
fn links_of_changed_documents_lead_somewhere() {
    let page = "# Title\n\n[up](../README.md#begin) [own](#title) [away](https://example.org)\n";
    let world = writes(&[("docs/a.md", page)]);
    world.write("README.md", "# Begin\n").write("old.md", "[dead](gone.md)\n").greet();
    check(&world, "timing: post, use: links-alive", "");

    let page =
        "# Title\n\n[a](gone.md)\n[b](../README.md#end)\n![c](../../x.png) [d](/etc/hosts)\n";
    let world = writes(&[("docs/a.md", page)]);
    world.write("README.md", "# Begin\n").greet();
    let (status, reason) = looked(&world, "timing: post, use: links-alive");
    assert_eq!(status, "failed");
    world.check(
        &reason,
        snapbox::str![[r#"
`docs/a.md`, line 3: `gone.md` leads nowhere; mend the link, or make what it names
`docs/a.md`, line 4: `../README.md#end` leads to no heading; `README.md` has no `#end`
`docs/a.md`, line 5: `../../x.png` leads out of the repository
`docs/a.md`, line 5: `/etc/hosts` leads nowhere; mend the link, or make what it names
"#]],
    );
    check(&world, "timing: post, use: links-alive, with: { except: [docs] }", "");
}

const SCHEMA: &str =
    r#"{"type":"object","properties":{"port":{"type":"integer"}},"required":["port"]}"#;

#[test]
fn files_have_the_form_of_a_schema() {
    let hook = "timing: post, use: json-schema, with: { schema: s.json, files: [conf/main.json, 'conf/*.json'] }";
    let good = r#"{"port": 80}"#;
    let rows = [
        (vec![("conf/main.json", good), ("conf/b.json", good)], ""),
        (
            vec![("conf/main.json", good), ("conf/b.json", "{\n\"port\":\n}")],
            "`conf/b.json`, line 3: no JSON",
        ),
        (
            vec![("conf/main.json", r#"{"port":"80"}"#)],
            r#"`conf/main.json`, /port: "80" is not of type "integer""#,
        ),
        (vec![("conf/b.json", good)], "`conf/main.json` is not there; it has to be written"),
        (vec![("conf/main.json", good), ("other.json", "[]")], ""),
    ];
    for (files, told) in rows {
        let world = writes(&files);
        world.write("s.json", SCHEMA).greet();
        check(&world, hook, told);
    }
    let world = writes(&[]);
    world.greet();
    let (status, reason) = looked(&world, hook);
    assert_eq!(status, "error", "{reason}");
    assert!(reason.contains("there is no schema `s.json`"), "{reason}");
}

#[test]
fn an_output_has_the_form_of_a_schema_of_the_skill() {
    let contract = "hooks: { it: { timing: post, use: json-schema, with: { schema: form.json } } }\nretry: 0\n";
    for (said, code, told) in
        [(r#"{"port": 1}"#, 0, ""), ("{}", 4, "\"port\" is a required property")]
    {
        let world = World::faked(&Script::plays([Step::Success(said.to_owned())]));
        world.write(".claude/skills/greet/form.json", SCHEMA).greet_by(contract);
        let output = world.atlas(["run", "greet", "--trust"]).run().expect_code(code);
        assert!(output.stderr.contains(told), "{output}");
    }
}

#[test]
fn a_schema_of_the_repository_is_a_part_of_what_is_trusted() {
    let world = writes(&[]);
    world.write("s.json", SCHEMA);
    world.write(
        ".claude/atlas.yaml",
        "hooks: { it: { timing: pre, use: json-schema, with: { schema: s.json, files: [p.json] } } }",
    );
    world.write("p.json", r#"{"port": 1}"#).greet();
    world.atlas(["trust", "--yes"]).run().expect_code(0);
    world.atlas(["run", "greet"]).run().expect_code(0);
    world.write("s.json", "true");
    let output = world.atlas(["run", "greet"]).run().expect_code(8);
    assert!(output.stderr.contains("s.json"), "{output}");
}

#[test]
fn a_schema_is_a_judge_that_the_work_cannot_change() {
    for path in ["s.json", ".claude/skills/greet/s.json"] {
        let world = writes(&[("p.json", "[]"), (path, "true")]);
        world.write("s.json", SCHEMA).greet();
        world.user_config(
            "isolation: none\nhooks: { it: { timing: post, use: json-schema, \
             with: { schema: s.json, files: [p.json] } } }\n",
        );
        let output = world.atlas(["run", "greet"]).run().expect_code(4);
        let told = format!("the work changed its own check {path}");
        assert!(output.stderr.contains(&told), "{output}");
    }
}

/// The example of the page is one that is read without a fault.
#[test]
fn the_example_of_the_page_is_a_contract() {
    let page = include_str!("../../docs/hooks.md");
    let example = page.rsplit("```yaml\n").next().unwrap().split("```").next().unwrap();
    assert!(example.contains("use: tests-pass"), "{example}");
    let world = writes(&[]);
    world.greet_by(example);
    let output = world.atlas(["run", "greet", "--trust", "--dry-run"]).run().expect_code(0);
    assert!(output.stdout.contains("__hook diff-size"), "{output}");
}

/// A program named `make` that stands for the real one.
fn with_make(script: &str) -> World {
    let world = writes(&[]);
    world.write("Makefile", "test:\n\tdo-it\n").greet();
    let make = world.root().join("bin/make");
    crate::support::files::write(&make, format!("#!/bin/sh\n{script}\n"));
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&make, mode).unwrap();
    world
}

#[test]
fn tests_are_run_by_what_the_project_speaks_of() {
    let rows = [
        ("echo 'test result: ok. 3 passed; 0 failed'", "passed", ""),
        (
            "echo some lines; echo broken >&2; exit 2",
            "failed",
            "`make test` ended with exit code 2; its last lines:\nsome lines\nbroken",
        ),
        (
            "echo 'test result: ok. 0 passed; 0 failed'",
            "failed",
            "`make test` ran no test, which proves nothing",
        ),
        ("test \"$CI\" = true && test \"$*\" = test && test -z \"$GH_TOKEN\"", "passed", ""),
        ("kill -9 $$", "error", "`make test` was killed by signal 9"),
    ];
    for (script, status, told) in rows {
        let world = with_make(script);
        world.user_config(
            "isolation: none\nretry: 0\nhooks: { it: { timing: post, use: tests-pass } }\n",
        );
        let path = format!("{}:/usr/bin:/bin", world.root().join("bin").display());
        let run = world.atlas(["run", "greet", "--format=json"]);
        let result = run.env("PATH", path).env("GH_TOKEN", "x").run().json();
        let check = &result["checks"][0];
        assert_eq!(check["status"], status, "{script}: {result:#}");
        let reason = check["reason"].as_str().unwrap_or_default();
        assert!(reason.contains(told), "{script}: {reason}");
    }
}

#[test]
fn where_nobody_can_test_nothing_has_passed() {
    let world = writes(&[]);
    world.greet();
    let (status, reason) = looked(&world, "timing: post, use: tests-pass");
    assert_eq!(status, "error");
    assert!(reason.contains("no test runner was found"), "{reason}");
    let go = "timing: post, use: tests-pass, with: { runners: [go] }";
    world.user_config(&format!("retry: 0\nhooks: {{ it: {{ {go} }} }}\n"));
    let run = world.atlas(["run", "greet", "--format=json"]).env("PATH", world.root().join("bin"));
    let result = run.run().json();
    assert_eq!(result["checks"][0]["status"], "error", "{result:#}");
    assert_eq!(result["checks"][0]["reason"], "exit 126: `go` is not on PATH");
}

#[test]
fn tests_end_with_the_hook_that_runs_them() {
    let world = with_make("echo started > started; sleep 1000");
    world.user_config(
        "isolation: none\nretry: 0\nhooks: { it: { timing: post, use: tests-pass, timeout: 2s } }\n",
    );
    let path = format!("{}:/usr/bin:/bin", world.root().join("bin").display());
    let run = world.atlas(["run", "greet", "--format=json"]).env("PATH", path);
    let result = run.run().expect_code(5).json();
    assert_eq!(result["checks"][0]["reason"], "it took too long", "{result:#}");
    let left = crate::support::processes::processes_with(&world.cookie());
    assert!(left.is_empty(), "nothing is left of it: {left:?}");
}
