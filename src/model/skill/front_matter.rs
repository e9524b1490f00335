//! The front matter of a SKILL.md, read leniently.
//!
//! Nearly nine in ten skills in the wild break the letter of the specification, and they run all
//! the same: what can be understood is, each departure is a warning that points at its line, and
//! only a text with nothing usable left is a fault.

mod read;
mod repair;

use std::{ops::Range, path::Path, sync::Arc};

use crate::model::{
    Fault, Result, Spot,
    skill::yaml::{Node, Value},
};

/// The most bytes that front matter may have.
pub const MAX_BYTES: usize = 64 * 1024;

/// The keys of the open specification.
pub const SPECIFIED: [&str; 6] =
    ["name", "description", "license", "compatibility", "metadata", "allowed-tools"];

/// The keys that Claude Code adds.
pub const CLAUDE_CODE: [&str; 13] = [
    "argument-hint",
    "arguments",
    "disable-model-invocation",
    "user-invocable",
    "disallowed-tools",
    "model",
    "effort",
    "context",
    "agent",
    "hooks",
    "paths",
    "shell",
    "when_to_use",
];

/// What a skill says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrontMatter {
    /// The name; a skill is known by its folder's name first.
    pub name: Option<String>,
    /// What it does and when to use it.
    pub description: Option<String>,
    /// The tools it asks for, as rules; `None` where it says nothing about them.
    pub allowed_tools: Option<Vec<String>>,
    /// The tools it must not have.
    pub disallowed_tools: Vec<String>,
    /// The names of its positional arguments.
    pub arguments: Vec<String>,
    /// The model it asks for.
    pub model: Option<String>,
    /// Every key in the file's order, known or not; of a key written twice, the last.
    pub fields: Vec<Field>,
}

/// One key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The key.
    pub key: String,
    /// The bytes of the file that hold the key.
    pub span: Range<usize>,
    /// The value, with its place in the file.
    pub value: Node,
    /// The value as text: a scalar's own, else the source of a list or map.
    pub text: String,
}

impl FrontMatter {
    /// The field with this key.
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// The text of a key that has one.
    pub fn text(&self, key: &str) -> Option<&str> {
        let field = self.field(key).filter(|field| field.value.value != Value::Null)?;
        Some(field.text.trim()).filter(|text| !text.is_empty())
    }
}

/// A SKILL.md, with its front matter taken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// What it says about itself.
    pub front: FrontMatter,
    /// The byte at which the body starts.
    pub body: usize,
    /// What had to be forgiven.
    pub warnings: Vec<Spot>,
}

/// Reads the front matter at the beginning of `source`, which may be cut anywhere after it.
///
/// # Errors
/// It is not closed, longer than [`MAX_BYTES`], or no YAML even with quotes put in.
pub fn parse(path: &Path, source: &Arc<str>) -> Result<Parsed> {
    let spot = |span: Range<usize>, message: &str| Spot {
        path: path.to_owned(),
        source: Arc::clone(source),
        span,
        message: message.to_owned(),
        help: None,
    };
    match split(source) {
        Split::Absent { body } => {
            let mut warning = spot(body..body, "there is no front matter");
            warning.help = Some("begin with a line `---`, keys, and a line `---`".to_owned());
            Ok(Parsed { front: FrontMatter::default(), body, warnings: vec![warning] })
        }
        Split::Unclosed { opening } => {
            let mut here = spot(opening, "opened here");
            here.help = Some("close it with a line `---`".to_owned());
            let within = if source.len() > MAX_BYTES { " within 64 KiB" } else { "" };
            Err(Fault::invalid(format!("the front matter is not closed{within}")).at(here))
        }
        Split::Closed { opening, yaml, .. } if yaml.len() > MAX_BYTES => {
            Err(Fault::invalid("the front matter is larger than 64 KiB")
                .at(spot(opening, "opened here")))
        }
        Split::Closed { yaml, body, .. } => {
            let start = yaml.start;
            match repair::parse(&source[yaml]) {
                Ok((root, quoted)) => {
                    let mut reader = read::Reader::new(source, start, spot);
                    reader.note_quoted(quoted);
                    let front = reader.front_matter(root);
                    Ok(Parsed { front, body, warnings: reader.warnings })
                }
                Err(error) => Err(Fault::invalid("the front matter is not valid YAML")
                    .at(spot(rest_of_line(source, start + error.at), &error.message))),
            }
        }
    }
}

enum Split {
    Absent { body: usize },
    Unclosed { opening: Range<usize> },
    Closed { opening: Range<usize>, yaml: Range<usize>, body: usize },
}

/// Only a line that is `---` and nothing else opens and closes: three dashes inside a value, or
/// indented in a block of text, do not.
fn split(source: &str) -> Split {
    let top = if source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut lines = lines(source, top);
    let fence = |line: &Range<usize>| source[line.clone()].trim_end() == "---";
    let opening = lines.find(|line| !source[line.clone()].trim().is_empty());
    let Some(opening) = opening.filter(fence) else { return Split::Absent { body: top } };
    let first = opening.end;
    let opening = opening.start..opening.start + 3;
    match lines.find(fence) {
        Some(closing) => Split::Closed { opening, yaml: first..closing.start, body: closing.end },
        None => Split::Unclosed { opening },
    }
}

/// The lines of a text with their ends, which may be LF, CRLF or CR.
fn lines(source: &str, from: usize) -> impl Iterator<Item = Range<usize>> {
    let mut start = from;
    std::iter::from_fn(move || {
        let rest = source.get(start..).filter(|rest| !rest.is_empty())?;
        let length = rest
            .find(['\n', '\r'])
            .map_or(rest.len(), |at| at + if rest[at..].starts_with("\r\n") { 2 } else { 1 });
        let line = start..start + length;
        start = line.end;
        Some(line)
    })
}

/// What to underline for a complaint about one byte: from there to the end of its line.
fn rest_of_line(source: &str, at: usize) -> Range<usize> {
    let at = (0..=at).rev().find(|&at| source.is_char_boundary(at)).unwrap_or(0);
    let rest = &source[at..];
    let line = &rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())];
    at..at + line.trim_end().len()
}

#[cfg(test)]
mod tests;
