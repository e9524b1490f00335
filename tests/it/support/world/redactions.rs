//! What differs from run to run, replaced by names, so that whole outputs can be compared.

use std::path::Path;

use regex::Regex;
use snapbox::{Assert, Redactions};

/// Names and what they stand for; money and counts stay, for they must not differ.
const PATTERNS: [(&str, &str); 6] = [
    ("[UUID]", r"\b(?<redacted>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})\b"),
    ("[SESSION]", r"\b(?<redacted>\d{8}-\d{6}-[0-9a-z]{4})\b"),
    ("[SHORT]", r"(…|\.\.\.)(?<redacted>[0-9a-z]{4})\b"),
    ("[SHORT]", r"\batlas resume (?<redacted>[0-9a-z]{4})\b"),
    ("[PORT]", r"127\.0\.0\.1:(?<redacted>\d+)"),
    ("[TIME]", r"\b(?<redacted>(\d+h )?(\d+m )?\d+(\.\d+)? ?m?s)\b"),
];

/// snapbox with this world's redactions; `SNAPSHOTS=overwrite` rewrites what differs.
pub(super) fn assert(root: &Path) -> Assert {
    let mut redactions = Redactions::new();
    redactions.insert("[ROOT]", root.to_owned()).expect("a path can be redacted");
    for (name, pattern) in PATTERNS {
        let pattern = Regex::new(pattern).expect("the pattern is tested");
        redactions.insert(name, pattern).expect("the name is written in brackets");
    }
    Assert::new().action_env("SNAPSHOTS").redact_with(redactions)
}
