//! Every row of the table of endings, as lines that claude 2.1.328 was seen to write.

use super::*;
use crate::model::call::{Meter, stream};

const INIT: &str = r#"{"type":"system","subtype":"init","tools":["Read","Bash","StructuredOutput"],"mcp_servers":[{"name":"db","status":"connected"},{"name":"web","status":"failed"}],"model":"m","session_id":"s"}"#;

fn wants() -> Wants {
    Wants {
        structured: false,
        tools: Vec::new(),
        allowed: vec!["Bash".into(), "Edit".into(), "Write".into()],
        mcp: Vec::new(),
        subagents: Subagents::MayFail,
    }
}

/// A call that ended like this, whose stream held these lines after the first `init`.
fn check_with(wants: &Wants, end: CallEnd, lines: &[&str], stderr: &str, expected: &str) {
    let mut meter = Meter::default();
    for line in lines {
        let message = stream::parse(line.as_bytes()).unwrap_or_else(|| panic!("{line}"));
        meter.take(&message);
    }
    let outcome = classify(&CallFacts {
        end,
        init: meter.init.as_ref(),
        result: meter.result.as_ref(),
        retry: meter.retry.as_ref(),
        rate_limit: meter.rate_limit.as_ref(),
        error: meter.error.as_deref(),
        resumed: false,
        stderr,
        wants,
    });
    let shown = match outcome {
        CallOutcome::Succeeded => "succeeded".to_owned(),
        CallOutcome::Failed { failure, reason } => format!("{failure:?}: {reason}"),
        CallOutcome::Limit { limit, reason } => format!("limit {}: {reason}", limit.name()),
        CallOutcome::Unavailable { why, reason } => format!("{why:?}: {reason}"),
        CallOutcome::Interrupted => "interrupted".to_owned(),
    };
    assert_eq!(shown, expected, "for {lines:#?}");
}

fn check(end: CallEnd, lines: &[&str], expected: &str) {
    check_with(&wants(), end, lines, "", expected);
}

/// A result line with these fields over those of a success.
fn result(fields: &str) -> String {
    let mut result = serde_json::json!({
        "type": "result", "subtype": "success", "is_error": false, "num_turns": 1,
        "terminal_reason": "completed", "result": "the answer", "total_cost_usd": 0.01,
        "modelUsage": {"m": {"contextWindow": 1_000_000}}, "permission_denials": [],
    });
    let fields: serde_json::Value = serde_json::from_str(fields).unwrap();
    for (key, value) in fields.as_object().unwrap() {
        if value.as_str() == Some("absent") {
            result.as_object_mut().unwrap().remove(key);
        } else {
            result[key] = value.clone();
        }
    }
    result.to_string()
}

const EXIT_0: CallEnd = CallEnd::Exited(0);
const EXIT_1: CallEnd = CallEnd::Exited(1);

#[test]
fn normal() {
    check(EXIT_0, &[INIT, &result("{}")], "succeeded");
}

#[test]
fn a_field_that_an_older_version_lacks_is_unknown_and_no_failure() {
    let older = result(
        r#"{"terminal_reason":"absent","permission_denials":"absent","num_turns":"absent"}"#,
    );
    check(EXIT_0, &[INIT, &older], "succeeded");
}

#[test]
fn a_refused_request() {
    let line = result(
        r#"{"is_error":true,"terminal_reason":"api_error","api_error_status":400,"result":"API Error: 400 bad thing"}"#,
    );
    check(EXIT_1, &[INIT, &line], "Request: API Error: 400 bad thing");
}

