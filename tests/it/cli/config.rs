//! `atlas config`.

use snapbox::str;

use super::transcript;
use crate::support::{files, world::World};

#[test]
fn every_value_has_its_source() {
    let world = World::new();
    files::write(&world.home().join(".config/atlas/config.yaml"), "limits: { usd: 1.50 }\n");
    world.write(".claude/atlas.yaml", "limits:\n  turns: 10\n");
    world.atlas(["trust", "--yes"]).run().expect_code(0);
    world.repo();
    let output = world.atlas(["config", "--format=json"]).env("ATLAS_MODEL", "haiku").run();
    let document: serde_json::Value = serde_json::from_str(&output.expect_code(0).stdout).unwrap();
    let settings = document["settings"].as_array().unwrap();
    let shown: Vec<String> = ["limits.usd", "limits.turns", "agent.model", "retry"]
        .iter()
        .map(|key| settings.iter().find(|it| it["key"] == *key).unwrap().to_string())
        .collect();
    world.check(&shown.join("\n"), str![[r#"
{"key":"limits.usd","value":1.5,"source":"[ROOT]/home/.config/atlas/config.yaml:1"}
{"key":"limits.turns","value":50,"source":"built-in"}
{"key":"agent.model","value":"haiku","source":"environment ATLAS_MODEL"}
{"key":"retry","value":{"times":1,"on":["failed","rejected","unavailable"],"backoff":"[TIME]"},"source":"built-in"}
"#]]);
}

#[test]
fn what_nobody_trusted_is_left_out() {
    let world = World::new();
    world.write(".claude/atlas.yaml", "hooks: { t: { timing: pre, command: [make] } }\njobs: 1\n");
    world.repo();
    let before = world.atlas(["config"]).run().expect_code(0);
    assert!(before.stderr.contains("is not trusted"), "{before}");
    assert!(!before.stdout.contains("hooks.t"), "{before}");
    world.atlas(["trust", "--yes"]).run().expect_code(0);
    let after = world.atlas(["config"]).run().expect_code(0);
    assert!(after.stderr.is_empty() && after.stdout.contains("hooks.t"), "{after}");
}

#[test]
fn a_key_is_explained() {
    let world = World::new();
    let mut shown = transcript(&world, &["config", "explain", "limits.usd"]);
    shown += &transcript(&world, &["config", "explain", "hooks.tests.timing"]);
    shown += &transcript(&world, &["config", "explain", "usd-per-day"]);
    shown += &transcript(&world, &["config", "explain", "limits.usb"]);
    world.check(&shown, str![[r#"
$ atlas config explain limits.usd
limits.usd
  Money.
  value here: 2.0 (built-in)
  default: 2.0
  may be set in: config.yaml of the user, .claude/atlas.yaml of the repository, contract.yaml of the skill, variable ATLAS_MAX_USD, flag --max-usd
--- exit 0
$ atlas config explain hooks.tests.timing
hooks.tests.timing
  When it runs.
  takes: pre, mid, post
  may be set in: config.yaml of the user, .claude/atlas.yaml of the repository, contract.yaml of the skill
--- exit 0
$ atlas config explain usd-per-day
usd-per-day
  Money that all runs of a day may cost together. Only in the user's configuration.
  value here: 20.0 (built-in)
  default: 20.0
  may be set in: config.yaml of the user
--- exit 0
$ atlas config explain limits.usb
--- stderr
error: there is no key `limits.usb`
hint: did you mean `limits.usd`?
--- exit 2

"#]]);
}

#[test]
fn a_file_that_others_can_write_is_not_believed_until_it_is_mended() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    let path = world.home().join(".config/atlas/config.yaml");
    files::write(&path, "jobs: 2\n");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
    let refused = world.atlas(["config"]).run().expect_code(8);
    assert!(refused.stderr.contains("others can write it"), "{refused}");
    let mended = world.atlas(["doctor", "--fix"]).run().expect_code(7);
    assert!(mended.stdout.contains("mended: closed"), "{mended}");
    world.atlas(["config"]).run().expect_code(0);
}
