use std::{fs, io::Write as _, os::unix::fs::symlink};

use serde_json::json;
use tempfile::{TempDir, tempdir};

use super::*;
use crate::model::{
    Status,
    scratch::{By, Since},
};

fn session() -> (TempDir, SessionDir) {
    let folder = tempdir().unwrap();
    let path = folder.path().join("20261120-120000-abcd");
    fs::create_dir(&path).unwrap();
    (folder, SessionDir { id: "20261120-120000-abcd".parse().unwrap(), path })
}

fn note(key: &str, value: serde_json::Value) -> Entry {
    let at = "2026-11-20T12:00:00Z".parse().unwrap();
    Entry { at, key: key.to_owned(), value, by: By::default() }
}

fn write(session: &SessionDir, bytes: &[u8]) {
    let mut file = OpenOptions::new().append(true).create(true).open(session.scratch()).unwrap();
    file.write_all(bytes).unwrap();
}

fn keys(session: &SessionDir) -> Vec<String> {
    let pad = read(session).unwrap();
    pad.notes().iter().map(|note| note.entry.key.clone()).collect()
}

#[test]
fn a_session_without_a_pad_has_an_empty_one() {
    let (_folder, session) = session();
    assert!(keys(&session).is_empty());
    assert_eq!(mark(&session, None).unwrap(), None);
    add(&session, &note("a", json!(1))).unwrap();
    assert_eq!(keys(&session), ["a"]);
}

#[test]
fn writers_at_once_lose_nothing() {
    let (_folder, session) = session();
    std::thread::scope(|scope| {
        for writer in 0..16 {
            let session = &session;
            scope.spawn(move || {
                for round in 0..20 {
                    let value = json!("x".repeat(round * 500));
                    add(session, &note(&format!("{writer}-{round}"), value)).unwrap();
                }
            });
        }
    });
    let pad = read(&session).unwrap();
    let mut found = keys(&session);
    found.sort();
    found.dedup();
    assert_eq!((found.len(), pad.unreadable), (320, 0));
}

/// A writer that was killed in the middle of its line takes no other line along.
#[test]
fn a_broken_end_is_ended_before_the_next_line() {
    let whole = scratch::encode(&note("lost", json!("long"))).unwrap();
    for cut in 1..whole.len() - 1 {
        let (_folder, session) = session();
        add(&session, &note("before", json!(1))).unwrap();
        write(&session, &whole[..cut]);
        add(&session, &note("after", json!(2))).unwrap();
        assert_eq!(keys(&session), ["before", "after"]);
        assert_eq!(read(&session).unwrap().unreadable, 1);
    }
}

#[test]
fn a_mark_stands_for_all_that_was_written_before() {
    let (_folder, session) = session();
    add(&session, &note("a", json!(1))).unwrap();
    let first = mark(&session, None).unwrap().unwrap();
    assert_eq!(mark(&session, Some(&first)).unwrap().as_ref(), Some(&first));
    add(&session, &note("b", json!(2))).unwrap();
    assert_eq!(first.since(&bytes(&session).unwrap()), Since::Added(1));
}

#[test]
fn what_is_no_pad_is_neither_read_nor_written() {
    let cases: [fn(&SessionDir); 3] = [
        |session| {
            let elsewhere = session.path.join("elsewhere");
            fs::File::create(&elsewhere).unwrap();
            symlink(elsewhere, session.scratch()).unwrap();
        },
        |session| fs::create_dir(session.scratch()).unwrap(),
        |session| {
            let file = fs::File::create(session.scratch()).unwrap();
            file.set_len(PAD_BYTES * 2 + 1).unwrap();
        },
    ];
    for plant in cases {
        let (_folder, session) = session();
        plant(&session);
        assert_eq!(read(&session).unwrap_err().status, Status::Invalid);
        add(&session, &note("a", json!(1))).unwrap_err();
        let elsewhere = session.path.join("elsewhere");
        assert!(fs::read(elsewhere).unwrap_or_default().is_empty());
    }
}

#[test]
fn a_full_pad_takes_no_more_and_keeps_what_it_has() {
    let (_folder, session) = session();
    add(&session, &note("a", json!(1))).unwrap();
    let filler = vec![b'\n'; usize::try_from(PAD_BYTES).unwrap() - 4096];
    write(&session, &filler);
    add(&session, &note("b", json!("x".repeat(100)))).unwrap();
    let full = add(&session, &note("c", json!("x".repeat(8000)))).unwrap_err();
    assert!(full.to_string().contains("the scratch pad is full"), "{full}");
    assert_eq!(keys(&session), ["a", "b"]);
}
