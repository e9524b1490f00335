//! Recordings: made through the real claude, played without anybody.

use std::fs;
use std::path::PathBuf;

use regex::Regex;
use serde_json::{Value, json};
use snapbox::str;

use crate::support::files;
use crate::support::model::{Rule, rule};
use crate::support::programs::Run;
use crate::support::world::World;

mod evals;
mod facts;
mod journals;
mod panels;
mod refused;
mod rights;
mod tests_of_skills;

const TIDY: &str = "\
---
name: tidy
description: Tidies a file.
---
Tidy the file $who.
";

/// The first work is refused, so that there is a second attempt in the same conversation.
const CONTRACT: &str = "\
inputs: { who: { default: old.txt } }
output:
  type: object
  required: [tidied]
  properties: { tidied: { type: integer } }
hooks:
  tidied: { timing: post, command: [sh, -c, 'grep -qx B old.txt || { echo no B >&2; exit 1; }'] }
agent: { edit: true }
";

fn edit(old: &str, new: &str) -> Rule {
    let input =
        json!({"file_path": "old.txt", "old_string": old, "new_string": new, "replace_all": false});
    rule().times(1).calls("Edit", input)
}

/// What the model does in one run: two attempts.
fn rules() -> [Rule; 6] {
    [
        rule().times(1).calls("Read", json!({"file_path": "old.txt"})),
        edit("b", "C"),
        rule().times(1).returns(json!({"tidied": 1})),
        edit("C", "B"),
        rule().times(1).calls("Write", json!({"file_path": "new.txt", "content": ""})),
        rule().times(1).returns(json!({"tidied": 2})),
    ]
}

/// A world with a personal skill whose model works in two attempts, and could do so again.
fn world() -> World {
    let world = World::scripted([rules(), rules()].into_iter().flatten());
    world.personal_skill("tidy", TIDY);
    files::write(&skill(&world).join("contract.yaml"), CONTRACT);
    world.write("old.txt", "a\nb\nc\n").write("run.sh", "true\n").repo().commit("first");
    world.write("old.txt", "a\nb\nc\nd\n").repo().git(["add", "old.txt"]);
    world.write("untracked.txt", "mine\n").write("sub/here.txt", "x\n");
    world
}

fn skill(world: &World) -> PathBuf {
    world.home().join(".claude/skills/tidy")
}

fn case(world: &World) -> PathBuf {
    skill(world).join("recordings/first")
}

