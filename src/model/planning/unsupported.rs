//! What a contract may say and this version cannot do yet.

use std::ops::Range;

use super::{Given, steps::Grown};
use crate::model::{
    Fault, Result,
    contract::{Contract, Step, What, every},
    run::{
        path,
        plan::{Does, Node, StepPlan},
    },
    yaml::Spanned,
};

/// Refuses the run where something would silently be left out of it.
pub(super) fn refuse(given: &Given<'_>) -> Result<()> {
    let Some(contract) = given.contract else { return Ok(()) };
    let complaints = unsupported(&contract.value);
    if complaints.is_empty() {
        return Ok(());
    }
    let mut fault = Fault::invalid("the contract asks for what this version of atlas cannot do");
    for (span, what) in complaints {
        let message = format!("{what}: not supported by this version");
        fault = fault.at(contract.spot(&span, message));
    }
    Err(fault.hint("a run without it would prove less than the contract says, so it is refused"))
}

/// What a contract asks for and no run can have yet, each with its place.
pub fn unsupported(asked: &Contract) -> Vec<(Range<usize>, &'static str)> {
    let complaint = |step: &Spanned<Step>| Some((step.span.clone(), step_kind(step)?));
    every(&asked.steps).into_iter().filter_map(complaint).collect()
}

fn step_kind(step: &Step) -> Option<&'static str> {
    if step.cache.is_some() {
        return Some("`cache:`");
    }
    match &step.what {
        What::Delegate(_) => Some("`delegate:`"),
        What::Leaf(_)
        | What::Sequence(_)
        | What::Parallel { .. }
        | What::Each { .. }
        | What::Route(_)
        | What::Fallback(_) => None,
    }
}

/// Agents that may change files side by side would change them under each other.
pub(super) fn branches(given: &Given<'_>, grown: &Grown) -> Result<()> {
    let beside = |node: &Node| match &node.does {
        Does::Parallel { max, .. } | Does::Each { max, .. } => *max != Some(1),
        Does::Call
        | Does::Run
        | Does::Sequence(_)
        | Does::Route { .. }
        | Does::Fallback(_)
        | Does::Skill(_) => false,
    };
    let mut writes = None;
    Node::walk(&grown.tree, path::ROOT, &mut |path, _, node| {
        if beside(node) {
            let within = |step: &&StepPlan| path::is_within(&step.id, path);
            let mut steps = grown.steps.iter().filter(within);
            writes = writes
                .take()
                .or_else(|| steps.find(|step| step.agent.may_write()).map(|step| step.id.clone()));
        }
    });
    let Some(step) = writes else { return Ok(()) };
    let mut fault = Fault::invalid(format!("the step `{step}` may change files beside others"))
        .because("this version of atlas runs only agents that read side by side")
        .hint("give it `max: 1`, or take the right to write from the agent");
    let asked = given.contract.into_iter().flat_map(|contract| {
        every(&contract.value.steps).into_iter().map(move |step| (contract, step))
    });
    let beside =
        asked.filter(|(_, asked)| matches!(asked.what, What::Parallel { .. } | What::Each { .. }));
    for (contract, asked) in beside {
        fault = fault.at(contract.spot(&asked.span, "these may write side by side"));
    }
    Err(fault)
}
