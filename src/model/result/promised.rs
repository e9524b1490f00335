//! Findings of a skill's own: an output whose schema promises them has them at a known place, so
//! every report can show them beside the lines they speak of.
//!
//! The schema decides, which the skill's author wrote and which is frozen before the first call; no
//! answer turns itself into annotations. [Why so](../../../docs/design/021-reports.md).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{RunResult, Severity};
use crate::model::{Status, run::Plan};

/// Where findings stand in an output.
const PLACE: &str = "findings";

/// What the schema has to require of each of them.
const REQUIRED: [&str; 2] = ["severity", "claim"];

/// More references than these in a row are a circle.
const MOST_REFERENCES: usize = 8;

/// What a skill found, or a tool whose report it read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OwnFinding {
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong.
    pub claim: String,
    /// The file it speaks of, from the root.
    pub file: Option<String>,
    /// The line it speaks of, from 1.
    pub line: Option<u64>,
    /// What stands there, copied.
    pub quote: Option<String>,
    /// What to do about it.
    pub suggestion: Option<String>,
}

/// Whether outputs that satisfy this schema hold findings: a list `findings` whose items have at
/// least `severity` and `claim`.
fn promises_findings(schema: &Value) -> bool {
    let list = resolved(schema, schema).pointer("/properties").and_then(|all| all.get(PLACE));
    let item = list.and_then(|list| resolved(schema, list).get("items"));
    let required = item.and_then(|item| resolved(schema, item).get("required"));
    let Some(required) = required.and_then(Value::as_array) else { return false };
    REQUIRED.iter().all(|name| required.iter().any(|key| key == name))
}

/// The findings of an output that was held against such a schema.
///
/// One that has another form all the same, such as a severity of its own making, is left out: the
/// schema allowed it, and nothing can be said of it.
fn promised_findings(output: &Value) -> Vec<OwnFinding> {
    let found = output.get(PLACE).and_then(Value::as_array);
    let read = |one: &Value| OwnFinding::deserialize(one).ok();
    found.into_iter().flatten().filter_map(read).collect()
}

/// What a skill itself found: the findings of its output, where a schema promised some and the
/// output was accepted, and those of the reports that its steps read, which nobody need accept.
pub fn own_findings(plan: &Plan, result: &RunResult) -> Vec<OwnFinding> {
    let last = plan.steps.last().and_then(|step| step.output.as_ref());
    let schema = plan.output.as_ref().or(last);
    let promised = schema.is_some_and(promises_findings) && result.status == Status::Passed;
    let output = result.output.as_ref().filter(|_| promised);
    let promised = output.map(promised_findings).unwrap_or_default();
    result.findings.iter().cloned().chain(promised).collect()
}

/// What a part of a schema says, its references within the schema followed.
fn resolved<'a>(schema: &'a Value, mut part: &'a Value) -> &'a Value {
    for _ in 0..MOST_REFERENCES {
        let named = part.get("$ref").and_then(Value::as_str);
        let pointer = named.and_then(|named| named.strip_prefix('#'));
        match pointer.and_then(|pointer| schema.pointer(pointer)) {
            Some(named) => part = named,
            None => break,
        }
    }
    part
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_promises_by_what_it_requires() {
        let items = |required: Value| json!({"properties": {"findings": {"items": {"required": required}}}});
        let by_reference = json!({
            "$ref": "#/$defs/review",
            "$defs": {
                "review": {"properties": {"findings": {"$ref": "#/$defs/list"}}},
                "list": {"items": {"$ref": "#/$defs/one"}},
                "one": {"required": ["claim", "severity"]},
                "circle": {"$ref": "#/$defs/circle"},
            },
        });
        let circle = json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}});
        let rows = [
            (items(json!(["severity", "file", "claim"])), true),
            (by_reference, true),
            (items(json!(["severity"])), false),
            (items(json!("severity claim")), false),
            (circle, false),
            (json!({"properties": {"findings": true}}), false),
            (json!({"type": "string"}), false),
            (json!(true), false),
        ];
        for (schema, expected) in rows {
            assert_eq!(promises_findings(&schema), expected, "{schema}");
        }
        let bundled = include_str!("../../../skills/review-diff/review.schema.json");
        assert!(promises_findings(&serde_json::from_str(bundled).unwrap()));
    }

    #[test]
    fn what_has_the_form_is_read_and_the_rest_left_out() {
        let output = json!({"findings": [
            {"severity": "major", "claim": "Wrong.", "file": "a.rs", "line": 3, "quote": "x", "more": 1},
            {"severity": "critical", "claim": "Of its own making."},
            {"severity": "note", "claim": "Without a place."},
            "no finding",
        ]});
        let found = promised_findings(&output);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].file.as_deref(), found[0].line), (Some("a.rs"), Some(3)));
        assert_eq!((found[1].severity, &found[1].file), (Severity::Note, &None));
        for nothing in [json!({}), json!([]), json!("text"), json!({"findings": "text"})] {
            assert_eq!(promised_findings(&nothing), []);
        }
    }
}
