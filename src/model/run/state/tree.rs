//! What is known of the tree of steps: its frontier.
//!
//! Of everything that holds steps the state remembers which of them are under way and where the
//! next one is, so that the scheduler looks at these alone, however large the tree is.

use std::collections::{BTreeMap, BTreeSet};

use super::{State, StepStatus};
use crate::model::run::{
    event::Decision,
    path::{self, Last},
    plan::{Places, Tried},
};

/// What is known of a step that holds others, and of what had to be settled about any step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeState {
    /// How it ended; `None` while it goes on.
    pub status: Option<(StepStatus, Option<String>)>,
    /// What only the run could tell about it.
    pub decision: Option<Decision>,
    /// What it holds and is under way: by number, the path.
    pub active: BTreeMap<u32, String>,
    /// What it holds and did not pass, by number.
    pub failed: BTreeMap<u32, String>,
    /// How many passed.
    pub passed: u32,
    /// Everything before this number has begun.
    pub next: u32,
    /// What has begun besides.
    ahead: BTreeSet<u32>,
    /// How many times it was begun again.
    pub again: u32,
    /// How many times something in it was done again.
    pub round: u32,
    /// Why its attempts did not count, in order.
    pub rejections: Vec<Vec<String>>,
}

impl NodeState {
    /// What has not begun, of so many.
    pub fn waiting(&self, of: u32) -> impl Iterator<Item = u32> {
        (self.next..of).filter(|place| !self.ahead.contains(place))
    }

    /// Whether what has this number has begun.
    pub fn has_begun(&self, place: u32) -> bool {
        place < self.next || self.ahead.contains(&place)
    }

    fn begin(&mut self, place: u32, path: &str) -> bool {
        if self.active.contains_key(&place) {
            return false;
        }
        self.active.insert(place, path.to_owned());
        if place == self.next {
            self.next += 1;
            while self.ahead.remove(&self.next) {
                self.next += 1;
            }
        } else if place > self.next {
            self.ahead.insert(place);
        }
        true
    }

    fn end(&mut self, place: u32, path: &str, status: StepStatus) {
        self.active.remove(&place);
        match status {
            StepStatus::Passed | StepStatus::Reused | StepStatus::Cached => self.passed += 1,
            StepStatus::Skipped => {}
            StepStatus::Failed
            | StepStatus::Rejected
            | StepStatus::Limit
            | StepStatus::Interrupted
            | StepStatus::Cancelled => {
                self.failed.insert(place, path.to_owned());
            }
        }
    }

    /// What it held at this number has not begun.
    fn forget(&mut self, place: u32, was: Option<StepStatus>) {
        self.active.remove(&place);
        self.failed.remove(&place);
        if place < self.next {
            self.ahead.extend(place + 1..self.next);
            self.next = place;
        }
        self.ahead.remove(&place);
        if was.is_some_and(is_good) {
            self.passed = self.passed.saturating_sub(1);
        }
    }
}

/// Whether what comes after a step may begin.
pub(super) fn is_good(status: StepStatus) -> bool {
    match status {
        StepStatus::Passed | StepStatus::Reused | StepStatus::Cached => true,
        StepStatus::Skipped
        | StepStatus::Failed
        | StepStatus::Rejected
        | StepStatus::Limit
        | StepStatus::Interrupted
        | StepStatus::Cancelled => false,
    }
}

impl State {
    /// What is known of a step that holds others, or about which something was settled.
    pub fn node(&self, path: &str) -> Option<&NodeState> {
        self.nodes.get(path)
    }

    /// How a step ended, whatever it is.
    pub fn status(&self, path: &str) -> Option<&(StepStatus, Option<String>)> {
        let leaf = self.steps.get(path).and_then(|step| step.status.as_ref());
        leaf.or_else(|| self.nodes.get(path)?.status.as_ref())
    }

    fn place(&self, path: &str) -> Option<(String, u32)> {
        let (parent, _) = path::split(path)?;
        let place = self.places.as_ref()?.among(path)?;
        Some((parent.to_owned(), place))
    }

    /// A step begins, and with it everything that holds it.
    pub(super) fn begin_in_tree(&mut self, path: &str) {
        let mut path = path.to_owned();
        while let Some((parent, place)) = self.place(&path) {
            if !self.nodes.entry(parent.clone()).or_default().begin(place, &path) {
                return;
            }
            path = parent;
        }
    }

    pub(super) fn end_in_tree(&mut self, path: &str, status: StepStatus) {
        let Some((parent, place)) = self.place(path) else { return };
        // One that was not to run ends without having begun.
        self.begin_in_tree(path);
        self.nodes.entry(parent).or_default().end(place, path, status);
    }

    /// A step runs again after it had ended: everything that holds it goes on.
    pub(super) fn reopen(&mut self, path: &str) {
        let mut path = path.to_owned();
        let mut was = self.status(&path).map(|(status, _)| *status);
        while let Some((parent, place)) = self.place(&path) {
            let node = self.nodes.entry(parent.clone()).or_default();
            if was.is_some_and(is_good) {
                node.passed = node.passed.saturating_sub(1);
            }
            node.failed.remove(&place);
            node.active.insert(place, path.clone());
            node.round += 1;
            was = node.status.take().map(|(status, _)| status);
            path = parent;
        }
    }

