//! `atlas session`, on what a run through the real claude left.

use snapbox::str;

use super::transcript;
use crate::support::{files, model::rule, world::World};

#[test]
fn sessions_are_listed_and_shown() {
    let world = World::scripted([rule().says("Hello.").usage(1000, 10)]);
    world.skill("greet", "---\ndescription: Greets.\n---\nSay hello.\n").repo().commit("first");
    let mut shown = transcript(&world, &["session"]);
    world.atlas(["run", "greet"]).run().expect_code(0);
    shown += &transcript(&world, &["session", "list"]);
    shown += &transcript(&world, &["session", "show"]);

    let id = world.session().file_name().unwrap().to_str().unwrap().to_owned();
    let letters = &id[id.len() - 4..];
    world.check(
        &shown.replace(&format!("…{letters}"), "…[ID]"),
        str![[r#"
$ atlas session
--- stderr
no sessions here yet; `atlas run <SKILL>` makes one
--- exit 0
$ atlas session list
session               skill  status  charged  age  size    reason
[SESSION]  greet  passed  $0.0021  [TIME]  64 KiB  checked by nobody
--- exit 0
$ atlas session show
[SESSION] · [ROOT]/repo/.claude/sessions/[SESSION]

run 1 greet
passed, checked by nobody · $0.0021 · [TIME] · …[ID]
hint: say what must hold: a post hook or a schema in [ROOT]/repo/.claude/skills/greet/contract.yaml
step   status  attempts   spent
skill  passed  1 attempt  $0.0021
· output: [ROOT]/repo/.claude/sessions/[SESSION]/runs/1/steps/skill/1/output.md
--- exit 0

"#]],
    );
    for name in [id.as_str(), letters, &id[..8]] {
        let output = world.atlas(["session", "show", name, "--format=json"]).run().expect_code(0);
        let document: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        assert_eq!(document["session"], *id);
        assert_eq!(document["runs"][0]["output"], "Hello.", "{output}");
        assert_eq!(document["runs"][0]["exit_code"], 0);
    }
    let unknown = world.atlas(["session", "show", "zzzz"]).run().expect_code(2);
    assert!(unknown.stderr.contains("no session answers to `zzzz`"), "{unknown}");
}

#[test]
fn a_session_that_cannot_be_read_hides_no_other() {
    let world = World::new();
    world.write(".claude/sessions/20260102-030405-abcd/journal.jsonl", "no journal\nat all\n");
    world.write(".claude/sessions/20260102-030406-bcde/journal.jsonl", "");
    let output = world.atlas(["session", "list", "--format=json"]).run().expect_code(0);
    let document: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let sessions = document["sessions"].as_array().unwrap();
    let errors: Vec<bool> = sessions.iter().map(|it| it["error"].is_string()).collect();
    assert_eq!(errors, [false, true], "{output}");
    world.atlas(["session", "show", "abcd"]).run().expect_code(8);
}

#[test]
fn the_session_of_a_replay_is_found_by_its_name_alone() {
    let world = World::new();
    let kept = world.home().join(".cache/atlas/replays/20260102-030405-abcd");
    files::write(&kept.join("journal.jsonl"), "");
    let shown = world.atlas(["session", "show", "abcd"]).run().expect_code(0);
    assert!(shown.stdout.contains(kept.to_str().unwrap()), "{shown}");
    assert_eq!(world.atlas(["session", "list"]).run().expect_code(0).stdout, "");
    let unknown = world.atlas(["session", "show", "zzzz"]).run().expect_code(2);
    assert!(unknown.stderr.contains("those of replays lie in "), "{unknown}");
}

#[test]
fn every_attempt_that_was_refused_says_why() {
    let world = World::scripted([
        rule().when_user("was not accepted").says("Hello, Ada."),
        rule().says("Hello."),
    ]);
    world.user_config(
        "hooks: { polite: { timing: post, command: [sh, -c, \
         'grep -q Ada \"$ATLAS_OUTPUT_FILE\" || { echo name her >&2; exit 1; }'] } }",
    );
    world.greet();
    world.atlas(["run", "greet"]).run().expect_code(0);
    let shown = world.atlas(["session", "show"]).run().expect_code(0).stdout;
    assert!(shown.contains("✗ skill attempt 1: polite: name her\n"), "{shown}");
    assert!(shown.contains("/runs/1/steps/skill/2/output.md\n"), "{shown}");
}
