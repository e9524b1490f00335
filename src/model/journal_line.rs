//! One line of a journal: an event, numbered, dated, and sealed with a checksum.
//!
//! ```text
//! {"v":1,"seq":17,"at":"2026-11-20T09:28:42.5Z","type":"step_ended",…,"crc":"9ae3f1c2"}
//! ```
//!
//! `v`, `seq` and `at` come first, in this order. The checksum, CRC-32 (IEEE), is over the bytes before `,"crc":`. What follows those bytes has
//! one form only, so that no change of a single byte goes unseen. The form of the seal is the
//! same in every version: a reader can tell a newer line from a broken one.

use std::fmt;

use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::model::run::Event;

/// The version of the format that is written.
pub const VERSION: u32 = 1;

const CRC_KEY: &[u8] = b",\"crc\":\"";
const CRC_DIGITS: usize = 8;
const CLOSE: &[u8] = b"\"}";
const SEAL_LEN: usize = CRC_KEY.len() + CRC_DIGITS + CLOSE.len();

/// A line that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The version of the format it was written in.
    pub v: u32,
    /// Its number in the journal, from 1.
    pub seq: u64,
    /// When it was written, by the clock of that moment; the order is that of `seq`.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
}

/// Why bytes are no line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadLine {
    /// The checksum is missing, malformed, or not that of the bytes.
    Checksum,
    /// It was written by a later atlas, in this version of the format.
    Newer(u32),
    /// The checksum holds, yet the bytes are no event that we know how to read.
    Content(String),
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checksum => f.write_str("its checksum does not hold"),
            Self::Newer(v) => write!(f, "it has format version {v}, this atlas reads {VERSION}"),
            Self::Content(why) => write!(f, "its checksum holds but its content does not: {why}"),
        }
    }
}

impl std::error::Error for BadLine {}

/// The line for `event`, its newline included. Fails on a path that is no UTF-8.
pub fn encode(seq: u64, at: Timestamp, event: &Event) -> serde_json::Result<Vec<u8>> {
    let event = serde_json::to_vec(event)?;
    let fields = event.strip_prefix(b"{").expect("an event is an object, for it has a type");
    let mut line = format!(r#"{{"v":{VERSION},"seq":{seq},"at":"{at}","#).into_bytes();
    line.extend_from_slice(fields);
    Ok(seal(line))
}

/// Seals a JSON object that holds at least one key, and ends the line.
pub fn seal(mut object: Vec<u8>) -> Vec<u8> {
    let brace = object.pop();
    debug_assert_eq!(brace, Some(b'}'), "only objects are sealed");
    let crc = crc32fast::hash(&object);
    object.extend_from_slice(CRC_KEY);
    object.extend_from_slice(format!("{crc:08x}").as_bytes());
    object.extend_from_slice(CLOSE);
    object.push(b'\n');
    object
}

/// Whether `line`, without its newline, ends in the seal of its own bytes.
pub fn is_sealed(line: &[u8]) -> bool {
    let Some((body, seal)) =
        line.len().checked_sub(SEAL_LEN).and_then(|at| line.split_at_checked(at))
    else {
        return false;
    };
    let crc = crc32fast::hash(body);
    seal.strip_prefix(CRC_KEY).and_then(|rest| rest.strip_suffix(CLOSE))
        == Some(format!("{crc:08x}").as_bytes())
}

/// Reads a line, which is given without its newline.
pub fn decode(line: &[u8]) -> Result<Line, BadLine> {
    #[derive(Deserialize)]
    struct Version {
        v: u32,
    }
    if !is_sealed(line) {
        return Err(BadLine::Checksum);
    }
    serde_json::from_slice(line).map_err(|error| {
        // A later atlas may write lines that go on otherwise; the version is always there.
        match serde_json::from_slice(line) {
            Ok(Version { v }) if v > VERSION => BadLine::Newer(v),
            Ok(_) | Err(_) => BadLine::Content(error.to_string()),
        }
    })
}

/// In one pass: what stands before the event is taken off in the order in which it is written, and
/// the event takes the rest. Long journals are read at each resume, so a second pass is felt.
impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Line;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an event with `v`, `seq` and `at` before it")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line, A::Error> {
                let v = field(&mut map, "v")?;
                if v > VERSION {
                    return Err(A::Error::custom("it is of a later version"));
                }
                let seq = field(&mut map, "seq")?;
                let at: &str = field(&mut map, "at")?;
                let at = at.parse().map_err(A::Error::custom)?;
                let event = Event::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Line { v, seq, at, event })
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// The value of the next field, which has to have this name.
fn field<'de, A, T>(map: &mut A, name: &'static str) -> Result<T, A::Error>
where
    A: MapAccess<'de>,
    T: Deserialize<'de>,
{
    match map.next_key::<&str>()? {
        Some(key) if key == name => map.next_value(),
        Some(_) | None => Err(A::Error::missing_field(name)),
    }
}

#[cfg(test)]
pub(crate) mod tests;
