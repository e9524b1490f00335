//! The table: each rule is one way in which a call was no success.

use super::{CallEnd, CallFacts, CallOutcome, Failure, LimitKind, Unavailability};
use crate::model::{call::stream::ResultMessage, contract::Subagents};

type Rule = fn(&CallFacts<'_>) -> Option<CallOutcome>;

/// In the order in which they explain an ending best: what we did ourselves, whether anybody was
/// there to ask, how the process ended, what its result says, what the step needed besides.
pub(super) const RULES: &[Rule] = &[
    we_ended_it,
    conversation_gone,
    login,
    quota,
    limit_of_claude,
    prompt_too_long,
    refused,
    overloaded_or_unreachable,
    request_refused,
    no_result,
    error_result,
    unfinished,
    bad_exit,
    tool_missing,
    mcp_server,
    subagent,
    tool_denied,
    unstructured,
    blank,
];

fn failed(failure: Failure, reason: impl Into<String>) -> CallOutcome {
    CallOutcome::Failed { failure, reason: reason.into() }
}

fn unavailable(why: Unavailability, reason: impl Into<String>) -> CallOutcome {
    CallOutcome::Unavailable { why, reason: reason.into() }
}

fn limit(limit: LimitKind, reason: impl Into<String>) -> CallOutcome {
    CallOutcome::Limit { limit, reason: reason.into() }
}

/// A result that arrived whole stands, even if we had to end the process after it.
fn we_ended_it(facts: &CallFacts<'_>) -> Option<CallOutcome> {
    match facts.end {
        CallEnd::Exited(_) | CallEnd::Killed(_) | CallEnd::Lingered => None,
        CallEnd::Interrupted => Some(CallOutcome::Interrupted),
        CallEnd::LoginRefused => Some(unavailable(Unavailability::Login, LOGIN)),
        CallEnd::NeverStarted => {
            Some(failed(Failure::NoResult, "claude said nothing within its time to start"))
        }
        CallEnd::Limited(kind) => Some(limit(kind, limit_text(kind))),
    }
}

fn limit_text(kind: LimitKind) -> &'static str {
    match kind {
        LimitKind::Usd => "the money limit was reached",
        LimitKind::UsdPerDay => "today's money limit was reached",
        LimitKind::Tokens => "the token limit was reached",
        LimitKind::Turns => "the turn limit was reached",
        LimitKind::Time => "the time limit was reached",
        LimitKind::Idle => "claude was silent for too long",
        LimitKind::Context => "the context window is fuller than the limit allows",
        LimitKind::Quota => "the plan's quota is fuller than the limit allows",
    }
}

/// Seen when a call was killed before claude wrote its first line down: it says so without asking
/// anybody.
fn conversation_gone(facts: &CallFacts<'_>) -> Option<CallOutcome> {
    let result = facts.result.filter(|_| facts.resumed && facts.init.is_none())?;
    let gone = result.subtype == "error_during_execution" && result.num_turns == 0;
    gone.then(|| failed(Failure::ConversationGone, said(result, "no such conversation")))
}

const LOGIN: &str = "claude's login was refused";

/// Only shown by a status or by claude's own error word; the sentence beside it changes.
fn login(facts: &CallFacts<'_>) -> Option<CallOutcome> {
    let status = api_status(facts);
    let refused = matches!(status, Some(401 | 403));
    let word = facts.error == Some("authentication_failed") && is_error(facts);
    (refused || word).then(|| unavailable(Unavailability::Login, LOGIN))
}

/// A plan's quota also ends in a 429, but asking again is useless until it resets. Without a time
/// of reset claude itself takes the answer for an overload; with overage a rejected window is
/// told too, and the call succeeds.
fn quota(facts: &CallFacts<'_>) -> Option<CallOutcome> {
    let window = facts.rate_limit.filter(|window| window.status == "rejected")?;
    window.resets_at?;
    if facts.result.is_some_and(|result| !result.is_error) {
        return None;
    }
    let why = Unavailability::Quota {
        window: window.rate_limit_type.clone(),
        resets_at: window.resets_at,
    };
    Some(unavailable(why, "the plan's quota is used up"))
}

