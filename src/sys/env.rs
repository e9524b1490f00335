//! The environment variables atlas was started with: the only place that reads them.
//!
//! Everything else is given an [`Env`], so a test can run with any environment without touching
//! that of the test process, which all tests share.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
};

/// A set of environment variables, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Env {
    variables: BTreeMap<OsString, OsString>,
}

impl Env {
    /// The variables of this process, as they are now.
    pub fn from_process() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this module owns the environment")]
        let variables = std::env::vars_os();
        Self { variables: variables.collect() }
    }

    /// The value of `name`, or `None` if it is not set or is not UTF-8.
    ///
    /// An empty value is a value: what it means is for the reader of that variable to say.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_os(name)?.to_str()
    }

    /// The value of `name` byte by byte, or `None` if it is not set.
    pub fn get_os(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// All variables, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

impl<N: Into<OsString>, V: Into<OsString>> FromIterator<(N, V)> for Env {
    /// Of two values for one name, the later one counts.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let pairs = pairs.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self { variables: pairs.collect() }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt as _;

    use super::*;

    #[test]
    fn values_are_found_by_name() {
        let env: Env = [("B", "2"), ("A", ""), ("B", "3")].into_iter().collect();
        let rows = [("A", Some("")), ("B", Some("3")), ("C", None), ("b", None)];
        for (name, expected) in rows {
            assert_eq!(env.get(name), expected, "{name}");
        }
        let names: Vec<_> = env.iter().map(|(name, _)| name.to_str().unwrap()).collect();
        assert_eq!(names, ["A", "B"]);
    }

    #[test]
    fn a_value_that_is_not_text_is_kept_but_not_given_as_text() {
        let raw = OsString::from_vec(vec![b'/', 0xff]);
        let env: Env = [("RAW", raw.clone())].into_iter().collect();
        assert_eq!((env.get("RAW"), env.get_os("RAW")), (None, Some(raw.as_os_str())));
    }

    #[test]
    fn the_process_has_an_environment() {
        assert!(Env::from_process().get_os("PATH").is_some());
    }
}
