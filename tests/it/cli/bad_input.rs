//! Command lines and files that are wrong: what is said, and with which exit code.

use snapbox::str;

use super::{REVIEW, transcript};
use crate::support::world::World;

#[test]
fn names_that_are_no_skill() {
    let world = World::new();
    world.skill("review", REVIEW);
    let rows = [
        ("reveiw", 8, "did you mean `review`?"),
        ("../review", 2, "holds a slash"),
        (".claude/skills/review", 2, "holds a slash"),
        ("..", 2, "holds `..`"),
        ("", 2, "it is empty"),
        ("a\u{202e}b", 2, "invisible character"),
    ];
    for (name, code, said) in rows {
        for command in ["show", "run"] {
            let output = world.atlas([command, name]).run().expect_code(code);
            assert!(output.stderr.contains(said), "{command} {name:?}\n{output}");
            assert!(!output.stderr.contains('\u{202e}'), "{output}");
        }
    }
    for command in ["show", "run"] {
        let output = world.atlas([command, "--", "-x"]).run().expect_code(2);
        assert!(output.stderr.contains("starts with `-`"), "{output}");
        let output = world.atlas([command, "-x"]).run().expect_code(2);
        assert!(output.stderr.contains("unexpected argument '-x'"), "{output}");
    }
    assert!(!world.dir().join(".claude/sessions").exists(), "nothing is made for a wrong name");
}

