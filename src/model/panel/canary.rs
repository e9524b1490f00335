//! Canaries: a fault that atlas plants into a copy of the work, to see whether the panel sees it.
//!
//! A panel that passes everything proves nothing. Work that it has passed goes before it once more,
//! with one fault in it that only atlas knows of. A panel that would pass the copy too did not look,
//! so what it said of the work itself is worth nothing.

mod plant;

use serde::{Deserialize, Serialize};

use super::{
    answer::Issue,
    merge::{path, plain},
    weigh::{Asked, Evidence, Said, conclude, is_clear, weighty},
};
use crate::model::{
    bundled_hook::added::place_of,
    result::{FindingKind, VerdictStatus},
};

pub use plant::{Material, plant};

/// A fault, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planted {
    /// What was done.
    pub kind: FaultKind,
    /// The changed file that it is in, from the root; `None` where it is in the output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The first line that it touches, from 1.
    pub line: usize,
    /// What stood there: whole lines, without the end of the last one.
    pub before: String,
    /// What stands there in the copy; nothing where a paragraph is gone.
    pub after: String,
}

/// What a planted fault is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum FaultKind {
    /// A condition says the contrary.
    Condition,
    /// A number is another one.
    Number,
    /// A paragraph is gone.
    Paragraph,
}

impl FaultKind {
    /// In words, after "the panel did not see".
    pub fn words(self) -> &'static str {
        match self {
            Self::Condition => "an inverted condition",
            Self::Number => "a changed number",
            Self::Paragraph => "a removed paragraph",
        }
    }
}

/// Whether one reviewer saw the fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Catch {
    /// The reviewer's name.
    pub reviewer: String,
    /// Its model, as the plan names it.
    pub model: String,
    /// Whether it pointed at the fault, with evidence and weight.
    pub caught: bool,
}

/// What a panel made of the copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Whether it would have passed the copy and has nothing left to ask.
    pub clear: bool,
    /// Whether it would have refused the copy, because of the fault.
    pub caught: bool,
    /// Of each reviewer that answered, whether it saw the fault.
    pub by: Vec<Catch>,
}

/// Judges those who judged the copy. `models` names the model of each of them, in the same order.
///
/// That somebody complains is not enough: what it points at has to be the fault.
pub fn judge(
    planted: &Planted,
    (asked, models): (&[Asked], &[String]),
    evidence: &Evidence,
    quorum: u32,
) -> Judged {
    let concluded = conclude(asked, evidence, quorum);
    let claims = weighty(asked, evidence);
    let saw = |reviewer: &str| {
        claims.iter().any(|(by, issue)| *by == reviewer && planted.is_meant_by(issue))
    };
    let answered = asked.iter().zip(models).filter(|(asked, _)| match asked.said {
        Said::Answer { .. } => true,
        Said::Nothing { .. } | Said::Died { .. } => false,
    });
    let by: Vec<Catch> = answered
        .map(|(asked, model)| Catch {
            reviewer: asked.reviewer.clone(),
            model: model.clone(),
            caught: saw(&asked.reviewer),
        })
        .collect();
    Judged {
        clear: is_clear(&concluded),
        caught: concluded.verdict.status == VerdictStatus::Rejected
            && by.iter().any(|catch| catch.caught),
        by,
    }
}

/// Lines that are so close are one place.
const NEAR: u64 = 3;

impl Planted {
    /// Whether an issue points at the fault: the place has to be the same, and for something that
    /// stands there, the words or the line.
    pub fn is_meant_by(&self, issue: &Issue) -> bool {
        if path(issue) != self.file.as_deref() {
            return false;
        }
        let after = self.after.trim();
        let quoted = |quote: &str| {
            let quote = quote.replace("\\@", "@");
            let quote = quote.trim();
            !quote.is_empty() && (after.contains(quote) || quote.contains(after))
        };
        match self.kind {
            FaultKind::Paragraph => issue.kind == FindingKind::Missing,
            FaultKind::Condition | FaultKind::Number => {
                let line = u64::try_from(self.line).unwrap_or(u64::MAX);
                issue.line.is_some_and(|at| at.abs_diff(line) <= NEAR)
                    || issue.quote.as_deref().is_some_and(quoted)
            }
        }
    }

    /// The output with the fault in it; `None` where the fault is not in this output.
    pub fn in_output(&self, output: &str) -> Option<String> {
        self.file.is_none().then(|| self.in_text(output)).flatten()
    }

    /// The file with the fault in it; `None` where the fault is not in this file.
    pub fn in_file(&self, file: &str, text: &str) -> Option<String> {
        (plain(file) == self.file.as_deref()?).then(|| self.in_text(text)).flatten()
    }

    fn in_text(&self, text: &str) -> Option<String> {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let before: Vec<&str> = self.before.lines().collect();
        let first = self.line.checked_sub(1)?;
        let there = lines.get(first..first + before.len())?;
        let same = |(line, before): (&&str, &&str)| content(line) == *before;
        if !there.iter().zip(&before).all(same) {
            return None;
        }
        let last = there.last()?;
        let (above, below) = (&lines[..first], &lines[first + before.len()..]);
        if self.after.is_empty() {
            let (above, below) = closed_up(above, below);
            return Some(above.concat() + &below.concat());
        }
        let end = &last[content(last).len()..];
        Some(format!("{}{}{end}{}", above.concat(), self.after, below.concat()))
    }

    /// The change, as a patch, with the fault in it; `None` where it does not add the line.
    pub fn in_change(&self, change: &str) -> Option<String> {
        let file = self.file.as_ref()?;
        let place = place_of(change.as_bytes(), file.as_bytes(), self.line)?;
        let line = change.get(place.clone())?;
        let text = content(line);
        (text == self.before).then(|| {
            let end = &line[text.len()..];
            format!("{}{}{end}{}", &change[..place.start], self.after, &change[place.end..])
        })
    }
}

/// A line without its end.
fn content(line: &str) -> &str {
    line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line))
}

/// With a paragraph goes the line that stood between it and the next one, else the one before it.
fn closed_up<'a>(above: &'a [&'a str], below: &'a [&'a str]) -> (&'a [&'a str], &'a [&'a str]) {
    let blank = |line: &&str| line.trim().is_empty();
    match (above, below) {
        (_, [first, rest @ ..]) if blank(first) => (above, rest),
        ([rest @ .., last], _) if blank(last) => (rest, below),
        _ => (above, below),
    }
}

#[cfg(test)]
mod tests;
