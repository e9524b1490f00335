//! Another try: of a step, or of the step that can mend what was refused in the end.

use crate::model::{
    contract::{Retry, RetryOn},
    run::{
        Effect, Event, Plan, State, StepStatus, path,
        plan::Does,
        state::{NodeState, StepState},
    },
};

/// Another try of a step that has not ended, unless there was one too many or the last one was
/// refused for the same reasons.
pub(super) fn repair(
    retry: &Retry,
    (path, known): (&str, &StepState),
    reasons: &[String],
) -> Option<Effect> {
    is_left(retry, &known.rejections, reasons).then(|| again(path, reasons, Vec::new()))
}

/// Whether a step that holds others is worth another try after this ending.
pub(super) fn is_worth_it(
    retry: &Retry,
    status: StepStatus,
    (rejections, reason): (&[Vec<String>], &str),
) -> bool {
    let on = match status {
        StepStatus::Failed => RetryOn::Failed,
        StepStatus::Rejected => RetryOn::Rejected,
        StepStatus::Passed
        | StepStatus::Limit
        | StepStatus::Interrupted
        | StepStatus::Skipped
        | StepStatus::Reused
        | StepStatus::Cached
        | StepStatus::Cancelled => return false,
    };
    retry.on.contains(&on) && is_left(retry, rejections, &[reason.to_owned()])
}

fn is_left(retry: &Retry, rejections: &[Vec<String>], reasons: &[String]) -> bool {
    let tried = u32::try_from(rejections.len()).unwrap_or(u32::MAX);
    let the_same = rejections.last().is_some_and(|last| last == reasons);
    tried < u32::from(retry.times) && !the_same
}

/// Sends refused work back to the step that mends; what was built on it is void.
pub(super) fn mend(plan: &Plan, state: &State, reasons: &[String]) -> Option<Effect> {
    let path = mender(plan, state)?;
    let own = plan.node(&path)?.retry.as_ref();
    let retry = own.unwrap_or(&plan.retry);
    let known = state.step(&path)?;
    let left = retry.on.contains(&RetryOn::Rejected) && is_left(retry, &known.rejections, reasons);
    left.then(|| again(&path, reasons, later(plan, state, &path)))
}

/// The step that the contract names; where it names none and the last agent step did not run, the
/// last one that did.
fn mender(plan: &Plan, state: &State) -> Option<String> {
    if state.step(&plan.repair).is_some() {
        return Some(plan.repair.clone());
    }
    let leaves = plan.leaves(state);
    let ran = |path: &str| state.step(path).is_some_and(|known| known.status.is_some());
    let found = leaves
        .iter()
        .rev()
        .find(|leaf| leaf.is_call() && !leaf.path.contains('[') && ran(&leaf.path));
    found.map(|leaf| leaf.path.clone())
}

/// The steps that came after this one, outermost first: in each list that it is in, those behind
/// it that have begun.
fn later(plan: &Plan, state: &State, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut below = path;
    while let Some((parent, _)) = path::split(below) {
        let steps = match (parent, plan.node(parent).map(|node| &node.does)) {
            (path::ROOT, _) => plan.tree.as_slice(),
            (_, Some(Does::Sequence(steps))) => steps,
            (
                _,
                Some(
                    Does::Call
                    | Does::Run
                    | Does::Parallel { .. }
                    | Does::Each { .. }
                    | Does::Route { .. }
                    | Does::Fallback(_),
                )
                | None,
            ) => &[],
        };
        let behind = steps.iter().skip_while(|node| path::child(parent, &node.id) != below).skip(1);
        let begun =
            |place: u32| state.node(parent).is_some_and(|known: &NodeState| known.has_begun(place));
        let first = u32::try_from(steps.len()).unwrap_or(u32::MAX)
            - u32::try_from(behind.clone().count()).unwrap_or(u32::MAX);
        let behind = (first..).zip(behind).filter(|(place, _)| begun(*place));
        found.extend(behind.map(|(_, node)| path::child(parent, &node.id)));
        below = parent;
    }
    found
}

fn again(path: &str, reasons: &[String], supersedes: Vec<String>) -> Effect {
    Effect::record(Event::Retry { step: path.to_owned(), reasons: reasons.to_vec(), supersedes })
}
