//! What came of a call: its outcome, its price, and its output where a crash cannot lose it.

use super::{Order, files::CallFiles, loaded::loaded, watch::Seen};
use crate::{
    engine::{output, recording::STALE, site::Site},
    model::{
        Result, Status,
        call::{
            CallEnd, CallFacts, CallOutcome, ContextUse, Failure, Wants, classify,
            stream::ResultMessage,
        },
        run::{
            event::{CallEnded, Output},
            plan::StepLimits,
        },
        value::Usd,
    },
};

/// Classifies the call and puts its output into safety.
pub(super) fn settle(site: &Site, order: &Order, seen: Seen, files: &CallFiles) -> CallEnded {
    let wants = wants(order);
    let mut outcome = classify(&CallFacts {
        end: seen.end,
        init: seen.meter.init.as_ref(),
        result: seen.meter.result.as_ref(),
        retry: seen.meter.retry.as_ref(),
        rate_limit: seen.meter.rate_limit.as_ref(),
        error: seen.meter.error.as_deref(),
        resumed: order.resume.is_some(),
        stderr: &seen.stderr,
        wants: &wants,
    });
    let mut warnings = seen.warnings;
    let mut spend = seen.meter.spend(order.left.conversation_cost);
    if site.recording.is_replay() {
        if let Some(reason) = not_recorded(seen.end, seen.meter.result.as_ref(), &seen.stderr) {
            outcome = CallOutcome::Failed { failure: Failure::NotRecorded, reason };
            spend.usd = Some(Usd::ZERO);
        }
        let stale = seen.stderr.lines().filter(|line| line.starts_with(STALE));
        warnings.extend(stale.map(|line| format!("the recording is {line}")));
    }
    warnings.extend(nearly_full(site, &order.step.limits, &seen.meter.context(order.left.window)));
    warnings.extend(denied(seen.meter.result.as_ref(), &wants));
    let output = match keep(site, files, seen.meter.result.as_ref(), &seen.stderr) {
        Ok(output) => output,
        Err(fault) => {
            let reason = format!("the output could not be kept: {fault}");
            outcome = CallOutcome::Failed { failure: Failure::NotStarted, reason };
            None
        }
    };
    CallEnded {
        step: order.step.id.clone(),
        attempt: order.attempt,
        outcome,
        spend,
        conversation_cost: seen.meter.conversation_cost(),
        context: seen.meter.context(order.left.window),
        loaded: Some(loaded(site, order, &seen.meter)),
        quota: seen.meter.quota(),
        model: seen.meter.init.as_ref().map(|init| init.model.clone()),
        output,
        warnings,
        ms: u64::try_from(seen.started.elapsed().as_millis()).unwrap_or(u64::MAX),
    }
}

/// A player that has no answer says why, and nothing else.
fn not_recorded(end: CallEnd, result: Option<&ResultMessage>, stderr: &str) -> Option<String> {
    let refused = end == CallEnd::Exited(i32::from(Status::Invalid.code()));
    let reason = stderr.lines().next_back().unwrap_or("the recording cannot be played");
    (refused && result.is_none()).then(|| reason.to_owned())
}

fn wants(order: &Order) -> Wants {
    let agent = &order.step.agent;
    // `Bash(git *)` approves some commands of the tool `Bash`.
    let tool = |rule: &String| rule.split('(').next().unwrap_or_default().trim().to_owned();
    let mut allowed: Vec<String> = agent.allow.iter().map(tool).collect();
    allowed.extend(["Edit", "Write", "NotebookEdit"].map(str::to_owned));
    Wants {
        structured: order.step.form().is_some(),
        tools: agent.tools.clone().unwrap_or_default(),
        allowed,
        mcp: agent.mcp.clone(),
        subagents: agent.subagents,
    }
}

/// From this share of the limit on, the limit is worth a word.
const NEARLY: f64 = 0.8;

/// A window that is only assumed warns and never ends a call.
fn nearly_full(site: &Site, limits: &StepLimits, context: &ContextUse) -> Option<String> {
    let limit = limits.context.unwrap_or(site.plan.limits.context);
    let full = context.peak_fraction();
    (full >= NEARLY * limit.fraction()).then(|| {
        let assumed = if context.window_assumed { "assumed " } else { "" };
        format!(
            "{:.0}% of the {assumed}context window was full, {limit} is the limit",
            full * 100.0
        )
    })
}

/// Denials that fail nothing are worth a word all the same.
fn denied(result: Option<&ResultMessage>, wants: &Wants) -> Vec<String> {
    let denials = result.map_or(&[][..], |result| result.permission_denials.as_slice());
    let minor = denials.iter().filter(|denial| !wants.allowed.contains(&denial.tool_name));
    minor.map(|denial| format!("the agent was denied {}", denial.tool_name)).collect()
}

fn keep(
    site: &Site,
    files: &CallFiles,
    result: Option<&ResultMessage>,
    stderr: &str,
) -> Result<Option<Output>> {
    output::keep_stderr(&files.dir, stderr)?;
    let Some(result) = result.filter(|result| !result.is_error) else { return Ok(None) };
    let output = match (&result.structured_output, &result.result) {
        (Some(json), _) => Output::Json { json: json.clone() },
        (None, Some(text)) => Output::Text { text: text.clone() },
        (None, None) => return Ok(None),
    };
    output::keep(site, &files.dir, output).map(Some)
}
