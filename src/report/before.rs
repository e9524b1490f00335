//! What is said before the first call: what it will be, and what it may cost.

use super::{
    look::{Look, Mark},
    words,
};
use crate::model::{
    run::{Plan, plan::StepPlan},
    value::{Tokens, Usd},
};

/// What earlier runs of the same skill cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct History {
    /// What one usually costs.
    pub usual: Usd,
    /// How many there were.
    pub runs: usize,
}

/// The line before the first call.
pub fn headline(plan: &Plan, history: Option<History>, look: Look) -> String {
    let mut parts = vec![words::first_line(&plan.skill.name, look)];
    match &plan.work {
        Some(work) => {
            let file = work.file.as_ref().map(|file| file.to_string_lossy());
            let from = file.as_deref().unwrap_or("stdin");
            parts.push(format!("judging {}", words::first_line(from, look)));
        }
        None if plan.steps.is_empty() => parts.push("asks no model".to_owned()),
        None => parts.extend(asked(plan, look)),
    }
    if let Some(History { usual, runs }) = history {
        parts.push(format!("usually {usual} ({})", words::count(runs, "run")));
    }
    if plan.asks_somebody() {
        parts.push(match plan.limits.usd {
            Some(cap) => format!("cap {cap}"),
            None => format!("up to {} of the plan's quota", plan.limits.quota),
        });
    }
    look.parts(&parts, None)
}

/// Who is asked, and how much is said.
fn asked(plan: &Plan, look: Look) -> [String; 2] {
    let mut models: Vec<String> =
        plan.steps.iter().map(|step| words::first_line(&step.agent.model, look)).collect();
    models.dedup();
    [models.join(" and "), format!("{} {} tokens", look.about(), prompt_tokens(plan))]
}

/// Things worth knowing before anything is spent, such as that the run is isolated; one line each.
pub fn notices(notices: &[String], look: Look) -> String {
    notices.iter().map(|notice| look.line(Mark::Note, &words::first_line(notice, look))).collect()
}

/// What all prompts hold together, at four bytes a token.
pub fn prompt_tokens(plan: &Plan) -> Tokens {
    Tokens::estimate(plan.steps.iter().map(StepPlan::prompt_bytes).sum())
}
