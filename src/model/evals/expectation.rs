//! Expectations that code can judge: sentences of a few fixed forms, with what they speak of in
//! quotes. Every word counts, so a sentence that means more than its form says is not taken for it.

use serde_json::Value;

use crate::model::{changes::ChangeStatus, result::RunResult};

/// What shall be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// The output has these words, in this spelling.
    Says(String),
    /// The output does not have them.
    DoesNotSay(String),
    /// The output is a JSON document.
    IsJson,
    /// The file was changed in this way.
    Changed(String, ChangeStatus),
    /// The file is as it was.
    Unchanged(String),
}

/// What people call the output.
const OUTPUT: [&str; 4] = ["output", "answer", "response", "result"];

/// What they say of it, with a quote behind.
const SAYS: [&str; 6] =
    ["contains", "includes", "mentions", "must contain", "should contain", "has the text"];
const DOES_NOT_SAY: [&str; 6] = [
    "does not contain",
    "does not include",
    "does not mention",
    "must not contain",
    "should not contain",
    "never contains",
];

/// What they say of a file, with its path before.
const OF_FILES: [(&str, Option<ChangeStatus>); 8] = [
    ("is created", Some(ChangeStatus::Added)),
    ("was created", Some(ChangeStatus::Added)),
    ("is changed", Some(ChangeStatus::Modified)),
    ("was changed", Some(ChangeStatus::Modified)),
    ("is deleted", Some(ChangeStatus::Deleted)),
    ("was deleted", Some(ChangeStatus::Deleted)),
    ("is unchanged", None),
    ("was not changed", None),
];

impl Expectation {
    /// Reads a sentence; nothing where only a reader of prose could judge it.
    pub fn read(sentence: &str) -> Option<Self> {
        let sentence = sentence.trim().trim_end_matches('.').trim_end();
        let rest = without_the(sentence);
        if let Some(rest) = after_word(rest, "file") {
            let (path, said) = quoted(rest)?;
            let (_, status) =
                OF_FILES.iter().find(|(words, _)| said.eq_ignore_ascii_case(words))?;
            return Some(match status {
                Some(status) => Self::Changed(path.to_owned(), *status),
                None => Self::Unchanged(path.to_owned()),
            });
        }
        let rest = OUTPUT.iter().find_map(|word| after_word(rest, word))?;
        if rest.eq_ignore_ascii_case("is valid JSON") {
            return Some(Self::IsJson);
        }
        let said = |forms: &[&str]| {
            let rest = forms.iter().find_map(|form| after_word(rest, form))?;
            quoted(rest).filter(|(_, after)| after.is_empty()).map(|(text, _)| text.to_owned())
        };
        said(&DOES_NOT_SAY).map(Self::DoesNotSay).or_else(|| said(&SAYS).map(Self::Says))
    }

    /// Whether it is so after this run.
    pub fn holds(&self, result: &RunResult) -> bool {
        let output = text(result);
        let change = |path: &str| {
            let mut files = result.changes.iter().flat_map(|changes| &changes.files);
            files.find(|file| file.path == path).map(|file| file.status)
        };
        match self {
            Self::Says(words) => output.is_some_and(|output| output.contains(words)),
            Self::DoesNotSay(words) => output.is_some_and(|output| !output.contains(words)),
            Self::IsJson => match &result.output {
                Some(Value::String(prose)) => serde_json::from_str::<Value>(prose).is_ok(),
                Some(_) => true,
                None => false,
            },
            Self::Changed(path, status) => change(path) == Some(*status),
            // Where nobody looked, nobody knows.
            Self::Unchanged(path) => result.changes.is_some() && change(path).is_none(),
        }
    }
}

/// The output as a reader sees it: of a document the texts in it, each on a line.
fn text(result: &RunResult) -> Option<String> {
    fn walk(value: &Value, into: &mut Vec<String>) {
        match value {
            Value::String(text) => into.push(text.clone()),
            Value::Array(items) => items.iter().for_each(|item| walk(item, into)),
            Value::Object(fields) => fields.values().for_each(|field| walk(field, into)),
            Value::Null | Value::Bool(_) | Value::Number(_) => into.push(value.to_string()),
        }
    }
    let mut texts = Vec::new();
    walk(result.output.as_ref()?, &mut texts);
    Some(texts.join("\n"))
}

