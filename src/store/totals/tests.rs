use std::fs;

use tempfile::tempdir;

use super::*;
use crate::store::session::Ended;

fn summary(skill: &str, status: Option<Status>, micros: u64) -> Summary {
    let usd = Usd::from_micros(micros);
    Summary {
        journal_bytes: 1,
        runs: 2,
        skill: skill.to_owned(),
        last: "2026-11-20T12:00:00Z".parse().unwrap(),
        ended: status.map(|status| Ended {
            status,
            exit_code: status.code(),
            reason: String::new(),
        }),
        planned: true,
        usd,
        steps: [("step".to_owned(), usd)].into_iter().collect(),
        windows: BTreeMap::new(),
        stats: None,
    }
}

fn id(n: usize) -> SessionId {
    format!("20261120-1200{n:02}-abcd").parse().unwrap()
}

#[test]
fn every_session_counts_once_however_often_its_removal_breaks_off() {
    let place = tempdir().unwrap();
    let folder = place.path();
    fs::create_dir(folder.join(id(1).as_str())).unwrap();
    let passed = Ok(Some(summary("greet", Some(Status::Passed), 5)));
    for _ in 0..3 {
        Totals::fold(folder, &id(1), &passed).unwrap();
    }
    assert!(Totals::read(folder).unwrap().counts(&id(1)));
    fs::remove_dir(folder.join(id(1).as_str())).unwrap();
    Totals::fold(folder, &id(2), &Ok(Some(summary("greet", None, 7)))).unwrap();
    Totals::fold(folder, &id(3), &Err(Fault::invalid("damaged"))).unwrap();
    Totals::fold(folder, &id(4), &Ok(None)).unwrap();

    let totals = Totals::read(folder).unwrap();
    assert!(!totals.counts(&id(1)), "a session that is gone needs no note");
    assert_eq!((totals.skills.len(), totals.unreadable), (1, 1));
    let greet = &totals.skills["greet"];
    assert_eq!((greet.sessions, greet.runs, greet.whole()), (2, 4, 1));
    assert_eq!(greet.usd, Usd::from_micros(12));
    assert_eq!(greet.prices, [Usd::from_micros(5)]);
}

#[test]
fn only_the_newest_prices_are_remembered() {
    let place = tempdir().unwrap();
    for n in 0..60 {
        let priced = Ok(Some(summary("greet", Some(Status::Passed), n as u64)));
        Totals::fold(place.path(), &id(n), &priced).unwrap();
    }
    let totals = Totals::read(place.path()).unwrap();
    let prices = &totals.skills["greet"].prices;
    assert_eq!((prices.len(), prices[0]), (50, Usd::from_micros(10)));
    assert_eq!(totals.skills["greet"].sessions, 60);
}

#[test]
fn totals_that_cannot_be_read_are_never_begun_anew() {
    let place = tempdir().unwrap();
    for text in ["no json", r#"{"v": 2}"#] {
        fs::File::create(file(place.path())).unwrap();
        write_atomic(&file(place.path()), text.as_bytes(), PRIVATE_FILE).unwrap();
        assert_eq!(Totals::read(place.path()).unwrap_err().status, Status::Invalid);
        let fault = Totals::fold(place.path(), &id(1), &Ok(None)).unwrap_err();
        assert_eq!(fault.status, Status::Invalid);
    }
}
