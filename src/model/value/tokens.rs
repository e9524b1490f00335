//! Tokens.

use std::{fmt, str::FromStr};

use super::{NotAValue, scalar_value};

/// A number of tokens; people write `400k` or `1M`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct Tokens(pub u64);

impl Tokens {
    /// The estimate used everywhere: four bytes a token.
    pub fn estimate(bytes: u64) -> Self {
        Self(bytes.div_ceil(4))
    }
}

/// Exact below ten thousand, then in thousands: `950`, `18k`, `1.2M`.
impl fmt::Display for Tokens {
    #[expect(clippy::cast_precision_loss, reason = "shown with two digits")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            n if n < 1000 => write!(f, "{n}"),
            n if n < 10_000 => write!(f, "{:.1}k", n as f64 / 1e3),
            n if n < 1_000_000 => write!(f, "{}k", (n + 500) / 1000),
            n => write!(f, "{:.1}M", n as f64 / 1e6),
        }
    }
}

impl FromStr for Tokens {
    type Err = NotAValue;
    fn from_str(text: &str) -> Result<Self, NotAValue> {
        let trimmed = text.trim();
        let (digits, unit) = match trimmed.strip_suffix(['k', 'K']) {
            Some(digits) => (digits, 1_000),
            None => match trimmed.strip_suffix(['m', 'M']) {
                Some(digits) => (digits, 1_000_000),
                None => (trimmed, 1),
            },
        };
        digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).map(Self).ok_or_else(
            || NotAValue(format!("`{text}` is no number of tokens, write 400000 or 400k")),
        )
    }
}

scalar_value!(Tokens, "a number of tokens such as 400k");

impl schemars::JsonSchema for Tokens {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Tokens".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["integer", "string"], "minimum": 0, "pattern": "^[0-9]+[kKmM]?$",
            "description": "a number of tokens, such as 400000 or 400k"
        })
    }
}
