//! SARIF 2.1.0, which linters and scanners write.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::{MOST_FINDINGS, ToolReport, bounded, content, objections};
use crate::model::result::{OwnFinding, Severity};

/// One result with the tool and the rule that it is by.
struct Found {
    tool: String,
    rule: String,
    finding: OwnFinding,
}

/// Reads a log.
///
/// # Errors
/// The text is no JSON, or no such log.
pub fn sarif(text: &str) -> Result<ToolReport, String> {
    let log: Value = serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))?;
    let runs = log.get("runs").and_then(Value::as_array).ok_or("it has no `runs`")?;
    let tools: Vec<String> = runs.iter().map(tool).collect();
    let found: Vec<Found> =
        runs.iter().zip(&tools).flat_map(|(run, tool)| results(run, tool)).collect();
    let refused = |found: &&Found| found.finding.severity >= Severity::Major;
    let mut checks = objections(found.iter().filter(refused).map(objection).collect());
    let quiet = |tool: &&String| !found.iter().filter(refused).any(|found| found.tool == **tool);
    checks.extend(tools.iter().filter(quiet).map(content));
    let output = json!({
        "results": found.len(),
        "errors": found.iter().filter(refused).count(),
        "findings": found.iter().map(told).collect::<Vec<_>>(),
    });
    let findings = found.into_iter().take(MOST_FINDINGS).map(|found| found.finding).collect();
    Ok(ToolReport { output, checks, findings })
}

fn tool(run: &Value) -> String {
    let name = run.pointer("/tool/driver/name").and_then(Value::as_str);
    name.unwrap_or("a tool").to_owned()
}

fn results<'a>(run: &'a Value, tool: &'a str) -> impl Iterator<Item = Found> + 'a {
    let results = run.get("results").and_then(Value::as_array).into_iter().flatten();
    results.filter(|result| counts(result)).map(move |result| Found {
        tool: tool.to_owned(),
        rule: rule(run, result),
        finding: finding(run, result),
    })
}

/// What somebody has suppressed, or what was there before and is gone, is nothing that is found.
fn counts(result: &Value) -> bool {
    let suppressed = result.get("suppressions").and_then(Value::as_array);
    let accepted = |one: &Value| {
        one.get("status").and_then(Value::as_str).is_none_or(|status| status == "accepted")
    };
    let fails = ["fail", "open", "review"];
    let kind = result.get("kind").and_then(Value::as_str).unwrap_or("fail");
    let gone = result.get("baselineState").and_then(Value::as_str) == Some("absent");
    !suppressed.is_some_and(|list| list.iter().any(accepted)) && fails.contains(&kind) && !gone
}

/// The rule of a result: by its own name, else by its place among the tool's.
fn rule(run: &Value, result: &Value) -> String {
    let own = ["/ruleId", "/rule/id"].iter().find_map(|at| result.pointer(at)?.as_str());
    let listed = || described(run, result)?.get("id")?.as_str();
    own.or_else(listed).unwrap_or_default().to_owned()
}

fn described<'a>(run: &'a Value, result: &Value) -> Option<&'a Value> {
    let rules = run.pointer("/tool/driver/rules")?.as_array()?;
    let place = ["/ruleIndex", "/rule/index"].iter().find_map(|at| result.pointer(at)?.as_u64());
    let by_place = place.and_then(|place| rules.get(usize::try_from(place).ok()?));
    let by_name = || {
        let id = result.get("ruleId")?;
        rules.iter().find(|rule| rule.get("id") == Some(id))
    };
    by_place.or_else(by_name)
}

fn finding(run: &Value, result: &Value) -> OwnFinding {
    let place = result.pointer("/locations/0/physicalLocation");
    let at = |pointer: &str| place.and_then(|place| place.pointer(pointer));
    let quote = at("/region/snippet/text").and_then(Value::as_str);
    OwnFinding {
        severity: severity(run, result),
        claim: bounded(message(run, result).as_deref().unwrap_or("nothing is said about it")),
        file: at("/artifactLocation/uri").and_then(Value::as_str).map(path),
        line: at("/region/startLine").and_then(Value::as_u64),
        quote: quote.map(bounded),
        suggestion: None,
    }
}

/// A result without a level of its own has its rule's, and that a warning by default.
fn severity(run: &Value, result: &Value) -> Severity {
    let own = result.get("level").and_then(Value::as_str);
    let of_rule = || described(run, result)?.pointer("/defaultConfiguration/level")?.as_str();
    match own.or_else(of_rule).unwrap_or("warning") {
        "error" => Severity::Major,
        "note" | "none" => Severity::Note,
        _ => Severity::Minor,
    }
}

