//! Texts from outside as Markdown that stays text: no link, image, heading, tag or mention.

use std::fmt::Write as _;

use minijinja::{Error, ErrorKind, Output, Value};

/// What means something inside of a line: to Markdown, to HTML in it, or to a code host.
const MEANING: &str = "\\`*_{}[]<>|~&$^\"";

/// Writes a value: a text that was made for this as it is, any other escaped, on one line.
pub(super) fn write(out: &mut Output<'_>, value: &Value) -> Result<(), Error> {
    let written = match value.as_str() {
        Some(text) if !value.is_safe() => out.write_str(&escaped(text)),
        Some(_) | None => write!(out, "{value}"),
    };
    written.map_err(|error| Error::new(ErrorKind::WriteFailure, error.to_string()))
}

/// A text inside of a line. Entities are letters to Markdown, whatever stands around them. A code
/// host looks for `@name` and `#1` after that, in the result: a word joiner keeps them apart.
pub(super) fn escaped(text: &str) -> String {
    let text = text.trim();
    let mut inert = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        // What a code host would make a link of by itself.
        let links =
            text[at..].starts_with("://") || (character == '.' && text[..at].ends_with("www"));
        match character {
            '\n' | '\t' => inert.push(' '),
            '@' | '#' => {
                let _ = write!(inert, "&#{};&#8288;", u32::from(character));
            }
            meaning if links || MEANING.contains(meaning) => {
                let _ = write!(inert, "&#{};", u32::from(meaning));
            }
            other => inert.push(other),
        }
    }
    inert
}

/// A text of many lines as a block of code, whose fence is longer than any in it.
pub(super) fn fenced(text: &str, language: &str) -> Value {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    Value::from_safe_string(format!("{fence}{language}\n{}\n{fence}", text.trim_end()))
}
