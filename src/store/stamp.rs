//! Moments in the store's own JSON files: RFC 3339, in UTC.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

pub(super) fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
    Cow::<str>::deserialize(from)?.parse().map_err(D::Error::custom)
}
