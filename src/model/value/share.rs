//! Shares of a whole.

use std::{fmt, str::FromStr};

use super::{NotAValue, scalar_value};

/// A share of a whole; people write `50%` or `0.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share {
    basis_points: u16,
}

impl Share {
    /// So many hundredths, at most one hundred.
    pub const fn percent(percent: u16) -> Self {
        assert!(percent <= 100, "a share is at most the whole");
        Self { basis_points: percent * 100 }
    }

    /// The share as a number from 0 to 1.
    pub fn fraction(self) -> f64 {
        f64::from(self.basis_points) / 10_000.0
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", f64::from(self.basis_points) / 100.0)
    }
}

impl FromStr for Share {
    type Err = NotAValue;
    fn from_str(text: &str) -> Result<Self, NotAValue> {
        let trimmed = text.trim();
        let fraction = match trimmed.strip_suffix('%') {
            Some(percent) => percent.trim_end().parse::<f64>().map(|number| number / 100.0),
            None => trimmed.parse::<f64>(),
        };
        match fraction {
            Ok(fraction) if (0.0..=1.0).contains(&fraction) =>
            {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "between 0 and 10,000, checked by the guard"
                )]
                Ok(Self { basis_points: (fraction * 10_000.0).round() as u16 })
            }
            _ => Err(NotAValue(format!("`{text}` is no share, write 50% or 0.5"))),
        }
    }
}

impl serde::Serialize for Share {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

scalar_value!(Share, "a share such as 50%");

impl schemars::JsonSchema for Share {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Share".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["number", "string"], "description": "a share such as 50% or 0.5"
        })
    }
}
