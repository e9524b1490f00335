//! SARIF 2.1.0: what code hosts and editors read of a tool's findings.
//!
//! Paths are relative to the root of the repository. A finding's fingerprint is made of its rule,
//! its file and the text that it points at, and not of its line, so it stays the same where lines
//! above it come and go.

use std::{collections::HashMap, fmt::Write as _, path::Path};

use serde_json::{Value, json};

use super::annotation::{Annotation, Region};
use crate::model::{
    digest::sha256,
    lint::{Level, Rule},
    text,
};

/// Where a relative path starts: the name that readers know for the root of the sources.
const ROOT: &str = "%SRCROOT%";

/// The name of our fingerprints; the number changes when they are made in another way.
const FINGERPRINT: &str = "atlas/v1";

/// So many digits of a hash tell the findings of one repository apart.
const DIGITS: usize = 32;

/// One log with one run of atlas.
pub fn sarif(rules: &[&Rule], annotations: &[Annotation]) -> Value {
    let mut seen: HashMap<String, u32> = HashMap::new();
    let results: Vec<Value> = annotations
        .iter()
        .map(|annotation| {
            let known_by = fingerprint(annotation);
            let before = seen.entry(known_by.clone()).and_modify(|n| *n += 1).or_insert(0);
            result(rules, annotation, &format!("{known_by}:{before}"))
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "atlas",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| described(rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn described(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.what },
        "help": { "text": rule.why },
        "defaultConfiguration": { "level": word(rule.level) },
    })
}

fn result(rules: &[&Rule], annotation: &Annotation, fingerprint: &str) -> Value {
    let inert = |text: &str| text::sanitize_line(text).into_owned();
    let mut message = inert(&annotation.message);
    if let Some(help) = &annotation.help {
        message.push_str("\nfix: ");
        message.push_str(&inert(help));
    }
    let mut place = json!({ "artifactLocation": artifact(&annotation.path) });
    if let Some(region) = annotation.region {
        place["region"] = within(region);
    }
    let mut result = json!({
        "ruleId": annotation.rule,
        "level": word(annotation.level),
        "message": { "text": message },
        "locations": [{ "physicalLocation": place }],
        "partialFingerprints": { FINGERPRINT: fingerprint },
    });
    if let Some(index) = rules.iter().position(|rule| rule.id == annotation.rule) {
        result["ruleIndex"] = index.into();
    }
    result
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

fn fingerprint(annotation: &Annotation) -> String {
    let (text, line) = &annotation.known_by;
    let path = annotation.path.to_string_lossy();
    let mut digits = sha256([&annotation.rule, path.as_ref(), text, line].join("\0").as_bytes());
    digits.truncate(DIGITS);
    digits
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
            help: Some("mend it".to_owned()),
            path: "skills/a b/SKILL.md".into(),
            region: Some(Region { line, column: 7, end_line: line, end_column: 9 }),
            known_by: (text.to_owned(), format!("name: {text}")),
        }
    }

    fn results(annotations: &[Annotation]) -> Vec<Value> {
        sarif(ALL, annotations)["runs"][0]["results"].as_array().unwrap().clone()
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
        let absolute = Annotation { path: "/x/SKILL.md".into(), ..annotation(1, "Up") };
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
