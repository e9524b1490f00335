//! Where in a plan a step stands, by its path: a run of a hundred thousand steps looks each up
//! once.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use super::{CommandPlan, Does, Node, Plan, StepPlan};
use crate::model::{contract::Join, run::path};

/// The places of a plan's steps by their paths in the contract.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places(HashMap<String, Place>);

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    /// Its number below its parent, from 0.
    among: u32,
    /// Which of the plan's steps or commands it is, where it is one.
    leaf: Option<usize>,
    /// Which of the steps that it holds are tried.
    tried: Tried,
}

/// Which of several steps are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    /// All of them.
    All,
    /// One after the other, until one passes.
    UntilOnePasses,
}

/// The places, found once they are asked for; no part of what a plan says.
#[derive(Clone, Debug, Default)]
pub struct Index(OnceLock<Arc<Places>>);

impl PartialEq for Index {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Places {
    fn of(plan: &Plan) -> Self {
        let ids = |ids: &mut dyn Iterator<Item = &String>| -> HashMap<String, usize> {
            ids.enumerate().map(|(place, id)| (id.clone(), place)).collect()
        };
        let steps = ids(&mut plan.steps.iter().map(|step| &step.id));
        let commands = ids(&mut plan.commands.iter().map(|command| &command.id));
        let mut places = HashMap::new();
        Node::walk(&plan.tree, path::ROOT, &mut |path, among, node| {
            let leaf = match node.does {
                Does::Call => steps.get(path).copied(),
                Does::Run => commands.get(path).copied(),
                Does::Sequence(_)
                | Does::Parallel { .. }
                | Does::Each { .. }
                | Does::Route { .. }
                | Does::Fallback(_)
                | Does::Skill(_) => None,
            };
            let tried = match node.does {
                Does::Fallback(_) | Does::Parallel { join: Join::Any, .. } => Tried::UntilOnePasses,
                Does::Call
                | Does::Run
                | Does::Sequence(_)
                | Does::Parallel { join: Join::All, .. }
                | Does::Each { .. }
                | Does::Route { .. }
                | Does::Skill(_) => Tried::All,
            };
            places.insert(path.to_owned(), Place { among, leaf, tried });
        });
        Self(places)
    }

    /// Which of the steps that this one holds are tried.
    pub fn tried(&self, path: &str) -> Tried {
        // Of a thing of an `each` all steps are tried, as of the `each` itself.
        let found = self.0.get(&*path::of_contract(path));
        found.map_or(Tried::All, |place| place.tried)
    }

    /// The number of a step below its parent, from 0; none for what is no step of the plan.
    pub fn among(&self, path: &str) -> Option<u32> {
        match path::split(path)? {
            (each, path::Last::Thing(place)) => {
                self.0.contains_key(&*path::of_contract(each)).then_some(place)
            }
            (_, path::Last::Step(_)) => Some(self.0.get(&*path::of_contract(path))?.among),
        }
    }
}

impl Plan {
    /// Where its steps stand.
    pub fn places(&self) -> Arc<Places> {
        Arc::clone(self.index.0.get_or_init(|| Arc::new(Places::of(self))))
    }

    /// The agent step with this path.
    pub fn step(&self, path: &str) -> Option<&StepPlan> {
        let path = path::of_contract(path);
        let place = self.places().0.get(&*path)?.leaf?;
        self.steps.get(place).filter(|step| step.id == path)
    }

    /// The command with this path.
    pub fn command(&self, path: &str) -> Option<&CommandPlan> {
        let path = path::of_contract(path);
        let place = self.places().0.get(&*path)?.leaf?;
        self.commands.get(place).filter(|command| command.id == path)
    }

    /// The path in the contract of the step with this id, as the step with the path `by` means it:
    /// one of the same skill, the nearest where several have the id.
    pub fn named(&self, id: &str, by: &str) -> Option<String> {
        let by = path::of_contract(by);
        let top = self.part_of(&by).map_or(path::ROOT, |skill| &skill.id);
        let mut below: &str = &by;
        while let Some((above, _)) = path::split(below) {
            let steps = self.node(above).map_or(self.tree.as_slice(), Node::steps);
            if let Some(found) = find(steps, above, id) {
                return Some(found);
            }
            if above == top {
                return None;
            }
            below = above;
        }
        None
    }

    /// The paths and ids of the steps that the step with this path may mean.
    pub fn nameable(&self, by: &str) -> Vec<(String, String)> {
        let top = self.part_of(by).map_or(path::ROOT, |skill| &skill.id);
        let mut found = Vec::new();
        let steps = self.node(top).map_or(self.tree.as_slice(), Node::steps);
        list(steps, top, &mut found);
        found
    }

    /// The step of the tree with this path in the contract.
    pub fn node(&self, path: &str) -> Option<&Node> {
        let mut nodes = &self.tree;
        let mut found = None;
        for id in path::of_contract(path).split('/') {
            let node = nodes.iter().find(|node| node.id == id)?;
            nodes = match &node.does {
                Does::Call | Does::Run => const { &Vec::new() },
                Does::Sequence(steps)
                | Does::Parallel { steps, .. }
                | Does::Each { steps, .. }
                | Does::Route { steps, .. }
                | Does::Fallback(steps)
                | Does::Skill(steps) => steps,
            };
            found = Some(node);
        }
        found
    }
}

/// The first step with this id, outside of other skills.
fn find(nodes: &[Node], parent: &str, id: &str) -> Option<String> {
    nodes.iter().find_map(|node| {
        let path = path::child(parent, &node.id);
        if node.id == id { Some(path) } else { find(own_steps(node), &path, id) }
    })
}

fn list(nodes: &[Node], parent: &str, found: &mut Vec<(String, String)>) {
    for node in nodes {
        let path = path::child(parent, &node.id);
        list(own_steps(node), &path, found);
        found.push((path, node.id.clone()));
    }
}

/// What a step holds, as far as it belongs to the same skill.
fn own_steps(node: &Node) -> &[Node] {
    match &node.does {
        Does::Skill(_) => &[],
        Does::Call
        | Does::Run
        | Does::Sequence(_)
        | Does::Parallel { .. }
        | Does::Each { .. }
        | Does::Route { .. }
        | Does::Fallback(_) => node.steps(),
    }
}
