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

/// Whose finished work was refused, and who mends it.
pub(super) struct Mending<'a> {
    /// The path of the step that runs the skill; the root for that of the run.
    pub(super) within: &'a str,
    /// The path of the step that the contract names.
    pub(super) named: &'a str,
    /// How often that may be, where the step itself does not say.
    pub(super) retry: &'a Retry,
}

/// Sends refused work back to the step that mends; what was built on it is void.
pub(super) fn mend(plan: &Plan, state: &State, reasons: &[String]) -> Option<Effect> {
    let whole = Mending { within: path::ROOT, named: &plan.repair, retry: &plan.retry };
    mend_within(plan, state, &whole, reasons)
}

/// The same for the work of a part of the run.
pub(super) fn mend_within(
    plan: &Plan,
    state: &State,
    mending: &Mending<'_>,
    reasons: &[String],
) -> Option<Effect> {
    let path = mender(plan, state, mending)?;
    let own = plan.node(&path)?.retry.as_ref();
    let retry = own.unwrap_or(mending.retry);
    let known = state.step(&path)?;
    let left = retry.on.contains(&RetryOn::Rejected) && is_left(retry, &known.rejections, reasons);
    left.then(|| again(&path, reasons, later(plan, state, (mending.within, &path))))
}

/// The step that the contract names; where it names none and the last agent step did not run, the
/// last one that did.
fn mender(plan: &Plan, state: &State, mending: &Mending<'_>) -> Option<String> {
    if state.step(mending.named).is_some() {
        return Some(mending.named.to_owned());
    }
    let leaves = plan.leaves(state);
    let ran = |path: &str| state.step(path).is_some_and(|known| known.status.is_some());
    let inside = |path: &str| {
        path::is_within(path, mending.within) && !path[mending.within.len()..].contains('[')
    };
    let found =
        leaves.iter().rev().find(|leaf| leaf.is_call() && inside(&leaf.path) && ran(&leaf.path));
    found.map(|leaf| leaf.path.clone())
}

/// The steps that came after this one, outermost first: in each list that it is in, those behind
/// it that have begun.
fn later(plan: &Plan, state: &State, (within, path): (&str, &str)) -> Vec<String> {
    let mut found = Vec::new();
    let mut below = path;
    while let Some((parent, _)) = path::split(below).filter(|_| below != within) {
        let steps = match (parent, plan.node(parent).map(|node| &node.does)) {
            (path::ROOT, _) => plan.tree.as_slice(),
            (_, Some(Does::Sequence(steps) | Does::Skill(steps))) => steps,
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
