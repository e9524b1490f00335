//! What a reviewer answers: the schema that it is held to, and the values that come of it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::model::result::{FindingKind, Severity};

/// At most so many issues of one reviewer; whoever finds more says which matter.
pub const MOST_ISSUES: usize = 20;

/// One reviewer's answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// Whether the reviewer could not disprove the work.
    pub passed: bool,
    /// What it claims.
    pub issues: Vec<Issue>,
}

/// One claim, with what is to prove it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issue {
    /// How much it matters, if true.
    pub severity: Severity,
    /// Whether something is wrong or left out.
    pub kind: FindingKind,
    /// The claim.
    pub claim: String,
    /// The file it speaks of, from the root; none where it speaks of the output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line it speaks of, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What stands there, copied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// The command that proves it, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// How that command behaves, if the claim is true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expect>,
}

/// How a command behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Expect {
    /// It ends with 0.
    Passes,
    /// It ends with anything else.
    Fails,
}

/// The schema of an answer. A command can only be named, and only where the contract has some.
pub fn schema(commands: &[&str]) -> Value {
    let mut issue = json!({
        "severity": {
            "enum": ["blocker", "major", "minor", "note"],
            "description": "blocker: must not be used; major: mend before use; minor, note: no reason to refuse"
        },
        "kind": { "enum": ["wrong", "missing"] },
        "claim": { "type": "string", "minLength": 1, "maxLength": 2000 },
        "file": { "type": "string", "description": "path from the root; left out, the output itself" },
        "line": { "type": "integer", "minimum": 1 },
        "quote": { "type": "string", "maxLength": 2000, "description": "the words that are wrong, copied exactly" },
    });
    if !commands.is_empty() {
        issue["command"] = json!({ "enum": commands });
        issue["expect"] = json!({ "enum": ["passes", "fails"] });
    }
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["passed", "issues"],
        "properties": {
            "passed": { "type": "boolean" },
            "issues": {
                "type": "array",
                "maxItems": MOST_ISSUES,
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["severity", "kind", "claim"],
                    "properties": issue,
                },
            },
        },
    })
}

/// Reads an answer.
///
/// # Errors
/// What is wrong with it, in words. Whoever answers outside the schema has not voted.
pub fn read(answer: &Value) -> Result<Review, String> {
    let review: Review =
        serde_json::from_value(answer.clone()).map_err(|error| error.to_string())?;
    if review.issues.len() > MOST_ISSUES {
        return Err(format!("{} issues, more than {MOST_ISSUES}", review.issues.len()));
    }
    match review.issues.iter().find(|issue| issue.claim.trim().is_empty()) {
        Some(_) => Err("an issue without a claim".to_owned()),
        None => Ok(review),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_strictly() {
        let issue = json!({ "severity": "major", "kind": "wrong", "claim": "off by one" });
        let with = |key: &str, value: Value| {
            let mut issue = issue.clone();
            issue[key] = value;
            json!({ "passed": false, "issues": [issue] })
        };
        let rows = [
            (json!({ "passed": true, "issues": [] }), Ok(0)),
            (json!({ "passed": false, "issues": [issue] }), Ok(1)),
            (with("expect", json!("fails")), Ok(1)),
            (json!({ "passed": true }), Err("missing field `issues`")),
            (json!({ "passed": "yes", "issues": [] }), Err("invalid type: string \"yes\"")),
            (json!({ "passed": true, "issues": [], "note": 1 }), Err("unknown field `note`")),
            (with("severity", json!("huge")), Err("unknown variant `huge`")),
            (with("claim", json!(" ")), Err("an issue without a claim")),
            (with("line", json!(-1)), Err("invalid value: integer `-1`")),
            (json!({ "passed": false, "issues": vec![issue.clone(); 21] }), Err("21 issues")),
            (json!("confirmed"), Err("invalid type: string")),
        ];
        for (answer, expected) in rows {
            match (read(&answer), expected) {
                (Ok(review), Ok(issues)) => assert_eq!(review.issues.len(), issues, "{answer}"),
                (Err(said), Err(part)) => assert!(said.contains(part), "{answer}: {said}"),
                (read, expected) => panic!("{answer}: {read:?}, not {expected:?}"),
            }
        }
    }

    #[test]
    fn the_schema_and_the_reader_agree() {
        let validator = jsonschema::validator_for(&schema(&["tests"])).unwrap();
        let full = json!({ "passed": false, "issues": [{
            "severity": "blocker", "kind": "missing", "claim": "no test", "file": "a.rs",
            "line": 3, "quote": "fn a", "command": "tests", "expect": "fails",
        }]});
        assert!(validator.is_valid(&full));
        assert!(read(&full).is_ok());
        let other = json!({ "passed": false, "issues": [{
            "severity": "blocker", "kind": "wrong", "claim": "x", "command": "rm",
        }]});
        assert!(!validator.is_valid(&other), "a reviewer names no command of its own");
        let without = jsonschema::validator_for(&schema(&[])).unwrap();
        assert!(!without.is_valid(&full), "where the contract has no commands, none is named");
    }
}
