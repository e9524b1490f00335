//! What a panel says, as lines.

use crate::{
    model::{
        panel::weigh::{Cast, Vote},
        result::{Finding, FindingStatus, Severity},
        run::Plan,
    },
    report::{
        look::{Look, Mark},
        words,
    },
};

/// A reviewer is asked.
pub(super) fn asked(plan: &Plan, id: &str, look: Look) -> String {
    let mut reviewers = plan.panel.iter().flat_map(|panel| &panel.reviewers);
    let Some(reviewer) = reviewers.find(|reviewer| reviewer.call.id == id) else {
        return String::new();
    };
    let name = words::first_line(reviewer.name(), look);
    let model = words::first_line(&reviewer.call.agent.model, look);
    look.line(Mark::Note, &format!("reviewer {name}: asking {model}"))
}

/// A reviewer's vote. What it refutes follows, as a finding.
pub(super) fn vote(cast: &Cast, look: Look) -> String {
    let name = words::first_line(&cast.reviewer, look);
    let because = || match &cast.reason {
        Some(reason) => format!(": {}", words::first_line(reason, look)),
        None => String::new(),
    };
    let (mark, said) = match cast.vote {
        Vote::Confirmed => (Mark::Good, "confirmed".to_owned()),
        Vote::Refuted => (Mark::Bad, "refuted".to_owned()),
        Vote::Abstained => (Mark::Warning, format!("gave no vote that counts{}", because())),
        Vote::Error => (Mark::Warning, format!("died{}", because())),
    };
    look.line(mark, &format!("reviewer {name} {said}"))
}

/// What reviewers claim. Without evidence that could be confirmed it is worth reading and no more.
pub(super) fn finding(finding: &Finding, look: Look) -> String {
    let (mark, weight) = match finding.status {
        FindingStatus::Supported if finding.severity >= Severity::Major => (Mark::Bad, ""),
        FindingStatus::Supported => (Mark::Note, ""),
        FindingStatus::Unsupported => (Mark::Note, "unsupported: "),
    };
    let told = words::first_line(&finding.to_string(), look);
    look.line(mark, &format!("{weight}{told}"))
}
