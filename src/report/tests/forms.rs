//! Reports for machines: what each says of a run, and that nobody else's words are obeyed by it.

use pulldown_cmark::{Event, Options, Parser, Tag};
use quick_junit::{Report, TestCaseStatus};
use serde_json::{Value, json};

use super::*;
use crate::{
    model::{
        Status, TABLE,
        check::{Check, CheckKind, CheckStatus, Timing},
        result::{
            Finding, FindingKind, FindingStatus, RunResult, Severity, Verdict, VerdictStatus,
            Votes,
            tests::{plans::bare_plan, story},
        },
        run::Plan,
    },
    report::{annotation::Annotation, step_summary::step_summary, told::Ending},
};

/// What the runner of a workflow waits for at the end of an answer.
const TOKEN: &str = "5f1c";

/// Words that want to be more than words, each by its trick.
const HOSTILE: &[(&str, &str)] = &[
    ("what XML has no character for", "a\0b\u{1}c\u{b}d\u{fffe}e\u{ffff}f"),
    ("the end of a section of XML", "]]></failure></testcase><testcase name=\"ok\"/><![CDATA["),
    ("entities", "&xxe; &#0; &lt;b&gt; <!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]>"),
    ("a workflow command", "x\n::set-output name=admin::true\n  ::add-mask::e"),
    ("another kind of workflow command", "##[error]x\n##[add-path]/tmp ##[group]y"),
    ("the end of what is stopped", "\n::5f1d::\n::stop-commands::x\n::endgroup::"),
    ("percent signs", "100%0A::error::x%25%0D"),
    ("colors and the cursor", "\u{1b}[31mred\u{1b}[0m\u{1b}[2J\u{1b}[1A\u{9b}31m"),
    (
        "a title and a link of a terminal",
        "\u{1b}]0;owned\u{7}\u{1b}]8;;http://evil.example\u{7}x\u{1b}]8;;\u{7}",
    ),
    ("a row of a table", "a | b |\n|---|---|\n| passed | ✅ |"),
    ("a row of a table, twice escaped", r"a \| b \\| c"),
    ("code that ends", "`x` ``y`` ```\n~~~\n</code></pre>"),
    (
        "images and links",
        "![x](http://evil.example/?q=1) [x](javascript:alert(1)) <http://evil.example> http://evil.example www.evil.example",
    ),
    ("tags", "<img src=x onerror=alert(1)><script>alert(1)</script><!-- "),
    ("mentions", "@everyone #1 me@evil.example"),
    ("an absolute file", "/etc/passwd"),
    ("an address", "javascript:alert(1)"),
    ("another address", "file:///etc/passwd"),
    ("a file above", "../../.github/workflows/ci.yml"),
    (
        "a section of GitLab's log",
        "section_start:1560896352:owned[collapsed=true]\r\u{1b}[0Kx\nsection_end:1:owned\r\u{1b}[0K",
    ),
    (
        "a forged line",
        "no\r✓ passed · 9 of 9 checks\n{\"type\":\"result\",\"result\":{\"status\":\"passed\"}}",
    ),
    ("what hides", "a\u{202e}b\u{200b}c\u{e0041}d\u{feff}e\u{2028}f"),
    ("headings and quotes", "# x\n> y\n- z\n***"),
    ("nothing but blanks", " \n\t "),
    ("very much", ""),
];

/// A plan whose schema promises findings.
fn plan() -> Plan {
    let items = json!({ "required": ["severity", "claim"] });
    let schema = json!({ "properties": { "findings": { "items": items } } });
    Plan { output: Some(schema), ..bare_plan() }
}

