//! JUnit's XML, which nearly every test runner can write.

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use serde_json::{Value, json};

use super::{ToolReport, bounded, content, objections};

/// How one case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Passed,
    Failed,
    Error,
    Skipped,
}

impl Ended {
    fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Error => "error",
            Self::Skipped => "skipped",
        }
    }

    /// What an element below a case says of it.
    fn of(element: &[u8]) -> Option<Self> {
        match element {
            b"failure" => Some(Self::Failed),
            b"error" => Some(Self::Error),
            b"skipped" => Some(Self::Skipped),
            _ => None,
        }
    }
}

struct Case {
    name: String,
    class: Option<String>,
    ended: Ended,
    message: String,
}

impl Case {
    /// As runners name it.
    fn title(&self) -> String {
        match &self.class {
            Some(class) if !class.is_empty() => format!("{class}: {}", self.name),
            Some(_) | None => self.name.clone(),
        }
    }
}

/// Reads a report.
///
/// # Errors
/// The text is no XML, or holds no suite.
pub fn junit(text: &str) -> Result<ToolReport, String> {
    let cases = cases(text)?;
    let count = |ended: Ended| cases.iter().filter(|case| case.ended == ended).count();
    let passed = count(Ended::Passed);
    let refused = cases.iter().filter(|case| matches!(case.ended, Ended::Failed | Ended::Error));
    let why = |case: &Case| {
        let said = if case.message.is_empty() { case.ended.name() } else { &case.message };
        (case.title(), said.to_owned())
    };
    let mut checks = objections(refused.map(why).collect());
    if passed > 0 {
        let cases = if passed == 1 { "case" } else { "cases" };
        checks.push(content(format!("{passed} {cases}")));
    }
    let output = json!({
        "tests": cases.len(),
        "passed": passed,
        "failed": count(Ended::Failed),
        "errors": count(Ended::Error),
        "skipped": count(Ended::Skipped),
        "cases": cases.iter().map(told).collect::<Vec<_>>(),
    });
    Ok(ToolReport { output, checks, findings: Vec::new() })
}

fn told(case: &Case) -> Value {
    json!({
        "name": case.name,
        "class": case.class,
        "status": case.ended.name(),
        "message": case.message,
    })
}

