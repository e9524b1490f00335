//! The lines that a patch adds, file by file.

use std::ops::Range;

/// What a change added to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// The file's path, as bytes of git's.
    pub path: Vec<u8>,
    /// The added lines, one after the other.
    pub text: Vec<u8>,
    /// The number, from 1, that each of these lines has in the file.
    pub numbers: Vec<usize>,
}

impl Added {
    /// All lines of a file, where all of it is new or nobody knows what is.
    pub fn whole(path: Vec<u8>, text: Vec<u8>) -> Self {
        let lines = text.split_inclusive(|byte| *byte == b'\n').count();
        Self { path, text, numbers: (1..=lines).collect() }
    }

    /// The number in the file of the line of `text` with this number, both from 1.
    pub fn line(&self, line: usize) -> usize {
        self.numbers.get(line.saturating_sub(1)).copied().unwrap_or(line)
    }
}

/// Reads a patch in git's unified format. What a file's own lines say is never taken for a part of
/// the patch: each hunk tells how many lines it has.
pub fn added(change: &[u8]) -> Vec<Added> {
    let mut files: Vec<Added> = Vec::new();
    for line in lines(change) {
        match line {
            Line::File(path) => files.push(Added { path, text: Vec::new(), numbers: Vec::new() }),
            Line::Added { number, text } => {
                if let Some(file) = files.last_mut() {
                    file.text.extend_from_slice(&change[text]);
                    file.numbers.push(number);
                }
            }
        }
    }
    files.retain(|file| !file.numbers.is_empty());
    files
}

/// Where a patch adds the line with this number, from 1, to this file: the range of its text in the
/// patch, its end of line included.
pub fn place_of(change: &[u8], path: &[u8], wanted: usize) -> Option<Range<usize>> {
    let mut here = false;
    lines(change).into_iter().find_map(|line| match line {
        Line::File(file) => {
            here = file == path;
            None
        }
        Line::Added { number, text } => (here && number == wanted).then_some(text),
    })
}

/// What a patch says, as far as it is about what is new.
enum Line {
    /// From here on it is about the file with this path.
    File(Vec<u8>),
    /// A new line: its number in the file, from 1, and where its text stands in the patch.
    Added { number: usize, text: Range<usize> },
}

fn lines(change: &[u8]) -> Vec<Line> {
    let mut found = Vec::new();
    let mut hunk = Hunk::default();
    let mut next = 0;
    for line in change.split_inclusive(|byte| *byte == b'\n') {
        let (start, end) = (next, next + line.len());
        next = end;
        if hunk.is_over() {
            if let Some(shown) = line.strip_prefix(b"+++ ") {
                found.push(Line::File(path_of(shown.trim_ascii_end())));
            } else if line.starts_with(b"@@ ") {
                hunk = Hunk::read(line).unwrap_or_default();
            }
            continue;
        }
        match line.first().unwrap_or(&b' ') {
            b'+' => {
                found.push(Line::Added { number: hunk.line, text: start + 1..end });
                hunk.line += 1;
                hunk.new = hunk.new.saturating_sub(1);
            }
            b'-' => hunk.old = hunk.old.saturating_sub(1),
            b'\\' => {}
            _ => {
                hunk.line += 1;
                hunk.old = hunk.old.saturating_sub(1);
                hunk.new = hunk.new.saturating_sub(1);
            }
        }
    }
    found
}

/// What is left of a hunk.
#[derive(Clone, Copy, Default)]
struct Hunk {
    /// The number of the next line in the new file.
    line: usize,
    old: usize,
    new: usize,
}

impl Hunk {
    /// `@@ -1,2 +3,4 @@ …`; a count of one is left out.
    fn read(line: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(line);
        let mut words = text.split(' ').skip(1);
        let mut side = |sign| {
            let range = words.next()?.strip_prefix(sign)?;
            let (start, count) = range.split_once(',').unwrap_or((range, "1"));
            Some((start.parse::<usize>().ok()?, count.parse::<usize>().ok()?))
        };
        let ((_, old), (line, new)) = (side('-')?, side('+')?);
        Some(Self { line, old, new })
    }

