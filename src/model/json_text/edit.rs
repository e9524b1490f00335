//! Changes one place. Each function takes the text and what was read of it, and gives a new text.

use serde_json::Value;

use super::Node;

/// What one level of a file is indented by that shows no other.
const INDENT: &str = "  ";

/// The text with one more member at the end of an object.
pub fn insert_member(text: &str, object: &Node, key: &str, value: &Value) -> String {
    let key = Value::from(key).to_string();
    insert(text, object, |unit| format!("{key}: {}", pretty(value, unit)))
}

/// The text with one more item at the end of an array.
pub fn insert_item(text: &str, array: &Node, value: &Value) -> String {
    insert(text, array, |unit| pretty(value, unit))
}

/// The text without one member of an object, counted from 0.
pub fn remove_member(text: &str, object: &Node, index: usize) -> String {
    remove(text, object, index)
}

/// The text without one item of an array, counted from 0.
pub fn remove_item(text: &str, array: &Node, index: usize) -> String {
    remove(text, array, index)
}

/// A part goes on a line of its own, unless all that is there already stands on one.
fn insert(text: &str, node: &Node, part: impl FnOnce(&str) -> String) -> String {
    let (open, close) = (node.span.start + 1, node.span.end - 1);
    let parts = node.parts();
    let Some(last) = parts.last() else {
        let unit = unit(text);
        let outer = indent_at(text, node.span.start).to_owned();
        let inner = format!("{outer}{unit}");
        let part = part(unit).replace('\n', &format!("\n{inner}"));
        return format!("{}\n{inner}{part}\n{outer}{}", &text[..open], &text[close..]);
    };
    if !text[open..last.end].contains('\n') && !text[last.end..close].contains('\n') {
        let part = part("");
        let part: Vec<&str> = part.lines().map(str::trim).collect();
        return format!("{}, {}{}", &text[..last.end], part.join(" "), &text[last.end..]);
    }
    let inner = indent_at(text, last.start).to_owned();
    let part = part(unit(text)).replace('\n', &format!("\n{inner}"));
    format!("{},\n{inner}{part}{}", &text[..last.end], &text[last.end..])
}

/// With a part goes the comma on one side of it, and all that stands in between.
fn remove(text: &str, node: &Node, index: usize) -> String {
    let parts = node.parts();
    let Some(part) = parts.get(index) else { return text.to_owned() };
    let (from, to) = match (index.checked_sub(1), parts.get(index + 1)) {
        (_, Some(after)) => (part.start, after.start),
        (Some(before), None) => (parts[before].end, part.end),
        (None, None) => (node.span.start + 1, node.span.end - 1),
    };
    format!("{}{}", &text[..from], &text[to..])
}

/// What the line at `at` begins with.
fn indent_at(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = &text[start..];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// What one level is indented by: the first line that is indented at all shows it.
fn unit(text: &str) -> &str {
    let indents = text.lines().filter(|line| !line.trim().is_empty()).map(|line| {
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        &line[..indent]
    });
    let mut indents = indents.filter(|indent| !indent.is_empty());
    indents.next().unwrap_or(INDENT)
}

fn pretty(value: &Value, unit: &str) -> String {
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(unit.as_bytes());
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    serde::Serialize::serialize(value, &mut serializer).expect("a value is JSON");
    String::from_utf8(bytes).expect("JSON is text")
}
