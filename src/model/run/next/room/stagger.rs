//! Calls that begin alike: one goes ahead and fills the service's prompt cache, the others wait
//! until the model begins to answer it.

use super::super::super::plan::{AgentPlan, Stagger as Wanted};
use crate::model::{
    contract::SystemPrompt,
    run::{Plan, State, plan::StepPlan},
};

/// So many calls that begin alike are worth the wait of one.
pub(super) const ENOUGH: usize = 4;

/// So many bytes at the beginning have to be equal.
const EQUAL_BYTES: usize = 4096;

/// claude's own system prompt, in bytes, as measured.
const OWN_SYSTEM: usize = 7_400;

/// What describes claude's default set of tools to the model, in bytes, as measured.
const ALL_TOOLS: usize = 32_000;

/// What describes one tool, in bytes, as measured with Read, Grep and Glob.
const ONE_TOOL: usize = 2_000;

/// Who begins like whom, among what runs and what is proposed.
pub(super) struct Stagger<'a> {
    /// Calls that run and were not answered, and those that were let in just now.
    ahead: Vec<&'a StepPlan>,
    proposed: Vec<&'a StepPlan>,
    /// Calls that were answered not long ago: what they began with is in the cache.
    warm: Vec<&'a StepPlan>,
    wanted: Wanted,
}

impl<'a> Stagger<'a> {
    pub(super) fn new(plan: &'a Plan, state: &'a State, calls: &[&str]) -> Self {
        Self {
            ahead: state.pace.flights().filter_map(|id| plan.call(id)).collect(),
            proposed: calls.iter().filter_map(|id| plan.call(id)).collect(),
            warm: state.pace.answered().filter_map(|id| plan.call(id)).collect(),
            wanted: plan.pace.stagger,
        }
    }

    /// Whether a call has to wait for one that goes ahead of it.
    pub(super) fn holds_back(&self, call: &StepPlan) -> bool {
        let alike = |other: &&&StepPlan| begin_alike(call, other);
        match self.wanted {
            Wanted::Off => false,
            Wanted::On if self.warm.iter().any(|warm| begin_alike(call, warm)) => false,
            Wanted::On => {
                let ahead = self.ahead.iter().filter(alike).count();
                let waiting = self.proposed.iter().filter(alike);
                let waiting = waiting.filter(|other| !self.is_ahead(other)).count();
                ahead > 0 && ahead + waiting >= ENOUGH
            }
        }
    }

    pub(super) fn started(&mut self, call: &'a StepPlan) {
        self.ahead.push(call);
    }

    fn is_ahead(&self, call: &StepPlan) -> bool {
        self.ahead.iter().any(|ahead| ahead.id == call.id)
    }
}

/// Tools come first in a request, then the system prompt, then what is asked. A difference in
/// either of the first two ends what can be shared.
fn begin_alike(one: &StepPlan, other: &StepPlan) -> bool {
    one.agent == other.agent
        && one.output == other.output
        && one.system == other.system
        && one.stages == other.stages
        && own_bytes(&one.agent) + one.system.len() + equal_bytes(&one.prompt, &other.prompt)
            >= EQUAL_BYTES
}

/// What claude itself puts before the model ahead of anything of ours, about.
fn own_bytes(agent: &AgentPlan) -> usize {
    let tools = agent.tools.as_ref().map_or(ALL_TOOLS, |tools| tools.len() * ONE_TOOL);
    match agent.system {
        SystemPrompt::Default => tools + OWN_SYSTEM,
        SystemPrompt::Minimal => tools,
    }
}

fn equal_bytes(one: &str, other: &str) -> usize {
    one.bytes().zip(other.bytes()).take(EQUAL_BYTES).take_while(|(a, b)| a == b).count()
}