fn without_the(sentence: &str) -> &str {
    after_word(sentence, "the").unwrap_or(sentence)
}

/// What follows these words, whatever their case.
fn after_word<'a>(text: &'a str, words: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(words.len())?;
    let ends = rest.is_empty() || rest.starts_with(char::is_whitespace);
    (start.eq_ignore_ascii_case(words) && ends).then(|| rest.trim_start())
}

/// A text in quotes, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let pairs = [('"', '"'), ('\'', '\''), ('`', '`'), ('\u{201c}', '\u{201d}')];
    let first = text.chars().next()?;
    let (_, last) = pairs.iter().find(|(open, _)| *open == first)?;
    let inside = &text[first.len_utf8()..];
    let end = inside.find(*last)?;
    let (inside, after) = (&inside[..end], &inside[end + last.len_utf8()..]);
    (!inside.is_empty()).then(|| (inside, after.trim()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{
        changes::{FileChange, TreeChanges},
        result::tests::story,
    };

    #[test]
    fn only_whole_sentences_of_a_form_are_read() {
        let says = |words: &str| Some(Expectation::Says(words.to_owned()));
        let rows = [
            ("The output contains \"Hello\"", says("Hello")),
            ("output includes 'Hello'.", says("Hello")),
            ("The answer MENTIONS `a \"b\"`", says("a \"b\"")),
            ("The response should contain \u{201c}x\u{201d}", says("x")),
            ("The output does not contain \"x\"", Some(Expectation::DoesNotSay("x".to_owned()))),
            ("The result is valid JSON", Some(Expectation::IsJson)),
            (
                "The file `out/a.md` was created",
                Some(Expectation::Changed("out/a.md".to_owned(), ChangeStatus::Added)),
            ),
            ("File 'a' is unchanged.", Some(Expectation::Unchanged("a".to_owned()))),
            ("The output contains \"Hello\" twice", None),
            ("The output contains \"\"", None),
            ("The output contains Hello", None),
            ("The output includes a chart", None),
            ("The outputs contains \"x\"", None),
            ("The file `a` is readable", None),
            ("The skill used script Y", None),
            ("", None),
        ];
        for (sentence, expected) in rows {
            assert_eq!(Expectation::read(sentence), expected, "{sentence}");
        }
    }

    #[test]
    fn they_hold_or_not() {
        let file = |path: &str, status| FileChange {
            path: path.to_owned(),
            old_path: None,
            status,
            added: Some(1),
            removed: Some(0),
        };
        let mut result = story::passed().result();
        result.output = Some(json!({"say": "Hello,\nAda", "n": [3]}));
        result.changes = Some(TreeChanges {
            files: vec![
                file("new.md", ChangeStatus::Added),
                file("old.md", ChangeStatus::Modified),
            ],
            ..result.changes.clone().unwrap_or_default()
        });
        let rows = [
            ("The output contains \"Hello,\nAda\"", true),
            ("The output contains \"hello\"", false),
            ("The output contains \"3\"", true),
            ("The output does not contain \"Bob\"", true),
            ("The output does not contain \"Ada\"", false),
            ("The output is valid JSON", true),
            ("The file `new.md` was created", true),
            ("The file `old.md` was created", false),
            ("The file `old.md` is changed", true),
            ("The file `other` is unchanged", true),
            ("The file `old.md` is unchanged", false),
        ];
        for (sentence, expected) in rows {
            let read = Expectation::read(sentence).unwrap();
            assert_eq!(read.holds(&result), expected, "{sentence}");
        }
        result.output = Some("no { json".into());
        assert!(!Expectation::IsJson.holds(&result));
        result.output = None;
        result.changes = None;
        assert!(!Expectation::DoesNotSay("x".to_owned()).holds(&result), "nobody said anything");
        assert!(!Expectation::Unchanged("x".to_owned()).holds(&result), "nobody looked");
    }
}
