//! The shared limit: rules one by one, then against a service that takes only so many.

use proptest::prelude::*;

use super::*;
use crate::model::run::event::CallEnded;
use crate::model::{
    call::{ContextUse, Spend},
    value::Span,
};

fn ordered(step: &str) -> Event {
    Event::StepStarted { step: step.into(), attempt: 1, grant: None }
}

fn answered(step: &str) -> Event {
    Event::CallAnswered { step: step.into(), attempt: 1 }
}

fn refused(step: &str) -> Event {
    Event::CallRefused { step: step.into(), attempt: 1, status: Some(429) }
}

fn ended(step: &str, outcome: CallOutcome) -> Event {
    Event::CallEnded(Box::new(CallEnded {
        step: step.into(),
        attempt: 1,
        outcome,
        spend: Spend::default(),
        conversation_cost: None,
        context: ContextUse { window: 1000, window_assumed: true, peak: 0 },
        loaded: None,
        quota: None,
        model: None,
        output: None,
        warnings: Vec::new(),
        ms: 1,
    }))
}

fn unavailable(why: Unavailability) -> CallOutcome {
    CallOutcome::Unavailable { why, reason: "so it was".to_owned() }
}

/// What a call does, in one letter: `<` is ordered, `+` answered, `-` refused, `>` ends well, `x`
/// ends overloaded, `k` without a login, `q` without a quota.
fn event(what: char, step: &str) -> Event {
    match what {
        '<' => ordered(step),
        '+' => answered(step),
        '-' => refused(step),
        '>' => ended(step, CallOutcome::Succeeded),
        'x' => ended(step, unavailable(Unavailability::Overloaded)),
        'k' => ended(step, unavailable(Unavailability::Login)),
        'q' => {
            let resets_at = Some(1);
            ended(step, unavailable(Unavailability::Quota { window: None, resets_at }))
        }
        other => panic!("no such event: {other}"),
    }
}

/// After these words, such as `<abc` for three calls that are ordered.
fn after(words: &str) -> Pace {
    let mut pace = Pace::default();
    for word in words.split_whitespace() {
        let (what, steps) = word.split_at(1);
        for step in steps.chars() {
            pace.apply(&event(what.chars().next().unwrap(), &step.to_string()));
        }
    }
    pace
}

#[test]
fn the_limit_follows_what_the_service_says() {
    let rows = [
        ("", 2, "it begins at two"),
        ("<ab +a", 3, "each answer makes room for one more"),
        ("<ab +a <c +b <d +c <e +d", 6, "so that it doubles as often as all are answered"),
        ("<a +a", 2, "but not beside free places"),
        ("<ab +ab", 3, "nor where nobody took the room that there was"),
        ("<ab +aaa", 3, "and a call is answered once"),
        ("<ab +a <c +b <d -c", 2, "a refusal halves it"),
        ("<ab +a <c +b <d -cd", 2, "refusals of one moment are one"),
        ("<ab +a <c +b <d -cc", 1, "what is refused again was asked again"),
        ("<ab -ab -ab -ab", 1, "less than one is none"),
        ("<ab +a <c +b <d -c >abd <e +e", 2, "then it grows by one"),
        ("<ab +a <c +b <d -c >abd <e +e >e <f +f", 3, "with as many answers as it allows calls"),
        ("<ab xa xb", 1, "a call that gave up was refused too"),
        ("<ab >a >b", 2, "an end without an answer says nothing"),
        ("-a +b", 2, "nor does who was never ordered"),
    ];
    for (words, limit, why) in rows {
        assert_eq!(after(words).limit(), limit, "{why}: {words}");
    }
}

#[test]
fn a_service_that_answers_nobody_is_given_up() {
    let closed = |words: &str| after(words).closed().map(|closed| closed.why.clone());
    assert_eq!(closed("<a -a"), None);
    let waves = "<a -a xa ".repeat(5);
    assert_eq!(closed(&waves), Some(Unavailability::Overloaded));
    assert_eq!(closed(&waves.replacen("-a xa", "-a +a xa", 3)), None, "an answer is hope");
    assert_eq!(closed("<a ka"), Some(Unavailability::Login));
    assert!(matches!(closed("<a qa"), Some(Unavailability::Quota { .. })));
    assert_eq!(closed("<ab qa kb"), Some(Unavailability::Login), "which nobody can wait for");
}

#[test]
fn after_a_wait_for_a_quota_everything_begins_anew() {
    let mut pace = after("<ab +ab <cd -c qa");
    pace.apply(&Event::QuotaAwaited { window: None, resets_at: 1 });
    assert!(pace.is_awaiting());
    pace.apply(&Event::QuotaReset);
    assert_eq!((pace.limit(), pace.closed(), pace.is_awaiting()), (2, None, false));
    assert_eq!(pace.under_way(), 3, "what runs is still there");
}

proptest! {
    /// Whatever happens, somebody may be asked, and the count of those under way is right.
    #[test]
    fn no_events_break_it(words in proptest::collection::vec(("[<+>x-]", "[a-f]"), 0..200)) {
        let mut pace = Pace::default();
        let mut running = std::collections::BTreeSet::new();
        let mut before = pace.limit();
        for (what, step) in words {
            let what = what.chars().next().unwrap();
            match what {
                '<' => drop(running.insert(step.clone())),
                '>' | 'x' => drop(running.remove(&step)),
                _ => {}
            }
            pace.apply(&event(what, &step));
            prop_assert!(pace.limit() >= 1);
            prop_assert!(pace.limit() <= before + 1 && pace.limit() >= before / 2);
            prop_assert_eq!(pace.under_way() as usize, running.len());
            before = pace.limit();
        }
    }

    /// Against a service that takes so many at once, every call is answered in the end, and few
    /// are refused on the way.
    #[test]
    fn it_settles_near_what_the_service_takes(
        takes in 1usize..9,
        calls in 1usize..200,
        jobs in 1u32..33,
    ) {
        let mut pace = Pace::default();
        let (mut waiting, mut refusals) = (calls, 0);
        let mut taken = VecDeque::new();
        for n in 0.. {
            if waiting == 0 {
                break;
            }
            if pace.under_way() >= pace.limit().min(jobs) {
                let oldest: String = taken.pop_front().expect("somebody holds the place");
                pace.apply(&event('>', &oldest));
                continue;
            }
            let step = n.to_string();
            pace.apply(&ordered(&step));
            if taken.len() < takes {
                pace.apply(&answered(&step));
                taken.push_back(step);
                waiting -= 1;
            } else {
                pace.apply(&event('x', &step));
                refusals += 1;
            }
            prop_assert!(pace.closed().is_none(), "somebody is answered all the time");
        }
        prop_assert!(refusals <= calls, "{} of {}", refusals, calls);
        if takes >= 4 {
            prop_assert!(refusals * 4 <= calls + 16, "{} of {}", refusals, calls);
        }
    }
}

#[test]
fn waiting_is_no_news() {
    let mut pace = after("<ab -a");
    let before = pace.clone();
    let (step, after) = ("a".to_owned(), Span::seconds(1));
    pace.apply(&Event::CallRetrying { step, attempt: 1, reason: String::new(), after });
    assert_eq!(pace, before);
}