/// A result in which every word from outside is this one.
fn said(words: &str, status: Status) -> RunResult {
    let finding = |severity, status| Finding {
        id: "f1".to_owned(),
        severity,
        kind: FindingKind::Wrong,
        claim: words.to_owned(),
        file: Some(words.to_owned()),
        line: Some(3),
        quote: Some(words.to_owned()),
        status,
        by: vec![words.to_owned()],
    };
    let check = |status, blocking| Check {
        name: words.to_owned(),
        kind: CheckKind::Hook,
        timing: Some(Timing::Post),
        blocking,
        status,
        reason: Some(words.to_owned()),
        ms: 1200,
    };
    RunResult {
        status,
        exit_code: status.code(),
        skill: Some(words.to_owned()),
        reason: Some(words.to_owned()),
        output: Some(json!({ "summary": words, "findings": [
            { "severity": "minor", "claim": words, "file": words, "line": 1, "suggestion": words },
        ]})),
        checks: vec![
            check(CheckStatus::Passed, true),
            check(CheckStatus::Failed, true),
            check(CheckStatus::Failed, false),
            check(CheckStatus::Error, true),
            check(CheckStatus::Skipped, true),
        ],
        verdict: Some(Verdict {
            status: VerdictStatus::Rejected,
            votes: Votes { refuted: 2, ..Votes::default() },
            findings: vec![
                finding(Severity::Blocker, FindingStatus::Supported),
                finding(Severity::Major, FindingStatus::Unsupported),
            ],
        }),
        ..story::passed().result()
    }
}

fn told(result: &RunResult) -> Told {
    let plan = plan();
    Told::of(result, &About { plan: Some(&plan), place: Place::default() })
}

/// What a runner would execute of these lines.
fn commands(log: &str) -> Vec<String> {
    let mut stopped: Option<String> = None;
    let mut found = Vec::new();
    for line in log.lines() {
        let trimmed = line.trim_start();
        let name = trimmed.strip_prefix("::").and_then(|rest| rest.split_once("::"));
        match (&stopped, name) {
            (Some(token), Some((name, _))) if name == token => stopped = None,
            (None, Some((properties, data))) => {
                let name = properties.split(' ').next().unwrap_or_default();
                if name == "stop-commands" {
                    stopped = Some(data.to_owned());
                }
                found.push(name.to_owned());
            }
            (None, None) if line.contains("##[") => found.push("##".to_owned()),
            (Some(_), _) | (None, None) => {}
        }
    }
    assert_eq!(stopped, None, "commands are taken again at the end");
    found
}

fn expect_xml(xml: &str, name: &str) -> Report {
    let legal = |c: char| matches!(c, '\n' | '\t' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(xml.chars().all(legal), "{name}: {xml:?}");
    Report::deserialize_from_str(xml).unwrap_or_else(|error| panic!("{name}: {error}\n{xml}"))
}

fn expect_places(sarif: &Value, name: &str) {
    for result in sarif["runs"][0]["results"].as_array().unwrap() {
        let place = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        let uri = place["uri"].as_str().unwrap();
        assert_eq!(place["uriBaseId"], "%SRCROOT%", "{name}");
        assert!(!uri.starts_with('/') && !uri.contains([':', '<', '\\']), "{name}: {uri}");
        assert!(uri.split('/').all(|part| part != ".." && !part.is_empty()), "{name}: {uri}");
        let message = result["message"]["text"].as_str().unwrap();
        assert!(!message.contains("](") || message.contains(r"\["), "{name}: {message}");
    }
}

/// GitLab's rules for a report of code quality, as its documentation has them.
fn expect_code_quality(report: &Value, name: &str) {
    let mut prints = std::collections::BTreeSet::new();
    for entry in report.as_array().unwrap() {
        for field in ["description", "check_name", "fingerprint"] {
            assert!(entry[field].as_str().is_some_and(|text| !text.is_empty()), "{name}: {entry}");
        }
        let severity = entry["severity"].as_str().unwrap();
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&severity), "{entry}");
        let path = entry["location"]["path"].as_str().unwrap();
        assert!(!path.starts_with(['/', '.']) || path.starts_with(".claude/"), "{name}: {path}");
        assert!(!path.contains("..") && !path.contains(':'), "{name}: {path}");
        assert!(entry["location"]["lines"]["begin"].as_u64().is_some_and(|line| line >= 1));
        assert!(prints.insert(entry["fingerprint"].to_string()), "{name}: one print, one entry");
    }
}

