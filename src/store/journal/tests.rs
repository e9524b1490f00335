use std::{fs, io::Write as _};

use proptest::prelude::*;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::{TempDir, tempdir};

use super::*;
use crate::model::{
    Status,
    journal_line::{BadLine, encode, seal, tests::every_event},
};

const CLOCK: Clock = Clock::System;

fn step(n: u32) -> Event {
    Event::StepStarted { step: format!("step-{n}"), attempt: n, grant: None }
}

/// A journal of so many steps, as bytes and as the bytes of each line.
fn journal_of(n: u32) -> (Vec<u8>, Vec<Vec<u8>>) {
    let at = "2026-11-20T09:28:42.5Z".parse().unwrap();
    let lines: Vec<_> = (1..=n).map(|n| encode(u64::from(n), at, &step(n)).unwrap()).collect();
    (lines.concat(), lines)
}

fn place() -> (TempDir, PathBuf) {
    let folder = tempdir().unwrap();
    let session = folder.path().join("20261120-092842-abcd");
    fs::create_dir(&session).unwrap();
    (folder, session.join("journal.jsonl"))
}

fn put(path: &Path, bytes: &[u8]) {
    File::create(path).unwrap().write_all(bytes).unwrap();
}

fn newlines(bytes: &[u8]) -> usize {
    bytes.split(|byte| *byte == b'\n').count() - 1
}

fn new(path: &Path, clock: Clock) -> Journal {
    make(path).unwrap();
    Journal::open(path, clock, vec![]).unwrap().0
}

fn events(lines: &[Line]) -> Vec<Event> {
    lines.iter().map(|line| line.event.clone()).collect()
}

#[tokio::test]
async fn what_is_written_is_read_and_goes_on() {
    let (folder, path) = place();
    let written = every_event("a", 3, serde_json::json!({"b": [1.5, null]}));
    let (first, rest) = written.split_at(5);
    let clock = Clock::Fixed("2026-11-20T09:28:42.123456789Z".parse().unwrap());

    let folders = vec![path.parent().unwrap().to_owned(), folder.path().to_owned()];
    make(&path).unwrap();
    let (journal, recovered) = Journal::open(&path, clock, folders).unwrap();
    assert!(recovered.lines.is_empty());
    for (n, event) in first.iter().enumerate() {
        let stamp =
            if n % 2 == 0 { journal.append(event).await } else { journal.commit(event).await };
        let at = "2026-11-20T09:28:42.123Z".parse().unwrap();
        assert_eq!(stamp.unwrap(), Stamp { seq: n as u64 + 1, at });
        assert_eq!(read(&path).unwrap().len(), n + 1, "an event is written before it is shown");
    }
    drop(journal);

    let (journal, recovered) = Journal::open(&path, CLOCK, vec![]).unwrap();
    assert_eq!((events(&recovered.lines), recovered.torn), (first.to_vec(), None));
    let unpolled: Vec<_> = rest.iter().map(|event| journal.append(event)).collect();
    drop(unpolled);
    drop(journal);
    let lines = read(&path).unwrap();
    assert_eq!(events(&lines), written, "order is that of the calls, polled or not");
    assert!(lines.iter().zip(1..).all(|(line, seq)| line.seq == seq));
}

#[test]
fn a_journal_is_made_once_and_never_through_a_link() {
    let (folder, path) = place();
    assert!(Journal::open(&path, CLOCK, vec![]).is_err(), "it is not there");
    make(&path).unwrap();
    assert!(make(&path).is_err(), "it is there");
    for target in [path.clone(), folder.path().join("missing")] {
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(make(&link).is_err());
        assert!(Journal::open(&link, CLOCK, vec![]).is_err());
        assert!(read(&link).is_err());
        fs::remove_file(&link).unwrap();
    }
    assert!(!folder.path().join("missing").exists());
}

