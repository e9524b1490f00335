//! Steps that run side by side, and what they may not do to each other.

use super::{Given, steps::Grown};
use crate::model::{
    Fault, Result,
    contract::{What, every},
    run::{
        path,
        plan::{Does, Node, StepPlan},
    },
};

/// Agents that may change files side by side would change them under each other.
pub(super) fn expect_apart(given: &Given<'_>, grown: &Grown) -> Result<()> {
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
