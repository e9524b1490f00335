//! Many repositories: which are meant, and which of them are this machine's share.

use std::{fmt, str::FromStr};

use super::{digest::sha256, value::NotAValue};

/// The share of one machine among several that are given the same list.
///
/// A repository's share is told by its name alone, so it stays the same when others come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which one, from 1.
    index: u64,
    /// How many there are.
    count: u64,
}

/// So many hexadecimal digits of a hash make a number.
const DIGITS: usize = 15;

impl Shard {
    /// Whether a repository of this name is in the share.
    pub fn takes(self, name: &str) -> bool {
        let hash = &sha256(name.as_bytes())[..DIGITS];
        let number = u64::from_str_radix(hash, 16).expect("a hash is hexadecimal");
        number % self.count == self.index - 1
    }
}

impl FromStr for Shard {
    type Err = NotAValue;

    fn from_str(typed: &str) -> Result<Self, NotAValue> {
        let wrong = || NotAValue("write 1/4 for the first of four shares".to_owned());
        let (index, count) = typed.split_once('/').ok_or_else(wrong)?;
        let number = |text: &str| {
            let plain = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| plain).ok_or_else(wrong)
        };
        let (index, count) = (number(index)?, number(count)?);
        if (1..=count).contains(&index) { Ok(Self { index, count }) } else { Err(wrong()) }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

/// The paths in the text of a list: one a line, without empty lines and those that begin with `#`.
pub fn listed(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// What a repository is called: its path as it was named, however it ends.
pub fn name(path: &str) -> &str {
    let plain = path.trim_end_matches('/');
    if plain.is_empty() { path } else { plain }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_share_is_one_of_so_many() {
        for typed in ["1/1", "1/4", "4/4", "17/100"] {
            assert_eq!(typed.parse::<Shard>().unwrap().to_string(), typed);
        }
        for typed in ["", "1", "0/4", "5/4", "1/0", "0/0", "-1/4", "+1/4", "a/b", "1/4/2", "1 /4"] {
            assert!(typed.parse::<Shard>().is_err(), "{typed}");
        }
    }

    #[test]
    fn a_list_has_one_path_a_line() {
        assert_eq!(listed("# mine\na\n\n  b/c  \r\n#d\n/e f\n"), ["a", "b/c", "/e f"]);
        assert_eq!([name("a/"), name("a"), name("/"), name("a//")], ["a", "a", "/", "a"]);
    }

    proptest! {
        #[test]
        fn every_name_is_in_exactly_one_share(name in ".*", count in 1u64..50) {
            let takers = (1..=count).filter(|index| Shard { index: *index, count }.takes(&name));
            prop_assert_eq!(takers.count(), 1);
        }
    }
}
