//! More than one run in a session.

use serde_json::json;

use crate::support::model::{Gate, rule};
use crate::support::world::{GREET, World};

use super::chain::kill;

/// What the last request held of the user's side.
fn last_prompt(world: &World) -> String {
    world.model().requests().last().unwrap().body["messages"].to_string()
}

/// The name of the only session.
fn name(world: &World) -> String {
    world.session().file_name().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn a_second_run_in_a_session_knows_of_the_first() {
    let world = World::scripted([rule().times(1).says("Hello."), rule().says("Hello again.")]);
    world.write("own.txt", "a\n").greet();
    world.atlas(["run", "greet"]).run().expect_code(0);
    world.write("own.txt", "b\n");

    let output = world.atlas(["run", "greet", "--session", &name(&world)]).run().expect_code(0);

    assert_eq!(output.stdout, "Hello again.\n");
    assert!(output.stderr.contains("changed meanwhile: M own.txt +1 -1"), "{output}");
    let prompt = last_prompt(&world);
    assert!(prompt.contains("run 1, greet: passed: checked by nobody"), "{prompt}");
    assert!(prompt.contains("M own.txt +1 -1"), "{prompt}");
    assert!(!prompt.contains("Hello."), "its conversation is its own: {prompt}");
    let runs: Vec<_> = world.events("run_started").iter().map(|run| run["run"].clone()).collect();
    assert_eq!(runs, [json!(1), json!(2)]);
    assert!(world.session().join("runs/2/steps/skill/1/prompt.md").exists());
    let shown = world.atlas(["session", "show", "--format=json"]).run().expect_code(0).json();
    assert_eq!(shown["runs"].as_array().unwrap().len(), 2);
    world.expect_valid_journal();
}

#[test]
fn a_conversation_can_go_on_and_its_cost_is_a_difference() {
    let world = World::scripted([
        rule().times(1).says("Hello.").usage(100_000, 1_000),
        rule().says("Hello again.").usage(1_000, 10),
    ]);
    world.greet();
    world.atlas(["run", "greet"]).run().expect_code(0);
    let session = name(&world);

    let run = world.atlas(["run", "greet", "--session", &session, "--continue", "--format=json"]);
    let result = run.run().expect_code(0).json();

    let prompt = last_prompt(&world);
    assert!(prompt.contains("Hello.") && prompt.contains("What was run here before"), "{prompt}");
    assert_eq!(
        prompt.matches("Carry out the skill").count(),
        2,
        "the task is given anew: {prompt}"
    );
    assert!(result["spend"]["usd_known"].as_f64().unwrap() < 0.05, "{result:#}");
    let calls = world.events("call_started");
    assert_eq!(calls[0]["claude_session"], calls[1]["claude_session"]);
}

#[test]
fn a_conversation_under_other_instructions_does_not_go_on() {
    let world = World::scripted([rule().says("Hello.")]);
    world.greet();
    world.atlas(["run", "greet"]).run().expect_code(0);
    world.skill("greet", &GREET.replace("Greet the user", "Insult the user"));
    let run = world.atlas(["run", "greet", "--session", &name(&world), "--continue"]);
    let output = run.run().expect_code(2);
    assert!(output.stderr.contains("other instructions"), "{output}");
    assert_eq!(world.model().requests().len(), 1);
}

#[test]
fn a_second_run_can_be_killed_and_resumed() {
    let gate = Gate::shut();
    let world = World::scripted([
        rule().times(1).says("one"),
        rule().times(1).says("two").held_after(3, &gate),
        rule().says("three"),
    ]);
    world.greet();
    world.atlas(["run", "greet"]).run().expect_code(0);
    let running = world.atlas(["run", "greet", "--session", &name(&world)]).spawn();
    gate.wait_until_reached();
    kill(running);

    let output = super::chain::resume(&world, &[]).expect_code(0);

    assert_eq!(output.stdout, "three\n");
    assert_eq!(world.model().requests().len(), 3);
    world.expect_valid_journal();
}
