//! A panel in a recording: who was asked is part of the run that was recorded.

use std::path::PathBuf;

use serde_json::json;

use super::alone;
use crate::support::files;
use crate::support::model::rule;
use crate::support::world::{GREET, World};

/// Words that only a reviewer's system prompt has.
const REVIEWER: &str = "You review work that somebody else has done";

/// A hook refuses the first work, so that reviewers hear of the second round alone.
const CONTRACT: &str = "hooks: { names: { timing: post, \
     command: [sh, -c, 'grep -q Ada \"$ATLAS_OUTPUT_FILE\" || { echo no name >&2; exit 1; }'] } }\n";

fn world() -> World {
    let world = World::scripted([
        rule()
            .when_prompt(REVIEWER)
            .before_tool_result()
            .returns(json!({ "passed": true, "issues": [] })),
        rule().when_prompt(REVIEWER).after_tool_result().says("Done."),
        rule().when_user("was not accepted").says("Hello, Ada."),
        rule().says("Hello, you."),
    ]);
    world.personal_skill("greet", GREET).write("a.txt", "a").repo().commit("first");
    files::write(&skill(&world).join("contract.yaml"), CONTRACT);
    world
}

fn skill(world: &World) -> PathBuf {
    world.home().join(".claude/skills/greet")
}

/// Records a run in which reviewers were asked by the command line.
fn recorded(flag: &str) -> World {
    let world = world();
    let record = format!("--record={}", skill(&world).join("recordings/first").display());
    world.atlas(["run", "greet", flag, &record]).run().expect_code(0);
    world
}

#[test]
fn who_was_asked_by_a_flag_is_asked_again() {
    let world = recorded("--verify=2");
    alone(&world, ["test", "greet", "--strict"]).run().expect_code(0);
    let replay = alone(&world, ["run", "greet", "--replay", "--format=json"]).run();
    let result = replay.expect_code(0).json();
    assert_eq!(result["verdict"]["votes"]["confirmed"], 2, "{result}");
    assert_eq!(result["steps"][0]["attempts"], 2, "{result}");
}

/// What nobody recorded is no vote, also where those who were recorded are enough.
#[test]
fn a_reviewer_whom_nobody_recorded_ends_the_replay() {
    let world = recorded("--verify=2");
    let replay = alone(&world, ["run", "greet", "--replay", "--verify=3"]).run();
    let output = replay.expect_code(8);
    assert!(output.stderr.contains("panel/"), "{output}");
}
