//! SARIF 2.1.0: what code hosts and editors read of a tool's findings.
//!
//! Paths are relative to the root of the repository. What speaks of no file is no result but a
//! notification of the run: GitHub refuses a whole log in which one result has no place.

use std::{fmt::Write as _, path::Path};

use serde_json::{Value, json};

use super::{
    annotation::{Annotation, At, Region, RuleRow, fingerprints},
    told::{Ending, Told},
};
use crate::model::{lint::Level, text};

/// Where a relative path starts: the name that readers know for the root of the sources.
const ROOT: &str = "%SRCROOT%";

/// The name of our fingerprints; the number changes when they are made in another way.
const FINGERPRINT: &str = "atlas/v1";

/// One log with what was found in files.
pub fn sarif(rules: &[RuleRow], annotations: &[Annotation]) -> Value {
    log(rules, annotations, &[])
}

/// One log with what was found in a run, and how that ended.
pub fn sarif_of_run(told: &Told) -> Value {
    let about_the_run = told.remarks.iter().filter(|remark| remark.path.is_none());
    let worked = match told.ending {
        Ending::Passed | Ending::ByNobody | Ending::Refused => true,
        Ending::NotChecked | Ending::Broken => false,
    };
    let invocation = json!({
        "executionSuccessful": worked,
        "exitCode": told.result.exit_code,
        "exitCodeDescription": told.result.status,
        "toolExecutionNotifications":
            about_the_run.map(|remark| notification(&told.rules, remark)).collect::<Vec<_>>(),
    });
    log(&told.rules, &told.remarks, &[invocation])
}

fn log(rules: &[RuleRow], annotations: &[Annotation], invocations: &[Value]) -> Value {
    let placed = annotations.iter().zip(fingerprints(annotations));
    let results: Vec<Value> = placed
        .filter_map(|(annotation, print)| {
            let path = annotation.path.as_deref()?;
            Some(result(rules, (annotation, path), &print))
        })
        .collect();
    let mut run = json!({
        "tool": { "driver": {
            "name": "atlas",
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": rules.iter().map(described).collect::<Vec<_>>(),
        }},
        "columnKind": "unicodeCodePoints",
        "results": results,
    });
    if !invocations.is_empty() {
        run["invocations"] = json!(invocations);
    }
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    })
}

fn described(rule: &RuleRow) -> Value {
    let mut described = json!({
        "id": inert(&rule.id),
        "shortDescription": { "text": inert(&rule.what) },
        "defaultConfiguration": { "level": word(rule.level) },
    });
    if let Some(why) = &rule.why {
        described["help"] = json!({ "text": inert(why) });
    }
    described
}

fn result(rules: &[RuleRow], (annotation, path): (&Annotation, &Path), fingerprint: &str) -> Value {
    let mut place = json!({ "artifactLocation": artifact(path) });
    match annotation.at {
        At::Anywhere => {}
        At::Line(line) => place["region"] = json!({ "startLine": line }),
        At::Region(region) => place["region"] = within(region),
    }
    let mut result = json!({
        "ruleId": inert(&annotation.rule),
        "level": word(annotation.level),
        "message": { "text": message(annotation) },
        "locations": [{ "physicalLocation": place }],
        "partialFingerprints": { FINGERPRINT: fingerprint },
    });
    if let Some(index) = index(rules, annotation) {
        result["ruleIndex"] = index.into();
    }
    if let Some(severity) = annotation.severity {
        result["properties"] = json!({ "severity": severity.name() });
    }
    result
}

fn notification(rules: &[RuleRow], annotation: &Annotation) -> Value {
    let mut rule = json!({ "id": inert(&annotation.rule) });
    if let Some(index) = index(rules, annotation) {
        rule["index"] = index.into();
    }
    json!({
        "level": word(annotation.level),
        "message": { "text": message(annotation) },
        "associatedRule": rule,
    })
}

fn message(annotation: &Annotation) -> String {
    let mut message = inert(&annotation.message);
    if let Some(help) = &annotation.help {
        message.push_str("\nfix: ");
        message.push_str(&inert(help));
    }
    // A reader of SARIF would make a link of it, to wherever somebody likes.
    if message.contains("](") { message.replace('[', r"\[") } else { message }
}

fn index(rules: &[RuleRow], annotation: &Annotation) -> Option<usize> {
    rules.iter().position(|rule| rule.id == annotation.rule)
}

fn inert(text: &str) -> String {
    text::sanitize_line(text).into_owned()
}

fn within(region: Region) -> Value {
    json!({
        "startLine": region.line,
        "startColumn": region.column,
        "endLine": region.end_line,
        "endColumn": region.end_column,
    })
}

fn artifact(path: &Path) -> Value {
    let uri = escaped(path);
    if path.is_absolute() {
        return json!({ "uri": format!("file://{uri}") });
    }
    json!({ "uri": uri, "uriBaseId": ROOT })
}

/// A path as a part of a URI.
fn escaped(path: &Path) -> String {
    let mut uri = String::new();
    for byte in path.as_os_str().as_encoded_bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~/".contains(byte);
        if plain {
            uri.push(char::from(*byte));
        } else {
            write!(uri, "%{byte:02X}").expect("writing to a string cannot fail");
        }
    }
    uri
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::lint::ALL;

    fn annotation(line: usize, text: &str) -> Annotation {
        Annotation {
            rule: "name-form".to_owned(),
            level: Level::Warning,
            message: "wrong\u{202e}".to_owned(),
            severity: None,
            help: Some("mend it".to_owned()),
            path: Some("skills/a b/SKILL.md".into()),
            at: At::Region(Region { line, column: 7, end_line: line, end_column: 9 }),
            known_by: (text.to_owned(), format!("name: {text}")),
        }
    }

    fn rules() -> Vec<RuleRow> {
        ALL.iter().map(|rule| RuleRow::from(*rule)).collect()
    }

    fn results(annotations: &[Annotation]) -> Vec<Value> {
        sarif(&rules(), annotations)["runs"][0]["results"].as_array().unwrap().clone()
    }

    #[test]
    fn a_result_has_a_relative_uri_and_its_rule() {
        let result = &results(&[annotation(3, "Up")])[0];
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "skills/a%20b/SKILL.md");
        assert_eq!(place["artifactLocation"]["uriBaseId"], ROOT);
        assert_eq!(place["region"]["startLine"], 3);
        assert_eq!(result["message"]["text"], "wrong\u{fffd}\nfix: mend it");
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(ALL[index].id, "name-form");
        let absolute = Annotation { path: Some("/x/SKILL.md".into()), ..annotation(1, "Up") };
        let place = &results(&[absolute])[0]["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"], json!({ "uri": "file:///x/SKILL.md" }));
    }

    #[test]
    fn a_fingerprint_outlives_its_line() {
        let prints = |annotations: &[Annotation]| -> Vec<String> {
            let results = results(annotations);
            let print = |result: &Value| result["partialFingerprints"][FINGERPRINT].to_string();
            results.iter().map(print).collect()
        };
        let [here, moved] = [3, 9].map(|line| prints(&[annotation(line, "Up")]));
        assert_eq!(here, moved);
        assert_ne!(here, prints(&[annotation(3, "Down")]));
        let twice = prints(&[annotation(3, "Up"), annotation(4, "Up")]);
        assert_eq!(twice[0], here[0]);
        assert_ne!(twice[0], twice[1]);
    }
}
