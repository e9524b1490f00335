//! Who is let in, and with how much money: a fan-out of calls that begin alike.

use super::{plans::fan_out, *};
use crate::model::{
    call::{Basis, LimitKind, TokenCount, Unavailability},
    run::{
        event::{CallEnded, CallStarted},
        plan::{PacePlan, Stagger},
    },
    value::Span,
};

const ALL_AT_ONCE: PacePlan = PacePlan { jobs: 16, stagger: Stagger::Off, wait: None };

/// A run of some calls, in which every order is carried out at once.
struct Run {
    plan: Plan,
    state: State,
}

impl Run {
    fn of(calls: usize, cents: u64, pace: PacePlan) -> Self {
        Self { plan: fan_out(calls, cents, pace), state: State::default() }
    }

    fn then(&mut self, event: &Event) -> &mut Self {
        self.state.apply(event);
        self
    }

    /// Starts what can be started; each call by its number, with its money in cents.
    fn start(&mut self) -> Vec<(usize, u64)> {
        let mut started = Vec::new();
        for effect in next::next(&self.plan, &self.state) {
            let Effect::Call { step, attempt, grant, .. } = effect else { panic!("{effect:?}") };
            let cents = grant.expect("there is a limit").dollars() * 100.0;
            let number = step.rsplit('/').next().unwrap();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a few whole cents"
            )]
            started.push((number.parse().unwrap(), cents.round() as u64));
            self.then(&Event::StepStarted { step, attempt, grant });
        }
        started
    }

    fn answers(&mut self, call: usize) -> &mut Self {
        self.then(&Event::CallAnswered { step: id(call), attempt: 1 })
    }

    fn ends(&mut self, call: usize, outcome: CallOutcome, cents: u64) -> &mut Self {
        self.then(&Event::CallStarted(CallStarted {
            step: id(call),
            attempt: 1,
            pid: 1,
            start: None,
            claude_session: id(call),
            resumed: false,
            reservation: plans::RESERVE,
            cap: None,
            stream: 0,
            day: None,
        }));
        self.then(&Event::CallEnded(Box::new(CallEnded {
            step: id(call),
            attempt: 1,
            outcome,
            spend: Spend {
                usd: Some(Usd::from_micros(cents * 10_000)),
                tokens: TokenCount::default(),
                basis: Basis::Api,
                turns: 1,
            },
            conversation_cost: None,
            context: ContextUse { window: 1000, window_assumed: false, peak: 10 },
            loaded: None,
            quota: None,
            model: None,
            output: None,
            warnings: Vec::new(),
            ms: 1,
        })))
    }

    fn passes(&mut self, call: usize, cents: u64) -> &mut Self {
        self.ends(call, CallOutcome::Succeeded, cents)
    }

    fn next(&self) -> Vec<Effect> {
        next::next(&self.plan, &self.state)
    }
}

fn id(call: usize) -> String {
    format!("{}/{call}", crate::model::panel::UNITS)
}

fn nobody(why: Unavailability) -> CallOutcome {
    CallOutcome::Unavailable { why, reason: "so it was".to_owned() }
}

fn quota() -> Unavailability {
    Unavailability::Quota { window: Some("five_hour".into()), resets_at: Some(9) }
}

#[test]
fn two_begin_and_each_answer_makes_room() {
    let mut run = Run::of(8, 800, ALL_AT_ONCE);
    assert_eq!(run.start(), [(0, 100), (1, 100)], "each has its share, of eight");
    assert_eq!(run.start(), [], "asking again changes nothing");
    assert_eq!(run.answers(0).start(), [(2, 100)]);
    assert_eq!(run.passes(0, 10).start(), [(3, 118)], "what is left over is shared anew");
}

#[test]
fn no_more_run_at_once_than_jobs_allow() {
    let mut run = Run::of(8, 800, PacePlan { jobs: 1, ..ALL_AT_ONCE });
    assert_eq!(run.start(), [(0, 800)], "who is alone has everything");
    assert_eq!(run.answers(0).start(), []);
    assert_eq!(run.passes(0, 100).start(), [(1, 700)]);
}

#[test]
fn money_that_does_not_hold_all_holds_some_and_the_rest_waits_for_what_is_left_over() {
    let mut run = Run::of(16, 10, ALL_AT_ONCE);
    assert_eq!(run.start(), [(0, 5), (1, 5)]);
    run.answers(0).answers(1);
    assert_eq!(run.start(), [], "there is a place, but no money");
    assert_eq!(run.passes(0, 1).start(), [], "four cents are less than what is reserved");
    assert_eq!(run.passes(1, 1).start(), [(2, 5)]);
    run.passes(2, 5);
    let next = run.next();
    let [Effect::Record(event)] = &next[..] else { panic!("{next:?}") };
    let Event::LimitReached { limit, reason } = &**event else { panic!("{event:?}") };
    assert_eq!(*limit, LimitKind::Usd);
    assert_eq!(reason, "$0.07 of $0.10 is spent, and `panel/3` reserves $0.05");
}

