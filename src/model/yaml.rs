//! The strict reader of atlas's own files: unknown keys are refused, and every fault of a file
//! is shown at its place.
//!
//! The parser gives up at the first fault, so it only builds a tree. The typed reader walks the
//! tree; what it stumbles over is recorded and dropped, and it starts again, until a value comes
//! out or too much is wrong. A fault that is only the consequence of a dropped part is not shown.

mod named;
mod problem;
mod reader;
mod spanned;
mod tree;

#[cfg(test)]
pub(crate) mod plain;
#[cfg(test)]
mod tests;

use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::de::{DeserializeOwned, IntoDeserializer as _, value::StrDeserializer};
use serde_yaml::DuplicateKeyPolicy;

use crate::model::{Fault, Result, Spot, value::NotAValue};
pub use named::Named;
use problem::{Kind, Problem};
use reader::Reader;
pub use spanned::Spanned;
use tree::{Node, Value};

/// The name under which [`Spanned`] asks the reader for its bytes.
const SPANNED: &str = "$atlas::Spanned";

/// As many faults of one file as a person wants to see at once.
pub const MAX_FAULTS: usize = 20;

/// A file that was read: its value, and its text for pointing into it.
#[derive(Clone, Debug, PartialEq)]
pub struct Document<T> {
    /// The file, as the user would name it.
    pub path: PathBuf,
    /// Its whole text.
    pub text: Arc<str>,
    /// What it says.
    pub value: T,
}

/// A key that is known, but refused at this place.
#[derive(Clone, Copy, Debug)]
pub struct Refusal {
    /// The keys from the root to it; `*` stands for any name or position.
    pub at: &'static [&'static str],
    /// Why: lower case, no final period.
    pub why: &'static str,
    /// What to do instead.
    pub help: Option<&'static str>,
}

impl<T> Document<T> {
    /// The line, from 1, in which these bytes begin.
    pub fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.get(..span.start).unwrap_or(&self.text);
        before.bytes().filter(|byte| *byte == b'\n').count() + 1
    }

    /// A spot in this file.
    pub fn spot(&self, span: &Range<usize>, message: impl Into<String>) -> Spot {
        spot(&self.path, &self.text, span.clone(), message.into())
    }
}

/// Where something does not fit, and why.
pub type Complaint = (Range<usize>, String);

/// A kind of file that is read: its name in faults, what is refused in it, and what must fit
/// together in its values.
pub struct Format<T> {
    /// What it is called, such as `contract`.
    pub what: &'static str,
    /// Keys that are known, but refused.
    pub refusals: &'static [Refusal],
    /// Finds what does not fit together.
    pub check: fn(&T) -> Vec<Complaint>,
}

/// Reads a file of atlas's own; `path` names it in faults.
///
/// # Errors
/// One fault with a spot for everything that is wrong in the file, in the order of the file.
pub fn read<T: DeserializeOwned>(
    format: &Format<T>,
    path: &Path,
    text: &str,
) -> Result<Document<T>> {
    let text: Arc<str> = text.into();
    let Outcome { value, mut spots } = examine(path, &text, format.refusals);
    if let Some(value) = value
        && spots.is_empty()
    {
        // Not of a file with other faults: what was dropped there would be missed here.
        let complaints = (format.check)(&value);
        if complaints.is_empty() {
            return Ok(Document { path: path.to_owned(), text, value });
        }
        let to_spot = |(span, message)| spot(path, &text, span, message);
        spots.extend(complaints.into_iter().map(to_spot));
    }
    spots.sort_by_key(|spot| (spot.span.start, spot.span.end));
    let mut fault = Fault::invalid(format!("the {} {} is faulty", format.what, path.display()));
    fault.spots = spots;
    Err(fault)
}

/// Reads a name out of a fixed set, as a flag or a variable gives it.
///
/// # Errors
/// The names that there are, and the one that was probably meant.
pub fn name<T: DeserializeOwned>(text: &str) -> Result<T, NotAValue> {
    let reader: StrDeserializer<'_, Problem> = text.into_deserializer();
    T::deserialize(reader).map_err(|problem| match problem.help {
        Some(help) => NotAValue(format!("{}; {help}", problem.message)),
        None => NotAValue(problem.message),
    })
}

struct Outcome<T> {
    value: Option<T>,
    spots: Vec<Spot>,
}

fn examine<T: DeserializeOwned>(path: &Path, text: &Arc<str>, refusals: &[Refusal]) -> Outcome<T> {
    let to_spot = |(span, message, help): Finding| Spot { help, ..spot(path, text, span, message) };
    let (tree, mut spots) = match parse(text) {
        Ok(tree) => (tree, Vec::new()),
        Err(Unparsed { complaint, rest }) => match rest {
            Some(tree) => (tree, vec![to_spot(complaint)]),
            None => return Outcome { value: None, spots: vec![to_spot(complaint)] },
        },
    };
    let mut tree = tree;
    for refusal in refusals {
        refuse(&mut tree, refusal, refusal.at, &mut |span, message, help| {
            spots.push(to_spot((span, message, help)));
        });
    }
    let value = read_tree(&mut tree, text, &mut |problem| {
        let span = problem.at.unwrap_or(0..0);
        spots.push(to_spot((span, problem.message, problem.help)));
    });
    Outcome { value, spots }
}

