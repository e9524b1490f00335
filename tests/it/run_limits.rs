//! Limits of a run: money, turns, silence, context.

use serde_json::json;

use crate::support::fake::{Script, Step};
use crate::support::model::{Failure, Gate, rule};
use crate::support::world::World;

#[test]
fn too_many_turns_end_the_run() {
    let world = World::scripted([rule().calls("Read", json!({"file_path": "a.txt"}))]);
    world.write("a.txt", "a").greet();
    let output = world.atlas(["run", "greet", "--max-turns=2"]).run().expect_code(6);
    assert!(output.stderr.contains("turns") && output.stderr.contains("--max-turns"), "{output}");
    assert_eq!(world.model().requests().len(), 2);
}

#[test]
fn money_that_does_not_hold_one_call_makes_none() {
    let world = World::scripted([rule().says("never asked")]);
    world.greet();
    let output = world.atlas(["run", "greet", "--max-usd=0.01"]).run().expect_code(6);
    assert!(output.stderr.contains("--max-usd"), "{output}");
    assert_eq!(world.model().all().len(), 0);
    assert!(world.events("call_started").is_empty());
}

#[test]
fn money_of_the_day_is_kept_over_runs() {
    let world = World::scripted([rule().says("Hello.").usage(100_000, 10)]);
    world.user_config("usd-per-day: 0.24").greet();
    // 100,010 tokens of sonnet cost a little over $0.20, so the second call's reservation is too much.
    world.atlas(["run", "greet"]).run().expect_code(0);

    let output = world.atlas(["run", "greet", "--format=json"]).run().expect_code(6);

    assert_eq!(world.model().requests().len(), 1);
    assert!(output.stderr.contains("usd-per-day"), "{output}");
    let result = output.json();
    assert_eq!((&result["status"], &result["spend"]["usd_known"]), (&json!("limit"), &json!(0.0)));
}

#[test]
fn spending_over_the_cap_ends_the_call() {
    let world = World::scripted([rule()
        .calls("Read", json!({"file_path": "a.txt"}))
        .usage(100_000, 1_000)]);
    world.write("a.txt", "a").greet();
    let output = world.atlas(["run", "greet", "--max-usd=0.30", "--format=json"]).run();
    let result = output.clone().expect_code(6).json();
    assert_eq!(world.model().requests().len(), 2, "at most one answer over the cap\n{output}");
    assert!(result["spend"]["usd_known"].as_f64().unwrap() > 0.30, "{output}");
}

#[test]
fn a_prompt_that_is_too_long_is_a_limit() {
    let world = World::scripted([rule().fails(Failure::prompt_too_long())]);
    world.greet();
    let output = world.atlas(["run", "greet"]).run().expect_code(6);
    assert!(output.stderr.contains("longer than the model's context"), "{output}");
}

#[test]
fn silence_of_the_model_is_a_limit() {
    let gate = Gate::shut();
    let world = World::scripted([rule().says("never").held_by(&gate)]);
    world.user_config("limits: { idle: 1s }").greet();
    let output = world.atlas(["run", "greet"]).run().expect_code(6);
    assert!(output.stderr.contains("silent"), "{output}");
    assert_eq!(world.model().wait_for_abandoned(1).len(), 1, "claude is gone");
}

#[test]
fn a_tool_may_be_silent_for_longer() {
    let world = World::scripted([
        rule().before_tool_result().calls("Bash", json!({"command": "sleep 2.5"})),
        rule().says("Done."),
    ]);
    world.user_config("limits: { idle: 1s }").greet();
    let output = world.atlas(["run", "greet", "--allow=Bash(sleep *)"]).run().expect_code(0);
    assert_eq!(output.stdout, "Done.\n");
}

#[test]
fn a_claude_that_says_nothing_at_all_is_given_up() {
    let world = World::faked(&Script::plays([Step::Hang]));
    world.user_config("limits: { start: 1s }\nretry: 0").greet();
    let output = world.atlas(["run", "greet"]).run().expect_code(1);
    assert!(output.stderr.contains("nothing within its time to start"), "{output}");
}

#[test]
fn a_result_stands_though_claude_hangs_after_it() {
    let world = World::faked(&Script::plays([Step::Success("Hello.".to_owned()), Step::Hang]));
    world.user_config("limits: { after-result: 1s }").greet();
    let output = world.atlas(["run", "greet"]).run().expect_code(0);
    assert_eq!(output.stdout, "Hello.\n");
}

#[test]
fn the_time_of_a_run_covers_its_hooks() {
    let world = World::faked(&Script::default());
    world.user_config("hooks: { slow: { timing: post, command: [sleep, '600'] } }").greet();
    let output = world.atlas(["run", "greet", "--timeout=1s"]).run().expect_code(6);
    assert!(output.stderr.contains("--timeout"), "{output}");
    world.expect_valid_journal();
}
