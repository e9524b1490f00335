//! Reads YAML that lacks quotes, as much of it as was meant.
//!
//! `description: Use when: the user asks` is the most common fault of front matter in the wild.
//! The value at which the parser gave up is put in quotes and the parser is asked again.

use std::{collections::BTreeSet, ops::Range};

use crate::model::skill::yaml::{self, Node};

/// How many values are put in quotes before the text is given up.
const MAX_QUOTED: usize = 16;

/// The document of `yaml`, and the places of the values that had to be read as quoted text.
///
/// # Errors
/// The parser's first complaint, if quotes do not help.
pub(super) fn parse(yaml: &str) -> Result<(Option<Node>, Vec<Range<usize>>), yaml::Error> {
    let first = match yaml::parse(yaml) {
        Ok(root) => return Ok((root, Vec::new())),
        Err(error) => error,
    };
    let values = values(yaml);
    let Some(mut quoted) = enough_quotes(yaml, &values, first.at) else { return Err(first) };
    for index in quoted.clone() {
        quoted.remove(&index);
        if Quoted::new(yaml, &values, &quoted).parse().is_err() {
            quoted.insert(index);
        }
    }
    let root = Quoted::new(yaml, &values, &quoted).parse().map_err(|_| first)?;
    Ok((root, quoted.iter().map(|&index| values[index].clone()).collect()))
}

/// The values that make the text readable once they are quoted; maybe more than are needed.
fn enough_quotes(yaml: &str, values: &[Range<usize>], mut at: usize) -> Option<BTreeSet<usize>> {
    let mut chosen = BTreeSet::new();
    while chosen.len() < MAX_QUOTED {
        let culprit = (0..values.len())
            .rev()
            .find(|index| values[*index].start <= at && !chosen.contains(index))?;
        chosen.insert(culprit);
        match Quoted::new(yaml, values, &chosen).parse() {
            Ok(_) => return Some(chosen),
            Err(error) => at = error.at,
        }
    }
    None
}

/// The text with some of its values in single quotes.
struct Quoted {
    text: String,
    /// Where in `text` bytes stand that the original does not have, ascending.
    inserted: Vec<usize>,
}

impl Quoted {
    fn new(yaml: &str, values: &[Range<usize>], chosen: &BTreeSet<usize>) -> Self {
        let mut quoted =
            Self { text: String::with_capacity(yaml.len() + 64), inserted: Vec::new() };
        let mut from = 0;
        for value in chosen.iter().map(|&index| &values[index]) {
            // A value inside one that is quoted already is text.
            if value.start < from {
                continue;
            }
            quoted.text.push_str(&yaml[from..value.start]);
            quoted.quote();
            for piece in yaml[value.clone()].split_inclusive('\'') {
                quoted.text.push_str(piece);
                if piece.ends_with('\'') {
                    quoted.quote();
                }
            }
            quoted.quote();
            from = value.end;
        }
        quoted.text.push_str(&yaml[from..]);
        quoted
    }

    fn quote(&mut self) {
        self.inserted.push(self.text.len());
        self.text.push('\'');
    }

    fn parse(&self) -> Result<Option<Node>, yaml::Error> {
        let place = |at: usize| at - self.inserted.partition_point(|&inserted| inserted < at);
        match yaml::parse(&self.text) {
            Ok(mut root) => {
                if let Some(node) = &mut root {
                    node.relocate(&place);
                }
                Ok(root)
            }
            Err(error) => Err(yaml::Error { at: place(error.at), ..error }),
        }
    }
}

/// Every value that begins on the line of its key or dash, with its continuation lines.
fn values(yaml: &str) -> Vec<Range<usize>> {
    let mut values = Vec::new();
    let mut start = 0;
    for line in yaml.split_inclusive('\n') {
        if let Some((indent, offset)) = value_offset(line) {
            let first = start + offset;
            let end = first + continued(&yaml[first..], indent);
            values.push(first..end);
        }
        start += line.len();
    }
    values
}

/// The indentation of a line's key, and where its value begins.
fn value_offset(line: &str) -> Option<(usize, usize)> {
    let mut rest = line.trim_start_matches(' ');
    while let Some(item) = rest.strip_prefix("- ") {
        rest = item.trim_start_matches(' ');
    }
    let indent = line.len() - rest.len();
    let dashed = line.trim_start_matches(' ').starts_with("- ");
    let value = match rest.split_once(':') {
        Some((key, value)) if value.starts_with([' ', '\t']) && is_key(key) => value,
        _ if dashed => rest,
        _ => return None,
    };
    let value = value.trim_start();
    let starts_block = value.starts_with(['|', '>']);
    // A dash's own column counts: its text goes on at any greater one.
    let column = if dashed { line.len() - line.trim_start_matches(' ').len() } else { indent };
    (!value.is_empty() && !starts_block).then(|| (column, line.len() - value.len()))
}

fn is_key(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "-_./ ".contains(c))
}

/// How many bytes a value takes that starts at the beginning of `text`, under a key at `indent`.
fn continued(text: &str, indent: usize) -> usize {
    let mut end = 0;
    let mut length = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let content = line.trim();
        let column = line.len() - line.trim_start_matches(' ').len();
        if number > 0 && !content.is_empty() && column <= indent {
            break;
        }
        if !content.is_empty() {
            end = length + line.trim_end().len();
        }
        length += line.len();
    }
    end
}
