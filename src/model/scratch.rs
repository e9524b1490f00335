//! Scratch pads: keys and values that steps, hooks and people leave for later steps.
//!
//! A pad is a log of its own beside the journal, because hooks and agents write it too, while the
//! journal has one writer. Whatever stands in it is data from outside: nothing here believes it,
//! and what cannot be read is counted, never fatal.

mod line;
mod summary;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{digest::sha256, text::is_hidden};

pub use line::{BadEntry, decode, encode};
pub use summary::{ROOM, Summary};

/// The longest key, in bytes.
pub const KEY_BYTES: usize = 200;

/// The longest value as JSON, in bytes.
pub const VALUE_BYTES: usize = 64 * 1024;

/// How large a pad may become, in bytes.
pub const PAD_BYTES: u64 = 16 * 1024 * 1024;

/// One note.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// When it was written, by the clock of that moment; the order is that of the lines.
    pub at: Timestamp,
    /// What it is about.
    pub key: String,
    /// What is said about that.
    pub value: Value,
    /// Who wrote it.
    pub by: By,
}

/// Who wrote a note, as far as its environment told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct By {
    /// Which run of the session; none where a person wrote outside of any.
    pub run: Option<u32>,
    /// The step.
    pub step: Option<String>,
    /// The unit of the run: an attempt of a step, or a hook.
    pub unit: Option<String>,
}

/// How far a pad had come: recorded when a step ends, so that a resume can tell what was added or
/// changed after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Its length in bytes.
    pub bytes: u64,
    /// SHA-256 of these bytes, hexadecimal.
    pub sha256: String,
}

/// What became of a pad since a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// Nothing.
    Same,
    /// So many notes were added.
    Added(usize),
    /// What stood there then does not stand there any more.
    Edited,
}

/// A pad: the fold of its lines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pad {
    notes: Vec<Note>,
    /// How many lines could not be read.
    pub unreadable: usize,
}

/// A note with its place in the pad.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// The note.
    pub entry: Entry,
    /// Where its line ends, in bytes from the pad's start.
    pub end: u64,
}

impl Mark {
    /// The mark of a pad that holds `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self { bytes: bytes.len() as u64, sha256: sha256(bytes) }
    }

    /// What became of the pad that holds `bytes` now.
    pub fn since(&self, bytes: &[u8]) -> Since {
        let then = usize::try_from(self.bytes).ok().and_then(|length| bytes.get(..length));
        match then {
            Some(then) if sha256(then) != self.sha256 => Since::Edited,
            Some(then) if bytes.len() > then.len() => {
                Since::Added(Pad::read(&bytes[then.len()..]).notes.len())
            }
            Some(_) => Since::Same,
            None => Since::Edited,
        }
    }
}

impl Pad {
    /// Reads a pad. A line that is broken or not understood is counted and passed over; the last
    /// one, where it has no end yet, may be under way and is not even counted.
    pub fn read(bytes: &[u8]) -> Self {
        let mut pad = Self::default();
        let mut end = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            end += line.len() as u64;
            let Some(line) = line.strip_suffix(b"\n") else { break };
            if line.is_empty() {
                continue;
            }
            match decode(line) {
                Ok(entry) => pad.notes.push(Note { entry, end }),
                Err(_) => pad.unreadable += 1,
            }
        }
        pad
    }

    /// All notes in the order in which they were written.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The newest note of this key; with a step, the newest of that step.
    pub fn newest(&self, key: &str, step: Option<&str>) -> Option<&Note> {
        self.notes.iter().rev().find(|note| {
            note.entry.key == key && (step.is_none() || note.entry.by.step.as_deref() == step)
        })
    }

    /// The newest note of each key, the newest first.
    pub fn newest_of_each(&self) -> Vec<&Note> {
        let mut newest: BTreeMap<&str, usize> = BTreeMap::new();
        for (at, note) in self.notes.iter().enumerate() {
            newest.insert(&note.entry.key, at);
        }
        let mut places: Vec<usize> = newest.into_values().collect();
        places.sort_unstable_by(|a, b| b.cmp(a));
        places.into_iter().map(|at| &self.notes[at]).collect()
    }
}

/// Why `key` is no key of a pad; `None` where it is one.
pub fn not_a_key(key: &str) -> Option<String> {
    if key.trim().is_empty() {
        return Some("it is empty".to_owned());
    }
    if key.len() > KEY_BYTES {
        return Some(format!("it has {} bytes, {KEY_BYTES} are allowed", key.len()));
    }
    key.chars().find(|c| is_hidden(*c)).map(|c| format!("it holds {}", c.escape_unicode()))
}
