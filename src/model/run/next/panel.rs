//! The panel: starts only where nothing else refused, asks its reviewers, and concludes. What it has
//! passed goes before it once more with a planted fault, where that is wanted.

use super::{Phase, after, agent::worth_waiting, checks, end};
use crate::model::{
    Status,
    call::CallOutcome,
    check::{Check, CheckKind, CheckStatus},
    panel::{PanelPlan, Sitting},
    run::{
        Effect, Event, Plan, Point, State,
        plan::StepPlan,
        state::{Stage, StepState},
    },
};

/// Reviewers are asked side by side; where the panel escalates, the first one alone at first.
pub(super) fn next(plan: &Plan, state: &State) -> Phase {
    let Some(panel) = &plan.panel else { return Phase::Over };
    match sit(plan, state, (panel, Sitting::Work)) {
        Phase::Over if panel.canary.is_empty() => Phase::Over,
        Phase::Over => canary(plan, state, panel),
        goes_on @ Phase::GoesOn(_) => goes_on,
    }
}

/// Where no fault can be planted, nobody knows whether the panel would have seen one.
fn canary(plan: &Plan, state: &State, panel: &PanelPlan) -> Phase {
    let round = state.round;
    let Some(known) = state.canary() else {
        return Phase::GoesOn(vec![Effect::Plant { round }]);
    };
    if known.fault.is_some() {
        return sit(plan, state, (panel, Sitting::Canary));
    }
    let at = Point::Canary { round, asked: 0 };
    match state.checks.get(&at) {
        Some(Stage::Ended(found)) => answered(plan, state, found),
        Some(Stage::Idle | Stage::Running) | None => {
            let check = Check::blocking("canary", CheckKind::Panel, CheckStatus::Error)
                .because("the work holds nothing that a fault could be planted in");
            let event = Event::ChecksEnded { at, checks: vec![check] };
            Phase::GoesOn(vec![Effect::record(event)])
        }
    }
}

fn sit(plan: &Plan, state: &State, (panel, sitting): (&PanelPlan, Sitting)) -> Phase {
    let calls = panel.calls(sitting);
    if panel.escalate && calls.len() > 1 {
        match hear(plan, state, (sitting, &calls[..1])) {
            Heard::GoesOn(effects) => return Phase::GoesOn(effects),
            // Somebody who doubts, or who said nothing, leaves it to the others.
            Heard::Ended([]) => {}
            Heard::Ended(found) => return answered(plan, state, found),
        }
    }
    match hear(plan, state, (sitting, &calls)) {
        Heard::GoesOn(effects) => Phase::GoesOn(effects),
        Heard::Ended(found) => answered(plan, state, found),
    }
}

fn answered(plan: &Plan, state: &State, found: &[Check]) -> Phase {
    match after::answer(plan, state, checks::verdict(found)) {
        Some(effect) => Phase::GoesOn(vec![effect]),
        None => Phase::Over,
    }
}

/// How far some reviewers have come.
enum Heard<'a> {
    GoesOn(Vec<Effect>),
    Ended(&'a [Check]),
}

fn hear<'a>(plan: &Plan, state: &'a State, (sitting, calls): (Sitting, &[&StepPlan])) -> Heard<'a> {
    let asked = u32::try_from(calls.len()).unwrap_or(u32::MAX);
    let at = match sitting {
        Sitting::Work => Point::Panel { round: state.round, asked },
        Sitting::Canary => Point::Canary { round: state.round, asked },
    };
    match state.checks.get(&at) {
        Some(Stage::Ended(found)) => return Heard::Ended(found),
        Some(Stage::Running) => return Heard::GoesOn(Vec::new()),
        Some(Stage::Idle) | None => {}
    }
    let mut asking = Asking::new(plan, state);
    for call in calls {
        let known = known(state, call);
        match known.map(|known| &known.call) {
            Some(Stage::Running) => asking.busy = true,
            Some(Stage::Ended(outcome)) => asking.ended(call, known, outcome),
            Some(Stage::Idle) | None => asking.ask(call, known),
        }
    }
    match asking.end {
        Some(end) if !asking.busy => Heard::GoesOn(vec![end]),
        Some(_) => Heard::GoesOn(asking.effects),
        None if asking.busy => Heard::GoesOn(asking.effects),
        None => Heard::GoesOn(vec![Effect::Check { at }]),
    }
}

/// A reviewer is asked once a round; what it said of an earlier one is about other work.
fn known<'a>(state: &'a State, call: &StepPlan) -> Option<&'a StepState> {
    state.step(&call.id).filter(|known| known.attempt == attempt(state))
}

fn attempt(state: &State) -> u32 {
    state.round + 1
}

/// Whom to ask now.
struct Asking<'a> {
    plan: &'a Plan,
    state: &'a State,
    /// Whether anybody is being asked, now or from now on.
    busy: bool,
    effects: Vec<Effect>,
    /// What ends the run once nobody is asked any more.
    end: Option<Effect>,
}

impl<'a> Asking<'a> {
    fn new(plan: &'a Plan, state: &'a State) -> Self {
        Self { plan, state, busy: false, effects: Vec::new(), end: None }
    }

    fn ask(&mut self, call: &StepPlan, known: Option<&StepState>) {
        self.busy = true;
        self.effects.push(Effect::Call {
            step: call.id.clone(),
            attempt: attempt(self.state),
            // A reviewer keeps no conversation: after an overload it begins anew.
            resume: None,
            reasons: Vec::new(),
            after: known.and_then(|known| known.backoff).unwrap_or_default(),
            grant: None,
        });
    }

    /// A reviewer whom an overloaded service left unheard is asked again. Where nobody can be
    /// asked at all, that is no vote but the end.
    fn ended(&mut self, call: &StepPlan, known: Option<&StepState>, outcome: &CallOutcome) {
        if let CallOutcome::Failed { failure, reason } = outcome
            && failure.status() == Status::Invalid
        {
            // What a replay has no answer for is no vote: the recording is of another panel.
            self.end = Some(end::run(Status::Invalid, reason));
        }
        let CallOutcome::Unavailable { why, reason } = outcome else { return };
        let Some(known) = known else { return };
        match worth_waiting((self.plan, &self.plan.retry), known, why) {
            Some(after) => {
                self.busy = true;
                self.effects.push(Effect::record(Event::CallRetrying {
                    step: call.id.clone(),
                    attempt: known.attempt,
                    reason: reason.clone(),
                    after,
                }));
            }
            None => self.end = Some(end::run(Status::Unavailable, reason)),
        }
    }
}
