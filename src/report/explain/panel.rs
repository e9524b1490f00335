//! The panel, as `--dry-run` shows it.

use crate::{
    model::panel::PanelPlan,
    report::{look::Look, words},
};

/// Who reviews, and what it takes.
pub(super) fn panel(panel: &PanelPlan, look: Look) -> String {
    let all = panel.reviewers.len();
    let mut lines: Vec<String> = panel
        .reviewers
        .iter()
        .map(|reviewer| {
            let name = words::first_line(reviewer.name(), look);
            let persona = words::first_line(&reviewer.persona, look);
            let model = words::first_line(&reviewer.call.agent.model, look);
            format!("{name}: {persona}, {model}, reserves {}", reviewer.call.reserve)
        })
        .collect();
    lines.push(format!("{} of {} must confirm", panel.quorum, words::count(all, "reviewer")));
    if panel.escalate && all > 1 {
        lines.push("the first one alone, the others where it finds fault or doubts".to_owned());
    }
    if !panel.canary.is_empty() {
        lines.push("a copy with a planted fault tests the panel".to_owned());
    }
    for evidence in &panel.evidence {
        let name = words::first_line(&evidence.name, look);
        lines.push(format!(
            "evidence {name}: {}",
            words::first_line(&evidence.command.join(" "), look)
        ));
    }
    lines.join("\n")
}
