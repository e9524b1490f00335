//! What a step of a run made: its own output, or that of the steps that it holds.

use super::{
    Plan, State, StepStatus,
    event::Output,
    path,
    plan::{Does, Node},
    state::Stage,
};

/// What a step made.
#[derive(Clone, Debug, PartialEq)]
pub enum Made<'a> {
    /// Nothing that counts.
    Nothing,
    /// The output of the step with this path.
    Leaf(String, &'a Output),
    /// One for each thing, in their order.
    List(Vec<Self>),
    /// One for each branch, by its id.
    Fields(Vec<(&'a str, Self)>),
}

impl Made<'_> {
    /// The step whose own output it is, where it is one step's.
    pub fn speaker(&self) -> Option<&str> {
        match self {
            Self::Leaf(path, _) => Some(path),
            Self::Nothing | Self::List(_) | Self::Fields(_) => None,
        }
    }
}

impl Plan {
    /// What the run made: its last step.
    pub fn made<'a>(&'a self, state: &'a State) -> Made<'a> {
        match self.tree.last() {
            Some(node) => of(node, &node.id, state),
            None => Made::Nothing,
        }
    }

    /// What the step with this path made.
    pub fn made_by<'a>(&'a self, state: &'a State, path: &str) -> Made<'a> {
        match (self.node(path), path::split(path)) {
            (Some(node), Some((_, path::Last::Step(_)))) => of(node, path, state),
            (Some(node), Some((_, path::Last::Thing(_)))) => last(node.steps(), path, state),
            (None, _) | (_, None) => Made::Nothing,
        }
    }

    /// The step whose own output is that of the run, where it is one step's.
    pub fn speaker(&self, state: &State) -> Option<String> {
        self.made(state).speaker().map(str::to_owned)
    }

    /// The steps that are over before this one begins, in the file's order: in each list that it
    /// is in, those before it.
    pub fn before(&self, path: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut below = path;
        while let Some((parent, last)) = path::split(below) {
            if let path::Last::Step(id) = last
                && let Some(steps) = self.listed(parent)
            {
                let before = steps.iter().take_while(|node| node.id != id);
                let mut before: Vec<_> = before.map(|node| path::child(parent, &node.id)).collect();
                before.append(&mut found);
                found = before;
            }
            below = parent;
        }
        found
    }

    /// The steps that run one after another at this path.
    pub fn listed(&self, path: &str) -> Option<&[Node]> {
        if path == path::ROOT {
            return Some(&self.tree);
        }
        match &self.node(path)?.does {
            Does::Sequence(steps) | Does::Skill(steps) => Some(steps),
            Does::Each { steps, .. } => path.ends_with(']').then_some(steps),
            Does::Call
            | Does::Run
            | Does::Parallel { .. }
            | Does::Route { .. }
            | Does::Fallback(_) => None,
        }
    }
}

fn of<'a>(node: &'a Node, path: &str, state: &'a State) -> Made<'a> {
    let child = |node: &'a Node| of(node, &path::child(path, &node.id), state);
    match &node.does {
        Does::Call | Does::Run => match state.step(path) {
            Some(known) => match (&known.call, &known.output) {
                (Stage::Ended(_), Some(output)) => Made::Leaf(path.to_owned(), output),
                (Stage::Ended(_) | Stage::Idle | Stage::Running, _) => Made::Nothing,
            },
            None => Made::Nothing,
        },
        Does::Sequence(steps) | Does::Skill(steps) => last(steps, path, state),
        Does::Parallel { steps, .. } => {
            Made::Fields(steps.iter().map(|node| (node.id.as_str(), child(node))).collect())
        }
        Does::Each { steps, .. } => {
            let decision = state.node(path).and_then(|known| known.decision.as_ref());
            let things = decision.and_then(|decision| decision.things.as_ref()).map_or(0, Vec::len);
            let places =
                (0..u32::try_from(things).unwrap_or(u32::MAX)).map(|at| path::thing(path, at));
            Made::List(places.map(|path| last(steps, &path, state)).collect())
        }
        Does::Route { steps, .. } => {
            let case = state.node(path).and_then(|known| known.decision.as_ref()?.case);
            case.and_then(|case| steps.get(case as usize)).map_or(Made::Nothing, child)
        }
        Does::Fallback(steps) => {
            let passed = |node: &&Node| {
                let status = state.status(&path::child(path, &node.id));
                matches!(status, Some((StepStatus::Passed | StepStatus::Cached, _)))
            };
            steps.iter().find(passed).map_or(Made::Nothing, child)
        }
    }
}

fn last<'a>(steps: &'a [Node], path: &str, state: &'a State) -> Made<'a> {
    steps.last().map_or(Made::Nothing, |node| of(node, &path::child(path, &node.id), state))
}
