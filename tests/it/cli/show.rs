//! `atlas show`.

use snapbox::str;

use super::{REVIEW, transcript};
use crate::support::world::World;

fn world() -> World {
    let world = World::new();
    world
        .skill("review", REVIEW)
        .write(".claude/skills/review/scripts/collect.sh", "echo collected\n")
        .write("secret.txt", "not a part of the skill");
    std::os::unix::fs::symlink(
        world.dir().join("secret.txt"),
        world.dir().join(".claude/skills/review/link"),
    )
    .unwrap();
    world
}

#[test]
fn header_outline_and_files() {
    let world = world();
    world.check(
        &transcript(&world, &["show", "review"]),
        str![[r#"
$ atlas show review
review · project · [ROOT]/repo/.claude/skills/review/SKILL.md
header 152 bytes · body ≈ 32 tokens

---
name: review
description: Reviews a diff and says what is wrong with it.
allowed-tools: Read, Bash(git diff *)
---

# Review

Read the diff first.

size         section
≈ 32 tokens  Review
≈ 16 tokens    Rules
≈ 10 tokens      Naming
≈ 8 tokens     Output

size      file
15 bytes  scripts/collect.sh
--- exit 0

"#]],
    );
}

#[test]
fn a_section_with_all_below_it() {
    let world = world();
    let mut shown = transcript(&world, &["show", "review", "rules"]);
    shown += &transcript(&world, &["show", "review", "Ouput"]);
    world.check(
        &shown,
        str![[r#"
$ atlas show review rules
## Rules

Be strict.

### Naming

Names say what a thing is.

--- exit 0
$ atlas show review Ouput
--- stderr
error: there is no section `Ouput`
hint: did you mean `Output`?
--- exit 8

"#]],
    );
}

#[test]
fn a_file_inside_the_skill_and_none_outside() {
    let world = world();
    let mut shown = String::new();
    let absolute = world.dir().join("secret.txt").display().to_string();
    for path in ["scripts/collect.sh", "../../../secret.txt", "link", &absolute, "missing"] {
        shown += &transcript(&world, &["show", "review", "--file", path]);
    }
    world.check(
        &shown,
        str![[r#"
$ atlas show review --file scripts/collect.sh
echo collected
--- exit 0
$ atlas show review --file ../../../secret.txt
--- stderr
error: `../../../secret.txt` is outside of the skill `review`
hint: name a file inside the skill's own folder
--- exit 2
$ atlas show review --file link
--- stderr
error: `link` is outside of the skill `review`
hint: name a file inside the skill's own folder
--- exit 2
$ atlas show review --file [ROOT]/repo/secret.txt
--- stderr
error: `[ROOT]/repo/secret.txt` is outside of the skill `review`
hint: name a file inside the skill's own folder
--- exit 2
$ atlas show review --file missing
--- stderr
error: `missing` of the skill `review` cannot be read
caused by: No such file or directory (os error 2)
hint: `atlas show review` lists its files
--- exit 8

"#]],
    );
}

#[test]
fn as_documents() {
    let world = world();
    let read = |args: &[&str]| -> serde_json::Value {
        let args = [&["show", "review", "--format=json"], args].concat();
        serde_json::from_str(&world.atlas(args).run().expect_code(0).stdout).unwrap()
    };
    let whole = read(&[]);
    assert_eq!(whole["sections"][2]["slug"], "naming");
    assert_eq!(whole["files"][0]["path"], "scripts/collect.sh");
    assert_eq!(read(&["Output"])["text"], "## Output\n\nOne finding a line.\n");
    assert_eq!(read(&["--file", "scripts/collect.sh"])["text"], "echo collected\n");
    world.write(".claude/skills/review/logo.png", [0x89, b'P', 0xff]);
    let binary = read(&["--file", "logo.png"]);
    assert_eq!((binary["text"].is_null(), &binary["bytes"]), (true, &3.into()));
}
