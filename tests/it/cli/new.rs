//! `atlas new`: what it makes passes every check, runs, and can be tested.

use serde_json::json;
use snapbox::str;

use super::transcript;
use crate::support::fake::{Script, Step};
use crate::support::world::{World, files_below};

#[test]
fn a_skill_is_made_and_nothing_is_overwritten() {
    let world = World::new();
    let mut shown = transcript(&world, &["new", "skill", "notes"]);
    for args in [
        &["new", "skill", "notes"][..],
        &["new", "skill", "My_Notes"],
        &["new", "skill", "../notes"],
        &["new", "skill", "other", "--description", ""],
        &["check", "--strict"],
    ] {
        shown += &transcript(&world, args);
    }
    world.check(
        &shown,
        str![[r#"
$ atlas new skill notes
.claude/skills/notes
--- stderr
hint: say in .claude/skills/notes/SKILL.md what it shall do
hint: atlas run notes
hint: atlas test notes --update   records a run, to be played for nothing ever after
--- exit 0
$ atlas new skill notes
--- stderr
error: there is a skill `notes` already
caused by: in [ROOT]/repo/.claude/skills/notes
hint: give the new one another name
--- exit 2
$ atlas new skill My_Notes
--- stderr
error: `My_Notes` is no name for a skill: a name has no capital letters
hint: write one such as `release-notes`
--- exit 2
$ atlas new skill ../notes
--- stderr
error: `../notes` is no skill name: it holds a slash
hint: name a skill, not a path; `--skills-dir DIR` looks in another folder
--- exit 2
$ atlas new skill other --description 
--- stderr
error: a description has 1 to 1024 characters, not 0
--- exit 2
$ atlas check --strict
--- stderr
ok: 2 files looked at, nothing is wrong
--- exit 0

"#]],
    );
    assert_eq!(
        files_below(&world.dir().join(".claude/skills/notes")),
        [
            "SKILL.md",
            "contract.yaml",
            "output.schema.json",
            "recordings/first/case.yaml",
            "recordings/first/repo/README.md",
            "recordings/first/repo/src/greet.py",
            "scripts/check-output.sh",
        ]
    );
}

#[test]
fn it_is_made_where_it_was_asked_for() {
    let world = World::new();
    world.atlas(["new", "skill", "one", "--personal"]).run().expect_code(0);
    world.atlas(["new", "skill", "два", "--dir", "skills"]).run().expect_code(0);
    assert!(world.home().join(".claude/skills/one/SKILL.md").exists());
    assert!(world.dir().join("skills/два/SKILL.md").exists());
    world.atlas(["check", "--strict", "skills", "../home/.claude/skills"]).run().expect_code(0);
}

/// The answer of an agent that names this file.
fn names(file: &str) -> [Step; 2] {
    [Step::Init, Step::Structured(json!({"files": [{"file": file, "teaches": "all"}]}))]
}

#[test]
fn a_new_skill_is_recorded_and_played_and_its_hook_decides() {
    let world = World::faked(&Script::plays(names("gone.md")).then(names("README.md")));
    world.repo().commit("first");
    world
        .atlas(["new", "skill", "notes", "--description", "Says: \"read\" #this"])
        .run()
        .expect_code(0);
    world.atlas(["check", "--strict"]).run().expect_code(0);

    let empty = world.atlas(["test", "notes", "--trust"]).run().expect_code(8);
    assert!(empty.stdout.contains("nothing is recorded yet"), "{empty}");

    world.atlas(["test", "notes", "--trust", "--update"]).run().expect_code(0);
    let alone = |args: &[&str]| world.atlas(args).env("ATLAS_CLAUDE", "/no-claude");
    world.check(
        &alone(&["test", "notes", "--trust"]).run().expect_code(0).stdout,
        str![[r#"
✓ notes/first

"#]],
    );
    let played = alone(&["run", "notes", "--replay", "--trust"]).run().expect_code(0);
    assert!(
        played.stderr.contains("failed: hook files-exist: gone.md: there is no such file"),
        "{played}"
    );
    assert!(played.stderr.contains("ok: hook files-exist"), "{played}");
    assert!(played.stdout.contains("README.md"), "{played}");
}

#[test]
fn a_contract_for_a_skill_that_has_none() {
    let world = World::new();
    world.skill(
        "greet",
        "---\nname: greet\ndescription: Greets.\narguments: [who]\nallowed-tools: Read\n---\n# Greet\n## Say it\n",
    );
    world.atlas(["new", "contract", "--for", "greet"]).run().expect_code(0);
    world.check(
        &world.read(".claude/skills/greet/contract.yaml"),
        str![[r##"
# What must hold when `atlas run greet` runs.
# Every key can be left out; `atlas check` says what is wrong here, and
# `atlas check --print-schema contract` what else can stand here.

# What it is given, in the order of the arguments.
inputs:
  "who": { required: false }

# Programs that decide. They run in the root of the repository: exit code 0 accepts the work, any
# other refuses it, and what they write to stderr is told to the agent, which tries again.
hooks:
  says-something: { timing: post, command: [sh, -c, 'test -s "$ATLAS_OUTPUT_FILE"'] }
  # tests-pass: { timing: post, command: [cargo, test], timeout: 10m }

# What has to be there before anything is spent, and what of the repository the agent is told.
# requires: { commands: [git] }
# given: [diff]

# The answer as JSON that satisfies a schema.
# output: output.schema.json

limits: { usd: 1.00, time: 15m }

# No other tools than these.
# agent: { tools: ["Read"] }

# A step for each section, each in a conversation of its own.
# steps:
#   - { section: "Say it" }

"##]],
    );
    let again = world.atlas(["new", "contract", "--for", "greet"]).run().expect_code(2);
    assert!(again.stderr.contains("already"), "{again}");
    world.atlas(["new", "contract", "--for", "greet", "--here"]).run().expect_code(0);
    assert!(world.read(".claude/contracts/greet.yaml").contains("began as a copy"));
    world.atlas(["check", ".claude/contracts", "--strict"]).run().expect_code(0);
}

/// The place of its own contract is taken by a copy, so nothing that held is lost unawares.
#[test]
fn a_contract_for_a_bundled_skill_begins_as_its_own() {
    let world = World::new();
    let args = ["new", "contract", "--for", "review-diff"];
    world.check(
        &transcript(&world, &args),
        str![[r#"
$ atlas new contract --for review-diff
.claude/contracts/review-diff.yaml
--- stderr
hint: say in .claude/contracts/review-diff.yaml what must hold
hint: atlas check .claude/contracts/review-diff.yaml
hint: atlas run review-diff --dry-run
--- exit 0

"#]],
    );
    let text = world.read(".claude/contracts/review-diff.yaml");
    assert!(text.contains("use: quotes-stand"), "{text}");
    world.atlas(["check", "--strict"]).run().expect_code(0);
}