/// What is wrong where, and what to write instead.
type Finding = (Range<usize>, String, Option<String>);

/// What the parser refused; with the tree where it can be read past.
struct Unparsed {
    complaint: Finding,
    rest: Option<Node>,
}

fn parse(text: &str) -> Result<Node, Unparsed> {
    // The parser counts no byte for the mark, the file does.
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mark = text.len() - body.len();
    let shift = |mut node: Node| {
        node.settle(text, mark);
        node
    };
    let error =
        match serde_yaml::from_str_with_options::<Node>(body, options(DuplicateKeyPolicy::Error)) {
            Ok(node) => return Ok(shift(node)),
            Err(error) => error,
        };
    let span = error.location().map_or(0..0, |location| located(body, location));
    let complaint = (span.start + mark..span.end + mark, wording(&error), None);
    let rest = match error.without_snippet() {
        serde_yaml::Error::DuplicateMappingKey { .. } => {
            serde_yaml::from_str_with_options::<Node>(body, options(DuplicateKeyPolicy::FirstWins))
                .ok()
                .map(shift)
        }
        _ => None,
    };
    Err(Unparsed { complaint, rest })
}

/// Far more than a person writes, far less than what hurts: the reader recurses.
const MAX_DEPTH: usize = 32;
const MAX_NODES: usize = 50_000;

fn options(duplicate_keys: DuplicateKeyPolicy) -> serde_yaml::Options {
    serde_yaml::options! {
        strict_booleans: true,
        with_snippet: false,
        duplicate_keys: duplicate_keys,
        budget: serde_yaml::budget! { max_depth: MAX_DEPTH, max_nodes: MAX_NODES },
    }
}

/// What is wrong with the YAML itself, without the place, which is underlined.
fn wording(error: &serde_yaml::Error) -> String {
    match error.without_snippet() {
        serde_yaml::Error::DuplicateMappingKey { key: Some(key), .. } => {
            format!("the key `{key}` stands twice in the same place")
        }
        serde_yaml::Error::MultipleDocuments { .. } => {
            "a second document begins here, only one is read".to_owned()
        }
        other => {
            let text = other.to_string();
            let text = text.split(" at line ").next().unwrap_or(&text);
            text.trim_start_matches("error: ").trim_end_matches('.').to_owned()
        }
    }
}

/// The bytes of a fault; from line and column where the parser gives no bytes.
fn located(text: &str, location: serde_yaml::Location) -> Range<usize> {
    if let Some(span) = tree::bytes_of(location).filter(|span| span.end <= text.len()) {
        return span;
    }
    let line = usize::try_from(location.line()).unwrap_or(1).saturating_sub(1);
    let column = usize::try_from(location.column()).unwrap_or(1).saturating_sub(1);
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    let at = start + rest.chars().take(column).map(char::len_utf8).sum::<usize>();
    at..at
}

fn refuse(
    node: &mut Node,
    refusal: &Refusal,
    keys: &[&str],
    found: &mut dyn FnMut(Range<usize>, String, Option<String>),
) {
    let [key, rest @ ..] = keys else { return };
    match &mut node.value {
        Value::Map(entries) => {
            for entry in entries.iter_mut().filter(|entry| *key == "*" || entry.key == *key) {
                if rest.is_empty() {
                    entry.dropped = true;
                    let message = refusal.why.to_owned();
                    found(entry.key_span.clone(), message, refusal.help.map(str::to_owned));
                } else {
                    refuse(&mut entry.node, refusal, rest, found);
                }
            }
        }
        Value::List(items) if *key == "*" => {
            for item in items {
                refuse(&mut item.node, refusal, rest, found);
            }
        }
        Value::List(_) | Value::Scalar(_) => {}
    }
}

/// Reads until a value comes out; drops and reports what stands in the way.
fn read_tree<T: DeserializeOwned>(
    tree: &mut Node,
    source: &str,
    found: &mut dyn FnMut(Problem),
) -> Option<T> {
    let mut reported = 0;
    // Every round but the last drops a part of the tree, so this ends.
    loop {
        let problem = match T::deserialize(Reader { node: tree, source }) {
            Ok(value) => return Some(value),
            Err(problem) => problem,
        };
        let path: Vec<usize> = problem.path.iter().rev().copied().collect();
        let consequence =
            problem.kind == Kind::Whole && tree.node_at(&path).is_some_and(Node::is_incomplete);
        if !consequence {
            found(problem);
            reported += 1;
        }
        if reported == MAX_FAULTS || !tree.drop_at(&path) {
            return None;
        }
    }
}

fn spot(path: &Path, text: &Arc<str>, span: Range<usize>, message: String) -> Spot {
    let start = span.start.min(text.len());
    let here = text.get(start..).and_then(|rest| rest.chars().next());
    // Nothing can be underlined only by underlining the character that stands there.
    let least = here.filter(|next| *next != '\n').map_or(start, |next| start + next.len_utf8());
    let end = span.end.clamp(least, text.len());
    Spot { path: path.to_owned(), source: Arc::clone(text), span: start..end, message, help: None }
}