    /// What a step did is void; it has not begun.
    pub(super) fn supersede(&mut self, path: &str) {
        let was = self.status(path).map(|(status, _)| *status);
        self.void_branch(path);
        if let Some((parent, place)) = self.place(path) {
            self.nodes.entry(parent).or_default().forget(place, was);
        }
        for step in within(path, &self.steps) {
            let step = self.step_mut(&step);
            step.conversation = None;
            step.start_over();
        }
        self.forget_nodes(path);
        // Nobody knew it yet: then its first attempt is still to come.
        if self.places.is_none() {
            let step = self.step_mut(path);
            step.conversation = None;
            step.start_over();
        }
    }

    /// Nothing is known of a step and of what it holds but how often that was so: what was seen of
    /// them before does not speak of what comes.
    fn forget_nodes(&mut self, path: &str) {
        for node in within(path, &self.nodes) {
            if let Some(node) = self.nodes.get_mut(&node) {
                *node = NodeState { round: node.round + 1, ..NodeState::default() };
            }
        }
    }

    /// Of a step that holds others everything begins again.
    pub(super) fn begin_again(&mut self, path: &str, reasons: &[String]) {
        let old = self.nodes.get(path).cloned().unwrap_or_default();
        self.void_branches_below(path);
        self.reopen_branches(path);
        self.reopen(path);
        for step in within(path, &self.steps) {
            let step = self.step_mut(&step);
            step.conversation = None;
            step.start_over();
        }
        self.forget_nodes(path);
        let mut rejections = old.rejections;
        rejections.push(reasons.to_vec());
        let decision = old.decision.filter(|decision| decision.things.is_none());
        let (again, round) = (old.again + 1, old.round + 1);
        let fresh = NodeState { decision, again, round, rejections, ..NodeState::default() };
        self.nodes.insert(path.to_owned(), fresh);
    }

    /// After a crash or an end that was none, whatever did not pass and was not made up for goes
    /// on.
    pub(super) fn reopen_what_failed(&mut self) {
        let Some(places) = self.places.clone() else {
            return self.steps.values_mut().for_each(super::StepState::forget_what_was_running);
        };
        for (path, step) in &mut self.steps {
            if places.among(path).is_none() {
                step.forget_what_was_running();
            }
        }
        let mut open = vec![path::ROOT.to_owned()];
        while let Some(path) = open.pop() {
            if let Some(step) = self.steps.get_mut(&path) {
                step.forget_what_was_running();
            }
            let Some(node) = self.nodes.get_mut(&path) else { continue };
            let ended = node.status.take();
            // What was refused for good is looked at again.
            node.round += u32::from(matches!(ended, Some((StepStatus::Rejected, _))));
            match (places.tried(&path), ended) {
                (Tried::All, _) => node.active.append(&mut node.failed),
                // Those before the last were tried, and another one was begun in their place.
                (Tried::UntilOnePasses, Some(_)) => node.active.extend(node.failed.pop_last()),
                (Tried::UntilOnePasses, None) => {}
            }
            open.extend(node.active.values().cloned());
        }
    }

    /// The tree is another one from now on: what is known of its steps stands where these are now.
    pub(super) fn replant(&mut self, places: std::sync::Arc<Places>) {
        let first = self.places.is_none();
        self.places = Some(places);
        if first && self.nodes.is_empty() && self.steps.is_empty() {
            return;
        }
        for node in self.nodes.values_mut() {
            (node.next, node.passed) = (0, 0);
            node.active.clear();
            node.failed.clear();
            node.ahead.clear();
        }
        let begun = |(path, status): (&String, bool)| status.then(|| path.clone());
        let leaves = self.steps.iter().map(|(path, step)| (path, step.attempt > 0 && !step.again));
        let known: Vec<String> = leaves.filter_map(begun).collect();
        let holds = self.nodes.iter().filter(|(_, node)| node.status.is_some());
        let known: Vec<String> =
            known.into_iter().chain(holds.map(|(path, _)| path.clone())).collect();
        for path in known {
            self.begin_in_tree(&path);
            if let Some((status, _)) = self.status(&path).cloned() {
                self.end_in_tree(&path, status);
            }
        }
    }

    /// The leaves under way, in the file's order: those that began and have not ended.
    pub fn open_leaves(&self) -> Vec<&str> {
        let mut found = Vec::new();
        let mut open = vec![path::ROOT];
        while let Some(path) = open.pop() {
            match self.nodes.get(path) {
                Some(node) if !node.active.is_empty() || !self.steps.contains_key(path) => {
                    open.extend(node.active.values().rev().map(String::as_str));
                }
                Some(_) | None => found.push(path),
            }
        }
        found
    }

    /// The thing that an `each` runs a step for: the value at a path such as `files[3]`.
    pub fn thing(&self, path: &str) -> Option<&serde_json::Value> {
        let (each, Last::Thing(place)) = path::split(path)? else { return None };
        self.nodes.get(each)?.decision.as_ref()?.things.as_ref()?.get(place as usize)
    }
}

/// The paths of a step and of all that it holds.
fn within<T>(path: &str, known: &BTreeMap<String, T>) -> Vec<String> {
    let below = |mark: char| format!("{path}{mark}")..=format!("{path}{mark}\u{10ffff}");
    let ranges = [path.to_owned()..=path.to_owned(), below('/'), below('[')];
    ranges.into_iter().flat_map(|range| known.range(range)).map(|(path, _)| path.clone()).collect()
}
