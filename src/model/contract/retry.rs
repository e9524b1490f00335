//! How often, and after what, something is tried again.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::model::value::Span;

/// How often, and after what, something is tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Retry {
    /// At most so many times after the first.
    pub times: u8,
    /// After what.
    pub on: Vec<RetryOn>,
    /// How long to wait before the first repetition; twice as long before each further one.
    pub backoff: Span,
}

/// What makes a step worth another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RetryOn {
    /// The call or the command broke.
    Failed,
    /// A check refused the result.
    Rejected,
    /// claude was overloaded or cut off.
    Unavailable,
}

impl Retry {
    /// As many times, after everything that can pass.
    pub fn times(times: u8) -> Self {
        let on = vec![RetryOn::Failed, RetryOn::Rejected, RetryOn::Unavailable];
        Self { times, on, backoff: Span::seconds(1) }
    }
}

/// The long form.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "RetryRules")]
struct Written {
    /// At most so many times after the first.
    times: u8,
    /// After what; everything unless said otherwise.
    on: Option<Vec<RetryOn>>,
    /// How long to wait before the first repetition.
    backoff: Option<Span>,
}

impl<'de> Deserialize<'de> for Retry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Retry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number up to 255 or {times, on, backoff}")
            }

            fn visit_u64<E: serde::de::Error>(self, times: u64) -> Result<Retry, E> {
                u8::try_from(times)
                    .map(Retry::times)
                    .map_err(|_| E::invalid_value(serde::de::Unexpected::Unsigned(times), &self))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Retry, A::Error> {
                let written = Written::deserialize(MapAccessDeserializer::new(map))?;
                let plain = Retry::times(written.times);
                Ok(Retry {
                    on: written.on.unwrap_or(plain.on),
                    backoff: written.backoff.unwrap_or(plain.backoff),
                    times: plain.times,
                })
            }
        }

        deserializer.deserialize_any(Either)
    }
}

impl schemars::JsonSchema for Retry {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Retry".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let long = generator.subschema_for::<Written>();
        schemars::json_schema!({
            "description": "how often, and after what, something is tried again",
            "anyOf": [{ "type": "integer", "minimum": 0, "maximum": 255 }, long]
        })
    }
}