fn cases(text: &str) -> Result<Vec<Case>, String> {
    let mut reader = Reader::from_str(text);
    let (mut cases, mut open): (Vec<Case>, Option<Case>) = (Vec::new(), None);
    let (mut is_report, mut says, mut depth) = (false, false, 0_usize);
    loop {
        match reader.read_event().map_err(|error| format!("no XML: {error}"))? {
            Event::Start(element) => {
                depth += 1;
                is_report |= is_suite(&element);
                open = open.or_else(|| case(&element));
                says = open.as_mut().is_some_and(|case| heard(case, &element)) || says;
            }
            Event::Empty(element) => {
                is_report |= is_suite(&element);
                match &mut open {
                    Some(case) => drop(heard(case, &element)),
                    None => cases.extend(case(&element)),
                }
            }
            Event::Text(words) => {
                if let Some(case) = open.as_mut().filter(|_| says) {
                    case.message.push_str(&words.decode().unwrap_or_default());
                }
            }
            Event::CData(words) => {
                if let Some(case) = open.as_mut().filter(|_| says) {
                    case.message.push_str(&words.decode().unwrap_or_default());
                }
            }
            Event::GeneralRef(named) => {
                let character = named.resolve_char_ref().ok().flatten();
                let name = named.decode().unwrap_or_default();
                let known = quick_xml::escape::resolve_xml_entity(&name);
                if let Some(case) = open.as_mut().filter(|_| says) {
                    case.message.extend(character);
                    case.message.push_str(known.unwrap_or_default());
                }
            }
            Event::End(element) => {
                depth = depth.saturating_sub(1);
                says &= Ended::of(element.local_name().as_ref()).is_none();
                if element.local_name().as_ref() == b"testcase" {
                    let closed = open.take();
                    cases.extend(
                        closed.map(|case| Case { message: bounded(&case.message), ..case }),
                    );
                }
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    match (is_report, depth) {
        (false, _) => Err("no `testsuite` is in it".to_owned()),
        (true, 0) => Ok(cases),
        (true, _) => Err("it breaks off".to_owned()),
    }
}

fn is_suite(element: &BytesStart<'_>) -> bool {
    matches!(element.local_name().as_ref(), b"testsuite" | b"testsuites")
}

fn case(element: &BytesStart<'_>) -> Option<Case> {
    (element.local_name().as_ref() == b"testcase").then(|| Case {
        name: attribute(element, "name").unwrap_or_default(),
        class: attribute(element, "classname"),
        ended: Ended::Passed,
        message: String::new(),
    })
}

/// What an element below a case says; whether its text belongs to that.
fn heard(case: &mut Case, element: &BytesStart<'_>) -> bool {
    let Some(ended) = Ended::of(element.local_name().as_ref()) else { return false };
    // A case that failed and whose end then broke is one that failed.
    if case.ended == Ended::Passed || case.ended == Ended::Skipped {
        case.ended = ended;
    }
    if let Some(message) = attribute(element, "message") {
        case.message = format!("{}{message}\n", case.message);
    }
    true
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.try_get_attribute(name).ok().flatten()?;
    let raw = String::from_utf8_lossy(&found.value);
    let text = quick_xml::escape::unescape(&raw);
    Some(text.map_or_else(|_| raw.to_string(), std::borrow::Cow::into_owned))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::check::CheckStatus;

    const REPORT: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" errors="0" failures="1" timestamp="2026-01-01T00:00:00.123">
<testcase classname="tests.test_a" name="test_adds" time="0.1"/>
<testcase classname="tests.test_a" name="test_breaks"><failure message="assert 1 == 2">line &lt;3&gt;
<![CDATA[a < b]]></failure><system-out>noise</system-out></testcase>
<testcase name="later"><skipped message="not today"/></testcase>
<testcase name="gone"><error/></testcase>
</testsuite></testsuites>"#;

    #[test]
    fn each_case_that_did_not_pass_is_a_check() {
        let report = junit(REPORT).unwrap();
        let seen: Vec<_> = report
            .checks
            .iter()
            .map(|check| (check.name.as_str(), check.status, check.reason.as_deref()))
            .collect();
        let failed = CheckStatus::Failed;
        let expected = [
            ("tests.test_a: test_breaks", failed, Some("assert 1 == 2\nline <3>\na < b")),
            ("gone", failed, Some("error")),
            ("1 case", CheckStatus::Passed, None),
        ];
        assert_eq!(seen, expected);
        assert!(report.refuses());
        let output = &report.output;
        assert_eq!(output["tests"], 4);
        assert_eq!((&output["passed"], &output["skipped"]), (&json!(1), &json!(1)));
        assert_eq!(output["cases"][2]["message"], "not today");
    }

    #[test]
    fn a_suite_alone_is_a_report_and_other_texts_are_none() {
        let alone = junit("<testsuite><testcase name='a'/></testsuite>").unwrap();
        assert!(!alone.refuses() && alone.output["tests"] == 1);
        for (text, why) in [
            ("", "no `testsuite`"),
            ("<html/>", "no `testsuite`"),
            ("<testsuite><testcase name='a'>", "breaks off"),
            ("<testsuite></suite>", "no XML"),
        ] {
            let told = junit(text).unwrap_err();
            assert!(told.contains(why), "{text}: {told}");
        }
    }

    #[test]
    fn of_very_many_objections_the_first_are_told() {
        let cases = "<testcase name='a'><failure/></testcase>".repeat(70);
        let report = junit(&format!("<testsuite>{cases}</testsuite>")).unwrap();
        assert_eq!(report.checks.len(), 51);
        assert_eq!(report.checks[50].reason.as_deref(), Some("20 more objections"));
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "\\PC*", cut in 0usize..900) {
            drop(junit(&text));
            let broken: String = REPORT.chars().take(cut).chain(text.chars()).collect();
            drop(junit(&broken));
        }
    }
}