    fn is_over(&self) -> bool {
        self.old == 0 && self.new == 0
    }
}

/// `b/src/a.rs`, or the same in quotes with what is special escaped as C does it.
fn path_of(shown: &[u8]) -> Vec<u8> {
    let quoted = shown.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    let path = quoted.map_or_else(|| shown.to_vec(), unquoted);
    path.strip_prefix(b"b/").map(<[u8]>::to_vec).unwrap_or(path)
}

fn unquoted(text: &[u8]) -> Vec<u8> {
    let mut path = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        at += 1;
        if *byte != b'\\' {
            path.push(*byte);
            continue;
        }
        let digits = text.get(at..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(octal) = digits.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            path.push(octal);
            at += 3;
            continue;
        }
        let escaped = text.get(at).copied().unwrap_or(b'\\');
        path.push(match escaped {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'a' => 7,
            b'b' => 8,
            b'v' => 11,
            b'f' => 12,
            other => other,
        });
        at += 1;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(patch: &str, expected: &[(&str, &str, &[usize])]) {
        let found = added(patch.as_bytes());
        let found: Vec<(String, String, Vec<usize>)> = found
            .into_iter()
            .map(|file| {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                (text(&file.path), text(&file.text), file.numbers)
            })
            .collect();
        let expected: Vec<(String, String, Vec<usize>)> = expected
            .iter()
            .map(|(path, text, numbers)| ((*path).into(), (*text).into(), numbers.to_vec()))
            .collect();
        assert_eq!(found, expected, "{patch}");
    }

    #[test]
    fn only_added_lines_count() {
        check(
            "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,3 +1,4 @@ fn x\n one\n-two\n+TWO\n+more\n three\n\
             @@ -9 +10,2 @@\n-x\n+y\n+z\n\\ No newline at end of file\n",
            &[("a", "TWO\nmore\ny\nz\n", &[2, 3, 10, 11])],
        );
        check("--- a/a\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n", &[]);
        check("--- /dev/null\n+++ b/new file\n@@ -0,0 +1 @@\n+x", &[("new file", "x", &[1])]);
    }

    #[test]
    fn a_file_that_looks_like_a_patch_is_none() {
        check(
            "--- a/a\n+++ b/a\n@@ -1,2 +1,3 @@\n--- a/x\n+++ b/evil\n+@@ -1 +1 @@\n+more\n",
            &[("a", "++ b/evil\n@@ -1 +1 @@\nmore\n", &[1, 2, 3])],
        );
    }

    #[test]
    fn an_added_line_is_found_in_its_patch() {
        let patch = "--- a/a\n+++ b/a\n@@ -1,2 +1,3 @@\n one\n+two\n+three\n last\n\
                     --- a/b\n+++ b/b\n@@ -0,0 +1 @@\n+two\n";
        let rows = [
            ("a", 2, Some("two\n")),
            ("a", 3, Some("three\n")),
            ("a", 1, None),
            ("b", 1, Some("two\n")),
            ("b", 2, None),
            ("c", 1, None),
        ];
        for (path, number, expected) in rows {
            let found = place_of(patch.as_bytes(), path.as_bytes(), number);
            assert_eq!(found.map(|range| &patch[range]), expected, "{path}:{number}");
        }
    }

    #[test]
    fn paths_are_read_as_git_quotes_them() {
        let rows = [
            ("b/plain", "plain"),
            ("\"b/t\\303\\244b\\\\ \\\"q\\\" \\t\"", "täb\\ \"q\" \t"),
            ("b/a b", "a b"),
        ];
        for (shown, expected) in rows {
            assert_eq!(String::from_utf8(path_of(shown.as_bytes())).unwrap(), expected);
        }
    }
}