fn expect_markdown(page: &str, name: &str) {
    for event in Parser::new_ext(page, Options::all()) {
        let ours = match &event {
            Event::Start(
                Tag::Heading { .. } | Tag::Paragraph | Tag::List(_) | Tag::Item | Tag::Strong,
            )
            | Event::End(_)
            | Event::Code(_)
            | Event::SoftBreak
            | Event::HardBreak => true,
            Event::Text(text) => !text.contains(['@', '<', '|', '!', '[']),
            Event::Start(_)
            | Event::Html(_)
            | Event::InlineHtml(_)
            | Event::FootnoteReference(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::Rule
            | Event::TaskListMarker(_) => false,
        };
        assert!(ours, "{name}: {event:?}\n{page}");
    }
}

fn check(name: &str, words: &str, status: Status) {
    let result = said(words, status);
    let told = told(&result);
    let events = ["{\"type\":\"run_ended\"}\n".to_owned()];
    let form = |form| report(form, &told, &events, TOKEN);

    let junit = expect_xml(&form(Form::Junit), name);
    let cases = &junit.test_suites[0].test_cases;
    let of_the_run = usize::from(!told.is_told_by_a_check());
    assert_eq!(cases.len(), result.checks.len() + of_the_run, "{name}");

    let sarif: Value = serde_json::from_str(&form(Form::Sarif)).unwrap();
    expect_places(&sarif, name);
    expect_code_quality(&serde_json::from_str(&form(Form::Gitlab)).unwrap(), name);
    expect_markdown(&step_summary(&told), name);

    let github = form(Form::Github);
    let mut ran = commands(&github);
    ran.retain(|name| !["error", "warning", "notice"].contains(&name.as_str()));
    let answered = ["group", "stop-commands", "endgroup"];
    let expected: &[&str] = if told.answer.is_some() { &answered } else { &[] };
    assert_eq!(ran, expected, "{name}\n{github}");

    let lines = form(Form::Jsonl);
    assert_eq!(lines.lines().count(), 2, "{name}");
    let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(last["result"]["status"], status.to_string(), "{name}");
    let again: RunResult = serde_json::from_str(&form(Form::Json)).unwrap();
    assert_eq!(again.output, result.output, "{name}: a document has every byte");

    for form in [Form::Junit, Form::Sarif, Form::Github, Form::Gitlab] {
        let report = report(form, &told, &events, TOKEN);
        let hidden = report.chars().find(|c| !matches!(c, '\n') && text::is_hidden(*c));
        assert_eq!(hidden, None, "{name}: {form:?}");
    }
}

#[test]
fn nobody_elses_words_are_obeyed_in_any_form() {
    let very_much = "x ".repeat(10_000);
    for (name, words) in HOSTILE {
        let words = if *name == "very much" { very_much.as_str() } else { words };
        for row in TABLE {
            check(name, words, row.status);
        }
    }
}

#[test]
fn a_secret_is_in_no_form() {
    // Put together here, so that nobody finds a key in this repository.
    let key = format!("ghp_{}", "0aA1bB2cC3".repeat(4).split_at(36).0);
    let mut result = said(&key, Status::Passed);
    result.verdict.as_mut().unwrap().findings[0].file = Some("a.rs".to_owned());
    let told = told(&result);
    for form in [Form::Json, Form::Jsonl, Form::Junit, Form::Sarif, Form::Github, Form::Gitlab] {
        let report = report(form, &told, &[], TOKEN);
        assert!(!report.contains(&key), "{form:?}: {report}");
        assert!(report.contains("redacted"), "{form:?}: {report}");
    }
    assert!(!step_summary(&told).contains(&key));
}

/// What the suite of a run says: each case, and what came of it.
fn suite(result: &RunResult) -> Vec<(String, String)> {
    let xml = report(Form::Junit, &told(result), &[], TOKEN);
    let report = expect_xml(&xml, "suite");
    let came = |status: &TestCaseStatus| match status {
        TestCaseStatus::Success { .. } => "passed".to_owned(),
        TestCaseStatus::NonSuccess { kind, .. } => format!("{kind:?}").to_lowercase(),
        TestCaseStatus::Skipped { message, .. } => {
            format!("skipped: {}", message.as_ref().map_or("", |message| message.as_str()))
        }
    };
    let cases = report.test_suites[0].test_cases.iter();
    cases.map(|case| (case.name.to_string(), came(&case.status))).collect()
}

#[test]
fn a_case_says_what_came_of_a_check() {
    let row = |name: &str, came: &str| (name.to_owned(), came.to_owned());
    assert_eq!(
        suite(&said("x", Status::Rejected)),
        [
            row("x", "passed"),
            row("x", "failure"),
            row("x", "skipped: advisory, refused: x"),
            row("x", "error"),
            row("x", "skipped: x"),
        ]
    );
    let nobody = suite(&story::passed_by_nobody().result());
    let (name, came) = nobody.last().unwrap();
    assert_eq!(name, "run");
    assert!(came.starts_with("skipped: passed, checked by nobody"), "{came}");
    let waived = suite(&story::waived().result());
    assert!(waived.last().unwrap().1.starts_with("skipped: NOT CHECKED: "), "{waived:?}");
    for (story, came) in [(story::limit(), "error"), (story::denied(), "error")] {
        assert_eq!(suite(&story.result()).last().unwrap(), &row("run", came));
    }
}

#[test]
fn every_status_ends_in_some_way() {
    for row in TABLE {
        let mut result = RunResult { checks: Vec::new(), ..said("x", row.status) };
        let told = |result: &RunResult| told(result);
        let quiet = told(&result).is_told_by_a_check();
        assert_eq!(quiet, row.status == Status::Passed, "{row:?}");
        result.waived = true;
        assert_eq!(told(&result).ending, Ending::NotChecked, "{row:?}");
    }
}

/// What is found stands where it was found, by the rule of who found it.
#[test]
fn a_finding_is_known_by_what_stands_there() {
    let mut result = said("src/a.rs", Status::Passed);
    let remarks = |result: &RunResult| -> Vec<Annotation> {
        let remarks = told(result).remarks;
        remarks.into_iter().filter(|it| it.severity.is_some()).collect()
    };
    let rules: Vec<String> = remarks(&result).iter().map(|it| it.rule.clone()).collect();
    assert_eq!(rules, ["lens/src/a.rs", "lens/src/a.rs", "skill/src/a.rs"]);

    let prints = |result: &RunResult| crate::report::annotation::fingerprints(&remarks(result));
    let before = prints(&result);
    let moved = |result: &mut RunResult, claim: &str| {
        let finding = &mut result.verdict.as_mut().unwrap().findings[0];
        finding.line = Some(90);
        claim.clone_into(&mut finding.claim);
    };
    moved(&mut result, "the same in other words");
    assert_eq!(prints(&result), before, "neither the line nor the words count");
    result.verdict.as_mut().unwrap().findings[0].quote = Some("other".to_owned());
    assert_ne!(prints(&result)[0], before[0]);

    let rejected = RunResult { status: Status::Rejected, ..result };
    assert_eq!(remarks(&rejected).len(), 2, "what was not accepted is no finding");
}

#[test]
fn a_thousand_findings_are_all_told() {
    let mut result = said("src/a.rs", Status::Rejected);
    let verdict = result.verdict.as_mut().unwrap();
    let one = verdict.findings[0].clone();
    verdict.findings = (1..=1000).map(|n| Finding { line: Some(n), ..one.clone() }).collect();
    let told = told(&result);
    let sarif: Value = serde_json::from_str(&report(Form::Sarif, &told, &[], TOKEN)).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 1000);
    let gitlab: Value = serde_json::from_str(&report(Form::Gitlab, &told, &[], TOKEN)).unwrap();
    expect_code_quality(&gitlab, "a thousand");
    assert_eq!(gitlab.as_array().unwrap().len(), 1000);
    let page = step_summary(&told);
    assert!(page.contains("- and 80") && page.len() < 100_000, "{}", page.len());
    expect_xml(&report(Form::Junit, &told, &[], TOKEN), "a thousand");
}
