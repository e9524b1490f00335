//! `atlas check`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use snapbox::str;

use super::transcript;
use crate::support::world::World;

/// The skill that the page on `atlas check` shows.
const RELEASE_NOTES: &str = "\
---
name: Release_Notes
description: Writes the release notes.
argument-hint: <version>
---

# Release notes

Collect the changes with `python3 scripts/collect.py`, then follow
[the style](references/style.md).
";

fn world() -> World {
    let world = World::new();
    world.skill("release-notes", RELEASE_NOTES);
    world
}

#[test]
fn findings_stand_in_their_files_and_say_the_fix() {
    let world = World::new();
    world
        .skill("a", "---\nname: A\ndescription: d\n---\n# A\n## One\n## Two\n")
        .write(".claude/skills/a/contract.yaml", "steps: [{ section: One }, { section: Tow }]\n")
        .write(".claude/atlas.yaml", "hook: {}\n");
    world.check(
        &transcript(&world, &["check"]),
        str![[r#"
$ atlas check
error[config-broken]: unknown key `hook`
 --> .claude/atlas.yaml:1:1
  |
1 | hook: {}
  | ^^^^
  |
  = help: did you mean `hooks`?

warning[name-form]: a name has no capital letters
 --> .claude/skills/a/SKILL.md:2:7
  |
1 | ---
2 | name: A
  |       ^
3 | description: d
  |
  = help: write `name: a`

warning[name-folder]: the skill is called `A`, its folder `a`
 --> .claude/skills/a/SKILL.md:2:7
  |
1 | ---
2 | name: A
  |       ^
3 | description: d
  |
  = help: rename the folder, or write `name: a`

warning[section-unused]: no step of the contract uses the section `Two`
 --> .claude/skills/a/SKILL.md:7:1
  |
6 | ## One
7 | ## Two
  | ^^^^^^
  |
  = help: give it a step, `- { section: Two }`, or remove it

error[section-missing]: there is no section `Tow`
 --> .claude/skills/a/contract.yaml:1:38
  |
1 | steps: [{ section: One }, { section: Tow }]
  |                                      ^^^
  |
  = help: did you mean `Two`?
--- stderr
failed: 2 errors and 3 warnings in 3 files
--- exit 8

"#]],
    );
}

#[test]
fn warnings_are_errors_where_somebody_is_strict() {
    let world = world();
    let last = |args: &[&str]| {
        transcript(&world, args).lines().rev().take(3).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(last(&["check"])[..2], ["--- exit 0", "warning: 5 warnings in 1 file"]);
    assert_eq!(last(&["check", "--strict"])[..2], ["--- exit 8", "failed: 5 errors in 1 file"]);
    world.skill("fine", "---\nname: fine\ndescription: Does well.\n---\nDo well.\n");
    world.check(
        &transcript(&world, &["check", ".claude/skills/fine", "--strict"]),
        str![[r#"
$ atlas check .claude/skills/fine --strict
--- stderr
ok: 1 file looked at, nothing is wrong
--- exit 0

"#]],
    );
}

/// The transcript on the page, which shows the first of all findings and the last line.
#[test]
fn the_page_shows_what_is_said() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/check.md")).unwrap();
    assert!(page.contains(RELEASE_NOTES.trim_end()), "the page shows this skill");
    let world = world();
    let output = world.atlas(["check"]).run().expect_code(0);
    for finding in output.stdout.split("\n\n") {
        assert!(page.contains(finding.trim_end()), "the page does not show\n{finding}");
    }
}

#[test]
fn nothing_to_check_is_said() {
    let world = World::new();
    let mut shown = transcript(&world, &["check"]);
    shown += &transcript(&world, &["check", "gone"]);
    shown += &transcript(&world, &["list", "--format", "github"]);
    world.check(
        &shown,
        str![[r#"
$ atlas check
--- stderr
ok: there is nothing to check here
--- exit 0
$ atlas check gone
--- stderr
error: `gone` cannot be looked at
caused by: No such file or directory (os error 2)
--- exit 8
$ atlas list --format github
::error title=atlas::usage · nothing spent: `--format github` is not for this command
--- stderr
error: `--format github` is not for this command
hint: it has text, json
--- exit 2

"#]],
    );
}

/// What is said of the skill in this format.
fn said(format: &str) -> String {
    world().atlas(["check", "--format", format]).run().expect_code(0).stdout
}

#[test]
fn as_annotations() {
    World::new().check(&said("github"), str![[r#"
::warning file=.claude/skills/release-notes/SKILL.md,line=2,endLine=2,col=7,endColumn=20,title=name-form::a name has no capital letters%0Afix: write `name: release-notes`
::warning file=.claude/skills/release-notes/SKILL.md,line=2,endLine=2,col=7,endColumn=20,title=name-folder::the skill is called `Release_Notes`, its folder `release-notes`%0Afix: rename the folder, or write `name: release-notes`
::warning file=.claude/skills/release-notes/SKILL.md,line=4,endLine=4,col=1,endColumn=14,title=field-unknown::`argument-hint` is Claude Code's own%0Afix: keep it for Claude Code alone; an upload to claude.ai refuses it
::warning file=.claude/skills/release-notes/SKILL.md,line=9,endLine=9,col=35,endColumn=53,title=script-missing::there is no `scripts/collect.py` in the skill or in the repository%0Afix: make the file, or mend its path
::warning file=.claude/skills/release-notes/SKILL.md,line=10,endLine=10,col=1,endColumn=33,title=resource-missing::there is no `references/style.md` in the skill%0Afix: make the file, or mend the link

"#]]);
}

#[test]
fn as_a_document() {
    let json: serde_json::Value = serde_json::from_str(&said("json")).unwrap();
    assert_eq!((&json["warnings"], &json["errors"]), (&5.into(), &0.into()));
    assert_eq!(json["files"][0]["kind"], "skill");
    World::new().check(
        &format!("{:#}", json["findings"][0]),
        str![[r#"
{
  "rule": "name-form",
  "level": "warning",
  "message": "a name has no capital letters",
  "fix": "write `name: release-notes`",
  "path": ".claude/skills/release-notes/SKILL.md",
  "line": 2,
  "column": 7,
  "end_line": 2,
  "end_column": 20
}
"#]],
    );
}

#[test]
fn as_sarif() {
    let sarif: serde_json::Value = serde_json::from_str(&said("sarif")).unwrap();
    let run = &sarif["runs"][0];
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(run["tool"]["driver"]["name"], "atlas");
    assert_eq!(run["results"].as_array().unwrap().len(), 5);
    World::new().check(
        &format!("{:#}", run["results"][0]),
        str![[r#"
{
  "ruleId": "name-form",
  "level": "warning",
  "message": {
    "text": "a name has no capital letters/nfix: write `name: release-notes`"
  },
  "locations": [
    {
      "physicalLocation": {
        "artifactLocation": {
          "uri": ".claude/skills/release-notes/SKILL.md",
          "uriBaseId": "%SRCROOT%"
        },
        "region": {
          "startLine": 2,
          "startColumn": 7,
          "endLine": 2,
          "endColumn": 20
        }
      }
    }
  ],
  "partialFingerprints": {
    "atlas/v1": "bafa6911f0cfb6ade929ff2aad2e3283:0"
  },
  "ruleIndex": 6
}
"#]],
    );
}

/// A file that would show that it was executed, in every place from which a run would start one.
#[test]
fn nothing_is_executed_and_nobody_is_asked() {
    let world = World::new();
    let tell = "#!/bin/sh\ntouch \"$(dirname \"$0\")/../executed\"\n";
    let hook = "hooks: { a: { timing: pre, command: [./tool/tell.sh] } }";
    world
        .write("tool/tell.sh", tell)
        .write(".claude/atlas.yaml", hook)
        .skill("tell", "---\nname: tell\ndescription: Tells.\n---\n!`./tool/tell.sh`\n")
        .write(".claude/skills/tell/contract.yaml", "steps: [{ run: [./tool/tell.sh] }]");
    let program = world.dir().join("tool/tell.sh");
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    world.repo().commit("first");
    let output = world.atlas(["check"]).run().expect_code(0);
    assert!(output.stderr.contains("3 files looked at"), "{output}");
    assert!(!world.dir().join("executed").exists(), "it was executed");
    assert!(!world.state_folder().exists(), "nothing is kept of it");
}

#[test]
fn editors_get_a_schema() {
    let world = World::new();
    for (name, key) in [("contract", "given"), ("config", "aliases")] {
        let args = ["-C", ".", "check", "--print-schema", name];
        let output = world.atlas(args).run().expect_code(0);
        let schema: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        assert!(schema["properties"][key].is_object(), "{output}");
    }
}

/// What this repository holds, and what comes with atlas, is what atlas asks of others.
#[test]
fn this_repository_passes_strictly() {
    let world = World::new();
    let root = env!("CARGO_MANIFEST_DIR");
    let output = world.atlas(["-C", root, "check", "--strict", "--format=json"]).run();
    let said: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((output.code, &said["errors"]), (Some(0), &0.into()), "{output}");
    // Here is no PATH of a developer, so a hook's program may be missing: that is a note.
    assert!(said["files"].as_array().unwrap().len() >= 5, "{output}");
}
