//! Something to say about a place in a file, before it takes the form of a report.

use std::{
    collections::HashMap,
    ops::Range,
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::model::{
    Spot,
    digest::sha256,
    lint::{Finding, Level, Rule, Strictness},
    result::Severity,
};

/// So many digits of a hash tell the findings of one repository apart.
const DIGITS: usize = 32;

/// One remark about a file, or about a run as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// The rule that it comes from.
    pub rule: String,
    /// How much it weighs.
    pub level: Level,
    /// The same in a reviewer's words, where one said it.
    pub severity: Option<Severity>,
    /// What is wrong; from outside in part, so not yet safe to show.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The file, from the root of the repository where it lies below that; nothing for what speaks
    /// of no file.
    pub path: Option<PathBuf>,
    /// Where in the file.
    pub at: At,
    /// The text there, with the line that it begins in: what the place is known by when it moves.
    pub known_by: (String, String),
}

/// Where in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// Nobody said, or the file could not be read.
    Anywhere,
    /// In a line, counted from 1.
    Line(u64),
    /// At a stretch of text.
    Region(Region),
}

/// A rule, as reports describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleRow {
    /// Its name.
    pub id: String,
    /// What it is about, in a few words.
    pub what: String,
    /// Why it is there, where somebody says so.
    pub why: Option<String>,
    /// How much a remark by it weighs, where nothing else is said.
    pub level: Level,
}

/// A stretch of text. Lines and columns count from 1, columns in characters; the end is exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Region {
    /// The line in which it begins.
    pub line: usize,
    /// The column at which it begins.
    pub column: usize,
    /// The line in which it ends.
    pub end_line: usize,
    /// The column after its last character.
    pub end_column: usize,
}

impl Annotation {
    /// What a rule found.
    pub fn of(finding: &Finding, strictness: Strictness) -> Self {
        let Spot { path, source, span, message, help } = &finding.spot;
        Self {
            rule: finding.rule.id.to_owned(),
            level: finding.level(strictness),
            severity: None,
            message: message.clone(),
            help: help.clone(),
            path: Some(path.clone()),
            at: if source.is_empty() { At::Anywhere } else { At::Region(Region::of(source, span)) },
            known_by: (excerpt(source, span), line(source, span.start).trim().to_owned()),
        }
    }

    fn print(&self) -> String {
        let (text, line) = &self.known_by;
        let path = self.path.as_deref().unwrap_or(Path::new("")).to_string_lossy();
        let mut digits = sha256([&self.rule, path.as_ref(), text, line].join("\0").as_bytes());
        digits.truncate(DIGITS);
        digits
    }
}

/// A fingerprint for each of them: its rule, its file and the text that it points at, and not its
/// line, so it stays the same where lines above it come and go. Equal ones are numbered.
pub fn fingerprints(annotations: &[Annotation]) -> Vec<String> {
    let mut seen: HashMap<String, u32> = HashMap::new();
    let number = |annotation: &Annotation| {
        let print = annotation.print();
        let before = seen.entry(print.clone()).and_modify(|n| *n += 1).or_insert(0);
        format!("{print}:{before}")
    };
    annotations.iter().map(number).collect()
}

impl From<&Rule> for RuleRow {
    fn from(rule: &Rule) -> Self {
        Self {
            id: rule.id.to_owned(),
            what: rule.what.to_owned(),
            why: Some(rule.why.to_owned()),
            level: rule.level,
        }
    }
}

impl Region {
    /// Where these bytes of a text are.
    pub fn of(source: &str, span: &Range<usize>) -> Self {
        let (line, column) = place(source, span.start);
        let (end_line, end_column) = place(source, span.end.max(span.start));
        Self { line, column, end_line, end_column }
    }
}

fn place(source: &str, at: usize) -> (usize, usize) {
    let before = &source[..boundary(source, at)];
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
}

fn excerpt(source: &str, span: &Range<usize>) -> String {
    let (start, end) = (boundary(source, span.start), boundary(source, span.end));
    source.get(start..end).unwrap_or_default().to_owned()
}

fn line(source: &str, at: usize) -> &str {
    let at = boundary(source, at);
    let start = source[..at].rfind('\n').map_or(0, |end| end + 1);
    source[start..].lines().next().unwrap_or_default()
}

/// The nearest place at or before `at` where the text may be cut.
fn boundary(source: &str, at: usize) -> usize {
    (0..=at.min(source.len())).rev().find(|&at| source.is_char_boundary(at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_characters() {
        let source = "one\nzwei ä b\ndrei";
        let rows = [
            (0..3, [1, 1, 1, 4]),
            (4..8, [2, 1, 2, 5]),
            (9..11, [2, 6, 2, 7]),
            (10..11, [2, 6, 2, 7]),
            (12..17, [2, 8, 3, 4]),
            (18..18, [3, 5, 3, 5]),
            (90..99, [3, 5, 3, 5]),
        ];
        for (span, [line, column, end_line, end_column]) in rows {
            let expected = Region { line, column, end_line, end_column };
            assert_eq!(Region::of(source, &span), expected, "{span:?}");
        }
    }
}
