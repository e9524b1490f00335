//! The one normaliser: takes out of results and journals what no two runs share.
//!
//! docs/design/006 lists it. Whatever it leaves must be equal in two replays of one recording.

use serde_json::Value;

use super::Places;

/// Keys whose values are moments, durations, numbers of processes, ids, checksums, versions, and
/// names of trees, which hold the recording itself where the skill lies in the repository; and sizes
/// of what the skill says, which may be mended without any recording being void.
const OF_ONE_RUN: [&str; 19] = [
    "at",
    "seq",
    "crc",
    "pid",
    "start",
    "ms",
    "duration_ms",
    "session",
    "claude_session",
    "conversation",
    "hash",
    "atlas",
    "claude",
    "claude_version",
    "base",
    "tree",
    "cwd",
    "loaded",
    "bytes_by_stage",
];

/// Replaces what belongs to one run by null, places by placeholders, and times in texts by
/// `[time]`.
pub fn normalize(value: &mut Value, places: &Places) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                if OF_ONE_RUN.contains(&key.as_str()) {
                    *value = Value::Null;
                } else {
                    normalize(value, places);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| normalize(item, places)),
        Value::String(text) => *text = without_times(&places.hide(text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// `0.03s` and `12 ms` are what a hook took this time.
fn without_times(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        let number = from.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(from.len());
        let word_before = plain.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        if let Some(length) = unit(&from[number..]).filter(|_| !word_before) {
            plain.push_str("[time]");
            rest = &from[number + length..];
        } else {
            plain.push_str(&from[..number]);
            rest = &from[number..];
        }
    }
    plain.push_str(rest);
    plain
}

/// The length of a unit of time, with the space before it.
fn unit(text: &str) -> Option<usize> {
    let space = usize::from(text.starts_with(' '));
    let word = &text[space..];
    ["seconds", "second", "ms", "µs", "s"].into_iter().find_map(|unit| {
        let after = word.strip_prefix(unit)?;
        let ends = !after.starts_with(|c: char| c.is_alphanumeric());
        ends.then_some(space + unit.len())
    })
}
