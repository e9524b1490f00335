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
    let mut models: Vec<String> =
        plan.steps.iter().map(|step| words::first_line(&step.agent.model, look)).collect();
    models.dedup();
    if models.is_empty() {
        parts.push("asks no model".to_owned());
        return look.parts(&parts, None);
    }
    parts.push(models.join(" and "));
    parts.push(format!("{} {} tokens", look.about(), prompt_tokens(plan)));
    if let Some(History { usual, runs }) = history {
        parts.push(format!("usually {usual} ({})", words::count(runs, "run")));
    }
    parts.push(match plan.limits.usd {
        Some(cap) => format!("cap {cap}"),
        None => format!("up to {} of the plan's quota", plan.limits.quota),
    });
    look.parts(&parts, None)
}

/// Things worth knowing before anything is spent, such as that the run is isolated; one line each.
pub fn notices(notices: &[String], look: Look) -> String {
    notices.iter().map(|notice| look.line(Mark::Note, &words::first_line(notice, look))).collect()
}

/// What all prompts hold together, at four bytes a token.
pub fn prompt_tokens(plan: &Plan) -> Tokens {
    Tokens::estimate(plan.steps.iter().map(StepPlan::prompt_bytes).sum())
}
