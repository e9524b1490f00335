//! A verdict that stands for another run of the same: what makes two runs the same, and what is
//! known of the one that was made.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::model::{
    Status,
    digest::sha256,
    result::RunResult,
    run::{Plan, stand::TreeName},
};

/// Raised when equal keys stop meaning equal runs.
const FORMAT: u32 = 1;

/// What of a plan decides nothing about the verdict: where a run ends, and where it was said.
const NO_MATTER: [&str; 4] = ["limits", "settings", "sources", "protected"];

/// What of a call is known from earlier runs, and so differs from run to run.
const FROM_EARLIER_RUNS: [&str; 2] = ["reserve", "window"];

/// A run that was made, in the place of one that need not be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reused {
    /// When it ended: RFC 3339, in UTC. `at` in a journal's line is another time.
    pub ended: String,
    /// What came of it, its session and its run among it.
    pub result: RunResult,
}

/// What a run would be made of: skill, contract, hooks, inputs, model, the tree under review and
/// the version of claude. Runs with equal keys are asked the same.
pub fn key(plan: &Plan, tree: &TreeName, claude: Option<&str>) -> String {
    let mut plan = serde_json::to_value(plan).expect("a plan is JSON");
    if let Value::Object(fields) = &mut plan {
        fields.retain(|name, _| !NO_MATTER.contains(&name.as_str()));
    }
    forget_earlier_runs(&mut plan);
    let made_of = json!({ "format": FORMAT, "plan": plan, "tree": tree, "claude": claude });
    sha256(made_of.to_string().as_bytes())
}

/// Whether a result says something about the work that another run would have to find out again.
/// One that changed files would have to change them again.
pub fn is_verdict(result: &RunResult) -> bool {
    let touched_nothing = result.changes.as_ref().is_none_or(|changes| changes.files.is_empty());
    touched_nothing && matches!(result.status, Status::Passed | Status::Rejected)
}

/// A call is known by its prompt and its agent, wherever in the plan it stands.
fn forget_earlier_runs(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if ["agent", "prompt"].iter().all(|name| fields.contains_key(*name)) {
                fields.retain(|name, _| !FROM_EARLIER_RUNS.contains(&name.as_str()));
            }
            fields.values_mut().for_each(forget_earlier_runs);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_earlier_runs),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests;