fn limit_of_claude(facts: &CallFacts<'_>) -> Option<CallOutcome> {
    match facts.result?.subtype.as_str() {
        "error_max_turns" => Some(limit(LimitKind::Turns, limit_text(LimitKind::Turns))),
        "error_max_budget_usd" => Some(limit(LimitKind::Usd, limit_text(LimitKind::Usd))),
        _ => None,
    }
}

fn prompt_too_long(facts: &CallFacts<'_>) -> Option<CallOutcome> {
    let too_long = facts.result?.terminal_reason.as_deref() == Some("prompt_too_long");
    too_long.then(|| limit(LimitKind::Context, "the prompt is longer than the model's context"))
}

fn overloaded_or_unreachable(facts: &CallFacts<'_>) -> Option<CallOutcome> {
    if !is_error(facts) && facts.result.is_some() {
        return None;
    }
    match (api_status(facts), facts.result) {
        (Some(status @ (429 | 500..=599)), _) => {
            Some(unavailable(Unavailability::Overloaded, format!("the service answered {status}")))
        }
        (None, Some(result)) if result.terminal_reason.as_deref() == Some("api_error") => Some(
            unavailable(Unavailability::Network, said(result, "the service could not be reached")),
        ),
        (None, None) if facts.retry.is_some() => {
            Some(unavailable(Unavailability::Network, "the service could not be reached"))
        }
        _ => None,
    }
}

fn request_refused(facts: &CallFacts<'_>) -> Option<CallOutcome> {
    let result = facts.result?;
    let status = result.api_error_status.filter(|_| result.is_error)?;
    Some(failed(Failure::Request, said(result, &format!("the service answered {status}"))))
}

fn no_result(facts: &CallFacts<'_>) -> Option<CallOutcome> {
    if facts.result.is_some() {
        return None;
    }
    let stderr = last_line(facts.stderr);
    match facts.end {
        CallEnd::Killed(signal) => {
            Some(failed(Failure::Killed, format!("claude was killed by signal {signal}")))
        }
        CallEnd::Exited(code) if code != 0 && facts.init.is_none() => Some(failed(
            Failure::CommandLine,
            format!("claude refused its command line (exit {code}){stderr}"),
        )),
        CallEnd::Exited(code) => Some(failed(
            Failure::NoResult,
            format!("claude ended without a result (exit {code}){stderr}"),
        )),
        CallEnd::NeverStarted
        | CallEnd::Limited(_)
        | CallEnd::Lingered
        | CallEnd::LoginRefused
        | CallEnd::Interrupted => Some(failed(Failure::NoResult, "claude ended without a result")),
    }
}

fn error_result(facts: &CallFacts<'_>) -> Option<CallOutcome> {
    let result = facts.result?;
    if !result.is_error && result.subtype == "success" {
        return None;
    }
    let failure = match result.subtype.as_str() {
        "error_max_structured_output_retries" => Failure::Structured,
        _ => Failure::Unfinished,
    };
    Some(failed(failure, said(result, &format!("claude ended with {}", result.subtype))))
}

/// claude reports a refusal as an API error without a status; only the stop reason tells.
fn refused(facts: &CallFacts<'_>) -> Option<CallOutcome> {
    let refused = facts.result?.stop_reason.as_deref() == Some("refusal");
    refused.then(|| failed(Failure::Refused, "the model refused the request"))
}

/// Older versions name no terminal reason; then only a run that used a model can be complete.
/// A slash command or a failing `!` command ends "successfully" without ever asking one.
fn unfinished(facts: &CallFacts<'_>) -> Option<CallOutcome> {
    let result = facts.result?;
    match result.terminal_reason.as_deref() {
        Some("completed") => None,
        Some(other) => Some(failed(Failure::Unfinished, format!("claude stopped early: {other}"))),
        None if result.model_usage.is_empty() => {
            Some(failed(Failure::Unfinished, "claude ended without asking a model"))
        }
        None => None,
    }
}

