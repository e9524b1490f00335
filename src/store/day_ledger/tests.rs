use proptest::prelude::*;
use tempfile::{TempDir, tempdir};

use super::*;
use crate::{
    model::Status,
    sys::process::{Exit, Group, tests::sh},
};

const NOON: &str = "2026-11-20T12:00:00Z";

fn cents(cents: u64) -> Usd {
    Usd::from_micros(cents * 10_000)
}

/// A session of its own for each skill.
fn session(skill: &str) -> String {
    format!("20261120-120000-{skill:x<4.4}")
}

fn ledger(state: &Path, at: &str, skill: &str) -> DayLedger {
    let payer = Payer {
        session: session(skill).parse().unwrap(),
        run: 1,
        skill: skill.to_owned(),
        repository: "/src/a \"b\"".to_owned(),
    };
    DayLedger::at(state, Clock::Fixed(at.parse().unwrap()), payer)
}

async fn spent(ledger: &DayLedger) -> Usd {
    match ledger.reserve(Some(Usd::ZERO), cents(1)).await {
        Err(NotReserved::OverLimit(over)) => over.spent,
        other => panic!("{other:?}"),
    }
}

fn place() -> (TempDir, PathBuf) {
    let folder = tempdir().unwrap();
    let state = folder.path().join("state");
    (folder, state)
}

#[tokio::test]
async fn a_day_is_charged_what_is_reserved_until_it_is_settled() {
    let (_folder, state) = place();
    let review = ledger(&state, NOON, "review");
    let limit = Some(cents(100));
    let first = review.reserve(limit, cents(60)).await.unwrap();
    let fault = review.reserve(limit, cents(41)).await.unwrap_err();
    let expected = OverLimit {
        asked: cents(41),
        spent: cents(60),
        limit: cents(100),
        dearest: vec![DayRun {
            skill: "review".to_owned(),
            session: session("review"),
            run: 1,
            usd: cents(60),
        }],
    };
    assert_eq!(fault, NotReserved::OverLimit(expected));
    let fix = ledger(&state, NOON, "fix");
    let second = fix.reserve(limit, cents(40)).await.unwrap();

    review.settle(&first, Some(cents(10))).await.unwrap();
    assert_eq!(spent(&review).await, cents(50));
    fix.settle(&second, None).await.unwrap();
    assert_eq!(spent(&review).await, cents(50), "nobody knows what it cost");
    fix.settle(&second, Some(cents(95))).await.unwrap();
    let NotReserved::OverLimit(over) = review.reserve(limit, cents(1)).await.unwrap_err() else {
        panic!("the day is spent");
    };
    assert_eq!(
        over.to_string(),
        "$1.05 of $1.00 for today are spent or reserved, $0.01 more do not fit; \
         dearest: fix $0.95 in 20261120-120000-fixx, review $0.10 in 20261120-120000-revi"
    );
}

#[tokio::test]
async fn a_day_ends_at_midnight_utc_and_a_price_counts_where_it_was_reserved() {
    let (_folder, state) = place();
    let late = ledger(&state, "2026-11-20T23:59:59.999Z", "a");
    let reservation = late.reserve(None, cents(60)).await.unwrap();
    let early = ledger(&state, "2026-11-21T00:00:00Z", "a");
    early.settle(&reservation, Some(cents(70))).await.unwrap();
    assert_eq!((spent(&early).await, spent(&late).await), (Usd::ZERO, cents(70)));
}

#[tokio::test]
async fn what_a_power_cut_broke_costs_nobody_else() {
    let (_folder, state) = place();
    let ledger = ledger(&state, NOON, "a");
    let _first = ledger.reserve(None, cents(1)).await.unwrap();
    let whole = std::fs::read(&ledger.file).unwrap();
    for cut in 0..whole.len() {
        File::create(&ledger.file).unwrap().write_all(&whole[..cut]).unwrap();
        let _second = ledger.reserve(None, cents(2)).await.unwrap();
        // Where only the newline was lost, the line itself is whole.
        let first = if cut + 1 == whole.len() { cents(1) } else { Usd::ZERO };
        assert_eq!(spent(&ledger).await, first + cents(2), "cut at {cut}");
    }
}

