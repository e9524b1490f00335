//! Limits of a run: money, turns, silence, context.

use std::thread;

use serde_json::json;

use crate::support::fake::{Script, Step};
use crate::support::files;
use crate::support::model::{Failure, Gate, rule};
use crate::support::programs::Output;
use crate::support::world::{GREET, World};

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
    let world = World::scripted([rule().says("Hello.").usage(22_000, 10)]);
    world.user_config("usd-per-day: 0.08").greet();
    // 22,010 tokens of sonnet cost over $0.04, so the second call's reservation is too much.
    world.atlas(["run", "greet"]).run().expect_code(0);

    let output = world.atlas(["run", "greet", "--format=json"]).run().expect_code(6);

    assert_eq!(world.model().requests().len(), 1);
    assert!(output.stderr.contains("usd-per-day"), "{output}");
    let result = output.json();
    assert_eq!((&result["status"], &result["spend"]["usd_known"]), (&json!("limit"), &json!(0.0)));
}

/// Each could cost more than the day has, so they wait for each other; five cost about as much as
/// the day has, and nobody asks the model for the others.
#[test]
fn ten_runs_at_once_share_the_money_of_the_day() {
    let world = World::scripted([rule().says("Hello.").usage(22_000, 10)]);
    world.personal_skill("greet", GREET).user_config("usd-per-day: 0.24").repo().commit("first");
    let contract = world.home().join(".claude/skills/greet/contract.yaml");
    files::write(&contract, "agent: { tools: [Read] }");
    let outputs: Vec<Output> = thread::scope(|scope| {
        let runs: Vec<_> =
            (0..10).map(|_| scope.spawn(|| world.atlas(["run", "greet"]).run())).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let (passed, refused): (Vec<_>, Vec<_>) =
        outputs.into_iter().partition(|output| output.code == Some(0));
    assert_eq!((passed.len(), world.model().requests().len()), (5, 5));
    for output in refused {
        let output = output.expect_code(6);
        assert!(output.stderr.contains("usd-per-day: $0.22 of $0.24 for today"), "{output}");
        assert!(output.stderr.contains("; dearest: greet $0.04 in 20"), "{output}");
    }
}

#[test]
fn a_call_that_has_spent_what_the_day_had_left_says_whose_limit_that_was() {
    let world = World::scripted([rule()
        .calls("Read", json!({"file_path": "a.txt"}))
        .usage(100_000, 1_000)]);
    world.write("a.txt", "a").user_config("usd-per-day: 0.30").greet();
    let output = world.atlas(["run", "greet"]).run().expect_code(6);
    assert!(output.stderr.contains("usd-per-day: the $0.30 that were left for today"), "{output}");
    assert!(!output.stderr.contains("--max-usd"), "raising that would not help: {output}");
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
    world.user_config("limits: { idle: 5s }").greet();
    let output = world.atlas(["run", "greet"]).run().expect_code(6);
    assert!(output.stderr.contains("silent"), "{output}");
    assert_eq!(world.model().wait_for_abandoned(1).len(), 1, "claude is gone");
}

#[test]
fn a_tool_may_be_silent_for_longer() {
    let world = World::scripted([
        rule().before_tool_result().calls("Bash", json!({"command": "sleep 6"})),
        rule().says("Done."),
    ]);
    world.user_config("limits: { idle: 4s }").greet();
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

/// The model's own window, 1,000,000 tokens, is known once a result has named it.
#[test]
fn a_context_over_its_limit_ends_a_call_only_where_the_window_is_known() {
    let world = World::scripted([rule().says("Hello.").usage(600_000, 10)]);
    world.user_config("limits: { usd: 20 }\nusd-per-day: 100\n").greet();
    let first = world.atlas(["run", "greet"]).run().expect_code(0);
    let said = "60% of the context window was full, 50% is the limit";
    assert!(first.stderr.contains(said), "{first}");

    let second = world.atlas(["run", "greet", "--format=json"]).run().expect_code(6);

    assert!(second.stderr.contains("context"), "{second}");
    let context = &second.json()["context"];
    assert_eq!(
        (&context["window"], &context["window_assumed"]),
        (&json!(1_000_000), &json!(false))
    );
    assert_eq!(world.model().requests().len(), 2, "no retry of what would only fill up again");
}

#[test]
fn the_users_word_on_the_window_counts_until_a_result_names_it() {
    let world = World::scripted([
        rule().says("Hello.").usage(120_000, 10).times(1),
        rule().says("Hello.").usage(90_000, 10),
    ]);
    let user = "context-window: 200k\nlimits: { usd: 20, context: 50% }\nusd-per-day: 100\n";
    world.user_config(user).greet();
    let output = world.atlas(["run", "greet"]).run().expect_code(6);
    assert!(output.stderr.contains("context"), "{output}");

    // What a call was told to believe is no word of a result: the same holds for the next run.
    let known = world.atlas(["run", "greet", "--format=json"]).run().expect_code(0).json();
    assert_eq!(known["context"]["window"], 1_000_000, "the result named it: {known:#}");
}

#[test]
fn a_context_that_is_nearly_full_is_worth_a_word() {
    for (tokens, warned) in [(390_000, false), (410_000, true)] {
        let world = World::scripted([rule().says("Hello.").usage(tokens, 10)]);
        world.user_config("limits: { usd: 20 }\nusd-per-day: 100\n").greet();
        let output = world.atlas(["run", "greet"]).run().expect_code(0);
        let said = output.stderr.contains("41% of the context window was full");
        assert_eq!(said, warned, "{output}");
    }
}

/// Only assumed, it could be a tenth of that or more than that.
#[test]
fn an_assumed_window_ends_nothing() {
    let gate = Gate::shut();
    let world = World::scripted([
        rule().calls("Read", json!({"file_path": "a.txt"})).usage(600_000, 10).times(1),
        rule().says("never").held_by(&gate),
    ]);
    world.write("a.txt", "a").user_config("limits: { usd: 20, idle: 5s }\nusd-per-day: 100\n");
    let output = world.greet().atlas(["run", "greet", "--format=json"]).run().expect_code(6);
    assert!(output.stderr.contains("silent"), "another limit ended it: {output}");
    assert!(output.stderr.contains("60% of the assumed context window was full"), "{output}");
    assert_eq!(output.json()["context"]["window_assumed"], true);
}
