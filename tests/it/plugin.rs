//! This repository as a plugin of Claude Code: what the real claude says of it, and what its agent sees.

use std::path::Path;

use serde_json::json;

use crate::support::model::rule;
use crate::support::world::World;

const REPOSITORY: &str = env!("CARGO_MANIFEST_DIR");

/// The skills that atlas brings along to run.
pub(crate) const BUNDLED: [&str; 6] = [
    "audit-dependencies",
    "commit-message",
    "fix-failing-test",
    "release-notes",
    "review-diff",
    "triage",
];

#[test]
fn claude_finds_nothing_wrong_with_it() {
    let world = World::scripted([]);
    for manifest in ["", ".claude-plugin/plugin.json", ".claude-plugin/marketplace.json"] {
        let path = Path::new(REPOSITORY).join(manifest);
        let args = ["plugin", "validate", "--strict", "--json"];
        let validated = world.claude(args).args([path]).run().expect_code(0);
        assert_eq!(validated.json()["success"], true, "{manifest} {validated}");
    }
}

/// A name and a version that nobody keeps together drift apart.
#[test]
fn it_has_the_version_of_the_program() {
    let text = std::fs::read_to_string(Path::new(REPOSITORY).join(".claude-plugin/plugin.json"));
    let plugin: serde_json::Value = serde_json::from_str(&text.unwrap()).unwrap();
    assert_eq!(plugin["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(plugin["license"], env!("CARGO_PKG_LICENSE"));
}

#[test]
fn its_skills_are_offered_to_the_agent_and_read_when_asked_for() {
    let world = World::scripted([
        rule().before_tool_result().times(1).calls("Skill", json!({"skill": "atlas:atlas"})),
        rule().says("Read."),
    ]);
    let output = world
        .claude(["-p", "--output-format=stream-json", "--verbose", "--setting-sources="])
        .args([
            "--strict-mcp-config",
            "--no-session-persistence",
            "--plugin-dir",
            REPOSITORY,
            "--allowedTools=Skill",
        ])
        .stdin("How do I have my work proven?")
        .run()
        .expect_code(0);

    let init = output.events().into_iter().find(|event| event["subtype"] == "init").unwrap();
    assert!(init["plugins"].as_array().unwrap().iter().any(|it| it["name"] == "atlas"), "{init}");
    assert!(init["plugin_errors"].as_array().is_none_or(Vec::is_empty), "{init}");
    let offered: Vec<_> = init["skills"].as_array().unwrap().iter().collect();
    let requests = world.model().requests();
    for skill in ["atlas:atlas", "atlas:review-diff", "atlas:commit-message", "atlas:triage"] {
        assert!(offered.iter().any(|it| *it == skill), "{skill}: {init}");
        assert!(requests[0].prompt().contains(skill), "the model is told of {skill}");
    }
    let body = "Never take a refused answer out of the session folder";
    assert!(!requests[0].prompt().contains(body), "a body costs nothing until it is read");
    assert!(requests[1].prompt().contains(body), "{}", requests[1].prompt());
}

#[test]
fn what_teaches_claude_code_is_no_skill_to_run() {
    let world = World::new();
    let listed = world.atlas(["list", "--format=json"]).run().expect_code(0).json();
    let names: Vec<_> =
        listed["skills"].as_array().unwrap().iter().map(|it| it["name"].as_str()).collect();
    assert_eq!(names, BUNDLED.map(Some), "{listed}");
    // Where the plugin is there for atlas too, it is found as any other plugin's.
    let args = ["show", "atlas:atlas", "--plugin-dir", REPOSITORY];
    let shown = world.atlas(args).run().expect_code(0);
    assert!(shown.stdout.contains("Use atlas"), "{shown}");
}
