//! One line of a scratch pad: a note, dated and sealed as the journal's lines are.
//!
//! ```text
//! {"v":1,"at":"2026-11-20T09:28:42.5Z","key":"branch","value":"main","step":"gather",…,"crc":"…"}
//! ```

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{By, Entry, KEY_BYTES, VALUE_BYTES, not_a_key};
use crate::model::journal_line::{is_sealed, seal};

/// The version of the format that is written.
const VERSION: u32 = 1;

/// The longest name of a step or a unit, in bytes.
const NAME_BYTES: usize = 1024;

/// Why bytes are no note, or a note cannot become a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadEntry {
    /// The checksum is missing, malformed, or not that of the bytes.
    Checksum,
    /// It was written by a later atlas, in this version of the format.
    Newer(u32),
    /// The key is none.
    Key(String),
    /// The value is too long, or nested too deep.
    Value(String),
    /// The checksum holds, yet the bytes are no note.
    Content(String),
}

impl fmt::Display for BadEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checksum => f.write_str("its checksum does not hold"),
            Self::Newer(v) => write!(f, "it has format version {v}, this atlas reads {VERSION}"),
            Self::Key(why) => write!(f, "the key: {why}"),
            Self::Value(why) => write!(f, "the value: {why}"),
            Self::Content(why) => write!(f, "it is no note: {why}"),
        }
    }
}

impl std::error::Error for BadEntry {}

#[derive(Serialize, Deserialize)]
struct Written<K, V> {
    v: u32,
    at: String,
    key: K,
    value: V,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    step: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
}

/// The line for `entry`, its newline included. What would not read back is refused.
pub fn encode(entry: &Entry) -> Result<Vec<u8>, BadEntry> {
    if let Some(why) = not_a_key(&entry.key) {
        return Err(BadEntry::Key(why));
    }
    let size = entry.value.to_string().len();
    if size > VALUE_BYTES {
        return Err(BadEntry::Value(format!("it has {size} bytes, {VALUE_BYTES} are allowed")));
    }
    let By { run, step, unit } = entry.by.clone();
    for name in step.iter().chain(&unit) {
        if name.len() > NAME_BYTES {
            return Err(BadEntry::Content(format!("its writer's name has {} bytes", name.len())));
        }
    }
    let at = entry.at.to_string();
    let written = Written { v: VERSION, at, key: &entry.key, value: &entry.value, run, step, unit };
    let json =
        serde_json::to_vec(&written).map_err(|error| BadEntry::Content(error.to_string()))?;
    let line = seal(json);
    match decode(line.trim_ascii_end()) {
        Ok(_) => Ok(line),
        Err(BadEntry::Content(_)) => Err(BadEntry::Value("it is nested too deep".to_owned())),
        Err(bad) => Err(bad),
    }
}

/// Reads a line, which is given without its newline.
pub fn decode(line: &[u8]) -> Result<Entry, BadEntry> {
    #[derive(Deserialize)]
    struct Version {
        v: u32,
    }
    if !is_sealed(line) {
        return Err(BadEntry::Checksum);
    }
    let content = |error: serde_json::Error| BadEntry::Content(error.to_string());
    let Version { v } = serde_json::from_slice(line).map_err(content)?;
    if v > VERSION {
        return Err(BadEntry::Newer(v));
    }
    let written: Written<String, Value> = serde_json::from_slice(line).map_err(content)?;
    let at = written.at.parse();
    let at = at.map_err(|error: jiff::Error| BadEntry::Content(error.to_string()))?;
    // Whoever can write the file can seal what we would refuse.
    if written.key.len() > KEY_BYTES || not_a_key(&written.key).is_some() {
        return Err(BadEntry::Key("it is none".to_owned()));
    }
    let by = By { run: written.run, step: written.step, unit: written.unit };
    Ok(Entry { at, key: written.key, value: written.value, by })
}
