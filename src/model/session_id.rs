//! The names of sessions: sortable by time, short enough to say, unique enough to type in part.

use std::{fmt, str::FromStr};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use crate::model::value::NotAValue;

const STAMP: &str = "%Y%m%d-%H%M%S";
const STAMP_LEN: usize = "20261120-092842".len();
const LETTERS: usize = 4;

/// How many values two letters have: as many parts a second has, of about one and a half
/// milliseconds.
const PARTS: u64 = 26 * 26;

/// A session's name, `YYYYMMDD-HHMMSS-abcd`: when it began (UTC), with two letters for the part of
/// the second and two that tell it from others.
///
/// The order of names is the order in which the sessions began: no run takes a millisecond.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(String);

impl SessionId {
    /// The name of a session that begins at `at`; `other` tells it from those of the same moment.
    pub fn new(at: Timestamp, other: u32) -> Self {
        let mut name = at.strftime(STAMP).to_string();
        name.push('-');
        let nanoseconds = u64::try_from(at.subsec_nanosecond()).unwrap_or(0);
        let number = nanoseconds * PARTS / 1_000_000_000 * PARTS + u64::from(other) % PARTS;
        for place in (0..LETTERS).rev() {
            let rest = number / 26_u64.pow(u32::try_from(place).expect("there are few letters"));
            let letter = u8::try_from(rest % 26).expect("a remainder of 26 is small");
            name.push(char::from(b'a' + letter));
        }
        Self(name)
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// When it began, by its name, to the second.
    pub fn begun(&self) -> Timestamp {
        let stamp = DateTime::strptime(STAMP, &self.0[..STAMP_LEN]).ok();
        let zoned = stamp.and_then(|stamp| TimeZone::UTC.to_timestamp(stamp).ok());
        zoned.unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// The four letters, which are enough to name it among a few.
    pub fn letters(&self) -> &str {
        &self.0[STAMP_LEN + 1..]
    }

    /// Whether `query` can mean this session: a beginning of its name, or its last four letters.
    pub fn answers_to(&self, query: &str) -> bool {
        !query.is_empty() && (self.0.starts_with(query) || self.letters() == query)
    }
}

/// The session that `query` names among `ids`; otherwise all that it could mean.
///
/// A whole name always means itself. The other two forms cannot be mistaken for one another: a
/// beginning starts with a digit, the letters do not.
pub fn resolve<'a>(query: &str, ids: &'a [SessionId]) -> Result<&'a SessionId, Vec<&'a SessionId>> {
    let mut candidates: Vec<_> = ids.iter().filter(|id| id.answers_to(query)).collect();
    match candidates.as_slice() {
        [_] => Ok(candidates.remove(0)),
        _ => Err(candidates),
    }
}

impl FromStr for SessionId {
    type Err = NotAValue;
    fn from_str(text: &str) -> Result<Self, NotAValue> {
        let refuse = || NotAValue(format!("`{}` is no name of a session", text.escape_debug()));
        let (stamp, letters) = text.split_at_checked(STAMP_LEN).ok_or_else(refuse)?;
        let digits = stamp.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let stamp_holds = digits && DateTime::strptime(STAMP, stamp).is_ok();
        let letters_hold = letters.len() == 1 + LETTERS
            && letters.starts_with('-')
            && letters.bytes().skip(1).all(|byte| byte.is_ascii_lowercase());
        if stamp_holds && letters_hold { Ok(Self(text.to_owned())) } else { Err(refuse()) }
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for SessionId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for SessionId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(text: &str) -> SessionId {
        text.parse().unwrap()
    }

    #[test]
    fn a_name_tells_when_it_began() {
        let at: Timestamp = "2026-11-20T09:28:42.987+02:00".parse().unwrap();
        let id = SessionId::new(at, 0);
        assert_eq!((id.as_str(), id.letters()), ("20261120-072842-zraa", "zraa"));
        let rows = [
            (0, 0, "aaaa"),
            (0, 1, "aaab"),
            (0, 27, "aabb"),
            (0, u32::MAX, "aaxv"),
            (1_500_000, 0, "abaa"),
            (999_999_999, 675, "zzzz"),
            (999_999_999, 676, "zzaa"),
        ];
        for (nanosecond, other, expected) in rows {
            let at = Timestamp::new(1_700_000_000, nanosecond).unwrap();
            assert_eq!(SessionId::new(at, other).letters(), expected, "{nanosecond} {other}");
        }
        assert_eq!(id.begun(), "2026-11-20T07:28:42Z".parse().unwrap());
    }

    #[test]
    fn only_names_are_names() {
        let rows = [
            ("20261120-092842-abcd", true),
            ("20261120-092842-abc", false),
            ("20261120-092842-abcde", false),
            ("20261120-092842-ABCD", false),
            ("20261120-092842_abcd", false),
            ("20261320-092842-abcd", false),
            ("20261120-252842-abcd", false),
            ("2026112-0092842-abcd", false),
            ("+0261120-092842-abcd", false),
            ("20261120-092842-abc/", false),
            ("../../../../../x-abcd", false),
            ("20261120-0928é-abcd", false),
            ("", false),
        ];
        for (text, expected) in rows {
            assert_eq!(text.parse::<SessionId>().is_ok(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_part_of_a_name_is_enough_while_it_means_one() {
        let ids = [
            id("20261120-092842-abcd"),
            id("20261120-092842-bcda"),
            id("20261121-000000-abcd"),
            id("20270101-000000-zzzz"),
        ];
        let rows: &[(&str, &[usize])] = &[
            ("20261120-092842-abcd", &[0]),
            ("20261120-092842-b", &[1]),
            ("20261121", &[2]),
            ("2027", &[3]),
            ("zzzz", &[3]),
            ("abcd", &[0, 2]),
            ("20261120", &[0, 1]),
            ("2", &[0, 1, 2, 3]),
            ("zzz", &[]),
            ("", &[]),
            ("20261120-092842-abcdx", &[]),
        ];
        for (query, expected) in rows {
            let found = match resolve(query, &ids) {
                Ok(one) => vec![one],
                Err(many) => many,
            };
            let expected: Vec<_> = expected.iter().map(|n| &ids[*n]).collect();
            assert_eq!(found, expected, "{query:?}");
            assert_eq!(resolve(query, &ids).is_ok(), expected.len() == 1, "{query:?}");
        }
    }

    proptest! {
        #[test]
        fn a_name_reads_back_as_itself(
            second in 0i64..250_000_000_000,
            nanosecond in 0..1_000_000_000,
            other: u32,
        ) {
            let name = SessionId::new(Timestamp::new(second, nanosecond).unwrap(), other);
            prop_assert_eq!(name.as_str().parse::<SessionId>().unwrap(), name.clone());
            let json = serde_json::to_string(&name).unwrap();
            prop_assert_eq!(serde_json::from_str::<SessionId>(&json).unwrap(), name);
        }

        #[test]
        fn names_sort_by_time(
            a in 0i64..2_000_000_000_000,
            b in 0i64..2_000_000_000_000,
            others: (u32, u32),
        ) {
            let name = |at: i64, other| {
                SessionId::new(Timestamp::from_millisecond(at * 2).unwrap(), other)
            };
            if a != b {
                prop_assert_eq!(name(a, others.0).cmp(&name(b, others.1)), a.cmp(&b));
            }
            prop_assert!(name(a, others.0) < name(a + 1, others.1), "two in one second");
        }

        #[test]
        fn no_text_breaks_the_parser(text in "\\PC{0,30}") {
            if let Ok(id) = text.parse::<SessionId>() {
                prop_assert_eq!(id.as_str(), text);
            }
        }
    }
}
