//! Where the members of a JSON value stand in its text.

use std::ops::Range;

/// One member of an object or a list, by its place in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// The name with its quotes; empty in a list.
    pub(super) name: Range<usize>,
    /// The value.
    pub(super) value: Range<usize>,
}

/// The members of the object or list that `text` is. It has to be valid JSON; of anything else the
/// answer is of no use, but there is one.
pub(super) fn members(text: &str) -> Vec<Member> {
    let bytes = text.as_bytes();
    let mut members = Vec::new();
    let mut at = skip_blanks(bytes, 0);
    if !matches!(bytes.get(at), Some(b'{' | b'[')) {
        return members;
    }
    at += 1;
    loop {
        at = skip_blanks(bytes, at);
        if matches!(bytes.get(at), None | Some(b'}' | b']')) {
            return members;
        }
        let first = at..end_of_value(bytes, at);
        let after = skip_blanks(bytes, first.end);
        let member = if bytes.get(after) == Some(&b':') {
            let start = skip_blanks(bytes, after + 1);
            Member { name: first, value: start..end_of_value(bytes, start) }
        } else {
            Member { name: first.start..first.start, value: first }
        };
        at = skip_blanks(bytes, member.value.end);
        // What is no comma ends the list, or is no JSON; either way nothing is read twice.
        at += 1;
        let over = bytes.get(at - 1) != Some(&b',');
        members.push(member);
        if over {
            return members;
        }
    }
}

fn skip_blanks(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

fn end_of_value(bytes: &[u8], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = end_of_text(bytes, at) - 1,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 1 => depth -= 1,
            b'}' | b']' if depth == 1 => return at + 1,
            b'}' | b']' | b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// The end of the text that begins with a quote at `start`.
fn end_of_text(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'"' => return at + 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}
