//! The schema of SARIF 2.1.0, from a package of those who wrote the format (MIT).

use serde_json::Value;

use super::{files, npm};

const PACKAGE: &str = include_str!("../../sarif-schema/package.json");
const LOCK: &str = include_str!("../../sarif-schema/package-lock.json");

/// Fails the test unless the document is SARIF 2.1.0, and has a place for each result, as GitHub
/// demands of a log.
#[track_caller]
pub(crate) fn expect_sarif(document: &Value) {
    let file = "node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json";
    let schema = npm::install(&npm::target_dir().join("sarif-schema/1"), (PACKAGE, LOCK), |home| {
        let file = home.join(file);
        file.exists().then(|| files::read(&file))
    });
    // One of its expressions, for a language that atlas does not write, has a bracket too many, and
    // no strict reader takes it.
    let schema = schema.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$");
    let schema: Value = serde_json::from_str(&schema).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let faults: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{}\n{document:#}", faults.join("\n"));
    for result in document["runs"][0]["results"].as_array().expect("a run has results") {
        let place = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert!(
            place.is_string(),
            "GitHub refuses a log with a result that has no place: {result}"
        );
    }
}
