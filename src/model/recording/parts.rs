//! The parts of a call's prompt, and whether those of a recorded call fit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Places;
use crate::model::{
    digest::sha256,
    panel::package,
    prompt,
    run::{Plan, plan::StepPlan},
};

/// Who a call plays: one that does the work.
pub const AGENT: &str = "agent";

/// Who a call plays: one that judges it.
pub const REVIEWER: &str = "reviewer";

/// All arguments together, under a name that no input has.
const ARGUMENTS: &str = "$ARGUMENTS";

/// So many digits of a hash tell two parts of one call apart.
const DIGITS: usize = 16;

/// The parts of a prompt, each as a hash of its text with everything replaced that differs from
/// machine to machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parts {
    /// What the contract says in the prompt: the step's own words and the output's schema.
    pub contract: String,
    /// The inputs, each by its name.
    pub inputs: BTreeMap<String, String>,
    /// The tree that the call sees.
    pub tree: String,
    /// SKILL.md.
    pub skill: String,
    /// The words that atlas puts around a skill.
    pub wording: String,
    /// What hooks and schemas said: why an earlier result was refused, what ran before.
    pub reasons: String,
}

/// What the parts of a call are made of.
#[derive(Clone, Copy, Debug)]
pub struct PartsOf<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The step.
    pub step: &'a StepPlan,
    /// The arguments as typed, which a skill may place without naming them.
    pub args: &'a [String],
    /// What hooks said: why the last attempt was refused, what ran before.
    pub reasons: &'a [String],
    /// The name of the tree before the call.
    pub tree: &'a str,
    /// What is replaced.
    pub places: &'a Places,
}

/// The parts of a call that is about to be made.
pub fn parts(of: PartsOf<'_>) -> Parts {
    let hash = |text: &str| short(&of.places.hide(text));
    let contract = serde_json::json!({
        "step": of.step.id,
        "asked": of.step.asked,
        "output": of.step.output,
    });
    let named = of.plan.inputs.iter().map(|(name, value)| (name.clone(), hash(value)));
    let typed = (!of.args.is_empty()).then(|| (ARGUMENTS.to_owned(), hash(&of.args.join("\n"))));
    Parts {
        contract: hash(&contract.to_string()),
        inputs: named.chain(typed).collect(),
        tree: of.tree.get(..DIGITS).unwrap_or(of.tree).to_owned(),
        skill: of.plan.skill.digest.get(..DIGITS).unwrap_or_default().to_owned(),
        wording: short(&wording(&of)),
        reasons: hash(&of.reasons.join("\n")),
    }
}

/// The words that atlas puts around this call.
fn wording(of: &PartsOf<'_>) -> String {
    if of.plan.role(&of.step.id) == REVIEWER {
        return package::wording();
    }
    let staged = !of.step.stages.files.is_empty();
    let outline = staged.then(prompt::staged_wording).unwrap_or_default();
    prompt::wording() + prompt::notes(&of.step.agent) + &outline
}

fn short(text: &str) -> String {
    let mut digits = sha256(text.as_bytes());
    digits.truncate(DIGITS);
    digits
}

/// How a recorded call fits one that is about to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Every part is the same.
    Match,
    /// Only words differ, in these parts: it plays, and whatever follows is checked for real.
    Stale(Vec<String>),
    /// These parts differ: what was recorded is an answer to another question.
    Missing(Vec<String>),
}

impl Parts {
    /// Compares what was recorded with what is asked now.
    pub fn fit(&self, now: &Self) -> Fit {
        let mut missing = Vec::new();
        if self.contract != now.contract {
            missing.push("the contract's part of the prompt".to_owned());
        }
        let names: std::collections::BTreeSet<&String> =
            self.inputs.keys().chain(now.inputs.keys()).collect();
        for name in names {
            match (self.inputs.get(name), now.inputs.get(name)) {
                (Some(then), Some(now)) if then == now => {}
                (Some(_), Some(_)) => missing.push(format!("the input `{name}`")),
                (None, _) => missing.push(format!("the input `{name}`, which was not given")),
                (_, None) => missing.push(format!("the input `{name}`, which is not given")),
            }
        }
        if self.tree != now.tree {
            missing.push("the tree before the call".to_owned());
        }
        if !missing.is_empty() {
            return Fit::Missing(missing);
        }
        let words = [
            ("the skill's text", self.skill != now.skill),
            ("atlas's own words", self.wording != now.wording),
            ("what hooks said", self.reasons != now.reasons),
        ];
        let stale: Vec<String> = words
            .into_iter()
            .filter(|(_, differs)| *differs)
            .map(|(what, _)| what.into())
            .collect();
        if stale.is_empty() { Fit::Match } else { Fit::Stale(stale) }
    }
}

/// What a call is asked, written beside its prompt for whoever plays a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The step.
    pub step: String,
    /// The attempt, from 1.
    pub attempt: u32,
    /// Whom the call plays.
    pub role: String,
    /// SHA-256 of what goes to stdin, hexadecimal: a player answers no other prompt.
    pub prompt: String,
    /// The parts of the prompt.
    pub parts: Parts,
    /// What placeholders stand for.
    pub places: Places,
}

/// How a call that is being recorded ended, written beside its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What it was asked.
    pub asked: Asked,
    /// The exit code; that of a shell where a signal ended it.
    pub exit: i32,
}
