//! `atlas trust`.

use snapbox::str;

use super::transcript;
use crate::support::world::World;

#[test]
fn content_is_trusted_until_it_changes() {
    let world = World::new();
    world
        .write(".claude/atlas.yaml", "hooks: { t: { timing: pre, command: [./check.sh] } }\n")
        .write("check.sh", "exit 0\n");
    world.repo();
    let mut shown = transcript(&world, &["trust"]);
    world.write("check.sh", "exit 1\n").write(".mcp.json", "{}");
    shown += &transcript(&world, &["trust"]);
    shown += &transcript(&world, &["trust"]);
    shown += &transcript(&world, &["trust", "--revoke"]);
    shown += &transcript(&world, &["trust", "--revoke"]);
    world.check(
        &shown,
        str![[r#"
$ atlas trust
sha-256       since  file
247ba4aceffd  new    .claude/atlas.yaml
28d3b9e880a7  new    check.sh
--- stderr
trusted; `atlas trust --revoke` takes it back
--- exit 0
$ atlas trust
sha-256       since    file
247ba4aceffd           .claude/atlas.yaml
44136fa355b3  new      .mcp.json
0c6868c2c44f  changed  check.sh
--- stderr
trusted; `atlas trust --revoke` takes it back
--- exit 0
$ atlas trust
sha-256       since  file
247ba4aceffd         .claude/atlas.yaml
44136fa355b3         .mcp.json
0c6868c2c44f         check.sh
--- stderr
trusted; `atlas trust --revoke` takes it back
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

#[test]
fn a_path_is_trusted_whatever_it_holds() {
    let world = World::new();
    world.repo();
    world.atlas(["trust", "--always"]).run().expect_code(0);
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
        let output = world.atlas(["trust", "--always"]).env(name, "1").run().expect_code(8);
        assert!(output.stderr.contains("trust is for a person to give"), "{output}");
    }
    let listed = world.atlas(["trust", "--list"]).run().expect_code(0);
    assert_eq!(listed.stdout, "");
}
