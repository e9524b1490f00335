//! The first stage of a skill alone: enough for a list, from the file's first bytes.

use std::path::Path;

use super::{decode, front_matter, outline::Outline};
use crate::model::Result;

/// The most characters of a summary; the open specification allows a description 1,024.
const MAX_SUMMARY: usize = 2000;

/// The header of a SKILL.md.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The name that the skill gives itself.
    pub name: Option<String>,
    /// What it does, on one line: its description, else the first line of its text.
    pub summary: Option<String>,
    /// How many bytes of front matter there are.
    pub front_bytes: usize,
    /// How many bytes the whole header has.
    pub bytes: usize,
    /// How many things had to be forgiven.
    pub warnings: usize,
}

/// How much of a file there is to read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Its first bytes.
    Prefix,
    /// All of it.
    Whole,
}

/// The header of a file, or `None` if it goes on after these bytes.
///
/// # Errors
/// The front matter is broken.
pub fn read(path: &Path, bytes: &[u8], extent: Extent) -> Result<Option<Header>> {
    let bytes = match extent {
        Extent::Whole => bytes,
        // A line, or a character, may be cut in two.
        Extent::Prefix => {
            &bytes[..bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)]
        }
    };
    let (text, decoding) = decode::decode(path, bytes);
    // Where front matter ends is known once as much of it was seen as there may be.
    let may_go_on = extent == Extent::Prefix && text.len() <= 2 * front_matter::MAX_BYTES;
    if may_go_on && front_matter::is_open(&text) {
        return Ok(None);
    }
    let parsed = front_matter::parse(path, &text)?;
    let body = &text[parsed.body..];
    let Some(end) = Outline::header_end(body, extent) else { return Ok(None) };
    let description = parsed.front.description.as_deref().or_else(|| first_line(body));
    Ok(Some(Header {
        summary: description.map(one_line),
        name: parsed.front.name,
        front_bytes: parsed.body,
        bytes: parsed.body + end,
        warnings: decoding.len() + parsed.warnings.len() + usize::from(parsed.refused.is_some()),
    }))
}

fn first_line(body: &str) -> Option<&str> {
    body.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))
}

/// A list of thousands holds only the beginning of a description that is no description.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > MAX_SUMMARY
            && let Some((end, _)) = line.char_indices().nth(MAX_SUMMARY)
        {
            line.truncate(end);
            line.push('…');
            break;
        }
    }
    line
}
