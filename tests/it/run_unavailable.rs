//! Nobody to ask: logins, overload, broken lines, quotas; and what only looks like it.

use std::time::{Duration, Instant, SystemTime};

use serde_json::json;

use crate::support::model::{Failure, Quota, rule};
use crate::support::world::World;

/// A moment far away, in Unix seconds.
const LATER: u64 = 4_000_000_000;

/// Makes the waits between calls short.
const IMPATIENT: &str = "retry: { times: 1, backoff: 10ms }";

pub(crate) fn a_refused_login_ends_everything_at_once() {
    for failure in [Failure::unauthorized(), Failure::forbidden()] {
        let world = World::scripted([rule().fails(failure)]);
        world.user_config("retry: { times: 50, on: [failed, unavailable] }").greet();
        let started = Instant::now();

        let output = world.atlas(["run", "greet", "--format=json"]).run().expect_code(7);

        assert!(started.elapsed() < Duration::from_secs(20), "by default claude asks for minutes");
        assert!(world.model().requests().len() <= 2, "more asking does not help");
        let result = output.json();
        assert_eq!(result["unavailable"]["reason"], "login", "{output}");
        assert!(output.stderr.contains("login was refused"), "{output}");
        world.expect_valid_journal();
    }
}

#[test]
fn an_overload_passes_and_the_conversation_goes_on() {
    for failure in [Failure::rate_limited(), Failure::overloaded()] {
        // claude itself asks twice a call, so the third request is atlas's own.
        let world = World::scripted([rule().times(2).fails(failure), rule().says("Hello.")]);
        world.user_config(IMPATIENT).greet();

        let output = world.atlas(["run", "greet"]).run().expect_code(0);

        assert_eq!(output.stdout, "Hello.\n");
        let [first, second] = &world.events("call_started")[..] else { panic!("two\n{output}") };
        assert_eq!(first["claude_session"], second["claude_session"]);
        assert_eq!(second["resumed"], true, "it goes on by resume");
        assert_eq!(second["attempt"], 1, "and is the same attempt");
        assert_eq!(world.events("call_retrying").len(), 1);
    }
}

#[test]
fn an_overload_that_stays_makes_the_model_unavailable() {
    let world = World::scripted([rule().fails(Failure::overloaded())]);
    world.user_config(IMPATIENT).greet();

    let output = world.atlas(["run", "greet", "--format=json"]).run().expect_code(7);

    let result = output.json();
    assert_eq!(result["unavailable"]["reason"], "overloaded", "{output}");
    assert_eq!(result["output"], json!(null));
    assert!(world.events("call_retrying").len() > 1, "it was tried again");
    world.expect_valid_journal();
}

#[test]
fn a_cut_stream_is_asked_again() {
    // A cut stream and the same request without a stream, twice: that is one call.
    let world =
        World::scripted([rule().times(4).says("never whole").cut_after(3), rule().says("Hello.")]);
    world.user_config(IMPATIENT).greet();
    let output = world.atlas(["run", "greet"]).run().expect_code(0);
    assert_eq!(output.stdout, "Hello.\n");
}

#[test]
fn a_line_that_is_always_cut_is_no_network() {
    let world = World::scripted([rule().says("never whole").cut_after(3)]);
    world.user_config(IMPATIENT).greet();
    let output = world.atlas(["run", "greet", "--format=json"]).run().expect_code(7);
    assert_eq!(output.json()["unavailable"]["reason"], "network", "{output}");
}

#[test]
fn a_quota_is_told_from_an_overload() {
    let world = World::scripted([rule().quota(&Quota::rejected("five_hour", LATER))]);
    world.greet();

    let output = world
        .atlas(["run", "greet", "--format=json"])
        .without_env("ANTHROPIC_API_KEY")
        .env("CLAUDE_CODE_OAUTH_TOKEN", "dummy")
        .run()
        .expect_code(7);

    assert_eq!(
        output.json()["unavailable"],
        json!({"reason": "quota", "window": "five_hour", "resets_at": LATER}),
        "{output}"
    );
    assert_eq!(world.model().requests().len(), 1, "nothing is tried again");
}

