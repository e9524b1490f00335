//! What a contract may say and this version cannot do yet.

use std::ops::Range;

use super::Given;
use crate::model::{
    Fault, Result,
    contract::{Contract, Conversation, Leaf, Limits, Step},
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
    asked.steps.iter().filter_map(complaint).collect()
}

fn step_kind(step: &Spanned<Step>) -> Option<&'static str> {
    match &step.value.leaf {
        Leaf::Skill(_) => Some("a step that runs another skill"),
        Leaf::Run { .. } => Some("a step that runs a program"),
        Leaf::Section(_) | Leaf::Prompt(_) => modifier(&step.value),
    }
}

fn modifier(step: &Step) -> Option<&'static str> {
    let only_usd = Limits { usd: step.limits.usd.clone(), ..Limits::default() };
    if step.when.is_some() {
        Some("`when:`")
    } else if step.retry.is_some() {
        Some("a step's own `retry:`")
    } else if step.conversation == Conversation::Continue {
        Some("`conversation: continue`")
    } else if step.limits != only_usd {
        Some("a step's own limits but for `usd`")
    } else {
        None
    }
}
