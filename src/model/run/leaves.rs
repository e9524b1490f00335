//! The steps of a run that do something themselves, as far as they are known, in the file's order.

use super::{
    Plan, State, path,
    plan::{Does, Node},
};

/// One of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf<'a> {
    /// Its path in the run.
    pub path: String,
    /// Its step in the plan.
    pub node: &'a Node,
}

impl Leaf<'_> {
    /// Whether it asks an agent.
    pub fn is_call(&self) -> bool {
        match self.node.does {
            Does::Call => true,
            Does::Run
            | Does::Sequence(_)
            | Does::Parallel { .. }
            | Does::Each { .. }
            | Does::Route { .. }
            | Does::Fallback(_)
            | Does::Skill(_) => false,
        }
    }
}

impl Plan {
    /// The leaves; of an `each` whose things are not known yet, one for all.
    pub fn leaves<'a>(&'a self, state: &State) -> Vec<Leaf<'a>> {
        let mut found = Vec::new();
        add(&self.tree, path::ROOT, state, &mut found);
        found
    }
}

fn add<'a>(nodes: &'a [Node], parent: &str, state: &State, found: &mut Vec<Leaf<'a>>) {
    for node in nodes {
        let path = path::child(parent, &node.id);
        match &node.does {
            Does::Call | Does::Run => found.push(Leaf { path, node }),
            Does::Sequence(steps)
            | Does::Parallel { steps, .. }
            | Does::Route { steps, .. }
            | Does::Fallback(steps)
            | Does::Skill(steps) => add(steps, &path, state, found),
            Does::Each { steps, .. } => {
                let decision = state.node(&path).and_then(|known| known.decision.as_ref());
                match decision.and_then(|decision| decision.things.as_ref()) {
                    None => add(steps, &path, state, found),
                    Some(things) => {
                        for (place, _) in (0..).zip(things) {
                            add(steps, &path::thing(&path, place), state, found);
                        }
                    }
                }
            }
        }
    }
}