/// What is said, by itself or by a name among the rule's messages, with its arguments in place.
fn message<'a>(run: &'a Value, result: &'a Value) -> Option<Cow<'a, str>> {
    let message = result.get("message")?;
    let named = || {
        let id = message.get("id")?.as_str()?;
        described(run, result)?.get("messageStrings")?.get(id)?.get("text")?.as_str()
    };
    let text = message.get("text").and_then(Value::as_str).or_else(named)?;
    let Some(arguments) = message.get("arguments").and_then(Value::as_array) else {
        return Some(text.into());
    };
    let words = arguments.iter().enumerate();
    Some(Cow::Owned(words.fold(text.to_owned(), |text, (place, argument)| {
        text.replace(&format!("{{{place}}}"), argument.as_str().unwrap_or_default())
    })))
}

/// A path from the root as the other findings have it.
fn path(uri: &str) -> String {
    let plain = uri.strip_prefix("file://").unwrap_or(uri);
    let plain = plain.strip_prefix("./").unwrap_or(plain);
    let mut bytes = Vec::with_capacity(plain.len());
    let mut rest = plain.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| behind.get(..2)).flatten();
        let escaped = escaped.and_then(|two| std::str::from_utf8(two).ok());
        let byte = escaped.and_then(|two| u8::from_str_radix(two, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| plain.to_owned())
}

fn objection(found: &Found) -> (String, String) {
    let Found { tool, rule, finding } = found;
    let name = if rule.is_empty() { tool.clone() } else { format!("{tool} {rule}") };
    let claim = &finding.claim;
    let why = match (&finding.file, finding.line) {
        (Some(file), Some(line)) => format!("{file}:{line}: {claim}"),
        (Some(file), None) => format!("{file}: {claim}"),
        (None, _) => claim.clone(),
    };
    (name, why)
}

fn told(found: &Found) -> Value {
    let Found { tool, rule, finding } = found;
    json!({
        "tool": tool,
        "rule": rule,
        "severity": finding.severity,
        "claim": finding.claim,
        "file": finding.file,
        "line": finding.line,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::check::{Check, CheckStatus};

    fn log(results: &Value) -> String {
        json!({"version": "2.1.0", "runs": [{
            "tool": {"driver": {"name": "lint", "rules": [
                {"id": "R1", "defaultConfiguration": {"level": "error"},
                 "messageStrings": {"m": {"text": "'{0}' is bad"}}},
                {"id": "R2"},
            ]}},
            "results": results,
        }]})
        .to_string()
    }

    fn at(file: &str, line: u64) -> Value {
        json!([{"physicalLocation": {"artifactLocation": {"uri": file}, "region": {"startLine": line}}}])
    }

    #[test]
    fn errors_are_checks_and_every_result_is_a_finding() {
        let text = log(&json!([
            {"ruleId": "R1", "message": {"id": "m", "arguments": ["x"]}, "locations": at("./src/a%20b.rs", 3)},
            {"ruleIndex": 1, "message": {"text": "odd"}, "locations": at("b.rs", 1)},
            {"ruleId": "R2", "level": "note", "message": {"text": "by the way"}},
            {"ruleId": "R1", "message": {"text": "known"}, "suppressions": [{"kind": "inSource"}]},
            {"ruleId": "R1", "kind": "pass", "message": {"text": "well"}},
        ]));
        let report = sarif(&text).unwrap();
        let reasons: Vec<_> = report.checks.iter().map(|check| check.reason.as_deref()).collect();
        assert_eq!(reasons, [Some("src/a b.rs:3: 'x' is bad")]);
        assert_eq!(report.checks[0].name, "lint R1");
        let severities: Vec<_> = report.findings.iter().map(|found| found.severity).collect();
        assert_eq!(severities, [Severity::Major, Severity::Minor, Severity::Note]);
        assert_eq!((&report.output["results"], &report.output["errors"]), (&json!(3), &json!(1)));
        assert_eq!(report.output["findings"][1]["rule"], "R2");
    }

    #[test]
    fn a_tool_that_objects_to_nothing_is_content() {
        let report = sarif(&log(&json!([{"message": {"text": "odd"}}]))).unwrap();
        let said: Vec<_> =
            report.checks.iter().map(|check: &Check| (check.name.as_str(), check.status)).collect();
        assert_eq!(said, [("lint", CheckStatus::Passed)]);
        assert!(!report.refuses());
    }

    #[test]
    fn what_is_no_log_is_a_fault() {
        assert!(sarif("").unwrap_err().contains("no JSON"));
        assert!(sarif("{}").unwrap_err().contains("no `runs`"));
        assert!(sarif("[]").unwrap_err().contains("no `runs`"));
    }

    proptest! {
        #[test]
        fn no_path_breaks_the_reader(uri in "\\PC*") {
            drop(path(&uri));
            prop_assert_eq!(path("a%2Fb"), "a/b");
        }
    }
}
