//! Chooses a fault. The same work always gets the same one.

use super::{FaultKind, Planted};
use crate::model::{bundled_hook::added::added, digest::sha256};

/// The work that a fault is planted in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Material<'a> {
    /// What the work says.
    pub output: Option<&'a str>,
    /// Whether that is prose, which stays readable without one of its paragraphs.
    pub is_prose: bool,
    /// What it changed, as a patch.
    pub change: Option<&'a str>,
    /// How many reviewers there are. One alone can prove no omission, so none is planted for it.
    pub reviewers: usize,
}

/// Longer lines are data rather than something that a person would read.
const LINE_BYTES: usize = 400;

/// What is shorter is a heading or a name, and nobody would miss it.
const PARAGRAPH_BYTES: usize = 60;

/// What is longer is no number that anybody meant.
const DIGITS: usize = 9;

/// What a condition is turned into. Of one line the first that it holds counts, so that the longer
/// ones come first.
const CONTRARY: [(&str, &str); 24] = [
    (" == ", " != "),
    (" != ", " == "),
    (" <= ", " > "),
    (" >= ", " < "),
    (" < ", " >= "),
    (" > ", " <= "),
    (" && ", " || "),
    (" || ", " && "),
    (" is not ", " is "),
    (" are not ", " are "),
    (" does not ", " does "),
    (" cannot ", " can "),
    ("if not ", "if "),
    (" always ", " never "),
    (" never ", " always "),
    (" more than ", " less than "),
    (" less than ", " more than "),
    (" at least ", " at most "),
    (" at most ", " at least "),
    ("true", "false"),
    ("false", "true"),
    ("True", "False"),
    ("False", "True"),
    (" before ", " after "),
];

/// The fault for this work; `None` where it holds nothing that one could be planted in.
pub fn plant(material: &Material<'_>) -> Option<Planted> {
    let candidates = candidates(material);
    let mut kinds: Vec<FaultKind> = candidates.iter().map(|fault| fault.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let luck = luck(material);
    let kind = *kinds.get(luck.checked_rem(kinds.len())?)?;
    let alike: Vec<Planted> = candidates.into_iter().filter(|fault| fault.kind == kind).collect();
    alike.get((luck / kinds.len()) % alike.len()).cloned()
}

/// A number that the work itself decides.
fn luck(material: &Material<'_>) -> usize {
    let parts = [material.output, material.change].map(Option::unwrap_or_default);
    let digest = sha256(parts.join("\0").as_bytes());
    usize::from_str_radix(&digest[..12], 16).expect("a digest is hexadecimal")
}

fn candidates(material: &Material<'_>) -> Vec<Planted> {
    let mut found = Vec::new();
    for file in added(material.change.unwrap_or_default().as_bytes()) {
        let path = String::from_utf8(file.path);
        let (Ok(path), Ok(text)) = (path, String::from_utf8(file.text)) else { continue };
        for (line, number) in text.lines().zip(&file.numbers) {
            found.extend(faults(Some(&path), *number, line));
        }
    }
    let output = material.output.unwrap_or_default();
    for (number, line) in (1..).zip(output.lines()) {
        found.extend(faults(None, number, line));
    }
    if material.is_prose && material.reviewers > 1 {
        found.extend(paragraphs(output));
    }
    found
}

/// What one line could say instead.
fn faults(file: Option<&String>, number: usize, line: &str) -> impl Iterator<Item = Planted> {
    let short = line.len() <= LINE_BYTES;
    let condition = contrary(line).map(|after| (FaultKind::Condition, after));
    let changed = other_number(line).map(|after| (FaultKind::Number, after));
    let (file, before) = (file.cloned(), line.to_owned());
    condition.into_iter().chain(changed).filter(move |_| short).map(move |(kind, after)| Planted {
        kind,
        file: file.clone(),
        line: number,
        before: before.clone(),
        after,
    })
}

fn contrary(line: &str) -> Option<String> {
    CONTRARY.iter().find_map(|(word, contrary)| {
        let at = line.match_indices(word).map(|(at, _)| at).find(|at| is_whole(line, *at, word))?;
        Some(format!("{}{contrary}{}", &line[..at], &line[at + word.len()..]))
    })
}

/// `true` in `structure` is no condition.
fn is_whole(line: &str, at: usize, word: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    let before = line[..at].chars().next_back().is_some_and(inside);
    let after = line[at + word.len()..].chars().next().is_some_and(inside);
    let begins = word.starts_with(inside);
    let ends = word.ends_with(inside);
    !(begins && before || ends && after)
}

/// The line with its first whole number one higher.
fn other_number(line: &str) -> Option<String> {
    let mut from = 0;
    while let Some(start) = line[from..].find(|c: char| c.is_ascii_digit()).map(|at| from + at) {
        let rest = &line[start..];
        let length = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let end = start + length;
        let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '#');
        let alone = !line[..start].chars().next_back().is_some_and(part)
            && !line[end..].chars().next().is_some_and(|c| c.is_alphanumeric() || c == '_');
        let plain = length <= DIGITS && (length == 1 || !rest.starts_with('0'));
        if let (true, Ok(number)) = (alone && plain, line[start..end].parse::<u64>()) {
            return Some(format!("{}{}{}", &line[..start], number + 1, &line[end..]));
        }
        from = end;
    }
    None
}

/// The paragraphs that prose could lack; none where there is only one.
fn paragraphs(text: &str) -> Vec<Planted> {
    let mut blocks: Vec<(usize, Vec<&str>)> = Vec::new();
    let mut open = false;
    for (number, line) in (1..).zip(text.lines()) {
        let blank = line.trim().is_empty();
        match blocks.last_mut().filter(|_| open && !blank) {
            Some((_, lines)) => lines.push(line),
            None if blank => {}
            None => blocks.push((number, vec![line])),
        }
        open = !blank;
    }
    if blocks.len() < 2 {
        return Vec::new();
    }
    let kept = blocks.into_iter().filter(|(_, lines)| {
        let fenced = lines.iter().any(|line| line.trim_start().starts_with("```"));
        !fenced && lines.iter().map(|line| line.len()).sum::<usize>() >= PARAGRAPH_BYTES
    });
    kept.map(|(line, lines)| Planted {
        kind: FaultKind::Paragraph,
        file: None,
        line,
        before: lines.join("\n"),
        after: String::new(),
    })
    .collect()
}
