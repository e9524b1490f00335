//! Amounts of bytes.

use std::{fmt, str::FromStr};

use super::NotAValue;

/// An amount of bytes; people write `500M`, `2G` or `64 KiB`. A bare number is bytes, and every
/// unit is a power of 1024.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

const UNITS: [char; 4] = ['K', 'M', 'G', 'T'];

/// Rounded for people: `412 B`, `1.2 MiB`, `37 GiB`.
impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = (1..=UNITS.len()).rev().find(|steps| self.0 >> (10 * steps) > 0);
        let Some(steps) = steps else { return write!(f, "{} B", self.0) };
        let unit = UNITS[steps - 1];
        // Tenths, so that no float is needed.
        let tenths = (u128::from(self.0) * 10) >> (10 * steps);
        match tenths {
            ..100 => write!(f, "{}.{} {unit}iB", tenths / 10, tenths % 10),
            _ => write!(f, "{} {unit}iB", tenths / 10),
        }
    }
}

impl FromStr for Bytes {
    type Err = NotAValue;
    fn from_str(text: &str) -> Result<Self, NotAValue> {
        parse(text.trim()).map(Self).ok_or_else(|| {
            NotAValue(format!("`{text}` is no amount of bytes, write 500M, 2G or 64K"))
        })
    }
}

fn parse(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok()?;
    let unit = text[digits..].trim_start().to_ascii_uppercase();
    let unit = unit.strip_suffix("IB").or_else(|| unit.strip_suffix('B')).unwrap_or(&unit);
    if unit.is_empty() {
        return Some(number);
    }
    let steps = UNITS.iter().position(|known| unit == known.to_string())? + 1;
    number.checked_mul(1 << (10 * steps))
}