#[test]
fn of_four_that_begin_alike_one_goes_ahead() {
    let staggered = PacePlan { stagger: Stagger::On, ..ALL_AT_ONCE };
    let mut run = Run::of(4, 400, staggered);
    assert_eq!(run.start(), [(0, 100)]);
    assert_eq!(run.start(), []);
    assert_eq!(run.answers(0).start(), [(1, 100)], "two, as the service is new");
    assert_eq!(run.answers(1).start(), [(2, 100)], "nobody waits for the second");
    assert_eq!(run.answers(2).start(), [(3, 100)]);

    let mut run = Run::of(4, 400, staggered);
    run.start();
    run.ends(0, nobody(Unavailability::Network), 0);
    let again = Event::CallRetrying {
        step: id(0),
        attempt: 1,
        reason: String::new(),
        after: Span::seconds(1),
    };
    assert_eq!(run.then(&again).start(), [(0, 100)], "who was not answered filled no cache");

    assert_eq!(Run::of(3, 300, staggered).start().len(), 2, "three are not worth it");
    let mut prefixed = Run::of(4, 400, staggered);
    let panel = prefixed.plan.panel.as_mut().unwrap();
    for (n, reviewer) in panel.reviewers.iter_mut().enumerate() {
        let agent = &mut reviewer.call.agent;
        agent.system = crate::model::contract::SystemPrompt::Minimal;
        agent.tools = Some(Vec::new());
        reviewer.call.system = "s".repeat(4000);
        reviewer.call.prompt = format!("{}{n}", "p".repeat(95));
    }
    assert_eq!(prefixed.start().len(), 2, "4,095 bytes are equal");
    let mut prefixed = Run { state: State::default(), ..prefixed };
    for reviewer in &mut prefixed.plan.panel.as_mut().unwrap().reviewers {
        reviewer.call.system.push('s');
    }
    assert_eq!(prefixed.start().len(), 1, "4,096 bytes are equal");
}

#[test]
fn a_refused_login_ends_what_runs() {
    let mut run = Run::of(4, 400, ALL_AT_ONCE);
    run.start();
    run.ends(0, nobody(Unavailability::Login), 0);
    let next = run.next();
    let [Effect::Stop(event)] = &next[..] else { panic!("{next:?}") };
    run.then(event);
    assert_eq!(run.next(), [], "the other one is ending");
    run.ends(1, CallOutcome::Interrupted, 0);
    let next = run.next();
    let [Effect::Record(event)] = &next[..] else { panic!("{next:?}") };
    assert!(matches!(&**event, Event::RunEnded { status: Status::Unavailable, .. }), "{event:?}");
}

#[test]
fn a_used_up_quota_starts_nothing_and_ends_nothing_that_runs() {
    let mut run = Run::of(4, 400, ALL_AT_ONCE);
    run.start();
    assert_eq!(run.ends(0, nobody(quota()), 0).next(), [], "one is still there");
    run.passes(1, 1);
    let next = run.next();
    let [Effect::Record(event)] = &next[..] else { panic!("{next:?}") };
    let Event::Unavailable { why, .. } = &**event else { panic!("{event:?}") };
    assert_eq!(*why, quota());
}

#[test]
fn a_run_that_waits_for_a_quota_waits_once_and_goes_on() {
    let mut run = Run::of(4, 400, PacePlan { wait: Some(Span::seconds(9)), ..ALL_AT_ONCE });
    run.start();
    run.ends(0, nobody(quota()), 0).ends(1, nobody(quota()), 0);
    let next = run.next();
    let [Effect::Record(first), Effect::Record(second), Effect::AwaitQuota { resets_at: 9, .. }] =
        &next[..]
    else {
        panic!("{next:?}");
    };
    for event in [first, second] {
        assert!(matches!(&**event, Event::CallRetrying { .. }), "{event:?}");
        run.then(event);
    }
    run.then(&Event::QuotaAwaited { window: None, resets_at: 9 });
    assert_eq!(run.next(), []);
    run.then(&Event::QuotaReset);
    assert_eq!(run.start(), [(0, 100), (1, 100)]);
}
