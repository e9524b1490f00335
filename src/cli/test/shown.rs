//! What came of the cases, for people and for a CI.

use super::{
    case::{Outcome, Tried},
    live::Rate,
};
use crate::{
    model::{secret, text},
    report::{
        Look, Mark,
        junit::{self, Came, Case},
    },
};

/// For people: a line for each case, and what there is to say about it below.
pub(super) fn lines(done: &[Tried], look: Look) -> String {
    done.iter().map(|case| line(case, look)).collect()
}

fn line(case: &Tried, look: Look) -> String {
    let (mark, said) = match case.outcome {
        Outcome::Passed => (Mark::Good, ""),
        Outcome::Stale => (Mark::Warning, " is stale"),
        Outcome::Updated if case.notes.is_empty() => (Mark::Good, " recorded anew, no difference"),
        Outcome::Updated => (Mark::Again, " recorded anew"),
        Outcome::Skipped => (Mark::Note, " is not recorded"),
        Outcome::Differs if case.live.is_some() => (Mark::Bad, " passes too rarely"),
        Outcome::Differs => (Mark::Bad, " differs"),
        Outcome::Invalid => (Mark::Bad, " cannot be played"),
        Outcome::Interrupted => (Mark::Warning, " was interrupted"),
    };
    let live = case.live.map(|rate| format!("{}{}", look.separator(), share(rate, look)));
    let live = live.unwrap_or_default();
    let name = format!("{}/{}", case.skill, case.case);
    let name = text::sanitize_line(&name);
    let mut lines = look.line(mark, &format!("{name}{said}{live}"));
    for note in &case.notes {
        lines.push_str("  ");
        lines.push_str(&text::sanitize_line(note));
        lines.push('\n');
    }
    lines
}

/// How often it passed, where the true rate lies, and what that cost.
fn share(rate: Rate, look: Look) -> String {
    let percent = |share: f64| format!("{:.0}", share * 100.0);
    let (low, high) = (percent(rate.interval.low), percent(rate.interval.high));
    let parts = [
        format!("{} of {} passed", rate.passed.hits, rate.passed.of),
        format!("{low} to {high} % with 95 % confidence"),
        rate.usd.to_string(),
    ];
    parts.join(look.separator())
}

/// For a CI: a case for each case.
pub(super) fn junit(done: &[Tried], strict: bool) -> String {
    let case = |tried: &Tried| {
        let came = match tried.outcome {
            Outcome::Passed | Outcome::Updated => Came::Passed,
            Outcome::Stale if !strict => Came::Passed,
            Outcome::Stale | Outcome::Differs => Came::Failed,
            Outcome::Invalid => Came::Broke,
            Outcome::Skipped | Outcome::Interrupted => Came::Skipped,
        };
        let rate = tried.live.map(|rate| share(rate, Look::PLAIN));
        let lines: Vec<String> = rate.into_iter().chain(tried.notes.iter().cloned()).collect();
        Case {
            class: tried.skill.clone(),
            name: tried.case.clone(),
            came,
            reason: secret::redact(&lines.join("\n")).into_owned(),
            ms: tried.ms,
        }
    };
    let cases: Vec<Case> = done.iter().map(case).collect();
    junit::junit("atlas test", &[], &cases)
}
