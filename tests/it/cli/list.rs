//! `atlas list`.

use snapbox::str;

use super::{REVIEW, transcript};
use crate::support::world::World;

/// A world with a plain skill, a shadowed one, a broken one, and one that is hostile to terminals.
fn world() -> World {
    let world = World::new();
    world
        .skill("review", REVIEW)
        .personal_skill("review", REVIEW)
        .skill("broken", &format!("---\nname: {}\n---\n", "too long ".repeat(8000)))
        .skill("loud", "---\ndescription: \"\\e[2Jclears\\u202e the screen\"\n---\nLoud.\n");
    world
}

/// A list without the skills that come with atlas, which stand last; their sizes change with them.
fn own(list: &str) -> String {
    let (ours, end) = match list.split_once("\naudit-dependencies") {
        Some((ours, rest)) => (ours, rest.find("\n--- ").map(|at| &rest[at..])),
        None => (list, None),
    };
    format!("{ours}{}", end.unwrap_or_default())
}

#[test]
fn what_comes_with_atlas_stands_last() {
    let world = world();
    let document = world.atlas(["list", "--format=json"]).run().expect_code(0).json();
    let skills = document["skills"].as_array().unwrap();
    let names: Vec<_> = skills[4..].iter().map(|skill| skill["name"].as_str().unwrap()).collect();
    assert_eq!(names, crate::plugin::BUNDLED);
    for skill in &skills[4..] {
        assert_eq!((&skill["source"], &skill["error"]), (&"bundled".into(), &().into()), "{skill}");
    }
}

#[test]
fn skills_with_their_sources_and_sizes() {
    let world = world();
    world.check(&own(&transcript(&world, &["list"])), str![[r#"
$ atlas list
name                source    trust      header     body          description
review              personal  trusted    152 bytes  ≈ 32 tokens   Reviews a diff and says what is wrong with it.
broken              project   untrusted                           broken: the front matter is larger than 64 KiB
loud                project   untrusted  58 bytes   ≈ 2 tokens    ␛[2Jclears� the screen
review              project   untrusted  152 bytes  ≈ 32 tokens   shadowed by [ROOT]/home/.claude/skills/review/SKILL.md: Reviews a diff and says what is wrong with it.
--- exit 0

"#]]);
}

#[test]
fn told_row_by_row() {
    let world = world();
    world.check(&own(&transcript(&world, &["list", "--plain"])), str![[r#"
$ atlas list --plain
review
  source: personal
  trust: trusted
  header: 152 bytes
  body: about 32 tokens
  description: Reviews a diff and says what is wrong with it.
broken
  source: project
  trust: untrusted
  description: broken: the front matter is larger than 64 KiB
loud
  source: project
  trust: untrusted
  header: 58 bytes
  body: about 2 tokens
  description: ␛[2Jclears� the screen
review
  source: project
  trust: untrusted
  header: 152 bytes
  body: about 32 tokens
  description: shadowed by [ROOT]/home/.claude/skills/review/SKILL.md: Reviews a diff and says what is wrong with it.
--- exit 0

"#]]);
}

#[test]
fn as_a_document() {
    let world = world();
    let mut document = world.atlas(["list", "--format=json"]).run().expect_code(0).json();
    document["skills"].as_array_mut().unwrap().retain(|skill| skill["source"] != "bundled");
    let shown = format!("{document:#}\n");
    // A program gets every byte; this file must not hold that one.
    world.check(
        &shown.replace('\u{202e}', "<RLO>"),
        str![[r#"
{
  "schema_version": 1,
  "skills": [
    {
      "name": "review",
      "description": "Reviews a diff and says what is wrong with it.",
      "source": "personal",
      "trust": "trusted",
      "path": "[ROOT]/home/.claude/skills/review/SKILL.md",
      "header_bytes": 152,
      "body_tokens": 32,
      "shadowed_by": null,
      "error": null
    },
    {
      "name": "broken",
      "description": null,
      "source": "project",
      "trust": "untrusted",
      "path": "[ROOT]/repo/.claude/skills/broken/SKILL.md",
      "header_bytes": null,
      "body_tokens": null,
      "shadowed_by": null,
      "error": "the front matter is larger than 64 KiB"
    },
    {
      "name": "loud",
      "description": "/u001b[2Jclears<RLO> the screen",
      "source": "project",
      "trust": "untrusted",
      "path": "[ROOT]/repo/.claude/skills/loud/SKILL.md",
      "header_bytes": 58,
      "body_tokens": 2,
      "shadowed_by": null,
      "error": null
    },
    {
      "name": "review",
      "description": "Reviews a diff and says what is wrong with it.",
      "source": "project",
      "trust": "untrusted",
      "path": "[ROOT]/repo/.claude/skills/review/SKILL.md",
      "header_bytes": 152,
      "body_tokens": 32,
      "shadowed_by": "[ROOT]/home/.claude/skills/review/SKILL.md",
      "error": null
    }
  ],
  "warnings": []
}

"#]],
    );
}

#[test]
fn a_folder_of_ones_own_comes_first() {
    let world = world();
    world.write("mine/review/SKILL.md", "---\ndescription: Mine.\n---\n");
    let output = world.atlas(["list", "--skills-dir", "mine"]).run().expect_code(0);
    let first = output.stdout.lines().nth(1).unwrap();
    assert!(first.starts_with("review") && first.ends_with("Mine."), "{output}");
    world.atlas(["list", "--skills-dir", "nowhere"]).run().expect_code(2);
    let found = world.atlas(["-C", "mine", "list", "--skills-dir", "."]).run().expect_code(0);
    assert!(found.stdout.contains("Mine."), "{found}");
}

#[test]
fn nowhere_anything() {
    let world = World::new();
    world.check(
        &own(&transcript(&world, &["list"])),
        str![[r#"
$ atlas list
name                source   trust    header     body          description
--- stderr
no skills of your own here; a skill is a folder with a SKILL.md in one of:
  [ROOT]/home/.claude/skills
  [ROOT]/repo/.claude/skills
  [ROOT]/repo/.agents/skills
  [ROOT]/repo/skills
--- exit 0

"#]],
    );
}
