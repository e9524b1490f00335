use snapbox::{IntoData as _, assert_data_eq, str};

use super::*;
use crate::model::stats::{Cell, HookTally, Kept, Place, ReviewerTally, Tally, Usage, add};

fn run(skill: &str, week: &str, status: Status, ms: u64) -> Cell {
    let mut tally = Tally { runs: 1, usd: Usd::from_micros(50_000), ..Tally::default() };
    tally.statuses.insert(status, 1);
    tally.waived = u64::from(status == Status::Unavailable);
    tally.times.count(ms);
    tally.retries = 1;
    let tokens = crate::model::call::TokenCount {
        input: 1000,
        output: 200,
        cache_read: 8000,
        cache_write: 1000,
    };
    tally.work = Usage { calls: 1, tokens };
    tally.loaded.header = 800;
    let hook = HookTally { passed: 1, rejected: 1, errors: 0, ms: 2800 };
    tally.hooks.insert("tests-pass".to_owned(), hook);
    let said = ReviewerTally {
        confirmed: 1,
        agreed: Proportion { hits: 1, of: 1 },
        ..ReviewerTally::default()
    };
    tally.reviewers.entry("facts".to_owned()).or_default().insert("haiku".to_owned(), said);
    Cell { skill: skill.to_owned(), model: "sonnet".to_owned(), week: week.to_owned(), tally }
}

fn some() -> Stats {
    let mut cells = Vec::new();
    for cell in [
        run("review-diff", "2026-W44", Status::Passed, 41_000),
        run("review-diff", "2026-W44", Status::Passed, 43_000),
        run("review-diff", "2026-W45", Status::Rejected, 125_000),
        run("review-diff", "2026-W48", Status::Passed, 40_000),
        run("\u{1b}[2Jhostile", "2026-W48", Status::Unavailable, 100),
    ] {
        add(&mut cells, &cell);
    }
    let sessions = Kept { kept: 4, removed: 1, unreadable: 1, runs_by_number_alone: 2 };
    Stats::of(&cells, vec![Place { path: "/work/shop".to_owned(), runs: 5, sessions }], None)
}

#[test]
fn as_a_log_has_it() {
    assert_data_eq!(stats(&some(), Look::PLAIN), str![[r#""#]].raw());
}

#[test]
fn as_a_screen_reader_hears_it() {
    let look = Look { symbols: Symbols::Words, ..Look::PLAIN };
    let told = stats(&some(), look);
    assert!(!told.contains('▁'), "{told}");
    assert!(told.contains("review-diff\n  runs: 4\n"), "{told}");
}

#[test]
fn nothing_is_told_of_nothing() {
    let none = Stats::of(&[], Vec::new(), None);
    assert_eq!(stats(&none, Look::PLAIN), "0 runs · 0 sessions kept\n");
}

#[test]
fn all_and_none_are_told_only_of_what_is_all_and_none() {
    let rows = [(0.0, "0 %"), (0.001, "1 %"), (0.5, "50 %"), (0.999, "99 %"), (1.0, "100 %")];
    for (share, expected) in rows {
        assert_eq!(percent(share), expected);
    }
}
