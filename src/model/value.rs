//! Small values with units: money, tokens, durations, shares.
//!
//! Each parses from the text that a person writes in YAML or on the command line, refuses what
//! makes no sense (a negative budget, NaN), and is written back in one canonical form.

mod bytes;
mod share;
mod time;
mod tokens;
mod usd;

#[cfg(test)]
mod tests;

pub use bytes::Bytes;
pub use share::Share;
pub use time::Span;
pub use tokens::Tokens;
pub use usd::Usd;

/// Why a text is not a value: lower case, no final period, fit to stand after a colon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAValue(pub String);

impl std::fmt::Display for NotAValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotAValue {}

/// Reads a value from a YAML or JSON scalar, whichever way the person wrote it.
///
/// `400k` is a string and `400000` is a number, yet both are the same value; a visitor takes
/// both and keeps the value's own error message, which an untagged enum would lose.
macro_rules! scalar_value {
    ($type:ident, $expecting:literal) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl serde::de::Visitor<'_> for Visitor {
                    type Value = $type;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($expecting)
                    }
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$type, E> {
                        text.parse().map_err(E::custom)
                    }
                    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<$type, E> {
                        number.to_string().parse().map_err(E::custom)
                    }
                    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<$type, E> {
                        number.to_string().parse().map_err(E::custom)
                    }
                    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<$type, E> {
                        number.to_string().parse().map_err(E::custom)
                    }
                }
                deserializer.deserialize_any(Visitor)
            }
        }
    };
}
use scalar_value;
