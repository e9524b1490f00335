//! A contract that cuts a skill into steps: each with a conversation of its own, and told what the
//! ones before it made.

use serde_json::json;

use crate::support::model::rule;
use crate::support::world::World;

const SKILL: &str = "---\nname: chain\ndescription: Two sections\n---\n# Chain\n\nTwo things.\n\n\
                     ## Gather\n\nGather the facts.\n\n## Judge\n\nJudge what was gathered.\n";

const CONTRACT: &str =
    "steps:\n  - { id: gather, section: Gather }\n  - { id: judge, section: Judge }\n";

#[test]
fn a_step_is_told_what_the_step_before_it_made() {
    let world = World::scripted([
        rule().when_prompt("Gather the facts").times(1).says("three facts, see @notes.txt"),
        rule().when_prompt("Judge what was gathered").says("they hold"),
    ]);
    world.skill("chain", SKILL);
    world.write(".claude/skills/chain/contract.yaml", CONTRACT);
    let run = world.atlas(["run", "chain", "--format", "json"]).run().expect_code(0);

    let result = run.json();
    assert_eq!(result["output"], "they hold");
    let steps: Vec<_> = result["steps"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
    assert_eq!(steps, [&json!("gather"), &json!("judge")]);
    let requests = world.model().requests();
    let second = requests.last().unwrap().body["messages"].to_string();
    assert!(second.contains("Step `gather`"), "{second}");
    // What an agent wrote must not choose files for the next one.
    assert!(second.contains(r"three facts, see \\@notes.txt"), "{second}");
    let first = requests.first().unwrap().body.to_string();
    assert!(!first.contains("Judge what was gathered"), "a section that no step needs yet");
}
