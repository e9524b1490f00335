//! Branches that may write side by side: each of them works on a copy of the tree of its own.

use std::collections::BTreeSet;

use super::{Given, steps::Grown};
use crate::model::{
    Fault, Result,
    contract::{What, every},
    run::{
        path,
        plan::{Does, Node, StepPlan},
    },
};

/// Those that get one, as the plan names them.
///
/// # Errors
/// There are some, and no copy can be made, or somebody forbids it.
pub(super) fn apart(given: &Given<'_>, grown: &Grown) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    Node::walk(&grown.tree, path::ROOT, &mut |path, _, node| match &node.does {
        Does::Parallel { max, steps, .. } if *max != Some(1) => {
            let branches = steps.iter().map(|step| path::child(path, &step.id));
            found.extend(branches.filter(|branch| writer(grown, branch).is_some()));
        }
        Does::Each { max, .. } if *max != Some(1) && writer(grown, path).is_some() => {
            found.insert(format!("{path}[]"));
        }
        Does::Call
        | Does::Run
        | Does::Sequence(_)
        | Does::Parallel { .. }
        | Does::Each { .. }
        | Does::Route { .. }
        | Does::Fallback(_)
        | Does::Skill(_) => {}
    });
    expect_copies(given, grown, &found)?;
    Ok(found)
}

/// A step within another that may change files.
fn writer<'a>(grown: &'a Grown, within: &str) -> Option<&'a StepPlan> {
    let mut steps = grown.steps.iter();
    steps.find(|step| path::is_within(&step.id, within) && step.agent.may_write())
}

/// Whoever writes needs a copy that can be made, and that nobody forbids.
fn expect_copies(given: &Given<'_>, grown: &Grown, branches: &BTreeSet<String>) -> Result<()> {
    let beside = |branch: &String| {
        let step = writer(grown, branch.trim_end_matches("[]"));
        let step = step.map_or(branch.as_str(), |step| &step.id);
        Fault::invalid(format!("the step `{step}` may change files beside others"))
    };
    let serial = "give it `max: 1`, or take the right to write from the agent";
    let first = branches.first().filter(|_| given.root.is_none());
    if let Some(branch) = first {
        let fault = beside(branch)
            .because("each branch works on a copy of the tree, and only a repository can be copied")
            .hint(format!("run `git init` first, or {serial}"));
        return Err(pointed(given, fault));
    }
    let skills = grown.parts.skills.iter();
    let mut staying = skills.filter(|skill| {
        given.skills.get(&skill.skill.name).is_some_and(|other| other.stays_in_the_tree)
    });
    let held = |id: &str| {
        branches.iter().find(|branch| path::is_within(id, branch.trim_end_matches("[]")))
    };
    match staying.find_map(|skill| Some((&skill.skill.name, held(&skill.id)?))) {
        None => Ok(()),
        Some((skill, branch)) => Err(pointed(
            given,
            beside(branch)
                .because(format!(
                    "each branch works on a copy of the tree, which the contract of `{skill}` \
                     forbids by `isolation: none`"
                ))
                .hint(serial),
        )),
    }
}

/// The lines of the contract that it is about.
fn pointed(given: &Given<'_>, mut fault: Fault) -> Fault {
    let Some(contract) = given.contract else { return fault };
    let steps = every(&contract.value.steps).into_iter();
    let beside =
        steps.filter(|step| matches!(step.what, What::Parallel { .. } | What::Each { .. }));
    for step in beside {
        fault = fault.at(contract.spot(&step.span, "these may write side by side"));
    }
    fault
}
