//! By what an earlier result of a step is found: what the step is and what it is told.

use serde_json::{Map, Value, json};

use crate::model::{
    digest::sha256,
    run::{
        Plan,
        plan::{CommandPlan, StepPlan},
    },
};

/// Whoever changes what a key is made of counts this up.
const VERSION: u32 = 1;

/// The key of a step; `what` is all that makes the step what it is, `own` the key that its contract
/// adds.
pub(super) fn key(plan: &Plan, step: &str, what: &Value, own: Option<&str>) -> String {
    let all = json!({
        "version": VERSION,
        "root": plan.root,
        "skill": plan.skill_of(step).digest,
        "what": what,
        "key": own,
    });
    sha256(all.to_string().as_bytes())
}

/// What makes a command what it is.
pub(super) fn of_command(plan: &Plan, command: &CommandPlan, argv: &[String]) -> Value {
    json!({ "argv": argv, "cwd": plan.cwd, "parse": command.parse, "form": command.output })
}

/// What makes a call what it is; `told` is what the agent hears beyond the plan.
pub(super) fn of_call(step: &StepPlan, told: &str) -> Value {
    json!({
        "agent": step.agent, "system": step.system, "prompt": step.prompt,
        "told": told, "form": step.output,
    })
}

/// The inputs of the skill that a step belongs to, with their types.
pub(super) fn inputs(plan: &Plan, step: &str) -> Map<String, Value> {
    let (texts, typed) = match plan.part_of(step) {
        Some(skill) => (&skill.inputs, &skill.typed),
        None => (&plan.inputs, &plan.typed),
    };
    let mut inputs: Map<String, Value> =
        texts.iter().map(|(name, text)| (name.clone(), text.as_str().into())).collect();
    inputs.extend(typed.iter().map(|(name, value)| (name.clone(), value.clone())));
    inputs
}
