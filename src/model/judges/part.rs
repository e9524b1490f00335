//! What of a file judges: all of it, or some scripts of a package.
//!
//! A `package.json` also says what is installed. That is the work; the script by which the hook
//! `npm test` asks is the judge.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What of a file judges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// All of it.
    #[default]
    Whole,
    /// These scripts of a package, and what is run before and after each.
    Scripts(BTreeSet<String>),
}

impl Part {
    /// One script of a package.
    pub fn script(name: &str) -> Self {
        Self::Scripts(BTreeSet::from([name.to_owned()]))
    }

    /// Whether it is all of the file.
    pub fn is_whole(&self) -> bool {
        matches!(self, Self::Whole)
    }

    /// What both judge by.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Scripts(mut names), Self::Scripts(others)) => {
                names.extend(others);
                Self::Scripts(names)
            }
            (Self::Whole, _) | (_, Self::Whole) => Self::Whole,
        }
    }

    /// The bytes that must stay as they are, of a file that holds these. A file that is no package
    /// is one as a whole.
    pub fn of(&self, bytes: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Whole => bytes,
            Self::Scripts(names) => match scripts(&bytes) {
                Some(scripts) => chosen(&scripts, names),
                None => bytes,
            },
        }
    }
}

/// The scripts of a package; nothing if it is none.
fn scripts(bytes: &[u8]) -> Option<Map<String, Value>> {
    let package: Map<String, Value> = serde_json::from_slice(bytes).ok()?;
    match package.get("scripts") {
        Some(Value::Object(scripts)) => Some(scripts.clone()),
        Some(_) => None,
        None => Some(Map::new()),
    }
}

/// These scripts with their names; those that are not there are told apart from empty ones.
fn chosen(scripts: &Map<String, Value>, names: &BTreeSet<String>) -> Vec<u8> {
    let around = |name: &String| [format!("pre{name}"), name.clone(), format!("post{name}")];
    let all: BTreeSet<String> = names.iter().flat_map(around).collect();
    let pairs: Vec<(String, Option<&Value>)> =
        all.into_iter().map(|name| (name.clone(), scripts.get(&name))).collect();
    serde_json::to_vec(&pairs).expect("names and JSON are JSON")
}

/// The text of a script of a package, with what is run before and after it, for a shell.
pub fn script_text(package: &str, name: &str) -> Option<String> {
    let scripts = scripts(package.as_bytes())?;
    let around = [format!("pre{name}"), name.to_owned(), format!("post{name}")];
    let texts: Vec<&str> =
        around.iter().filter_map(|name| scripts.get(name).and_then(Value::as_str)).collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKAGE: &str = r#"{"scripts": {"test": "node t.js", "pretest": "tsc", "build": "x"}}"#;

    #[test]
    fn only_the_named_scripts_count() {
        let test = Part::script("test");
        let of = |text: &str| test.of(text.into());
        let same = [
            r#"{"name": "y", "scripts": {"pretest": "tsc", "test": "node t.js"}}"#,
            r#"{"scripts": {"pretest": "tsc", "test": "node t.js", "build": "other"}}"#,
        ];
        for text in same {
            assert_eq!(of(text), of(PACKAGE), "{text}");
        }
        let others = [
            "{}",
            r#"{"scripts": {}}"#,
            r#"{"scripts": {"test": "true", "pretest": "tsc"}}"#,
            r#"{"scripts": {"test": "node t.js"}}"#,
            r#"{"scripts": {"test": "node t.js", "pretest": "tsc", "posttest": "rm log"}}"#,
            r#"{"scripts": {"test": "node t.js", "pretest": "tsc"}, "scripts": {"test": "true"}}"#,
            "{oops",
            r#"{"scripts": []}"#,
        ];
        for text in others {
            assert_ne!(of(text), of(PACKAGE), "{text}");
        }
        assert_eq!(Part::Whole.of(b"x".to_vec()), b"x");
        assert_eq!(script_text(PACKAGE, "test").unwrap(), "tsc\nnode t.js");
        assert_eq!(script_text(PACKAGE, "gone"), None);
    }

    #[test]
    fn two_judges_judge_by_both() {
        let both = Part::script("a").and(Part::script("b"));
        assert_eq!(both, Part::Scripts(BTreeSet::from(["a".to_owned(), "b".to_owned()])));
        assert_eq!(both.clone().and(Part::Whole), Part::Whole);
        assert_eq!(Part::Whole.and(both), Part::Whole);
    }
}
