use proptest::prelude::*;
use snapbox::{IntoData as _, assert_data_eq};

use super::*;
use crate::model::{
    Status,
    panel::weigh::{Cast, Vote},
    proportion::Proportion,
    result::{
        Finding, FindingKind, FindingStatus, Severity, VerdictStatus, Votes,
        tests::{all, story},
    },
    reuse::Reused,
    run::{Event, Point, event::CallEnded},
    value::Usd,
};

/// A Monday.
const MONDAY: &str = "2026-11-23T00:00:00Z";

/// One cell of each story that the results are tested with.
fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for (_, story) in all() {
        let events: Vec<&Event> = story.events.iter().collect();
        let at = MONDAY.parse().unwrap();
        add(&mut cells, &cell(&events, &story.state(), at, 41_000).unwrap());
    }
    cells
}

fn stats() -> Stats {
    let sessions = Kept { kept: 14, removed: 0, unreadable: 0, runs_by_number_alone: 0 };
    Stats::of(&cells(), vec![Place { path: "/work/shop".to_owned(), runs: 14, sessions }], None)
}

#[test]
#[expect(clippy::too_many_lines, reason = "a snapshot is as long as what it shows")]
fn a_run_is_told_by_its_events() {
    let story = story::repaired();
    let events: Vec<&Event> = story.events.iter().collect();
    let at = MONDAY.parse().unwrap();
    let cell = cell(&events, &story.state(), at, 41_000).unwrap();
    assert_data_eq!(
        serde_json::to_string_pretty(&cell).unwrap() + "\n",
        snapbox::str![[r#"
{
  "skill": "",
  "model": "claude-sonnet-5",
  "week": "2026-W48",
  "tally": {
    "runs": 1,
    "statuses": {
      "passed": 1
    },
    "waived": 0,
    "times": {
      "538": 1
    },
    "prices": {
      "578": 1
    },
    "usd": 0.09,
    "usd_in_plan": 0.0,
    "work": {
      "calls": 3,
      "tokens": {
        "input": 18000,
        "output": 1800,
        "cache_read": 36000,
        "cache_write": 3600
      }
    },
    "review": {
      "calls": 0,
      "tokens": {
        "input": 0,
        "output": 0,
        "cache_read": 0,
        "cache_write": 0
      }
    },
    "loaded": {
      "header": 2400,
      "outline": 600,
      "sections": 213000,
      "resources": 0
    },
    "retries": 1,
    "waits": 0,
    "hooks": {
      "clean": {
        "passed": 1,
        "rejected": 0,
        "errors": 0,
        "ms": 1400
      },
      "fmt": {
        "passed": 2,
        "rejected": 0,
        "errors": 0,
        "ms": 2800
      },
      "lint": {
        "passed": 2,
        "rejected": 0,
        "errors": 0,
        "ms": 2800
      },
      "tests-pass": {
        "passed": 1,
        "rejected": 1,
        "errors": 0,
        "ms": 2800
      }
    }
  }
}

"#]]
        .raw()
    );
}

#[test]
fn a_cell_survives_json_and_tells_of_no_other_run() {
    let story = story::repaired();
    let events: Vec<&Event> = story.events.iter().collect();
    let at = MONDAY.parse().unwrap();
    let cell = cell(&events, &story.state(), at, 41_000).unwrap();
    let json = serde_json::to_string(&cell).unwrap();
    assert_eq!(serde_json::from_str::<Cell>(&json).unwrap(), cell);
    assert_eq!(super::cell(&events[1..], &story.state(), at, 1), None, "no run");
    let earlier = Reused { ended: MONDAY.to_owned(), result: story.result() };
    let mut state = story.state();
    state.reused = Some(Box::new(earlier));
    assert_eq!(super::cell(&events, &state, at, 1), None, "another run stands for it");
}

#[test]
fn who_waived_and_who_never_decided_is_counted_and_no_success() {
    let all = stats().all;
    assert_eq!((all.runs, all.waived), (14, 1));
    assert_eq!(all.statuses.iter().map(|it| it.runs).sum::<u64>(), 14);
    let decided = all.statuses.iter().filter(|it| it.is_decided());
    assert_eq!(all.decided, decided.map(|it| it.runs).sum::<u64>());
    assert!(all.decided < all.runs, "{all:?}");
    let passed = all.statuses.iter().find(|it| it.status == Status::Passed).unwrap();
    assert_eq!(all.passed, passed.runs);
    let interval = all.success_interval;
    assert!(interval.low < all.success.unwrap() && all.success.unwrap() < interval.high);
}

/// What reviewers say in a panel, and what it concluded.
fn sitting(round: u32, votes: &[(&str, Vote)], verdict: VerdictStatus) -> Vec<Event> {
    let at = Point::Panel { round, asked: 0 };
    let mut events: Vec<Event> = votes
        .iter()
        .map(|(reviewer, vote)| Event::Vote {
            at: at.clone(),
            cast: Cast { reviewer: (*reviewer).to_owned(), vote: *vote, reason: None },
        })
        .collect();
    for (by, status) in [("facts", FindingStatus::Supported), ("logic", FindingStatus::Unsupported)]
    {
        events.push(Event::Finding {
            at: at.clone(),
            finding: Finding {
                id: "f1".to_owned(),
                severity: Severity::Major,
                kind: FindingKind::Wrong,
                claim: "It is wrong.".to_owned(),
                file: None,
                line: None,
                status,
                by: vec![by.to_owned()],
                quote: None,
            },
        });
    }
    events.push(Event::Verdict { at, status: verdict, votes: Votes::default() });
    events
}

#[test]
fn reviewers_are_judged_by_the_conclusion() {
    let mut story = story::passed();
    let review = story.events.iter().find_map(|event| match event {
        Event::CallEnded(call) => Some(call.clone()),
        _ => None,
    });
    let review = CallEnded {
        step: "panel/facts".to_owned(),
        model: Some("haiku".to_owned()),
        ..*review.unwrap()
    };
    story.events.push(Event::CallEnded(Box::new(review)));
    let rounds = [
        sitting(
            0,
            &[("facts", Vote::Refuted), ("logic", Vote::Confirmed)],
            VerdictStatus::Rejected,
        ),
        sitting(
            1,
            &[("facts", Vote::Confirmed), ("logic", Vote::Abstained)],
            VerdictStatus::Passed,
        ),
        sitting(
            2,
            &[("facts", Vote::Error), ("logic", Vote::Refuted)],
            VerdictStatus::Inconclusive,
        ),
    ];
    story.events.extend(rounds.into_iter().flatten());
    let events: Vec<&Event> = story.events.iter().collect();
    let at = MONDAY.parse().unwrap();
    let tally = cell(&events, &story.state(), at, 1).unwrap().tally;
    assert_eq!(tally.review.calls, 1);
    let facts = tally.reviewers["facts"]["haiku"];
    assert_eq!((facts.confirmed, facts.refuted, facts.abstained, facts.errors), (1, 1, 0, 1));
    assert_eq!(facts.agreed, Proportion { hits: 2, of: 2 });
    assert_eq!(facts.supported, Proportion { hits: 3, of: 3 });
    let logic = tally.reviewers["logic"][""];
    assert_eq!(logic.agreed, Proportion { hits: 0, of: 1 });
    assert_eq!(logic.supported, Proportion { hits: 0, of: 3 });
}

#[test]
fn the_published_schema_is_current_and_holds() {
    let schema = serde_json::to_string_pretty(&Stats::schema()).unwrap() + "\n";
    assert_data_eq!(
        schema.raw(),
        snapbox::file!["../../../docs/reference/stats.schema.json"].raw()
    );
    let schema = serde_json::to_value(Stats::schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for stats in [stats(), Stats::of(&[], Vec::new(), Some("2026-W48".to_owned()))] {
        let json = serde_json::to_value(&stats).unwrap();
        let errors: Vec<_> = validator.iter_errors(&json).map(|it| it.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}\n{json:#}");
        assert_eq!(serde_json::from_value::<Stats>(json).unwrap(), stats);
    }
}

#[test]
fn weeks_are_those_of_the_calendar() {
    let rows = [
        ("2026-11-28T12:00:00Z", "2026-W48"),
        ("2026-11-29T23:59:59Z", "2026-W48"),
        (MONDAY, "2026-W48"),
        ("2027-01-01T00:00:00Z", "2026-W53"),
        ("2024-12-30T00:00:00Z", "2025-W01"),
    ];
    for (at, week) in rows {
        assert_eq!(week_of(at.parse().unwrap()), week, "{at}");
    }
}

fn tally(runs: u64, times: &[u64]) -> Tally {
    let mut tally = Tally { runs, usd: Usd::from_micros(runs), ..Tally::default() };
    for ms in times {
        tally.times.count(*ms);
    }
    tally
}

proptest! {
    #[test]
    fn a_quantile_is_within_one_percent(
        mut values in prop::collection::vec(0_u64..100_000_000, 1..200),
        percent in 1_u64..=100,
    ) {
        let mut spread = Spread::default();
        for value in &values {
            spread.count(*value);
        }
        values.sort_unstable();
        let rank = (values.len() * usize::try_from(percent).unwrap()).div_ceil(100);
        let (exact, told) = (values[rank - 1], spread.quantile(percent).unwrap());
        prop_assert!(told.abs_diff(exact) <= exact / 100 + 1, "{} for {}", told, exact);
    }

    #[test]
    fn cells_add_up_in_any_order(
        parts in prop::collection::vec((0_u64..3, 0_u64..9, prop::collection::vec(any::<u32>(), 0..5)), 0..12),
        turn in any::<usize>(),
    ) {
        let cells = |order: &[(u64, u64, Vec<u32>)]| {
            let mut cells = Vec::new();
            for (skill, runs, times) in order {
                let times: Vec<u64> = times.iter().copied().map(u64::from).collect();
                let (skill, tally) = (skill.to_string(), tally(*runs, &times));
                add(&mut cells, &Cell { skill, tally, ..Cell::default() });
            }
            cells
        };
        let mut turned = parts.clone();
        if !turned.is_empty() {
            let by = turn % turned.len();
            turned.rotate_left(by);
        }
        prop_assert_eq!(cells(&parts), cells(&turned));
    }
}
