//! Money.

use std::{
    fmt,
    iter::Sum,
    ops::{Add, AddAssign},
    str::FromStr,
};

use super::{NotAValue, scalar_value};

/// An amount of US dollars, never negative.
///
/// Held in nano-dollars, so that sums of many small prices are exact; JSON sees a plain number
/// of dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Usd(u64);

const NANOS: f64 = 1e9;

impl Usd {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many millionths of a dollar.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros * 1000)
    }

    /// The amount in whole millionths of a dollar.
    pub const fn micros(self) -> u64 {
        self.0 / 1000
    }

    /// Dollars as a JSON number gives them; `None` for what is no amount (negative, NaN, too large).
    pub fn from_dollars(dollars: f64) -> Option<Self> {
        let nanos = (dollars * NANOS).round();
        if !(0.0..=1e18).contains(&nanos) {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the range was checked on the line above"
        )]
        Some(Self(nanos as u64))
    }

    /// The amount in dollars, for JSON and for a command line.
    #[expect(clippy::cast_precision_loss, reason = "under 2^53 nano-dollars, nine million dollars")]
    pub fn dollars(self) -> f64 {
        self.0 as f64 / NANOS
    }

    /// What is left after taking `other` away; nothing where that is more.
    #[must_use]
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// An equal share of it, rounded down, so that all shares together are never more.
    #[must_use]
    pub fn shared_by(self, sharers: u32) -> Self {
        Self(self.0 / u64::from(sharers.max(1)))
    }
}

impl Add for Usd {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Usd {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

/// Cents from ten cents up; below that as many digits as show two that count.
impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dollars = self.dollars();
        let digits = match dollars {
            _ if self.0 == 0 => 2,
            d if d >= 0.01 => 2,
            d if d >= 0.001 => 4,
            _ => 6,
        };
        write!(f, "${dollars:.digits$}")
    }
}

impl FromStr for Usd {
    type Err = NotAValue;
    fn from_str(text: &str) -> Result<Self, NotAValue> {
        let number = text.trim().trim_start_matches('$');
        let plain = !number.is_empty()
            && number.chars().all(|c| c.is_ascii_digit() || c == '.' || c == 'e' || c == '-');
        number
            .parse()
            .ok()
            .filter(|_| plain)
            .and_then(Self::from_dollars)
            .ok_or_else(|| NotAValue(format!("`{text}` is no amount of dollars, write 0.50")))
    }
}

impl serde::Serialize for Usd {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.dollars())
    }
}

scalar_value!(Usd, "an amount of dollars such as 0.50");

impl schemars::JsonSchema for Usd {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Usd".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "number", "minimum": 0, "description": "US dollars" })
    }
}
