//! Where front matter begins and ends.

use std::ops::Range;

use super::{CLAUDE_CODE, MAX_BYTES, SPECIFIED};

/// What a file begins with.
pub(super) enum Split {
    /// No front matter.
    Absent {
        /// Where the body starts.
        body: usize,
    },
    /// A fence, and something after it.
    Fenced(Fenced),
}

/// Front matter, and what is around it.
pub(super) struct Fenced {
    /// The fence that opens it.
    pub(super) opening: Range<usize>,
    /// What it holds.
    pub(super) yaml: Range<usize>,
    /// Where the body starts.
    pub(super) body: usize,
    /// Whether a fence closes it.
    pub(super) end: End,
}

/// How front matter ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// With a fence.
    Closed,
    /// Where it stops to look like front matter.
    Open,
}

/// Only a line that is `---` and nothing else opens and closes: three dashes inside a value, or
/// indented in a block of text, do not. Nothing after [`MAX_BYTES`] closes.
pub(super) fn split(source: &str) -> Split {
    let top = if source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut lines = lines(source, top);
    let fence = |line: &Range<usize>| source[line.clone()].trim_end() == "---";
    let opening = lines.find(|line| !source[line.clone()].trim().is_empty());
    let Some(opening) = opening.filter(fence) else { return Split::Absent { body: top } };
    let first = opening.end;
    let opening = opening.start..opening.start + 3;
    let closing = lines.take_while(|line| line.start - first <= MAX_BYTES).find(fence);
    Split::Fenced(match closing {
        Some(closing) => {
            let (yaml, body) = (first..closing.start, closing.end);
            Fenced { opening, yaml, body, end: End::Closed }
        }
        None => open(source, opening, first),
    })
}

/// The same for text between fences that holds no keys, or is no YAML: where a heading or an empty
/// line comes, and after it no key that anybody knows, the closing fence is a rule of the body.
pub(super) fn doubted(source: &str, fenced: &Fenced) -> Option<Fenced> {
    let open = open(source, fenced.opening.clone(), fenced.yaml.start);
    let rest = &source[open.body.min(fenced.yaml.end)..fenced.yaml.end];
    let begins = lines(rest, 0).next().map(|line| rest[line].trim());
    let is_text = begins.is_some_and(|line| line.is_empty() || line.starts_with('#'));
    let is_body = is_text && !rest.trim().is_empty();
    let has_keys = lines(rest, 0).any(|line| is_known_key(&rest[line]));
    (fenced.end == End::Closed && is_body && !has_keys).then_some(open)
}

/// Takes what looks like keys and values for front matter: up to a line that is neither, or to an
/// empty one with none of the keys that anybody knows after it.
fn open(source: &str, opening: Range<usize>, first: usize) -> Fenced {
    let (mut end, mut body) = (first, None);
    let mut after_blank = false;
    for line in lines(source, first) {
        let text = source[line.clone()].trim_end();
        let goes_on = match text.chars().next() {
            None => {
                after_blank = true;
                continue;
            }
            Some(' ' | '\t') => true,
            Some('-') if is_rule(text) => {
                body = Some(line.end);
                false
            }
            Some('-') => !after_blank && text[1..].starts_with([' ', '\t']),
            Some(_) => is_known_key(text) || !after_blank && key(text).is_some(),
        };
        if !goes_on {
            break;
        }
        after_blank = false;
        end = line.end;
    }
    Fenced { opening, yaml: first..end, body: body.unwrap_or(end), end: End::Open }
}

/// The key that a line begins with, if it stands at the line's beginning.
pub(super) fn key(line: &str) -> Option<&str> {
    let (key, value) = line.split_once(':')?;
    let ends = value.is_empty() || value.starts_with([' ', '\t', '\r', '\n']);
    let plain = |c: char| c.is_alphanumeric() || "-_./ ".contains(c);
    (ends && key.starts_with(char::is_alphanumeric) && key.chars().all(plain)).then_some(key)
}

fn is_known_key(line: &str) -> bool {
    key(line).is_some_and(|key| SPECIFIED.contains(&key) || CLAUDE_CODE.contains(&key))
}

fn is_rule(text: &str) -> bool {
    text.len() >= 3 && text.bytes().all(|byte| byte == b'-')
}

/// The lines of a text with their ends, which may be LF, CRLF or CR.
pub(super) fn lines(source: &str, from: usize) -> impl Iterator<Item = Range<usize>> {
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