#[test]
fn an_unknown_skill_gets_a_suggestion() {
    let world = World::new();
    world.skill("review", REVIEW).personal_skill("release-notes", REVIEW);
    world.check(
        &transcript(&world, &["show", "reveiw"]),
        str![[r#"
$ atlas show reveiw
--- stderr
error: there is no skill `reveiw`
hint: did you mean `review`?
hint: looked in: [ROOT]/home/.claude/skills
hint: looked in: [ROOT]/repo/.claude/skills
hint: looked in: [ROOT]/repo/.agents/skills, which is not there
hint: looked in: [ROOT]/repo/skills, which is not there
--- exit 8

"#]],
    );
}

#[test]
fn broken_front_matter_is_underlined() {
    let world = World::new();
    world
        .skill("odd", "---\nname: odd\ndescription: [never closed\n---\nBody.\n")
        .skill("open", "---\nname: never closed\n\n# Body\n")
        .skill("broken", &format!("---\nname: {}\n---\n", "too long ".repeat(8000)));
    let shown = ["odd", "open", "broken"].map(|name| transcript(&world, &["show", name])).concat();
    world.check(
        &shown,
        str![[r#"
$ atlas show odd
odd · project · [ROOT]/repo/.claude/skills/odd/SKILL.md
header 51 bytes · body ≈ 2 tokens

---
name: odd
description: [never closed
---
Body.
--- stderr
warning: not valid YAML without quotes; read as text
 --> [ROOT]/repo/.claude/skills/odd/SKILL.md:3:14
  |
2 | name: odd
3 | description: [never closed
  |              ^^^^^^^^^^^^^
4 | ---
  |
  = help: put it in quotes
--- exit 0
$ atlas show open
open · project · [ROOT]/repo/.claude/skills/open/SKILL.md
header 31 bytes · body ≈ 2 tokens

---
name: never closed

# Body

size        section
≈ 2 tokens  Body
--- stderr
warning: the front matter is not closed
 --> [ROOT]/repo/.claude/skills/open/SKILL.md:1:1
  |
1 | ---
  | ^^^
2 | name: never closed
  |
  = help: close it with a line `---`
--- exit 0
$ atlas show broken
--- stderr
error: the skill `broken` cannot be read
caused by: the front matter is larger than 64 KiB
 --> [ROOT]/repo/.claude/skills/broken/SKILL.md:1:1
  |
1 | ---
  | ^^^ opened here
2 | name: too long too long too long too long too long too long too long too long too long too long too long too long too long too long t...
  |
--- exit 8

"#]],
    );
}

#[test]
fn an_unknown_key_is_underlined_and_one_is_suggested() {
    let world = World::new();
    world.write(".claude/atlas.yaml", "limits:\n  usb: 1\nhook: {}\n");
    world.repo();
    world.check(
        &transcript(&world, &["config"]),
        str![[r#"
$ atlas config
--- stderr
error: the configuration .claude/atlas.yaml is faulty
 --> .claude/atlas.yaml:2:3
  |
1 | limits:
2 |   usb: 1
  |   ^^^ unknown key `usb`
3 | hook: {}
  |
  = help: did you mean `usd`?
 --> .claude/atlas.yaml:3:1
  |
2 |   usb: 1
3 | hook: {}
  | ^^^^ unknown key `hook`
  |
  = help: did you mean `hooks`?
--- exit 8

"#]],
    );
}

#[test]
fn a_repository_cannot_say_what_only_the_user_may() {
    let world = World::new();
    world.write(".claude/atlas.yaml", "usd-per-day: 1000\n");
    world.repo();
    world.check(
        &transcript(&world, &["config"]),
        str![[r#"
$ atlas config
--- stderr
error: the configuration .claude/atlas.yaml is faulty
 --> .claude/atlas.yaml:1:1
  |
1 | usd-per-day: 1000
  | ^^^^^^^^^^^ only the user may set this, no file of a repository
  |
  = help: `atlas config` names the user's own file
--- exit 8

"#]],
    );
}

/// Each of them is wrong in another way.
const WRONG: [&[&str]; 14] = [
    &["lst"],
    &["list", "--formt=json"],
    &["list", "--color", "blue"],
    &["run"],
    &["run", "x", "--max-usd", "much"],
    &["run", "x", "--trust", "--untrusted"],
    &["show", "x", "y", "--file", "z"],
    &["run", "x", "--max-usd", "-1"],
    &["run", "x", "--timeout", "0"],
    &["config", "limits.usd"],
    &["review-diff"],
    &["help", "exit-code"],
    &["-C", "nowhere", "list"],
    &[],
];

#[test]
#[expect(clippy::too_many_lines, reason = "a transcript is read as one")]
fn wrong_command_lines() {
    let world = World::new();
    let shown: String = WRONG.iter().map(|args| transcript(&world, args)).collect();
    world.check(
        &shown,
        str![[r#"
$ atlas lst
--- stderr
error: unrecognized subcommand 'lst'
hint: some similar subcommands exist: 'test', 'list'
hint: usage: atlas [OPTIONS] <COMMAND>
--- exit 2
$ atlas list --formt=json
--- stderr
error: unexpected argument '--formt' found
hint: a similar argument exists: '--format'
hint: usage: atlas list --format <FORMAT>
--- exit 2
$ atlas list --color blue
--- stderr
error: invalid value 'blue' for '--color <WHEN>'
    [possible values: auto, always, never]
--- exit 2
$ atlas run
--- stderr
error: the following required arguments were not provided:
    <SKILL>
hint: usage: atlas run <SKILL> [ARGS]...
--- exit 2
$ atlas run x --max-usd much
--- stderr
error: invalid value 'much' for '--max-usd <USD>': `much` is no amount of dollars, write 0.50
--- exit 2
$ atlas run x --trust --untrusted
--- stderr
error: the argument '--trust[=<HASH>]' cannot be used with '--untrusted'
hint: usage: atlas run --trust[=<HASH>] <SKILL> [ARGS]...
--- exit 2
$ atlas show x y --file z
--- stderr
error: the argument '[SECTION]' cannot be used with '--file <PATH>'
hint: usage: atlas show <SKILL> <SECTION>
--- exit 2
$ atlas run x --max-usd -1
--- stderr
error: invalid value '-1' for '--max-usd <USD>': `-1` is no amount of dollars, write 0.50
--- exit 2
$ atlas run x --timeout 0
--- stderr
error: invalid value '0' for '--timeout <TIME>': no time at all is no timeout, write [TIME] or 10m
--- exit 2
$ atlas config limits.usd
--- stderr
error: unrecognized subcommand 'limits.usd'
hint: usage: atlas config [OPTIONS] [COMMAND]
hint: `atlas config explain limits.usd` explains a key
--- exit 2
$ atlas review-diff
--- stderr
error: unrecognized subcommand 'review-diff'
hint: usage: atlas [OPTIONS] <COMMAND>
hint: `atlas run review-diff` runs the skill `review-diff`
--- exit 2
$ atlas help exit-code
--- stderr
error: there is no help on `exit-code`
hint: did you mean `exit-codes`?
--- exit 2
$ atlas -C nowhere list
--- stderr
error: `-C nowhere` cannot be entered
caused by: No such file or directory (os error 2)
--- exit 2
$ atlas 
--- stderr
error: no command was given
hint: `atlas --help` lists them; `atlas doctor` is a good first one
--- exit 2

"#]],
    );
}

#[test]
fn errors_are_json_where_json_was_asked_for() {
    let world = World::new();
    world.skill("review", REVIEW);
    for (args, code, status) in [
        (&["run", "reveiw", "--format=json"][..], 8, "invalid"),
        (&["--format", "json", "show", "reveiw"], 8, "invalid"),
        (&["lst", "--format", "json"], 2, "usage"),
        (&["session", "show", "--format=json"], 2, "usage"),
    ] {
        let output = world.atlas(args).run().expect_code(code);
        let document: serde_json::Value = serde_json::from_str(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}\n{output}"));
        assert_eq!(document["status"], status, "{output}");
        assert_eq!(document["exit_code"], code, "{output}");
        assert_eq!(document["session"], serde_json::Value::Null, "{output}");
        assert!(document["reason"].is_string() && output.stderr.contains("error: "), "{output}");
    }
    let after_dashes = world.atlas(["show", "x", "--", "--format", "json"]).run().expect_code(2);
    assert_eq!(after_dashes.stdout, "");
}
