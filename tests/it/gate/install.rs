//! The gate's hooks in Claude Code's settings.

use serde_json::Value;

use crate::support::files;
use crate::support::world::World;

const OTHERS: &str =
    "{\n    \"model\": \"sonnet\",\n    \"permissions\": { \"allow\": [\"Read\"] }\n}\n";

#[test]
fn the_change_is_shown_and_needs_a_yes() {
    let world = World::new();
    world.write(".claude/settings.json", OTHERS).repo();
    let refused = world.atlas(["gate", "--install"]).run().expect_code(8);
    assert!(refused.stdout.contains("+    \"hooks\": {\n"), "{refused}");
    assert!(refused.stderr.contains("--yes"), "{refused}");
    assert_eq!(world.read(".claude/settings.json"), OTHERS);

    let typed = |answer: &str| world.atlas(["gate", "--install"]).on_a_terminal().stdin(answer);
    let no = typed("n\n").run().expect_code(8);
    assert!(no.stdout.contains("change it? [y/N]"), "{no}");
    assert_eq!(world.read(".claude/settings.json"), OTHERS);
    typed("y\n").run().expect_code(0);
    assert!(world.read(".claude/settings.json").contains("\"atlas gate\""));
}

#[test]
fn it_is_put_in_once_and_taken_out_whole() {
    let world = World::new();
    world.write(".claude/settings.json", OTHERS).repo();
    let install = || world.atlas(["gate", "--install", "--yes"]).run().expect_code(0);
    let first = install();
    assert!(first.stderr.contains("atlas trust"), "{first}");
    let with = world.read(".claude/settings.json");
    let settings: Value = serde_json::from_str(&with).unwrap();
    for event in ["UserPromptSubmit", "Stop", "SubagentStop"] {
        let hook = &settings["hooks"][event][0]["hooks"][0];
        assert_eq!((&hook["type"], &hook["command"]), (&"command".into(), &"atlas gate".into()));
    }
    let again = install();
    assert!(again.stderr.contains("is as it should be") && again.stdout.is_empty(), "{again}");
    assert_eq!(world.read(".claude/settings.json"), with);
    world.atlas(["gate", "--remove", "--yes"]).run().expect_code(0);
    assert_eq!(world.read(".claude/settings.json"), OTHERS);
    world.atlas(["gate", "--remove"]).run().expect_code(0);
}

#[test]
fn the_users_own_settings_name_this_very_atlas() {
    let world = World::new();
    let file = world.home().join(".claude/settings.json");
    let args = ["gate", "--install", "--user", "--yes", "--contract", "a b.yaml"];
    world.atlas(args).run().expect_code(0);
    let settings: Value = serde_json::from_str(&files::read(&file)).unwrap();
    let command = settings["hooks"]["Stop"][0]["hooks"][0]["command"].as_str().unwrap();
    assert!(command.starts_with('/') && command.ends_with("/atlas gate --contract 'a b.yaml'"));
    world.atlas(["gate", "--remove", "--user", "--yes"]).run().expect_code(0);
    assert_eq!(files::read(&file), "{}\n");
}

#[test]
fn nothing_is_touched_that_cannot_be_read_or_that_an_agent_asks_for() {
    let world = World::new();
    world.write(".claude/settings.json", "{ \"hooks\": [] }").repo();
    let refused = world.atlas(["gate", "--install", "--yes"]).run().expect_code(8);
    assert!(refused.stderr.contains("`hooks` is no object"), "{refused}");
    assert_eq!(world.read(".claude/settings.json"), "{ \"hooks\": [] }");
    let agent = world.atlas(["gate", "--remove", "--yes"]).env("CLAUDECODE", "1");
    let refused = agent.run().expect_code(8);
    assert!(refused.stderr.contains("for a person to take down"), "{refused}");
    world.atlas(["gate", "--install", "--remove"]).run().expect_code(2);
}
