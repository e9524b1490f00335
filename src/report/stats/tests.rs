use snapbox::{IntoData as _, assert_data_eq, str};

use super::*;
use crate::model::stats::{Cell, HookTally, Place, ReviewerTally, Tally, Usage, add};

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
    assert_data_eq!(stats(&some(), Look::PLAIN), str![[r#"
5 runs · 4 sessions kept, 1 removed · 75 % of 4 decided passed [30, 96]
passed 3 · rejected 1 · unavailable 1 · NOT CHECKED 1 · 5 retries of a step
median 41 s, 95 % within 2 min 4 s · $0.25 · work 51k tokens in 5 calls, 80 % of what was read from the cache
· skills loaded, ≈ tokens: header 1.0k
! 1 session cannot be read; not counted
· 2 runs not counted: an older atlas removed the sessions and kept no more than their number

runs    █▅  █  2026-W44 to 2026-W48, 2 runs at most
passed  █▁  █  0 % at least
spent   █▅  █  $0.10 at most

week      runs  passed           median     p95        spent  not passed
2026-W44  2     100 % [34, 100]  41 s       42 s       $0.10
2026-W45  1     0 % [0, 80]      2 min 4 s  2 min 4 s  $0.05  rejected 1
2026-W48  2     100 % [20, 100]  0.1 s      40 s       $0.10  unavailable 1, NOT CHECKED 1

skill        runs  passed         median  p95        spent  not passed
review-diff  4     75 % [30, 96]  41 s    2 min 4 s  $0.20  rejected 1
␛[2Jhostile  1     -              0.1 s   0.1 s      $0.05  unavailable 1, NOT CHECKED 1

model   runs  passed         median  p95        spent  not passed
sonnet  5     75 % [30, 96]  41 s    2 min 4 s  $0.25  rejected 1, unavailable 1, NOT CHECKED 1

hook        rejected  rate  passed  could not run  takes
tests-pass  5         50 %  5       0              1.4 s

reviewer  model  confirmed  refuted  no vote  agreed  proven  caught
facts     haiku  5          0        0        5 of 5  -       -

"#]].raw());
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
