//! What the typed reader stumbled over, in words for the person who wrote the file.

use std::{fmt, ops::Range};

use serde::de::{Expected, Unexpected};

use crate::model::suggest::nearest;

/// One fault of a file; `at` and `path` are filled in on the way out to the root.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) help: Option<String>,
    /// What to underline; the innermost place that was known.
    pub(super) at: Option<Range<usize>>,
    /// Which element of each list and map leads to the fault, innermost first.
    pub(super) path: Vec<usize>,
    pub(super) kind: Kind,
}

/// Whether the fault can be a mere consequence of one that was found before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The value itself is wrong.
    Value,
    /// The value is made of parts which do not fit together, or one of which is missing.
    Whole,
}

impl Problem {
    fn value(message: String, help: Option<String>) -> Self {
        Self { message, help, at: None, path: Vec::new(), kind: Kind::Value }
    }

    /// Places the fault, unless something further inside did.
    pub(super) fn or_at(mut self, span: &Range<usize>) -> Self {
        self.at.get_or_insert_with(|| span.clone());
        self
    }

    /// Records that the fault lies inside element `index`.
    pub(super) fn inside(mut self, index: usize) -> Self {
        self.path.push(index);
        self
    }
}

impl serde::de::Error for Problem {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { kind: Kind::Whole, ..Self::value(message.to_string(), None) }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::value(format!("expected {}, found {}", wanted(expected), got(&found)), None)
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::value(format!("expected {}, found {length} of them", wanted(expected)), None)
    }

    fn unknown_variant(found: &str, known: &'static [&'static str]) -> Self {
        let message = format!("`{found}` is none of {}", listed(known));
        Self::value(message, did_you_mean(found, known))
    }

    fn unknown_field(found: &str, known: &'static [&'static str]) -> Self {
        let help = did_you_mean(found, known)
            .or_else(|| (!known.is_empty()).then(|| format!("known keys: {}", listed(known))));
        Self::value(format!("unknown key `{found}`"), help)
    }

    fn missing_field(field: &'static str) -> Self {
        Self { kind: Kind::Whole, ..Self::value(format!("the key `{field}` is missing"), None) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

/// serde names Rust's types; the person who wrote the file knows YAML's.
fn wanted(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "u8" => "a whole number up to 255".to_owned(),
        "u16" | "u32" | "u64" | "usize" => "a whole number".to_owned(),
        "a nonzero u32" => "a whole number above 0".to_owned(),
        "f64" => "a number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a string" => "text".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "keys with values".to_owned(),
        other if other.starts_with("struct ") => "keys with values".to_owned(),
        other if other.starts_with("enum ") => "a name".to_owned(),
        _ => text,
    }
}

fn got(found: &Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(value) => format!("`{value}`"),
        Unexpected::Unsigned(value) => format!("`{value}`"),
        Unexpected::Signed(value) => format!("`{value}`"),
        Unexpected::Float(value) => format!("`{value}`"),
        Unexpected::Str(value) => format!("the text `{value}`"),
        Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map | Unexpected::StructVariant => "keys with values".to_owned(),
        other => other.to_string(),
    }
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn did_you_mean(found: &str, known: &[&str]) -> Option<String> {
    let near = nearest(found, known.iter().copied());
    near.first().map(|name| format!("did you mean `{name}`?"))
}
