//! The front matter of a SKILL.md, read leniently.
//!
//! Nearly nine in ten skills in the wild break the letter of the specification, and they run all
//! the same: what can be understood is, each departure is a warning that points at its line, and
//! only a text with nothing usable left is a fault.

mod pieces;
mod read;
mod repair;
mod split;

use std::{ops::Range, path::Path, sync::Arc};

use crate::model::{
    Fault, Result, Spot,
    skill::yaml::{self, Node, Value},
};
use split::{End, Fenced, Split, doubted, split};

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
    /// Why other readers of skills take nothing of it, where they do not.
    pub refused: Option<Spot>,
}

/// Whether `source` begins with front matter that it does not close.
pub(super) fn is_open(source: &str) -> bool {
    matches!(split(source), Split::Fenced(Fenced { end: End::Open, .. }))
}

/// Reads the front matter at the beginning of `source`, which may be cut anywhere after it.
///
/// What has no end, and what is no YAML even with quotes put in, is read key by key.
///
/// # Errors
/// It is longer than [`MAX_BYTES`].
pub fn parse(path: &Path, source: &Arc<str>) -> Result<Parsed> {
    let spot = |span: Range<usize>, message: &str| Spot {
        path: path.to_owned(),
        source: Arc::clone(source),
        span,
        message: message.to_owned(),
        help: None,
    };
    let helped = |spot: Spot, help: &str| Spot { help: Some(help.to_owned()), ..spot };
    let mut fenced = match split(source) {
        Split::Fenced(fenced) => fenced,
        Split::Absent { body } => {
            let help = "begin with a line `---`, keys, and a line `---`";
            let warning = helped(spot(body..body, "there is no front matter"), help);
            let front = FrontMatter::default();
            return Ok(Parsed { front, body, refused: None, warnings: vec![warning] });
        }
    };
    if fenced.yaml.len() > MAX_BYTES {
        return Err(Fault::invalid("the front matter is larger than 64 KiB")
            .at(spot(fenced.opening, "opened here")));
    }
    let mut text = Text::read(&source[fenced.yaml.clone()]);
    if !text.has_keys()
        && let Some(open) = doubted(source, &fenced)
    {
        text = Text::read(&source[open.yaml.clone()]);
        fenced = open;
    }
    let refused = match (fenced.end, text.error) {
        (End::Open, _) => {
            let help = "close it with a line `---`";
            Some(helped(spot(fenced.opening, "the front matter is not closed"), help))
        }
        (End::Closed, Some(error)) => {
            let at = rest_of_line(source, fenced.yaml.start + error.at);
            let message = format!("the front matter is not valid YAML: {}", error.message);
            Some(helped(spot(at, &message), "each key is read by itself"))
        }
        (End::Closed, None) => None,
    };
    let mut reader = read::Reader::new(source, fenced.yaml.start, spot);
    reader.note_quoted(text.quoted);
    reader.note_strays(text.strays);
    let front = reader.front_matter(text.root);
    Ok(Parsed { front, body: fenced.body, refused, warnings: reader.warnings })
}

/// Front matter as YAML, as far as it is.
struct Text {
    root: Option<Node>,
    /// The values that are read as text, for want of quotes.
    quoted: Vec<Range<usize>>,
    /// The lines that belong to no key.
    strays: Vec<Range<usize>>,
    /// Why it is no YAML.
    error: Option<yaml::Error>,
}

impl Text {
    /// Whether it is what front matter should be.
    fn has_keys(&self) -> bool {
        let empty_or_keys = |root: &Node| matches!(root.value, Value::Null | Value::Map(_));
        self.error.is_none() && self.root.as_ref().is_none_or(empty_or_keys)
    }

    fn read(yaml: &str) -> Self {
        match repair::parse(yaml) {
            Ok((root, quoted)) => Self { root, quoted, strays: Vec::new(), error: None },
            Err(error) => {
                let pieces::Pieces { root, as_text, strays } = pieces::parse(yaml);
                Self { root: Some(root), quoted: as_text, strays, error: Some(error) }
            }
        }
    }
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