#[test]
fn a_refused_login_by_status_by_word_and_by_retry() {
    let by_status =
        result(r#"{"is_error":true,"terminal_reason":"api_error","api_error_status":401}"#);
    check(EXIT_1, &[INIT, &by_status], "Login: claude's login was refused");

    let word = r#"{"type":"assistant","message":{"content":[]},"error":"authentication_failed"}"#;
    let no_status = result(r#"{"is_error":true,"terminal_reason":"api_error"}"#);
    check(EXIT_1, &[INIT, word, &no_status], "Login: claude's login was refused");

    let retry = r#"{"type":"system","subtype":"api_retry","attempt":1,"retry_delay_ms":573.4,"error_status":403}"#;
    check(CallEnd::LoginRefused, &[INIT, retry], "Login: claude's login was refused");
    check(CallEnd::Killed(9), &[INIT, retry], "Login: claude's login was refused");
}

#[test]
fn overloaded_by_result_and_by_the_retry_it_died_in() {
    for status in [429, 500, 529] {
        let line = result(&format!(
            r#"{{"is_error":true,"terminal_reason":"api_error","api_error_status":{status}}}"#
        ));
        check(EXIT_1, &[INIT, &line], &format!("Overloaded: the service answered {status}"));
    }
    let retry = r#"{"type":"system","subtype":"api_retry","attempt":1,"error_status":529}"#;
    check(EXIT_1, &[INIT, retry], "Overloaded: the service answered 529");
}

#[test]
fn a_connection_that_is_refused_or_cut() {
    let line = result(
        r#"{"is_error":true,"terminal_reason":"api_error","result":"API Error: Connection refused"}"#,
    );
    check(EXIT_1, &[INIT, &line], "Network: API Error: Connection refused");
    let retry = r#"{"type":"system","subtype":"api_retry","attempt":1,"error_status":null}"#;
    check(EXIT_1, &[INIT, retry], "Network: the service could not be reached");
}

#[test]
fn a_quota_is_no_overload() {
    let window = r#"{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":1800000000,"rateLimitType":"five_hour"}}"#;
    let refused =
        result(r#"{"is_error":true,"terminal_reason":"api_error","api_error_status":429}"#);
    check(
        EXIT_1,
        &[INIT, window, &refused],
        r#"Quota { window: Some("five_hour"), resets_at: Some(1800000000) }: the plan's quota is used up"#,
    );
    // Beyond the plan, by overage: the window is rejected, and the call succeeds.
    check(EXIT_0, &[INIT, window, &result("{}")], "succeeded");
    // Without a time of reset, claude itself takes it for an overload.
    let timeless = r#"{"type":"rate_limit_event","rate_limit_info":{"status":"rejected"}}"#;
    check(EXIT_1, &[INIT, timeless, &refused], "Overloaded: the service answered 429");
}

#[test]
fn a_prompt_that_is_too_long() {
    let line =
        result(r#"{"is_error":true,"terminal_reason":"prompt_too_long","api_error_status":400}"#);
    check(EXIT_1, &[INIT, &line], "limit context: the prompt is longer than the model's context");
}

#[test]
fn an_empty_answer() {
    for text in ["", " \n"] {
        let line = result(&format!(r#"{{"result":{}}}"#, serde_json::json!(text)));
        check(EXIT_0, &[INIT, &line], "Blank: the answer is blank");
    }
}

#[test]
fn a_schema_that_was_not_answered() {
    let wants = Wants { structured: true, ..wants() };
    let never = "Structured: the model never answered by the schema";
    check_with(&wants, EXIT_0, &[INIT, &result("{}")], "", never);
    let answered = result(r#"{"structured_output":{"a":1},"result":""}"#);
    check_with(&wants, EXIT_0, &[INIT, &answered], "", "succeeded");
    let gave_up = result(
        r#"{"subtype":"error_max_structured_output_retries","is_error":true,"terminal_reason":"structured_output_retry_exhausted","result":"absent","errors":["five tries"]}"#,
    );
    check_with(&wants, EXIT_1, &[INIT, &gave_up], "", "Structured: five tries");
}

#[test]
fn a_denied_tool_fails_only_where_the_step_needs_it() {
    let denied = |tool: &str| {
        result(&format!(r#"{{"permission_denials":[{{"tool_name":"{tool}","tool_input":{{}}}}]}}"#))
    };
    check(
        EXIT_0,
        &[INIT, &denied("Write")],
        "ToolDenied: the agent was denied Write; allow edits with `--edit`",
    );
    check(
        EXIT_0,
        &[INIT, &denied("Bash")],
        "ToolDenied: the agent was denied Bash; allow the command with `--allow 'Bash(<command> *)'`",
    );
    check(EXIT_0, &[INIT, &denied("WebFetch")], "succeeded");
}

#[test]
fn a_sub_agent_that_died() {
    let line = result(r#"{"subagent_stats":{"spawned":2,"completed":1,"failed":1}}"#);
    check(EXIT_0, &[INIT, &line], "succeeded");
    let wants = Wants { subagents: Subagents::MustSucceed, ..wants() };
    let expected = "Subagent: 1 of claude's own sub-agents failed";
    check_with(&wants, EXIT_0, &[INIT, &line], "", expected);
}

#[test]
fn limits_of_claude_itself() {
    let turns =
        result(r#"{"subtype":"error_max_turns","is_error":true,"terminal_reason":"max_turns"}"#);
    check(EXIT_1, &[INIT, &turns], "limit turns: the turn limit was reached");
    let budget = result(
        r#"{"subtype":"error_max_budget_usd","is_error":true,"terminal_reason":"budget_exhausted"}"#,
    );
    check(EXIT_1, &[INIT, &budget], "limit usd: the money limit was reached");
}

#[test]
fn a_slash_command_asks_no_model() {
    let line = result(r#"{"terminal_reason":"absent","modelUsage":{},"num_turns":0}"#);
    check(EXIT_0, &[INIT, &line], "Unfinished: claude ended without asking a model");
}

#[test]
fn an_interrupted_claude_exits_0() {
    check(EXIT_0, &[INIT], "NoResult: claude ended without a result (exit 0)");
    let aborted = result(
        r#"{"subtype":"error_during_execution","terminal_reason":"aborted_tools","result":"absent"}"#,
    );
    let expected = "Unfinished: claude ended with error_during_execution";
    check(EXIT_0, &[INIT, &aborted], expected);
    let quietly = result(r#"{"terminal_reason":"aborted_tools"}"#);
    check(EXIT_0, &[INIT, &quietly], "Unfinished: claude stopped early: aborted_tools");
}

#[test]
fn ended_by_a_signal_from_elsewhere() {
    check(CallEnd::Exited(143), &[INIT], "NoResult: claude ended without a result (exit 143)");
    check(CallEnd::Killed(9), &[INIT], "Killed: claude was killed by signal 9");
    check(CallEnd::Killed(9), &[INIT, &result("{}")], "Killed: claude was killed by signal 9");
}

#[test]
fn a_command_line_that_claude_refuses() {
    let stderr = "error: unknown option '--nonsense'\n";
    let expected =
        "CommandLine: claude refused its command line (exit 1): error: unknown option '--nonsense'";
    check_with(&wants(), EXIT_1, &[], stderr, expected);
}

#[test]
fn a_refusal_of_the_model_looks_like_an_api_error() {
    let line = result(
        r#"{"is_error":true,"terminal_reason":"api_error","api_error_status":null,"stop_reason":"refusal"}"#,
    );
    check(EXIT_1, &[INIT, &line], "Refused: the model refused the request");
}

#[test]
fn servers_and_tools_that_are_not_there() {
    let needs = |mcp: &str, tool: &str| Wants {
        mcp: vec![mcp.to_owned()],
        tools: vec![tool.to_owned()],
        ..wants()
    };
    let lines = [INIT, &result("{}")];
    check_with(&needs("db", "Read"), EXIT_0, &lines, "", "succeeded");
    let dead = "McpServer: the MCP server `web` is not connected";
    check_with(&needs("web", "Read"), EXIT_0, &lines, "", dead);
    let missing = "ToolMissing: claude did not offer the tools asked for: Grep";
    check_with(&needs("db", "Grep"), EXIT_0, &lines, "", missing);
}

#[test]
fn what_we_ended_ourselves() {
    check(CallEnd::Interrupted, &[INIT], "interrupted");
    check(CallEnd::Interrupted, &[INIT, &result("{}")], "succeeded");
    check(CallEnd::NeverStarted, &[], "NoResult: claude said nothing within its time to start");
    let idle = CallEnd::Limited(LimitKind::Idle);
    check(idle, &[INIT], "limit idle: claude was silent for too long");
    // The result was there; that the process stayed takes nothing from it.
    check(CallEnd::Lingered, &[INIT, &result("{}")], "succeeded");
}

#[test]
fn a_bad_exit_after_a_good_result() {
    let expected = "Unfinished: claude gave a result and then exit 3";
    check(CallEnd::Exited(3), &[INIT, &result("{}")], expected);
}

#[test]
fn a_conversation_that_does_not_exist() {
    let line = r#"{"type":"result","subtype":"error_during_execution","is_error":true,"num_turns":0,"modelUsage":{},"errors":["No conversation found with session ID: x"]}"#;
    let mut meter = Meter::default();
    meter.take(&stream::parse(line.as_bytes()).unwrap());
    let outcome = classify(&CallFacts {
        end: EXIT_1,
        init: None,
        result: meter.result.as_ref(),
        retry: None,
        rate_limit: None,
        error: None,
        resumed: true,
        stderr: "",
        wants: &wants(),
    });
    let reason = "No conversation found with session ID: x".to_owned();
    assert_eq!(outcome, CallOutcome::Failed { failure: Failure::ConversationGone, reason });
}
