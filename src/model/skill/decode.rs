//! Bytes to text, whatever they are.

use std::{path::Path, sync::Arc};

use crate::model::Spot;

/// The text of a file, and a warning for each way in which it was none.
pub(super) fn decode(path: &Path, bytes: &[u8]) -> (Arc<str>, Vec<Spot>) {
    let (text, foreign) = match bytes {
        [0xff, 0xfe, rest @ ..] => (utf16(rest, u16::from_le_bytes), true),
        [0xfe, 0xff, rest @ ..] => (utf16(rest, u16::from_be_bytes), true),
        _ => (String::from_utf8_lossy(bytes).into_owned(), false),
    };
    let broken =
        std::str::from_utf8(bytes).err().filter(|_| !foreign).map(|error| error.valid_up_to());
    let nul = text.find('\0');
    let text: Arc<str> =
        if nul.is_some() { text.replace('\0', "\u{fffd}").into() } else { text.into() };
    let spot = |at: usize, message: &str, help: &str| Spot {
        path: path.to_owned(),
        source: Arc::clone(&text),
        span: at..at + text[at..].chars().next().map_or(0, char::len_utf8),
        message: message.to_owned(),
        help: Some(help.to_owned()),
    };
    let mut warnings = Vec::new();
    if foreign {
        warnings.push(spot(0, "this file is UTF-16; read as such", "save it as UTF-8"));
    }
    // NUL bytes before the broken one have grown to three bytes each.
    if let Some(at) = broken {
        let grown = bytes[..at].iter().filter(|byte| **byte == 0).count() * 2;
        let message = "not UTF-8 from here on; shown as \u{fffd}";
        warnings.push(spot(at + grown, message, "save it as UTF-8"));
    }
    if let Some(at) = nul {
        warnings.push(spot(at, "a NUL byte; shown as \u{fffd}", "remove it"));
    }
    (text, warnings)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).map(|unit| unit.unwrap_or('\u{fffd}')).collect()
}
