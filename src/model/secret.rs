//! What looks like a key: shapes that services give their secrets, so that none leaves unseen.
//!
//! The rules look at shapes only. They find what somebody forgot, not what somebody hid; the pages
//! of recordings and of the hook `no-secrets` say so too. Each looks at a bounded number of bytes
//! from where it begins, so a text takes time in proportion to its length, whatever is in it.

mod assigned;
mod random;
mod shapes;
mod tokens;

#[cfg(test)]
mod tests;

use std::{borrow::Cow, ops::Range};

/// Something that looks like a secret. Never holds the secret itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What it looks like, in words: `an AWS key`.
    pub rule: &'static str,
    /// The line, from 1, in which it begins.
    pub line: usize,
    /// Where it stands, in bytes.
    pub range: Range<usize>,
}

/// The first thing in these bytes that looks like a secret.
pub fn find(bytes: &[u8]) -> Option<Hit> {
    find_all(bytes).next()
}

/// Everything in these bytes that looks like a secret, in order, nothing twice.
pub fn find_all(bytes: &[u8]) -> impl Iterator<Item = Hit> {
    let (mut from, mut line) = (0, 1);
    std::iter::from_fn(move || {
        let Found { rule, range } = (from..bytes.len()).find_map(|at| found_at(bytes, at))?;
        let begun = range.start.max(from);
        line += line_ends(&bytes[from..begun]);
        let hit = Hit { rule, line, range: range.clone() };
        line += line_ends(&bytes[begun..range.end]);
        from = range.end;
        Some(hit)
    })
}

fn line_ends(bytes: &[u8]) -> usize {
    bytes.split(|byte| *byte == b'\n').count() - 1
}

/// So often a text is looked at. Notes are no secrets, so the second look nearly always finds nothing.
const LOOKS: usize = 8;

/// The text with a note in the place of each secret. A JSON document stays one.
///
/// Where one is taken out, what stood beside it may come to look like another, so it looks again.
pub fn redact(text: &str) -> Cow<'_, str> {
    let Some(mut shown) = redact_once(text) else { return Cow::Borrowed(text) };
    for _ in 1..LOOKS {
        match redact_once(&shown) {
            Some(next) => shown = next,
            None => break,
        }
    }
    Cow::Owned(shown)
}

fn redact_once(text: &str) -> Option<String> {
    let mut redacted = String::new();
    let mut from = 0;
    for Hit { rule, range, .. } in find_all(text.as_bytes()) {
        redacted.push_str(&text[from..range.start]);
        redacted.push_str("[redacted: ");
        redacted.push_str(rule);
        redacted.push(']');
        from = range.end;
    }
    if from == 0 {
        return None;
    }
    redacted.push_str(&text[from..]);
    Some(redacted)
}

struct Found {
    rule: &'static str,
    /// Begins and ends beside ASCII, so that a text can be cut there.
    range: Range<usize>,
}

/// What is recognized at this byte. It may begin some bytes later, never earlier.
fn found_at(bytes: &[u8], at: usize) -> Option<Found> {
    match bytes[at] {
        b':' if bytes[at..].starts_with(b"://") => shapes::password_in_url(bytes, at),
        b':' | b'=' => assigned::found(bytes, at),
        b'-' => shapes::private_key(bytes, at),
        byte if tokens::begins(byte) && begins_word(bytes, at) => {
            tokens::found(bytes, at).or_else(|| shapes::web_token(bytes, at))
        }
        _ => None,
    }
}

fn begins_word(bytes: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|before| bytes[before]) else { return true };
    if !(before.is_ascii_alphanumeric() || before == b'_') {
        return true;
    }
    // `\n` in a JSON text ends in a letter that is no part of what follows; so does a color.
    let escaped = at >= 2 && bytes[at - 2] == b'\\' && b"nrt".contains(&before);
    escaped || (before == b'm' && ends_color(&bytes[..at - 1]))
}

/// Whether these bytes end in an escape sequence that lacks only its last letter.
fn ends_color(bytes: &[u8]) -> bool {
    const LONGEST: usize = 20;
    let tail = &bytes[bytes.len().saturating_sub(LONGEST)..];
    let numbers = tail.iter().rev().take_while(|byte| byte.is_ascii_digit() || **byte == b';');
    tail[..tail.len() - numbers.count()].ends_with(b"\x1b[")
}
