//! What a run changed, in all kinds of trees.

use serde_json::{Value, json};
use snapbox::str;

use crate::support::fake::{Script, Step};
use crate::support::model::rule;
use crate::support::programs::Output;
use crate::support::world::{GREET, World};

/// The user lets agents work in the tree itself.
const IN_PLACE: &str = "isolation: none";

fn write(path: &str, text: &str) -> Step {
    Step::Write { path: path.to_owned(), text: text.to_owned() }
}

/// A claude that does this and says something.
fn claude_that(does: impl IntoIterator<Item = Step>) -> World {
    let mut steps = vec![Step::Init];
    steps.extend(does);
    steps.push(Step::Result("Done.".to_owned()));
    let world = World::faked(&Script::plays(steps));
    world.user_config(IN_PLACE);
    world
}

/// The changed files of a result, as `status path added removed`.
fn changes(output: &Output) -> Vec<String> {
    let result: Value = output.json();
    let files = result["changes"]["files"].as_array().unwrap_or_else(|| panic!("{result:#}"));
    let line = |file: &Value| {
        let path = file["path"].as_str().unwrap();
        let old = file["old_path"].as_str().map(|old| format!("{old} => ")).unwrap_or_default();
        let status = file["status"].as_str().unwrap();
        format!("{status} {old}{path} {} {}", file["added"], file["removed"])
    };
    files.iter().map(line).collect()
}