#[tokio::test]
async fn a_later_format_is_refused_only_where_it_counts() {
    let (_folder, state) = place();
    let today = ledger(&state, NOON, "a");
    let _any = today.reserve(None, cents(1)).await.unwrap();
    let newer = crate::model::journal_line::seal(br#"{"v":2,"day":"2026-11-20"}"#.to_vec());
    open_append_private(&today.file).unwrap().write_all(&newer).unwrap();
    match today.reserve(None, cents(1)).await.unwrap_err() {
        NotReserved::Fault(fault) => assert_eq!(fault.status, Status::Invalid),
        NotReserved::OverLimit(over) => panic!("{over}"),
    }
    assert!(ledger(&state, "2026-11-21T12:00:00Z", "a").reserve(None, cents(1)).await.is_ok());
}

#[tokio::test]
async fn a_large_ledger_forgets_old_days_and_nothing_else() {
    let (_folder, state) = place();
    let old = ledger(&state, "2026-10-10T12:00:00Z", "old");
    let kept = ledger(&state, "2026-10-11T12:00:00Z", "kept");
    let today = ledger(&state, NOON, "new");
    let _old = old.reserve(None, cents(1)).await.unwrap();
    let line = std::fs::read(&old.file).unwrap();
    let many = usize::try_from(COMPACT_ABOVE).unwrap() / line.len() + 1;
    open_append_private(&old.file).unwrap().write_all(&line.repeat(many)).unwrap();
    let _kept = kept.reserve(None, cents(2)).await.unwrap();
    assert!(std::fs::metadata(&old.file).unwrap().len() > COMPACT_ABOVE, "forty days are kept");
    let _today = today.reserve(None, cents(3)).await.unwrap();
    assert_eq!(std::fs::read_to_string(&old.file).unwrap().lines().count(), 2);
    let sums = (spent(&old).await, spent(&kept).await, spent(&today).await);
    assert_eq!(sums, (Usd::ZERO, cents(2), cents(3)));
}

/// Stands in the arguments of the test program when it is started again as one process of many;
/// its own harness takes it for a name to skip.
const MARKER: &str = "reserve-in:";

#[tokio::test]
async fn reserves_what_fits() {
    let state = std::env::args().find_map(|arg| Some(arg.strip_prefix(MARKER)?.to_owned()));
    if let Some(state) = state {
        let ledger = ledger(Path::new(&state), NOON, "a");
        for _ in 0..20 {
            match ledger.reserve(Some(cents(100)), cents(1)).await {
                Ok(_) | Err(NotReserved::OverLimit(_)) => {}
                Err(NotReserved::Fault(fault)) => panic!("{fault}"),
            }
        }
    }
}

#[tokio::test]
async fn ten_processes_at_once_reserve_what_there_is_and_no_more() {
    let (_folder, state) = place();
    let exe = std::env::current_exe().unwrap();
    let test = "store::day_ledger::tests::reserves_what_fits";
    let script =
        format!("exec '{}' --exact {test} --skip '{MARKER}{}'", exe.display(), state.display());
    let mut groups: Vec<_> = (0..10).map(|_| Group::spawn(&sh(&script)).unwrap()).collect();
    for group in &mut groups {
        assert_eq!(group.wait().await.unwrap(), Exit::Code(0));
    }
    let ledger = ledger(&state, NOON, "a");
    assert_eq!(spent(&ledger).await, cents(100), "of two hundred attempts one hundred fit");
    let mode = |path: &Path| {
        std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(path).unwrap()) & 0o777
    };
    assert_eq!((mode(&ledger.file), mode(&state)), (0o600, 0o700));
}

proptest! {
    #[test]
    fn no_bytes_break_the_reader(bytes: Vec<u8>) {
        let mut charges = BTreeMap::new();
        entry::add(&mut charges, &bytes, "2026-11-20").unwrap();
        prop_assert!(charges.is_empty());
        prop_assert!(entry::since(&bytes, "2026-11-20").is_empty());
    }
}
