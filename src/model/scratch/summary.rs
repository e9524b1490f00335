//! What a step is told of a scratch pad: the newest of each key, in a bounded room.

use serde::Serialize;
use serde_json::{Value, json};

use super::{Entry, Pad};

/// How many bytes of notes a prompt holds where nobody says otherwise.
pub const ROOM: usize = 8 * 1024;

/// So many names of left-out keys are listed; the rest is counted.
const NAMED: usize = 20;

/// The newest notes of a pad, as many as fit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// One note of each key, the newest first.
    pub notes: Vec<Told>,
    /// The keys whose notes did not fit, the newest first.
    pub left_out: Vec<String>,
    /// How many lines of the pad could not be read.
    pub unreadable: usize,
}

/// A note as it is told.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Told {
    /// What it is about.
    pub key: String,
    /// The value; where it was too long, the beginning of its JSON as text.
    pub value: Value,
    /// The step that left it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// How many bytes of the value's JSON were cut off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_left_out: Option<usize>,
}

impl Summary {
    /// The newest note of each key of `pad`, the newest first, in at most `room` bytes: once one
    /// does not fit, it and all older ones are left out. No value takes more than a quarter of the
    /// room, so that a single long one cannot crowd out the rest.
    pub fn of(pad: &Pad, room: usize) -> Self {
        let newest = pad.newest_of_each();
        let mut left = room;
        let mut notes = Vec::new();
        for note in &newest {
            let told = tell(&note.entry, room / 4);
            let size = line(&told).len() + 1;
            if size > left {
                break;
            }
            left -= size;
            notes.push(told);
        }
        let left_out = newest[notes.len()..].iter().map(|note| note.entry.key.clone()).collect();
        Self { notes, left_out, unreadable: pad.unreadable }
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.notes.is_empty() && self.left_out.is_empty() && self.unreadable == 0
    }

    /// The notes as lines of JSON, and a last line on what is not among them. Data from outside:
    /// fence it in a prompt, sanitize it for a terminal.
    pub fn text(&self) -> String {
        let notes = self.notes.iter().map(|told| line(told) + "\n");
        let unreadable = match self.unreadable {
            0 => None,
            1 => Some("… 1 line could not be read\n".to_owned()),
            many => Some(format!("… {many} lines could not be read\n")),
        };
        notes.chain(self.names_left_out()).chain(unreadable).collect()
    }

    fn names_left_out(&self) -> Option<String> {
        let count = self.left_out.len();
        let names: Vec<String> =
            self.left_out.iter().take(NAMED).map(|key| json!(key).to_string()).collect();
        let names = names.join(", ");
        match count {
            0 => None,
            1 => Some(format!("… 1 older key left out: {names}\n")),
            _ if count > NAMED => {
                Some(format!("… {count} older keys left out: {names} and {} more\n", count - NAMED))
            }
            _ => Some(format!("… {count} older keys left out: {names}\n")),
        }
    }
}

fn tell(entry: &Entry, most: usize) -> Told {
    let json = entry.value.to_string();
    let (key, step) = (entry.key.clone(), entry.by.step.clone());
    if json.len() <= most {
        return Told { key, value: entry.value.clone(), step, bytes_left_out: None };
    }
    let end = (0..=most).rev().find(|at| json.is_char_boundary(*at)).unwrap_or(0);
    let value = Value::String(json[..end].to_owned());
    Told { key, value, step, bytes_left_out: Some(json.len() - end) }
}

fn line(told: &Told) -> String {
    serde_json::to_string(told).expect("text keys and no failing parts")
}