#[test]
fn edits_of_the_real_claude_are_shown() {
    let call = |tool: &str, input: Value| rule().times(1).calls(tool, input);
    let world = World::scripted([
        call("Write", json!({"file_path": "new.txt", "content": "one\ntwo\n"})),
        call("Read", json!({"file_path": "old.txt"})),
        call(
            "Edit",
            json!({"file_path": "old.txt", "old_string": "b", "new_string": "B", "replace_all": false}),
        ),
        rule().says("Done."),
    ]);
    world.user_config(IN_PLACE).write("old.txt", "a\nb\nc\n").greet();

    let output = world.atlas(["run", "greet", "--edit"]).run().expect_code(0);

    assert_eq!(world.read("new.txt"), "one\ntwo\n");
    assert_eq!(world.read("old.txt"), "a\nB\nc\n");
    world.check(
        &output.stderr,
        str![[r#"
greet, sonnet, about 163 tokens, cap $2.00
note: skill: asking sonnet
ok: skill, [TIME], $0.02
passed, checked by nobody, $0.02, [TIME], ...[SHORT]
note: changed 2 files, +3 -1
  A +2 -0 new.txt
  M +1 -1 old.txt
hint: say what must hold: a post hook or a schema in [ROOT]/repo/.claude/skills/greet/contract.yaml

"#]],
    );
}

#[test]
fn every_kind_of_change_is_told() {
    let world = claude_that([
        write("added.txt", "1\n2\n"),
        write("deep/added.bin", "\0\u{1}"),
        write("changed.txt", "a\nB\n"),
        write("ignored.log", "noise\n"),
        write("untracked.txt", "before\nafter\n"),
        Step::Delete("deleted.txt".to_owned()),
        write("moved/here.txt", "one\ntwo\nthree\nfour\n"),
        Step::Delete("there.txt".to_owned()),
    ]);
    world
        .write(".gitignore", "*.log\n")
        .write("changed.txt", "a\nb\n")
        .write("deleted.txt", "x\n")
        .write("there.txt", "one\ntwo\nthree\nfour\n")
        .write("dirty.txt", "committed\n")
        .greet();
    world.write("untracked.txt", "before\n").write("dirty.txt", "changed by the user\n");
    let status = world.repo().git(["status", "--porcelain"]);

    let output = world.atlas(["run", "greet", "--edit", "--format=json"]).run().expect_code(0);

    world.check(
        &changes(&output).join("\n"),
        str![[r#"
added added.txt 2 0
modified changed.txt 1 1
added deep/added.bin null null
deleted deleted.txt 0 1
renamed there.txt => moved/here.txt 0 0
modified untracked.txt 1 0
"#]],
    );
    world.check(
        &output.stderr,
        str![[r#"
greet, sonnet, about 163 tokens, cap $2.00
note: skill: asking sonnet
ok: skill, [TIME], $0.0027
passed, checked by nobody, $0.0027, [TIME], ...[SHORT]
note: changed 6 files, +4 -2
  A +2 -0 added.txt
  M +1 -1 changed.txt
  A deep/added.bin
  D +0 -1 deleted.txt
  R +0 -0 moved/here.txt (was there.txt)
  M +1 -0 untracked.txt
hint: say what must hold: a post hook or a schema in [ROOT]/repo/.claude/skills/greet/contract.yaml

"#]],
    );
    assert!(world.repo().git(["status", "--porcelain"]).contains(" M dirty.txt"), "{status}");
    assert_eq!(world.repo().git(["stash", "list"]), "", "nothing is left in the user's repository");
}

#[test]
fn a_run_that_changes_nothing_says_nothing_of_the_users_own_changes() {
    let world = claude_that([]);
    world.write("dirty.txt", "committed\n").greet();
    world.write("dirty.txt", "changed\n").write("untracked.txt", "x\n");
    let output = world.atlas(["run", "greet", "--edit", "--format=json"]).run().expect_code(0);
    assert_eq!(changes(&output), [""; 0]);
}

#[test]
fn a_linked_worktree_is_a_tree_of_its_own() {
    let world = claude_that([write("new.txt", "a\n")]);
    world.greet().repo().git(["worktree", "add", "--quiet", "../linked"]);
    let linked = world.root().join("linked");
    let run = world.atlas(["run", "greet", "--edit", "--format=json"]).cwd(&linked);
    let output = run.run().expect_code(0);
    assert_eq!(changes(&output), ["added new.txt 1 0"]);
    assert!(linked.join(".claude/sessions").exists(), "its sessions lie in it");
    assert!(!world.dir().join(".claude/sessions").exists());
}

#[test]
fn a_repository_without_a_commit_has_changes_too() {
    let world = claude_that([write("new.txt", "a\n")]);
    world.skill("greet", GREET).repo();
    let output = world.atlas(["run", "greet", "--edit", "--format=json"]).run().expect_code(0);
    assert_eq!(changes(&output), ["added new.txt 1 0"]);
}

#[test]
fn a_run_in_a_subfolder_sees_the_whole_tree() {
    let world = claude_that([write("here.txt", "a\n"), write("../above.txt", "b\n")]);
    world.write("sub/kept.txt", "").greet();
    let run = world.atlas(["run", "greet", "--edit", "--format=json"]).cwd(world.dir().join("sub"));
    let output = run.run().expect_code(0);
    assert_eq!(changes(&output), ["added above.txt 1 0", "added sub/here.txt 1 0"]);
    assert_eq!(world.session().parent().unwrap(), world.dir().join(".claude/sessions"));
}

#[test]
fn outside_a_repository_a_run_goes_ahead_and_changes_are_unknown() {
    let world = claude_that([write("new.txt", "a\n")]);
    world.skill("greet", GREET);
    let output = world.atlas(["run", "greet", "--edit", "--format=json"]).run().expect_code(0);
    assert_eq!(output.json()["changes"], Value::Null, "unknown is null, not empty");
    world.expect_valid_journal();
}

#[test]
fn a_format_that_libgit2_cannot_read_is_told_and_the_run_goes_on() {
    for option in ["--object-format=sha256", "--ref-format=reftable"] {
        let world = claude_that([write("new.txt", "a\n")]);
        world.skill("greet", GREET);
        world.program("git".as_ref(), ["init", "--quiet", option]).run().expect_code(0);
        let output = world.atlas(["run", "greet", "--edit", "--format=json"]).run().expect_code(0);
        assert_eq!(output.json()["changes"], Value::Null);
        let format = option.rsplit_once('=').unwrap().1;
        assert!(
            output.stderr.contains("changes are not tracked") && output.stderr.contains(format),
            "{option}: {output}"
        );
        assert!(world.session().starts_with(world.dir()), "its root is the repository's");
    }
}

#[test]
fn a_bare_repository_keeps_its_sessions_elsewhere() {
    let world = claude_that([]);
    world.personal_skill("greet", GREET);
    world.program("git".as_ref(), ["init", "--quiet", "--bare"]).run().expect_code(0);
    let output = world.atlas(["run", "greet"]).run().expect_code(0);
    assert!(output.stderr.contains("bare repository"), "{output}");
    assert!(!world.dir().join(".claude").exists());
    assert!(world.state_folder().join("sessions").exists());
}
