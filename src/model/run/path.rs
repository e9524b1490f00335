//! The paths of steps within a run: `gather`, `checks/lint`, `files[3]/judge`.
//!
//! A step of the contract has one path; what `each` runs for several things has one for each,
//! which differs from the step's own in the numbers only.

use std::borrow::Cow;

/// The path of everything: its children are the outermost steps.
pub const ROOT: &str = "";

/// The last part of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Last<'a> {
    /// A step by its id.
    Step(&'a str),
    /// One of the things of an `each`, from 0.
    Thing(u32),
}

/// The path of a step below another.
pub fn child(parent: &str, id: &str) -> String {
    if parent == ROOT { id.to_owned() } else { format!("{parent}/{id}") }
}

/// The path of one of the things of an `each`, from 0.
pub fn thing(each: &str, place: u32) -> String {
    format!("{each}[{place}]")
}

/// What a path is below, and its last part. The root is below nothing.
pub fn split(path: &str) -> Option<(&str, Last<'_>)> {
    if path == ROOT {
        return None;
    }
    if let Some((each, place)) = path.strip_suffix(']').and_then(|path| path.rsplit_once('['))
        && let Ok(place) = place.parse()
    {
        return Some((each, Last::Thing(place)));
    }
    Some(match path.rsplit_once('/') {
        Some((parent, id)) => (parent, Last::Step(id)),
        None => (ROOT, Last::Step(path)),
    })
}

/// The path and what is above it, innermost first.
pub fn outwards(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| split(path).map(|(above, _)| above))
}

/// Whether a path is the other one or below it.
pub fn is_within(path: &str, above: &str) -> bool {
    above == ROOT
        || path
            .strip_prefix(above)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '[']))
}

/// The path of the contract's step: without the numbers of things.
pub fn of_contract(path: &str) -> Cow<'_, str> {
    if !path.contains('[') {
        return Cow::Borrowed(path);
    }
    let parts = path.split('/').map(|part| part.split('[').next().unwrap_or_default());
    Cow::Owned(parts.collect::<Vec<_>>().join("/"))
}

/// What a branch is called in the contract: a step by its path there, the things of an `each`
/// together by that of the `each` with `[]` behind it.
pub fn branch(path: &str) -> Cow<'_, str> {
    match split(path) {
        Some((each, Last::Thing(_))) => Cow::Owned(format!("{}[]", of_contract(each))),
        Some((_, Last::Step(_))) | None => of_contract(path),
    }
}

/// The path of a step of the contract as somebody at another path means it: the same thing of
/// every `each` that holds both.
pub fn meant(of_contract: &str, by: &str) -> String {
    let mut own = by.split('/');
    let mut together = true;
    let parts = of_contract.split('/').map(|id| {
        let same = own.next().filter(|part| together && part.split('[').next() == Some(id));
        together = same.is_some();
        same.unwrap_or(id)
    });
    parts.collect::<Vec<_>>().join("/")
}

/// The last id in a path: what the step is called in the contract.
pub fn id(path: &str) -> &str {
    let last = path.rsplit('/').next().unwrap_or_default();
    last.split('[').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_and_its_parts() {
        let path = child(&thing(&child("a", "files"), 3), "judge");
        assert_eq!(path, "a/files[3]/judge");
        assert_eq!(of_contract(&path), "a/files/judge");
        let all: Vec<_> = outwards(&path).collect();
        assert_eq!(all, ["a/files[3]/judge", "a/files[3]", "a/files", "a", ROOT]);
        assert_eq!(id(&path), "judge");
        assert_eq!(branch(&path), "a/files/judge");
        assert_eq!(branch("a[1]/files[3]"), "a/files[]");
        let mut parts = Vec::new();
        let mut rest = path.as_str();
        while let Some((parent, last)) = split(rest) {
            parts.push(last);
            rest = parent;
        }
        let expected = [Last::Step("judge"), Last::Thing(3), Last::Step("files"), Last::Step("a")];
        assert_eq!(parts, expected);
    }

    #[test]
    fn within_an_each_the_same_thing_is_meant() {
        assert_eq!(meant("files/judge", "files[3]/fix"), "files[3]/judge");
        assert_eq!(meant("a/files/b/c", "a/files[3]/b[1]/d[2]"), "a/files[3]/b[1]/c");
        assert_eq!(meant("files", "merge"), "files");
        assert_eq!(meant("other/files", "more[1]/files[2]"), "other/files");
    }

    #[test]
    fn only_what_is_below_is_within() {
        assert!(is_within("a/b", "a") && is_within("a[1]", "a") && is_within("a", "a"));
        assert!(!is_within("ab", "a") && !is_within("a", "a/b") && is_within("x", ROOT));
    }
}