/// Cut anywhere, the whole lines before the cut are there, and the rest is known as torn.
#[test]
fn a_journal_cut_at_every_byte() {
    let (bytes, lines) = journal_of(20);
    let (_folder, path) = place();
    for cut in 0..=bytes.len() {
        let scan = scan(&bytes[..cut], &path).unwrap();
        let whole = newlines(&bytes[..cut]);
        let good: usize = lines[..whole].iter().map(Vec::len).sum();
        let expected: Vec<_> = (1..).map(step).take(whole).collect();
        assert_eq!((events(&scan.lines), scan.good), (expected, good as u64), "cut at {cut}");
        let tail = bytes[good..cut].to_vec();
        assert_eq!(scan.tail, if tail.is_empty() { Tail::Clean } else { Tail::Torn(tail) });
    }
}

/// Changed anywhere, the lines before the change are there; all others are refused or, where the
/// change reaches the last line, put aside. Nothing is ever read as something else.
#[test]
fn a_journal_with_every_byte_changed() {
    let (bytes, _) = journal_of(20);
    let (_folder, path) = place();
    for at in 0..bytes.len() {
        let line = newlines(&bytes[..at]);
        for flip in [0x01, 0x20, 0x80, 0xff, bytes[at], bytes[at] ^ b'\n'] {
            let mut bytes = bytes.clone();
            bytes[at] ^= flip;
            if flip == 0 {
                continue;
            }
            let scan = scan(bytes.as_slice(), &path).unwrap();
            let expected: Vec<_> = (1..).map(step).take(line).collect();
            assert_eq!(events(&scan.lines), expected, "{flip:#x} at {at}");
            match scan.tail {
                Tail::Clean => panic!("{flip:#x} at {at} went unseen"),
                Tail::Torn(_) => assert!(line >= 18, "{flip:#x} at {at} passed for a crash"),
                Tail::Damaged(damage) => assert_eq!(damage.line, line as u64 + 1),
            }
        }
    }
}

#[tokio::test]
async fn a_torn_line_is_put_aside_and_the_journal_goes_on() {
    let (bytes, lines) = journal_of(3);
    for torn in [&lines[2][..1], &lines[2][..lines[2].len() - 1], b"\0\0\0\0", b"half\n"] {
        let (_folder, path) = place();
        let good = bytes.len() - lines[2].len();
        put(&path, &[&bytes[..good], torn].concat());
        assert_eq!(read(&path).unwrap().len(), 2, "a reader needs no repair");

        let clock = Clock::Fixed("2026-11-20T09:28:42.5Z".parse().unwrap());
        let (journal, recovered) = Journal::open(&path, clock, vec![]).unwrap();
        let aside = path.with_file_name("journal.torn-20261120-092842-500");
        assert_eq!(recovered.torn, Some(aside.clone()));
        assert_eq!(fs::read(&aside).unwrap(), torn);
        journal.commit(&step(3)).await.unwrap();
        drop(journal);
        assert_eq!(events(&read(&path).unwrap()), [step(1), step(2), step(3)]);
        assert_eq!(fs::read(&path).unwrap(), bytes, "as if nothing had happened");
    }
}

