//! What `atlas check` found, as people read it.

use super::fault::{self, Kind, Style};
use crate::model::lint::{Finding, Level, Strictness};

/// Every finding at its place, with an empty line between two.
pub fn findings(found: &[Finding], strictness: Strictness, style: Style) -> String {
    let shown: Vec<String> = found
        .iter()
        .map(|finding| {
            let kind = match finding.level(strictness) {
                Level::Error => Kind::Error,
                Level::Warning => Kind::Warning,
                Level::Note => Kind::Note,
            };
            fault::render_finding(kind, finding.rule.id, &finding.spot, style)
        })
        .collect();
    shown.join("\n")
}

/// How many things are wrong in how many files, as half a sentence.
pub fn summary(found: &[Finding], n_files: usize, strictness: Strictness) -> String {
    let of = |level: Level| found.iter().filter(|it| it.level(strictness) == level).count();
    let levels = [(Level::Error, "error"), (Level::Warning, "warning"), (Level::Note, "note")];
    let counts = levels.map(|(level, word)| (of(level), word));
    let said: Vec<String> =
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| number(*n, word)).collect();
    let files = number(n_files, "file");
    match &said[..] {
        [] => format!("{files} looked at, nothing is wrong"),
        [first @ .., last] if !first.is_empty() => {
            format!("{} and {last} in {files}", first.join(", "))
        }
        [.., only] => format!("{only} in {files}"),
    }
}

fn number(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