/// atlas where nobody could be asked.
fn alone<const N: usize>(world: &World, args: [&str; N]) -> Run {
    world
        .atlas(args)
        .env("ATLAS_CLAUDE", world.root().join("no-claude"))
        .env("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
        .without_env("ANTHROPIC_API_KEY")
}

/// A world with its run recorded.
fn recorded() -> World {
    let world = world();
    let record = format!("--record={}", case(&world).display());
    world.atlas(["run", "tidy", &record]).run().expect_code(0);
    world
}

/// What has to be equal in a run and its replay.
fn essence(result: &Value) -> Value {
    let names = |check: &Value| json!([check["name"], check["status"], check["reason"]]);
    json!({
        "status": result["status"],
        "exit_code": result["exit_code"],
        "output": result["output"],
        "checks": result["checks"].as_array().unwrap().iter().map(names).collect::<Vec<_>>(),
        "changes": result["changes"]["files"],
        "attempts": result["steps"][0]["attempts"],
        "spend": result["spend"],
    })
}

#[test]
fn a_run_is_recorded_and_played_without_anybody() {
    let world = world();
    let record = format!("--record={}", case(&world).display());
    let original =
        world.atlas(["run", "tidy", "--format=json", &record]).run().expect_code(0).json();
    let asked = world.model().requests().len();
    let user_tree = world.repo().git(["status", "--porcelain"]);

    let output = alone(&world, ["run", "tidy", "--replay", "--format=json"]).run().expect_code(0);

    assert_eq!(essence(&output.json()), essence(&original));
    assert_eq!(original["steps"][0]["attempts"], 2);
    assert_eq!(world.model().requests().len(), asked, "nobody was asked");
    assert_eq!(world.repo().git(["status", "--porcelain"]), user_tree);
    world.check(
        &output.stderr,
        str![[r#"
tidy, sonnet, about 164 tokens, cap $2.00
note: skill: asking sonnet
ok: check output[..]
ok: skill, [TIME], $0.02
failed: hook tidied: no B, [TIME]
again: skill again: tidied: no B
note: skill: asking sonnet, attempt 2
ok: check output[..]
ok: skill, [TIME], $0.04
ok: hook tidied, [TIME]
note: replayed from [ROOT]/home/.claude/skills/tidy/recordings/first
note: the session is kept in [ROOT]/home/.cache/atlas/replays/[SESSION]
passed, 2 of 2 checks, nothing spent ($0.04 when recorded), [TIME], ...[SHORT]
note: changed 2 files, +1 -1
  A +0 -0 new.txt
  M +1 -1 old.txt

"#]],
    );
    world.check(
        &crate::support::world::files_below(&case(&world)).join("\n"),
        str![[r#"
calls/skill-1-agent.jsonl
calls/skill-1-agent.patch
calls/skill-2-agent.jsonl
calls/skill-2-agent.patch
case.yaml
expected.json
repo/old.txt
repo/run.sh
staged.patch
worktree.patch
"#]],
    );
}

/// The beginning of a case.
const HEAD: &str = r#"version: 1
skill: tidy
made: >-
  recorded by atlas <version> through claude <claude>, with a model on the same
  machine, as a test scripts one
claude: "<claude>"
args: []
inputs: {}
options:
  edit: false
  worktree: true
  apply: false
  allow: []
  model: null
  permission_mode: acceptEdits
  require: none
folder: ""
placeholders:
- home
- user
- host
- repository
- session
- skill
- temporary
- conversation
left_out: []
git:
  branch: main
  base: null
  ahead: 0
  log:
  - |
    first
"#;

/// What it says of its calls.
const CALLS: &str = r#"- step: skill
  attempt: 1
  role: agent
  exit: 0
  parts:
    contract: <hash>
    inputs:
      who: <hash>
    tree: <hash>
    skill: <hash>
    wording: <hash>
    reasons: <hash>
- step: skill
  attempt: 2
  role: agent
  exit: 0
  parts:
    contract: <hash>
    inputs:
      who: <hash>
    tree: <hash>
    skill: <hash>
    wording: <hash>
    reasons: <hash>
"#;

#[test]
fn a_case_is_for_people_to_read() {
    let world = recorded();
    let text = files::read(&case(&world).join("case.yaml"));
    let hash = Regex::new(r"\b[0-9a-f]{16}\b").unwrap();
    let text = hash.replace_all(&text, "<hash>").replace(env!("CARGO_PKG_VERSION"), "<version>");
    let text = text.replace(&crate::support::claude::version(), "<claude>");
    let (head, calls) = text.split_once("calls:\n").unwrap();
    world.check(head, HEAD);
    world.check(calls, CALLS);
}

#[test]
fn the_day_is_charged_for_the_run_and_not_for_its_replays() {
    let world = recorded();
    let ledger = || files::read(&world.state_folder().join("ledger.jsonl"));
    let before = ledger();
    alone(&world, ["run", "tidy", "--replay"]).run().expect_code(0);
    assert_eq!(ledger(), before);
    let left = fs::read_dir(world.home().join(".cache/atlas/replays")).unwrap();
    let names: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 1, "the session stays, the repository goes: {names:?}");
}

#[test]
fn a_recording_names_nobodys_home() {
    let world = recorded();
    let home = world.root().display().to_string();
    for file in crate::support::world::files_below(&case(&world)) {
        let text = files::read(&case(&world).join(&file));
        assert!(!text.contains(&home), "{file}: {text}");
    }
}

#[test]
fn a_repository_stands_as_it_stood() {
    let world = world();
    let look = "'{ git status --porcelain; git log --format=%s; git show HEAD:old.txt; git show \
                :old.txt; cat sub/here.txt untracked.txt; } > \"$HOME/stood\"; grep";
    let contract = CONTRACT.replace("'grep", look).replace("timing: post", "timing: pre");
    let contract = contract.replace("grep -qx B", "grep -qx b");
    files::write(&skill(&world).join("contract.yaml"), contract);
    world.user_config("isolation: none\n");
    let stood = world.home().join("stood");
    let record = format!("--record={}", case(&world).display());
    world.atlas(["run", "tidy", &record]).run().expect_code(0);
    let then = files::read(&stood);
    fs::remove_file(&stood).unwrap();

    alone(&world, ["run", "tidy", "--replay"]).run().expect_code(0);

    assert_eq!(files::read(&stood), then);
    world.check(
        &then,
        str![[r#"
M  old.txt
?? sub/
?? untracked.txt
first
a
b
c
a
b
c
d
x
mine

"#]],
    );
}
