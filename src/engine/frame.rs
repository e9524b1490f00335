//! The frame of a call: where the run stands, what others did, what was left half done.

use super::site::Site;
use crate::model::{
    changes::FileChange,
    prompt::frame::{self, Frame},
    run::{Stand, State, StepStatus, path, plan::StepPlan},
};

/// At most so much of a diff is told.
const DIFF_BYTES: usize = 32 * 1024;

/// At most so many steps are listed.
const STEPS: usize = 100;

/// Where the run stands, for a conversation that begins.
pub(crate) fn state(site: &Site, state: &State, step: &StepPlan) -> String {
    let steps = site.plan.tree.iter().map(|node| node.id.as_str());
    let anything = state.steps.values().any(|known| known.attempt > 0);
    let said = |id: &str| match state.status(id) {
        _ if path::is_within(&step.id, id) => "yours",
        Some((StepStatus::Passed | StepStatus::Cached | StepStatus::Reused, _)) => "passed",
        Some((StepStatus::Skipped, _)) => "was not to run",
        Some(_) | None => "still to come",
    };
    let several = site.plan.tree.len() > 1 && anything;
    let steps = steps.filter(|_| several).take(STEPS).map(|id| (id, said(id))).collect();
    let changes = changes(state, &step.id);
    frame::frame(&Frame { earlier: &state.earlier, steps, changes: &changes })
}

/// What the run has changed so far, as a step sees it: in its branch besides what the tree around
/// that had when the branch began.
fn changes(state: &State, step: &str) -> Vec<FileChange> {
    let innermost = state.tree_of(step);
    let outwards = std::iter::successors(innermost, |branch| state.tree_around(branch));
    let mut changes: Vec<FileChange> = Vec::new();
    for seen in outwards.map(Some).chain([None]).filter_map(|tree| state.changes_in(tree)) {
        let new = |file: &&FileChange| changes.iter().all(|known| known.path != file.path);
        let further: Vec<FileChange> = seen.files.iter().filter(new).cloned().collect();
        changes.extend(further);
    }
    changes.sort_by(|one, other| one.path.cmp(&other.path));
    changes
}

/// What others did while the run stood still, for a step that has not heard it.
pub(crate) fn meanwhile(state: &State, step: &StepPlan) -> String {
    match state.step(&step.id) {
        Some(known) if known.has_heard => String::new(),
        Some(_) | None => frame::meanwhile(&state.meanwhile),
    }
}

/// The tree that a half-done attempt of the step began with, where the next one has to be shown
/// what was left: its conversation is gone, or has not seen how it ended.
pub(crate) fn before_half_done(site: &Site, state: &State, step: &StepPlan) -> Option<Stand> {
    let known = state.step(&step.id)?;
    let shown = known.attempt > 0
        && !known.succeeded()
        && (known.broken_off || known.conversation.is_none());
    if !shown {
        return None;
    }
    let tree = state.tree_of(&step.id);
    state.committed(&site.plan, tree).or(state.base_of(tree)).cloned()
}

/// What is in the tree beyond that, as a diff. Where it cannot be seen, that is said.
pub(crate) async fn half_done(site: &Site, step: &str, before: Option<Stand>) -> String {
    let Some(before) = before else { return String::new() };
    match site.trees.of(step).patch_since(before, DIFF_BYTES).await {
        Ok(patch) => frame::half_done(&String::from_utf8_lossy(&patch.bytes), &patch.left_out),
        Err(fault) => frame::half_done("", &[format!("it cannot be seen: {fault}")]),
    }
}
