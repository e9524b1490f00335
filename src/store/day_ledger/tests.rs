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

/// A call that may cost what it probably costs, and no more.
fn exactly(amount: u64) -> Wanted {
    Wanted { least: cents(amount), most: Some(cents(amount)), may_wait: true }
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

fn spent(ledger: &DayLedger) -> Usd {
    let mut seen = Seen::default();
    seen.look(&ledger.file, &day_of(ledger.clock.now())).unwrap();
    seen.charges().map(Charge::charged).sum()
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
    let first = review.reserve(limit, exactly(60)).await.unwrap();
    let waits = review.reserve(limit, exactly(41)).await;
    assert_eq!(waits, Err(NotReserved::Held), "it may come to cost less");
    review.settle(&first.entry, None).await.unwrap();
    let fault = review.reserve(limit, exactly(41)).await.unwrap_err();
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
    let second = fix.reserve(limit, exactly(40)).await.unwrap();

    review.settle(&first.entry, Some(cents(10))).await.unwrap();
    assert_eq!(spent(&review), cents(50));
    fix.settle(&second.entry, None).await.unwrap();
    assert_eq!(spent(&review), cents(50), "nobody knows what it cost");
    fix.settle(&second.entry, Some(cents(95))).await.unwrap();
    let NotReserved::OverLimit(over) = review.reserve(limit, exactly(1)).await.unwrap_err() else {
        panic!("the day is spent");
    };
    assert_eq!(
        over.to_string(),
        "$1.05 of $1.00 for today are spent, $0.01 more do not fit; \
         dearest: fix $0.95 in 20261120-120000-fixx, review $0.10 in 20261120-120000-revi"
    );
}

/// What a call may get of a day of a dollar, in cents; nothing where it has to wait.
#[tokio::test]
async fn what_calls_at_once_may_cost_is_never_more_than_the_day_has() {
    let (_folder, state) = place();
    let ledger = ledger(&state, NOON, "a");
    let limit = Some(cents(100));
    let wanted =
        |most: Option<u64>| Wanted { least: cents(5), most: most.map(cents), may_wait: true };
    let mut held = Vec::new();
    for (most, expected) in [
        (Some(35), Some(35)),
        (Some(40), Some(40)),
        (Some(40), None),
        (None, None),
        (Some(8), Some(8)),
        (Some(12), Some(12)),
        (Some(5), Some(5)),
        (Some(5), None),
    ] {
        match (ledger.reserve(limit, wanted(most)).await, expected) {
            (Ok(reserved), Some(expected)) => {
                assert_eq!(reserved.cap, Some(cents(expected)), "{most:?}");
                held.push(reserved);
            }
            (Err(NotReserved::Held), None) => {}
            (other, _) => panic!("{most:?}: {other:?}"),
        }
    }
    let inside = Wanted { may_wait: false, ..wanted(Some(5)) };
    let refused = ledger.reserve(limit, inside).await;
    assert!(matches!(refused, Err(NotReserved::OverLimit(_))), "{refused:?}");
    assert_eq!(ledger.reserve(None, wanted(None)).await.unwrap().cap, None, "nothing limits it");
    ledger.settle(&held[0].entry, Some(cents(1))).await.unwrap();
    // Of 35 that are held no more, 5 went to the one without a limit.
    for (most, expected) in [(Some(29), Some(29)), (Some(200), None)] {
        match (ledger.reserve(limit, wanted(most)).await, expected) {
            (Ok(reserved), Some(expected)) => {
                assert_eq!(reserved.cap, Some(cents(expected)), "{most:?}");
                held.push(reserved);
            }
            (Err(NotReserved::Held), None) => {}
            (other, _) => panic!("{most:?}: {other:?}"),
        }
    }
    for reserved in held.drain(1..).rev().take(5) {
        ledger.settle(&reserved.entry, Some(cents(1))).await.unwrap();
    }
    let alone = ledger.reserve(limit, wanted(Some(200))).await.unwrap();
    let all = 100 - 6 - 5;
    assert_eq!(alone.cap, Some(cents(all)), "whoever is alone has all that is left");
    ledger.settle(&alone.entry, alone.cap).await.unwrap();
    match ledger.reserve(limit, wanted(Some(5))).await.unwrap_err() {
        NotReserved::OverLimit(over) => assert_eq!(over.spent, cents(100)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_call_whose_atlas_is_gone_holds_what_it_reserved() {
    let (_folder, state) = place();
    let ledger = ledger(&state, NOON, "a");
    let _makes_the_folder = ledger.reserve(None, exactly(1)).await.unwrap();
    let me = ProcessId::of(std::process::id());
    let earlier = me.start.map(|start| start - 1);
    for (by, is_held) in [
        (me, true),
        (ProcessId { start: earlier, ..me }, earlier.is_none()),
        (ProcessId { pid: u32::MAX, start: Some(1) }, false),
    ] {
        let before = spent(&ledger);
        let entry = DayEntry { id: format!("{by:?}"), day: "2026-11-20".to_owned() };
        let line = ledger.line(&entry, Kind::Reserve, Some(cents(5)));
        ledger.append(&Entry { cap: Some(cents(90)), by: Some(by), ..line }).unwrap();
        assert_eq!(spent(&ledger), before + cents(5), "{by:?}");
        let wanted = Wanted { least: cents(1), most: Some(cents(50)), may_wait: true };
        let waits = ledger.reserve(Some(cents(100)), wanted).await;
        assert_eq!(waits == Err(NotReserved::Held), is_held, "{by:?}: {waits:?}");
        if let Ok(reserved) = waits {
            ledger.settle(&reserved.entry, Some(Usd::ZERO)).await.unwrap();
        }
        ledger.settle(&entry, Some(cents(7))).await.unwrap();
        assert_eq!(spent(&ledger), before + cents(7), "{by:?}");
    }
}

#[tokio::test]
async fn a_day_ends_at_midnight_utc_and_a_price_counts_where_it_was_reserved() {
    let (_folder, state) = place();
    let late = ledger(&state, "2026-11-20T23:59:59.999Z", "a");
    let reservation = late.reserve(None, exactly(60)).await.unwrap();
    let early = ledger(&state, "2026-11-21T00:00:00Z", "a");
    early.settle(&reservation.entry, Some(cents(70))).await.unwrap();
    assert_eq!((spent(&early), spent(&late)), (Usd::ZERO, cents(70)));
}

#[tokio::test]
async fn what_a_power_cut_broke_costs_nobody_else() {
    let (_folder, state) = place();
    let ledger = ledger(&state, NOON, "a");
    let _first = ledger.reserve(None, exactly(1)).await.unwrap();
    let whole = std::fs::read(&ledger.file).unwrap();
    for cut in 0..whole.len() {
        File::create(&ledger.file).unwrap().write_all(&whole[..cut]).unwrap();
        let _second = ledger.reserve(None, exactly(2)).await.unwrap();
        // Where only the newline was lost, the line itself is whole.
        let first = if cut + 1 == whole.len() { cents(1) } else { Usd::ZERO };
        assert_eq!(spent(&ledger), first + cents(2), "cut at {cut}");
    }
}

#[tokio::test]
async fn a_later_format_is_refused_only_where_it_counts() {
    let (_folder, state) = place();
    let today = ledger(&state, NOON, "a");
    let _any = today.reserve(None, exactly(1)).await.unwrap();
    let newer = crate::model::journal_line::seal(br#"{"v":2,"day":"2026-11-20"}"#.to_vec());
    open_append_private(&today.file).unwrap().write_all(&newer).unwrap();
    match today.reserve(None, exactly(1)).await.unwrap_err() {
        NotReserved::Fault(fault) => assert_eq!(fault.status, Status::Invalid),
        other => panic!("{other:?}"),
    }
    assert!(ledger(&state, "2026-11-21T12:00:00Z", "a").reserve(None, exactly(1)).await.is_ok());
}

#[tokio::test]
async fn a_large_ledger_forgets_old_days_and_nothing_else() {
    let (_folder, state) = place();
    let old = ledger(&state, "2026-10-10T12:00:00Z", "old");
    let kept = ledger(&state, "2026-10-11T12:00:00Z", "kept");
    let today = ledger(&state, NOON, "new");
    let _old = old.reserve(None, exactly(1)).await.unwrap();
    let line = std::fs::read(&old.file).unwrap();
    let many = usize::try_from(COMPACT_ABOVE).unwrap() / line.len() + 1;
    open_append_private(&old.file).unwrap().write_all(&line.repeat(many)).unwrap();
    let _kept = kept.reserve(None, exactly(2)).await.unwrap();
    assert!(std::fs::metadata(&old.file).unwrap().len() > COMPACT_ABOVE, "forty days are kept");
    let _today = today.reserve(None, exactly(3)).await.unwrap();
    assert_eq!(std::fs::read_to_string(&old.file).unwrap().lines().count(), 2);
    let sums = (spent(&old), spent(&kept), spent(&today));
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
            match ledger.reserve(Some(cents(100)), exactly(1)).await {
                Ok(_) | Err(NotReserved::OverLimit(_) | NotReserved::Held) => {}
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
    assert_eq!(spent(&ledger), cents(100), "of two hundred attempts one hundred fit");
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
