//! Paths as text that loses nothing. A path of git's is bytes; a journal and a report hold text.

use std::{ffi::OsStr, fmt::Write as _, os::unix::ffi::OsStrExt as _, path::Path};

/// The path as text. A backslash becomes `\\`, and control characters and bytes that are no UTF-8
/// become `\xNN`; every other path is its own text. [`unescape`] is the way back.
pub fn escape(path: &[u8]) -> String {
    let mut text = String::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\\' => text.push_str("\\\\"),
                control if control.is_ascii_control() => hex(&mut text, control as u8),
                other => text.push(other),
            }
        }
        chunk.invalid().iter().for_each(|byte| hex(&mut text, *byte));
    }
    text
}

/// The bytes of a path that [`escape`] made text of; none if the text is not of its making.
pub fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut path = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, escaped)) = rest.split_once('\\') {
        path.extend_from_slice(plain.as_bytes());
        rest = if let Some(after) = escaped.strip_prefix('\\') {
            path.push(b'\\');
            after
        } else {
            let digits = escaped.strip_prefix('x')?.get(..2)?;
            path.push(u8::from_str_radix(digits, 16).ok()?);
            &escaped[3..]
        };
    }
    path.extend_from_slice(rest.as_bytes());
    Some(path)
}

/// The bytes as the operating system's path.
pub fn as_path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

fn hex(text: &mut String, byte: u8) {
    write!(text, "\\x{byte:02x}").expect("a String takes every write");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names() {
        let rows: [(&[u8], &str); 6] = [
            (b"src/a b.rs", "src/a b.rs"),
            ("köln/€.txt".as_bytes(), "köln/€.txt"),
            (b"a\\b", r"a\\b"),
            (b"a\nb\x1b", r"a\x0ab\x1b"),
            (b"caf\xe9", r"caf\xe9"),
            (b"\\xe9", r"\\xe9"),
        ];
        for (path, text) in rows {
            assert_eq!(escape(path), text);
        }
        for text in [r"\", r"\x", r"\xg0", r"\n", r"\xé"] {
            assert_eq!(unescape(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn there_and_back(path in prop::collection::vec(any::<u8>(), 0..40)) {
            let text = escape(&path);
            prop_assert!(!text.contains(|c: char| c.is_ascii_control()));
            prop_assert_eq!(unescape(&text), Some(path));
        }
    }
}
