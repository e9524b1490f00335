//! Which issues say the same thing.
//!
//! Reviewers do not know of each other and use words of their own. Two issues are one where they
//! are of one kind, about one file, and either share most of their words, or share some and speak
//! of the same place. That is no understanding; it is enough to count who raised what, and an
//! omission that two reviewers name in wholly different words stays two unsupported findings.

use std::collections::BTreeSet;

use super::answer::Issue;

/// Lines that are so close are one place.
const NEAR: u64 = 3;

/// From this share of the shorter claim's words on, two claims are one.
const SAME: f64 = 0.5;

/// From this share on they are, where the place is the same too.
const SAME_PLACE: f64 = 0.25;

/// Words that say nothing about what a claim is about.
const COMMON: [&str; 28] = [
    "all", "and", "any", "are", "but", "can", "does", "for", "from", "has", "have", "into", "its",
    "must", "not", "should", "that", "the", "there", "this", "was", "were", "what", "when",
    "where", "which", "will", "with",
];

/// Groups issues that say the same; each group holds places in `issues`, in their order.
pub(super) fn groups(issues: &[&Issue]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (at, issue) in issues.iter().enumerate() {
        let known = groups.iter_mut().find(|group| same(issues[group[0]], issue));
        match known {
            Some(group) => group.push(at),
            None => groups.push(vec![at]),
        }
    }
    groups
}

fn same(one: &Issue, other: &Issue) -> bool {
    if one.kind != other.kind || path(one) != path(other) {
        return false;
    }
    let shared = shared(&words(&one.claim), &words(&other.claim));
    shared >= SAME || (shared >= SAME_PLACE && same_place(one, other))
}

/// The file that an issue speaks of, as everybody writes it.
pub(super) fn path(issue: &Issue) -> Option<&str> {
    issue.file.as_deref().map(plain)
}

/// A path without what people may leave out.
pub(super) fn plain(path: &str) -> &str {
    let path = path.trim();
    path.strip_prefix("./").unwrap_or(path)
}

fn same_place(one: &Issue, other: &Issue) -> bool {
    let lines = one.line.zip(other.line).is_some_and(|(a, b)| a.abs_diff(b) <= NEAR);
    let quotes = one.quote.as_deref().zip(other.quote.as_deref());
    lines || quotes.is_some_and(|(a, b)| !a.trim().is_empty() && a.trim() == b.trim())
}

fn words(claim: &str) -> BTreeSet<String> {
    claim
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|word| word.chars().count() > 2 && !COMMON.contains(&word.as_str()))
        .collect()
}

/// The share of the smaller set that is in both.
fn shared(one: &BTreeSet<String>, other: &BTreeSet<String>) -> f64 {
    let least = one.len().min(other.len());
    if least == 0 {
        return 0.0;
    }
    let both = one.intersection(other).count();
    #[expect(clippy::cast_precision_loss, reason = "a claim has far fewer words")]
    let share = both as f64 / least as f64;
    share
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::result::{FindingKind, Severity};

    fn issue(kind: FindingKind, place: (&str, u64), claim: &str) -> Issue {
        Issue {
            severity: Severity::Major,
            kind,
            claim: claim.to_owned(),
            file: (!place.0.is_empty()).then(|| place.0.to_owned()),
            line: (place.1 > 0).then_some(place.1),
            quote: None,
            command: None,
            expect: None,
        }
    }

    #[test]
    fn issues_that_say_the_same_are_one() {
        use FindingKind::{Missing, Wrong};
        let empty = issue(Wrong, ("a.py", 4), "an empty cart divides by zero");
        let rows = [
            (issue(Wrong, ("a.py", 90), "Division by zero for an empty cart."), true),
            (
                issue(Wrong, ("./a.py", 5), "`average` raises ZeroDivisionError on an empty cart"),
                true,
            ),
            (
                issue(
                    Wrong,
                    ("a.py", 90),
                    "`average` raises ZeroDivisionError if nothing is in it",
                ),
                false,
            ),
            (issue(Wrong, ("b.py", 4), "an empty cart divides by zero"), false),
            (issue(Wrong, ("", 0), "an empty cart divides by zero"), false),
            (issue(Missing, ("a.py", 4), "an empty cart divides by zero"), false),
            (issue(Wrong, ("a.py", 4), "the name is misleading"), false),
            (issue(Wrong, ("a.py", 4), "it"), false),
        ];
        for (other, expected) in rows {
            assert_eq!(same(&empty, &other), expected, "{}", other.claim);
            assert_eq!(same(&other, &empty), expected, "both ways: {}", other.claim);
        }
    }

    #[test]
    fn every_issue_is_in_one_group() {
        let claims =
            ["no test of carts", "carts have no test", "the log says nothing", "test carts"];
        let issues = claims.map(|claim| issue(FindingKind::Missing, ("", 0), claim));
        assert_eq!(groups(&issues.each_ref()), [vec![0, 1, 3], vec![2]]);
        assert!(groups(&[]).is_empty());
    }
}