fn bad_exit(facts: &CallFacts<'_>) -> Option<CallOutcome> {
    match facts.end {
        CallEnd::Exited(code) if code != 0 => {
            Some(failed(Failure::Unfinished, format!("claude gave a result and then exit {code}")))
        }
        CallEnd::Killed(signal) => {
            Some(failed(Failure::Killed, format!("claude was killed by signal {signal}")))
        }
        CallEnd::Exited(_)
        | CallEnd::Lingered
        | CallEnd::NeverStarted
        | CallEnd::Limited(_)
        | CallEnd::LoginRefused
        | CallEnd::Interrupted => None,
    }
}

fn tool_missing(facts: &CallFacts<'_>) -> Option<CallOutcome> {
    let offered = &facts.init?.tools;
    let missing: Vec<&str> = facts
        .wants
        .tools
        .iter()
        .filter(|tool| !offered.contains(tool))
        .map(String::as_str)
        .collect();
    (!missing.is_empty()).then(|| {
        let names = missing.join(", ");
        failed(Failure::ToolMissing, format!("claude did not offer the tools asked for: {names}"))
    })
}

fn mcp_server(facts: &CallFacts<'_>) -> Option<CallOutcome> {
    let servers = &facts.init?.mcp_servers;
    let dead = facts.wants.mcp.iter().find(|name| {
        !servers.iter().any(|server| server.name == **name && server.status == "connected")
    })?;
    Some(failed(Failure::McpServer, format!("the MCP server `{dead}` is not connected")))
}

fn subagent(facts: &CallFacts<'_>) -> Option<CallOutcome> {
    let dead = facts.result?.subagent_stats.as_ref()?.failed;
    match facts.wants.subagents {
        Subagents::MustSucceed if dead > 0 => {
            Some(failed(Failure::Subagent, format!("{dead} of claude's own sub-agents failed")))
        }
        Subagents::MustSucceed | Subagents::MayFail => None,
    }
}

fn tool_denied(facts: &CallFacts<'_>) -> Option<CallOutcome> {
    let denials = &facts.result?.permission_denials;
    let denial = denials.iter().find(|denial| facts.wants.allowed.contains(&denial.tool_name))?;
    let tool = &denial.tool_name;
    let way_out = match tool.as_str() {
        "Edit" | "Write" | "NotebookEdit" => "allow edits with `--edit`".to_owned(),
        "Bash" => "allow the command with `--allow 'Bash(<command> *)'`".to_owned(),
        _ => format!("allow it with `--allow {tool}`"),
    };
    Some(failed(Failure::ToolDenied, format!("the agent was denied {tool}; {way_out}")))
}

fn unstructured(facts: &CallFacts<'_>) -> Option<CallOutcome> {
    let missing = facts.wants.structured && facts.result?.structured_output.is_none();
    missing.then(|| failed(Failure::Structured, "the model never answered by the schema"))
}

fn blank(facts: &CallFacts<'_>) -> Option<CallOutcome> {
    let text = facts.result?.result.as_deref().unwrap_or_default();
    let blank = !facts.wants.structured && text.trim().is_empty();
    blank.then(|| failed(Failure::Blank, "the answer is blank"))
}

fn is_error(facts: &CallFacts<'_>) -> bool {
    facts.result.is_some_and(|result| result.is_error)
}

/// The HTTP status that ended it; while no result came, that of the retry under way.
fn api_status(facts: &CallFacts<'_>) -> Option<u16> {
    match facts.result {
        Some(result) => result.api_error_status.filter(|_| result.is_error),
        None => facts.retry.and_then(|retry| retry.error_status),
    }
}

fn said(result: &ResultMessage, otherwise: &str) -> String {
    let errors = result.errors.iter().filter_map(|error| error.as_str()).next_back();
    let text = result.result.as_deref().or(errors).map(str::trim).unwrap_or_default();
    if text.is_empty() { otherwise.to_owned() } else { text.to_owned() }
}

fn last_line(stderr: &str) -> String {
    match stderr.lines().map(str::trim).rfind(|line| !line.is_empty()) {
        Some(line) => format!(": {line}"),
        None => String::new(),
    }
}
