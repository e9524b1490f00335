//! What comes next: the scheduler, as a pure function.
//!
//! Given what shall happen and what is known, it says what can be done now. A fresh run, a resume,
//! a replay and a dry run all ask the same function; the dispatcher that performs its answers owns
//! no rule. Asking twice without a new event in between gives the same answer, and nothing that
//! already runs is ever asked for again, because its start is an event too.
//!
//! Phases say what could be done for all that they know of the work; how many calls may run beside
//! each other, and with how much money, is decided for all of them in one place, `room`.
//!
//! The phases, in the order of the design: prerequisites, pre hooks, then for each step its call,
//! our own look at what came of it, its mid hooks; then the run's schema, the post hooks, the panel,
//! the end.

mod after;
mod agent;
mod before;
mod checks;
mod command;
mod end;
mod panel;
mod repair;
mod room;
mod skill;
mod steps;
mod tasks;

pub use end::{proof, standing_checks, stands};

use super::{Effect, Plan, Point, State};
use crate::model::check::{Check, Timing};

/// What a phase has to say.
enum Phase {
    /// It is over, and the next one may begin.
    Over,
    /// It goes on: these can be done now; none, while what runs has to end first.
    GoesOn(Vec<Effect>),
}

/// Everything that can be done now. Empty while something has to end first, and after the end.
pub fn next(plan: &Plan, state: &State) -> Vec<Effect> {
    if state.end.is_some() {
        return Vec::new();
    }
    if let Some(halt) = &state.halt {
        return end::wind_down(plan, state, halt);
    }
    if let Some(reused) = &state.reused {
        return vec![end::as_before(&reused.result)];
    }
    if let Some(stop) = room::nobody_to_ask(state) {
        return vec![stop];
    }
    for phase in [before::next, steps::next, after::next, panel::next] {
        match phase(plan, state) {
            Phase::Over => {}
            Phase::GoesOn(effects) => return room::admit(plan, state, effects),
        }
    }
    end::passed(plan, state)
}

/// The hooks of one timing at one point, by themselves: what can be done now, or, once all have
/// ended, what they said, in the order of the files that name them.
pub fn hooks_at(
    plan: &Plan,
    state: &State,
    timing: Timing,
    at: &Point,
) -> Result<Vec<Check>, Vec<Effect>> {
    match checks::hooks(plan, state, timing, at) {
        checks::Hooks::Running(effects) => Err(effects),
        checks::Hooks::Ended(found) => Ok(found.into_iter().cloned().collect()),
    }
}
