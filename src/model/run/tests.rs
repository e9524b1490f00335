//! The scheduler against random plans and a random world: no processes, thousands of runs.

mod grown;
mod plans;
mod reference;
mod room;
mod trees;
mod world;

use plans::plan;
use proptest::prelude::*;
use world::{Chance, World};

use super::*;
use crate::model::{
    Status,
    call::{CallOutcome, ContextUse, Failure, Spend},
    check::CheckStatus,
    result::VerdictStatus,
    value::Usd,
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// Whatever happens, a run ends, and how it ended can be believed.
    #[test]
    fn every_run_ends_and_its_status_can_be_believed(plan in plan(), luck in any::<[u8; 96]>()) {
        let mut world = World::new(plan, Chance::new(&luck));
        world.run_to_the_end();
        let World { plan, state, events, .. } = &world;
        let end = state.end.as_ref().expect("the run ended");

        prop_assert_eq!(&State::of(events), state, "the fold depends on nothing but the events");
        if end.status == Status::Passed {
            for step in &plan.steps {
                let status = state.step(&step.id).and_then(|known| known.status.as_ref());
                prop_assert!(matches!(status, Some((StepStatus::Passed, _))), "{:?}", status);
            }
            for check in next::standing_checks(state).filter(|check| check.blocking) {
                prop_assert_eq!(check.status, CheckStatus::Passed, "passed over {:?}", check);
            }
            prop_assert!(next::proof(state).level() >= plan.require);
            if plan.panel.is_some() {
                let verdict = state.verdict().map(|verdict| verdict.status);
                prop_assert_eq!(verdict, Some(VerdictStatus::Passed));
            }
            if plan.panel.as_ref().is_some_and(|panel| !panel.canary.is_empty()) {
                prop_assert_eq!(next::proof(state).canary, 1, "no planted fault was seen");
            }
        }
        if end.status == Status::Blocked {
            prop_assert_eq!(state.ledger.calls, 0, "blocked, and yet money was spent");
        }
    }

    /// A call that succeeded is never made again, whatever is killed in between, unless its work
    /// was refused; and no call starts that does not fit what is left.
    #[test]
    fn nothing_is_paid_twice_or_over_the_limit(plan in plan(), luck in any::<[u8; 96]>()) {
        let mut world = World::new(plan, Chance::new(&luck));
        world.run_to_the_end();
        for (call, successes) in &world.successes {
            prop_assert!(*successes <= 1, "{:?} succeeded {} times", call, successes);
        }
        let limit = world.plan.limits.usd.expect("the plans of this test have one");
        // Each call that is under way may bring one answer too many, and nobody could know.
        let dearest = Usd::from_micros(world::ANSWER * u64::from(world.most.max(1)));
        prop_assert!(world.state.ledger.charged() <= limit + dearest);
    }

    /// The journal is a file format: every event survives it.
    #[test]
    fn events_survive_json(plan in plan(), luck in any::<[u8; 96]>()) {
        let mut world = World::new(plan, Chance::new(&luck));
        world.run_to_the_end();
        for event in &world.events {
            let json = serde_json::to_string(event).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Event>(&json).unwrap(), event);
        }
    }
}

#[test]
fn a_reader_skips_what_a_later_version_wrote() {
    let event: Event = serde_json::from_str(r#"{"type":"telepathy","strength":3}"#).unwrap();
    assert_eq!(event, Event::Unknown);
}

fn call_started() -> Event {
    Event::CallStarted(event::CallStarted {
        step: "a".into(),
        attempt: 1,
        pid: 1,
        start: None,
        claude_session: "c".into(),
        resumed: false,
        reservation: Usd::from_micros(50_000),
        cap: None,
        stream: 0,
        day: None,
    })
}

fn call_ended(outcome: CallOutcome, usd: Option<Usd>, output: Option<&str>) -> Event {
    Event::CallEnded(Box::new(event::CallEnded {
        step: "a".into(),
        attempt: 1,
        outcome,
        spend: Spend { usd, ..Spend::default() },
        conversation_cost: None,
        context: ContextUse { window: 1000, window_assumed: false, peak: 10 },
        loaded: None,
        quota: None,
        model: None,
        output: output.map(|text| event::Output::Text { text: text.into() }),
        warnings: Vec::new(),
        ms: 5,
    }))
}

fn broken(failure: Failure) -> CallOutcome {
    CallOutcome::Failed { failure, reason: "so it was".to_owned() }
}

/// The next call of the attempt never starts; it must not stand for the one that was killed.
#[test]
fn a_killed_call_stays_charged_whatever_becomes_of_the_next_one() {
    let state = State::of(&[
        Event::StepStarted { step: "a".into(), attempt: 1, grant: None },
        call_started(),
        Event::RunResumed {
            differences: Vec::new(),
            base: None,
            closed: Vec::new(),
            accepted: false,
        },
        Event::StepStarted { step: "a".into(), attempt: 1, grant: None },
        call_ended(broken(Failure::NotStarted), Some(Usd::ZERO), None),
    ]);
    assert_eq!(state.ledger.charged(), Usd::from_micros(50_000));
    assert_eq!(state.ledger.calls_unknown, 1);
}

#[test]
fn an_attempt_without_an_output_does_not_show_that_of_an_earlier_one() {
    let state = State::of(&[
        Event::StepStarted { step: "a".into(), attempt: 1, grant: None },
        call_started(),
        call_ended(CallOutcome::Succeeded, None, Some("refused")),
        Event::Retry { step: "a".into(), reasons: vec!["no".into()], supersedes: Vec::new() },
        Event::StepStarted { step: "a".into(), attempt: 2, grant: None },
        call_started(),
        call_ended(broken(Failure::NoResult), None, None),
    ]);
    assert_eq!(state.step("a").unwrap().output, None);
}