/// A moment that comes while the test goes on, in Unix seconds.
fn soon() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() + 4
}

#[test]
fn a_run_that_waits_goes_on_once_the_quota_starts_anew() {
    let resets_at = soon();
    let used_up = rule().times(1).quota(&Quota::rejected("five_hour", resets_at));
    let world = World::scripted([used_up, rule().says("Hello.")]);
    world.user_config(IMPATIENT).greet();

    let output = world
        .atlas(["run", "greet", "--wait", "--timeout=60s"])
        .without_env("ANTHROPIC_API_KEY")
        .env("CLAUDE_CODE_OAUTH_TOKEN", "dummy")
        .run()
        .expect_code(0);

    assert_eq!(output.stdout, "Hello.\n");
    assert!(output.stderr.contains("the five_hour quota is used up; waiting until"), "{output}");
    assert_eq!(world.events("quota_awaited")[0]["resets_at"], resets_at);
    assert_eq!(world.events("quota_reset").len(), 1);
    let [_, second] = &world.events("call_started")[..] else { panic!("two\n{output}") };
    assert_eq!(second["resumed"], true, "the conversation goes on");
    let at: jiff::Timestamp = second["at"].as_str().unwrap().parse().unwrap();
    assert!(at.as_second() >= i64::try_from(resets_at).unwrap(), "not before that");
}

#[test]
fn a_wait_that_would_be_too_long_is_none() {
    let world = World::scripted([rule().quota(&Quota::rejected("five_hour", LATER))]);
    world.greet();
    let output = world
        .atlas(["run", "greet", "--format=json", "--wait=2h"])
        .without_env("ANTHROPIC_API_KEY")
        .env("CLAUDE_CODE_OAUTH_TOKEN", "dummy")
        .run()
        .expect_code(7);
    let result = output.json();
    assert_eq!(
        result["unavailable"],
        json!({"reason": "quota", "window": "five_hour", "resets_at": LATER}),
        "{output}"
    );
    assert!(result["reason"].as_str().unwrap().contains("`--wait=2h`"), "{output}");
    assert_eq!(world.model().requests().len(), 1);
}

#[test]
fn a_plan_pays_with_its_quota() {
    let world = World::scripted([rule().says("Hello.")]);
    world.greet();
    let output = world
        .atlas(["run", "greet", "--format=json"])
        .without_env("ANTHROPIC_API_KEY")
        .env("CLAUDE_CODE_OAUTH_TOKEN", "dummy")
        .run()
        .expect_code(0);
    assert_eq!(output.json()["spend"]["basis"], "plan", "{output}");
    assert!(output.stderr.contains("at list price, inside your plan"), "{output}");
}

#[test]
fn a_refusal_is_a_failure() {
    let world = World::scripted([rule().says("I cannot.").stops_with("refusal")]);
    world.greet();
    let output = world.atlas(["run", "greet"]).run().expect_code(1);
    assert!(output.stderr.contains("the model refused"), "{output}");
    assert_eq!(output.stdout, "");
}

#[test]
fn an_empty_answer_is_a_failure() {
    let world = World::scripted([rule().says(" \n")]);
    world.user_config("retry: 0").greet();
    let output = world.atlas(["run", "greet"]).run().expect_code(1);
    assert!(output.stderr.contains("blank"), "{output}");
}

#[test]
fn a_denied_tool_fails_the_step_and_names_the_flag() {
    let world = World::scripted([
        rule().before_tool_result().calls("Bash", json!({"command": "touch made"})),
        rule().says("I could not."),
    ]);
    world.greet();
    let args = ["run", "greet", "--allow=Bash(git status *)"];
    let output = world.atlas(args).run().expect_code(1);
    assert!(output.stderr.contains("denied Bash") && output.stderr.contains("--allow"), "{output}");
    assert!(!world.dir().join("made").exists());
}
