//! Commands that write a report of tests or findings.

use serde_json::json;

use super::{check, offline, run};

#[test]
fn what_a_test_runner_reports_becomes_checks() {
    let report = |inner: &str| {
        format!(
            "<testsuite name=\"s\"><testcase name=\"adds\"/><testcase classname=\"math\" name=\"divides\">{inner}</testcase></testsuite>"
        )
    };
    let contract = |inner: &str, code: u8| {
        let script = format!("cat <<'X'\n{}\nX\nexit {code}", report(inner));
        let steps = json!([{ "id": "tests", "run": ["sh", "-c", script], "parse": "junit" }]);
        json!({ "steps": steps }).to_string()
    };
    let refused = check(&contract("<failure message=\"1 != 2\"/>", 1), 4, "tests rejected");
    let said: Vec<_> = refused["checks"].as_array().unwrap().iter().collect();
    assert_eq!(said[0]["name"], "math: divides");
    assert_eq!((&said[0]["status"], &said[0]["reason"]), (&json!("failed"), &json!("1 != 2")));
    assert_eq!((&said[1]["name"], &said[1]["status"]), (&json!("1 case"), &json!("passed")));
    assert_eq!(refused["reason"], "math: divides: 1 != 2");
    let passed = check(&contract("", 0), 0, "tests passed");
    assert_eq!(passed["output"]["passed"], 2);
    // A runner that broke, though all of its cases passed.
    check(&contract("", 3), 1, "tests failed");
    check("steps: [{ id: tests, run: [echo, ok], parse: junit }]\n", 1, "tests failed");
}

#[test]
fn what_a_linter_reports_becomes_findings_and_its_errors_checks() {
    let result = |level: &str| {
        json!({ "ruleId": "R1", "level": level, "message": { "text": "odd" }, "locations": [
            { "physicalLocation": { "artifactLocation": { "uri": "a.py" }, "region": { "startLine": 2 } } },
        ] })
    };
    let contract = |level: &str, code: u8| {
        let log = json!({ "version": "2.1.0", "runs": [
            { "tool": { "driver": { "name": "lint" } }, "results": [result(level)] },
        ] });
        let script = format!("cat <<'X'\n{log}\nX\nexit {code}");
        json!({ "steps": [{ "id": "lint", "run": ["sh", "-c", script], "parse": "sarif" }] })
            .to_string()
    };
    let refused = check(&contract("error", 1), 4, "lint rejected");
    assert_eq!(refused["reason"], "lint R1: a.py:2: odd");
    let noted = check(&contract("warning", 0), 0, "lint passed");
    assert_eq!(noted["findings"][0]["file"], "a.py");
    assert_eq!(noted["findings"][0]["severity"], "minor");

    let world = offline(&contract("warning", 0));
    world.write("a.py", "x\ny\n");
    world.repo().commit("first");
    let log = run(&world, &["--format", "sarif"]).expect_code(0).json();
    let told = &log["runs"][0]["results"][0];
    assert_eq!(told["message"]["text"], "odd");
    assert_eq!(told["locations"][0]["physicalLocation"]["region"]["startLine"], 2);
}
