//! What a run left in the journal.

use std::time::Duration;

use crate::{
    model::{
        Fault, Request, Result,
        journal_line::Line,
        run::{Event, Plan, State},
    },
    store::session::{SessionDir, runs, worked},
};

/// The last run of a session, as its journal tells it.
pub(super) struct Left {
    /// What was typed.
    pub(super) request: Request,
    /// What was planned last.
    pub(super) plan: Plan,
    /// What is known.
    pub(super) state: State,
    /// How long it took.
    pub(super) spent: Duration,
    /// Its lines.
    pub(super) lines: Vec<Line>,
}

impl Left {
    /// The last run of these lines.
    ///
    /// # Errors
    /// No run has begun, or one broke off before it had a plan.
    pub(super) fn of(session: &SessionDir, lines: &[Line]) -> Result<Self> {
        let nothing = |why: &str| {
            Fault::usage(format!("there is nothing to go on with in session {}", session.id))
                .because(why)
                .hint("nothing was spent: run the skill again")
        };
        let runs = runs(lines);
        let last = *runs.last().ok_or_else(|| nothing("no run has begun in it"))?;
        let request = last.iter().find_map(|line| match &line.event {
            Event::RunStarted { request, .. } => Some((**request).clone()),
            _ => None,
        });
        let plan = last.iter().rev().find_map(|line| match &line.event {
            Event::Plan { plan, .. } => Some((**plan).clone().grown()),
            _ => None,
        });
        let (Some(request), Some(plan)) = (request, plan) else {
            return Err(nothing("its run broke off before it had a plan"));
        };
        let state = State::of(last.iter().map(|line| &line.event));
        Ok(Self { request, plan, state, spent: worked(last), lines: last.to_vec() })
    }
}
