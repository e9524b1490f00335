//! What a panel says, as lines.

use crate::{
    model::{
        panel::{
            Sitting,
            canary::Catch,
            weigh::{Cast, Vote},
        },
        result::{Finding, FindingStatus, Severity},
        run::{Plan, State},
    },
    report::{
        look::{Look, Mark},
        words,
    },
};

/// A reviewer is asked.
pub(super) fn asked(plan: &Plan, id: &str, look: Look) -> String {
    let asked = plan.panel.as_ref().and_then(|panel| panel.reviewer(id));
    let Some((sitting, reviewer)) = asked else { return String::new() };
    let name = words::first_line(reviewer.name(), look);
    let model = words::first_line(&reviewer.call.agent.model, look);
    let about = match sitting {
        Sitting::Work => "",
        Sitting::Canary => " about a copy with a planted fault",
    };
    look.line(Mark::Note, &format!("reviewer {name}: asking {model}{about}"))
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

/// Who saw the fault that was planted. That the panel missed it, its check tells.
pub(super) fn canary(state: &State, by: &[Catch], caught: bool, look: Look) -> String {
    let fault = state.canary().and_then(|canary| canary.fault.as_ref());
    let fault = fault.map_or("a fault", |fault| fault.kind.words());
    let saw: Vec<&str> =
        by.iter().filter(|catch| catch.caught).map(|catch| catch.reviewer.as_str()).collect();
    let who = if saw.is_empty() { "nobody".to_owned() } else { saw.join(", ") };
    let mark = if caught { Mark::Good } else { Mark::Bad };
    let who = words::first_line(&who, look);
    look.line(
        mark,
        &format!("planted {fault}: seen by {who} of {}", words::count(by.len(), "reviewer")),
    )
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
