//! The real `claude` in front of the scripted model.

use rustix::process::Signal;
use serde_json::json;

use crate::support::claude::version;
use crate::support::model::{Failure, Gate, Quota, Rule, rule};
use crate::support::programs::Run;
use crate::support::world::World;

/// A moment far away, in Unix seconds.
const LATER: u64 = 4_000_000_000;

/// A world, and the smallest call of `claude` that still streams.
fn world_with(rules: impl IntoIterator<Item = Rule>) -> (World, Run) {
    let world = World::scripted(rules);
    let run = world
        .claude(["-p", "--output-format=stream-json", "--verbose", "--setting-sources="])
        .args(["--strict-mcp-config", "--system-prompt=Be brief.", "--no-session-persistence"])
        .env("CLAUDE_CODE_MAX_RETRIES", "0");
    (world, run)
}

#[test]
fn answers_with_what_a_rule_says() {
    let (world, claude) =
        world_with([rule().when_user(r"haiku about (\w+)").says("Old $1,").usage(1000, 10)]);

    let output = claude.args(["--tools="]).stdin("a haiku about ponds").run().expect_code(0);

    let result = output.last_event("result");
    assert_eq!(result["result"], "Old ponds,");
    assert_eq!(result["usage"]["input_tokens"], 1000);
    assert_eq!(output.last_event("system")["claude_code_version"], version());
    let [request] = &world.model().requests()[..] else { panic!("one request\n{output}") };
    assert_eq!(request.session.as_deref(), result["session_id"].as_str());
    assert!(request.system().contains("Be brief."), "{}", request.system());
    assert!(world.model().unmatched().is_empty());
}

#[test]
fn a_tool_call_edits_a_file() {
    let (world, claude) = world_with([
        rule()
            .before_tool_result()
            .when_offered("Write")
            .calls("Write", json!({"file_path": "a.txt", "content": "by hand\n"})),
        rule().after_tool_result().says("Done."),
    ]);

    let args = ["--tools=Write", "--permission-mode=acceptEdits"];
    let output = claude.args(args).stdin("write a.txt").run().expect_code(0);

    assert_eq!(output.last_event("result")["result"], "Done.");
    assert_eq!(world.read("a.txt"), "by hand\n");
}

#[test]
fn a_schema_gets_structured_output() {
    let (_world, claude) = world_with([
        rule().before_tool_result().returns(json!({"passed": true})),
        rule().says("That is all."),
    ]);

    let schema = r#"{"type": "object", "properties": {"passed": {"type": "boolean"}}}"#;
    let output = claude.args(["--tools=", "--json-schema", schema]).stdin("judge").run();

    assert_eq!(output.last_event("result")["structured_output"], json!({"passed": true}));
}

#[test]
fn an_overloaded_model_ends_the_call() {
    let (_world, claude) = world_with([rule().fails(Failure::overloaded())]);

    let output = claude.args(["--tools="]).stdin("hello").run().expect_code(1);

    assert_eq!(output.last_event("result")["api_error_status"], 529);
}

#[test]
fn a_cut_stream_ends_the_call() {
    let (world, claude) = world_with([rule().says("never heard whole").cut_after(3)]);

    let output = claude.args(["--tools="]).stdin("hello").run().expect_code(1);

    assert_eq!(output.last_event("result")["is_error"], true);
    let streamed: Vec<_> = world.model().requests().iter().map(|it| it.is_streamed()).collect();
    assert_eq!(streamed, [true, false], "claude asks once more, without a stream");
}

#[test]
fn sigterm_ends_a_call_whose_answer_is_held() {
    let gate = Gate::shut();
    let (world, claude) = world_with([rule().says("too late").held_after(2, &gate)]);

    let running = claude.args(["--tools="]).stdin("hello").spawn();
    gate.wait_until_reached();
    running.signal(Signal::TERM);
    let output = running.wait();

    assert_eq!(output.code, Some(143), "{output}");
    assert_eq!(world.model().wait_for_abandoned(1).len(), 1);
}

#[test]
fn a_plan_tells_its_quota() {
    let rejected = Quota::rejected("five_hour", LATER);
    let warning = Quota::warning("five_hour", LATER, 0.9);
    let overage = Quota::overage("seven_day", LATER);
    for (quota, status, code) in
        [(rejected, "rejected", 1), (warning, "allowed_warning", 0), (overage, "rejected", 0)]
    {
        let (world, claude) = world_with([rule().says("hi").quota(&quota)]);

        let claude =
            claude.without_env("ANTHROPIC_API_KEY").env("CLAUDE_CODE_OAUTH_TOKEN", "dummy");
        let output = claude.args(["--tools="]).stdin("hello").run().expect_code(code);

        let info = &output.last_event("rate_limit_event")["rate_limit_info"];
        assert_eq!(
            (info["status"].as_str(), info["resetsAt"].as_u64()),
            (Some(status), Some(LATER))
        );
        assert_eq!(world.model().requests().len(), 1, "nothing is tried again");
    }
}