#[test]
fn damage_is_named_and_left_alone() {
    let (_, lines) = journal_of(3);
    let newer = seal(br#"{"v":2,"seq":3}"#.to_vec());
    let foreign = seal(br#"{"v":1,"seq":3,"at":"2026-11-20T09:28:42Z","type":3}"#.to_vec());
    let long = vec![b'x'; usize::try_from(MAX_LINE).unwrap() + 1];
    let rows: Vec<(Vec<&[u8]>, &str)> = vec![
        (vec![&lines[0], b"junk\n", &lines[1]], "line 2: its checksum does not hold"),
        (vec![b"\n", &lines[0]], "line 1: its checksum does not hold"),
        (vec![&lines[0], b"junk\n", b"more"], "line 2: its checksum does not hold"),
        (vec![&lines[0], &lines[2]], "line 2: its number is 3, which is out of order"),
        (vec![&lines[0], &lines[0]], "line 2: its number is 1, which is out of order"),
        (vec![&lines[0], &long], "line 2: it is over 67108864 bytes"),
        (vec![&lines[0], &lines[1], &newer], "line 3: it has format version 2, this atlas reads 1"),
        (
            vec![&lines[0], &lines[1], &foreign],
            "line 3: its checksum holds but its content does not: invalid type: integer `3`, expected variant identifier at line 1 column 51",
        ),
    ];
    for (parts, expected) in rows {
        let (_folder, path) = place();
        let bytes = parts.concat();
        put(&path, &bytes);
        let fault = Journal::open(&path, CLOCK, vec![]).unwrap_err();
        assert_eq!(fault.to_string(), read(&path).unwrap_err().to_string());
        assert_eq!(fault.status, Status::Invalid);
        let session = "the journal of session 20261120-092842-abcd cannot be read";
        let shown = fault.to_string();
        assert!(shown.starts_with(session), "{shown}");
        assert!(shown.ends_with(expected), "{shown}");
        let salvage = fault.hints.iter().any(|hint| hint.contains("session salvage"));
        assert_eq!(salvage, !expected.contains("version"), "{:?}", fault.hints);
        assert_eq!(fs::read(&path).unwrap(), bytes, "what cannot be read is not touched");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}

#[tokio::test]
async fn a_file_that_changes_under_us_ends_it() {
    type Change = fn(&Path);
    let changes: [(Change, &str); 5] = [
        (
            |path| drop(fs::OpenOptions::new().append(true).open(path).unwrap().write(b"x\n")),
            "bytes, 127 were written",
        ),
        (|path| File::create(path).map(drop).unwrap(), "it has 0 bytes, 127 were written"),
        (|path| fs::remove_file(path).unwrap(), "it is not there any more"),
        (
            |path| {
                let other = path.with_file_name("other");
                fs::copy(path, &other).unwrap();
                fs::rename(other, path).unwrap();
            },
            "another file stands in its place",
        ),
        (
            |path| {
                let other = path.with_file_name("other");
                fs::rename(path, &other).unwrap();
                std::os::unix::fs::symlink(other, path).unwrap();
            },
            "another file stands in its place",
        ),
    ];
    for (change, expected) in changes {
        let (_folder, path) = place();
        let clock = Clock::Fixed("2026-11-20T09:28:42.5Z".parse().unwrap());
        let journal = new(&path, clock);
        let event = Event::StepStarted { step: "x".repeat(20), attempt: 1, grant: None };
        journal.commit(&event).await.unwrap();
        change(&path);
        let fault = journal.commit(&step(2)).await.unwrap_err();
        assert_eq!(fault.status, Status::Invalid);
        assert!(fault.message.ends_with("was changed by another process"), "{fault}");
        assert!(fault.to_string().ends_with(expected), "{fault}");
        assert_eq!(journal.append(&step(3)).await.unwrap_err(), fault, "the first fault stays");
    }
}

/// Such a change can make a refused run look like one that passed.
#[tokio::test]
async fn a_line_that_was_rewritten_in_its_place_ends_the_run() {
    let ended = Event::RunEnded {
        status: Status::Passed,
        exit_code: 0,
        reason: "checked by nobody".to_owned(),
    };
    for honest in [true, false] {
        let (_folder, path) = place();
        let journal = new(&path, CLOCK);
        journal.commit(&step(1)).await.unwrap();
        drop(journal);
        let (journal, _) = Journal::open(&path, CLOCK, vec![]).unwrap();
        journal.commit(&step(2)).await.unwrap();
        if !honest {
            let text = fs::read_to_string(&path).unwrap().replace("step_started", "step_stopped");
            let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
            file.write_all(text.as_bytes()).unwrap();
        }
        let written = journal.commit(&ended).await;
        match written {
            Ok(_) => assert!(honest),
            Err(fault) => {
                assert!(!honest, "{fault}");
                assert!(
                    fault.to_string().ends_with("it does not hold what was written"),
                    "{fault}"
                );
            }
        }
    }
}

/// Starts a journal on a file that `Journal::create` would refuse.
fn on(file: File, path: &Path, folders: Vec<PathBuf>) -> Journal {
    Journal::start(Writer::new(file, path, CLOCK), folders).unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_ends_it() {
    let path = Path::new("/dev/full");
    let journal = on(OpenOptions::new().append(true).open(path).unwrap(), path, vec![]);
    let fault = journal.append(&step(1)).await.unwrap_err();
    assert_eq!(fault.status, Status::Failed);
    assert_eq!(
        fault.to_string(),
        "durability lost: the journal could not be written: `/dev/full`: No space left on device (os error 28)"
    );
    assert_eq!(
        fault.hints,
        ["free some space on that disk, then `atlas resume dev` goes on from there"]
    );
    assert_eq!(journal.commit(&step(2)).await.unwrap_err(), fault);
}

/// A FIFO takes what is written and cannot be synced.
#[tokio::test]
async fn a_failed_sync_ends_it() {
    let (_folder, path) = place();
    mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let file = OpenOptions::new().read(true).write(true).open(&path).unwrap();
    let journal = on(file, &path, vec![]);
    let fault = journal.commit(&step(1)).await.unwrap_err();
    let message = "durability lost: the journal could not be synced to disk";
    assert_eq!((fault.status, fault.message.as_str()), (Status::Failed, message));
    assert_eq!(journal.commit(&step(2)).await.unwrap_err(), fault);
}

/// The sync fails on a folder that is not there, so that the journal shows what came before it.
#[tokio::test]
async fn commits_that_wait_together_share_one_sync() {
    let (_folder, path) = place();
    let mut writer = Writer::new(File::create(&path).unwrap(), &path, CLOCK);
    writer.folders = vec![path.join("missing")];
    let (inbox, jobs) = mpsc::channel();
    let mut answers = Vec::new();
    for n in 1..=3 {
        let (reply, answer) = oneshot::channel();
        let wish = if n == 2 { Wish::Written } else { Wish::Durable };
        inbox.send(Job { event: step(n), wish, reply }).unwrap();
        answers.push(answer);
    }
    drop(inbox);
    writer.work(&jobs);
    assert_eq!(read(&path).unwrap().len(), 3, "all were written before the one sync");
    let mut results = Vec::new();
    for mut answer in answers {
        results.push(answer.try_recv().unwrap().map(|stamp| stamp.seq).ok());
    }
    assert_eq!(results, [None, Some(2), None]);
}

#[tokio::test]
async fn many_writers_make_one_order() {
    let (_folder, path) = place();
    let journal = new(&path, CLOCK);
    let of =
        |writer: u32, n| Event::StepStarted { step: writer.to_string(), attempt: n, grant: None };
    let write = |writer| (0..50).for_each(|n| drop(journal.append(&of(writer, n))));
    thread::scope(|scope| {
        for writer in 0..8 {
            let write = &write;
            scope.spawn(move || write(writer));
        }
    });
    journal.commit(&step(0)).await.unwrap();
    let lines = read(&path).unwrap();
    assert_eq!(lines.len(), 401);
    for writer in 0..8u32 {
        let of_writer = lines.iter().filter_map(|line| match &line.event {
            Event::StepStarted { step, attempt, .. } if *step == writer.to_string() => {
                Some(*attempt)
            }
            _ => None,
        });
        assert!(of_writer.eq(0..50), "writer {writer}");
    }
}

proptest! {
    #[test]
    fn no_bytes_break_the_reader(bytes: Vec<u8>, whole in 0u32..4) {
        let (mut file, _) = journal_of(whole);
        file.extend_from_slice(&bytes);
        let scan = scan(file.as_slice(), Path::new("s/journal.jsonl")).unwrap();
        prop_assert_eq!(scan.lines.len(), whole as usize);
        let damaged = Tail::Damaged(Damage {
            line: u64::from(whole) + 1,
            what: super::reader::Wrong::Line(BadLine::Checksum),
        });
        let expected = match bytes.iter().position(|byte| *byte == b'\n') {
            None if bytes.is_empty() => Tail::Clean,
            Some(at) if at + 1 < bytes.len() => damaged,
            _ => Tail::Torn(bytes),
        };
        prop_assert_eq!(scan.tail, expected);
    }
}
