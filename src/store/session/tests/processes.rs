//! Several processes at one session, processes that are killed, and processes with any umask.

use std::{io::Write as _, time::Duration};

use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::*;
use crate::sys::process::{Exit, Group, tests::sh};

/// T21: of many that want one session, one gets it and all others hear so at once.
#[tokio::test]
async fn one_of_many_gets_the_session() {
    let place = Place::new();
    let session = place.create(NOON);
    session.journal.commit(&start(1)).await.unwrap();
    let stored = session.stored().clone();
    drop(session);
    let home = place.sessions.home().unwrap();
    for _ in 0..20 {
        let results: Vec<_> = std::thread::scope(|scope| {
            let attempt = || home.resume(&stored, Clock::System);
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(attempt)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let busy = results.iter().filter_map(|result| result.as_ref().err());
        assert!(busy.clone().all(|fault| fault.status == Status::Busy));
        assert_eq!(busy.count(), 7);
    }
}

#[tokio::test]
async fn many_that_begin_at_once_each_get_a_session() {
    let place = Place::new();
    let clock = Clock::Fixed(NOON.parse().unwrap());
    let ids: BTreeSet<_> = std::thread::scope(|scope| {
        let make = || {
            let home = place.sessions.home().unwrap();
            home.create(&NewSession { clock, claude: None }).unwrap().id().clone()
        };
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(make)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(ids.len(), 16);
    assert_eq!(place.sessions.list().unwrap().len(), 16);
}

/// The folder that this process has to work in, if it was started by [`again`] to do so.
fn told(marker: &str) -> Option<PathBuf> {
    std::env::args().find_map(|arg| arg.strip_prefix(marker).map(PathBuf::from))
}

/// A shell's words that start one test of this program again, in a process of its own; what the
/// test shall know its own harness takes for the name of a test to skip.
fn again(test: &str, marker: &str, folder: &Path) -> String {
    let exe = std::env::current_exe().unwrap();
    let (exe, folder) = (exe.display(), folder.display());
    let module = "store::session::tests::processes";
    format!("exec '{exe}' --exact '{module}::{test}' --skip '{marker}{folder}'")
}

#[tokio::test]
async fn makes_a_session_under_a_umask() {
    if let Some(folder) = told("sessions-in:") {
        let home = Sessions::at(&folder, &folder.join("state")).home().unwrap();
        let _tree = home.lock_tree(Mode::Shared, None).await.unwrap();
        let session = home.create(&NewSession::default()).unwrap();
        let attempt = session.attempt_dir(1, "a", 1).unwrap();
        session.write_durable(&attempt.join("output.md"), b"x").unwrap();
        session.journal.commit(&start(1)).await.unwrap();
    }
}

/// Every folder below `path` is 0700 and every file 0600.
fn expect_private(path: &Path, seen: &mut usize) {
    *seen += 1;
    let expected = if path.is_dir() { 0o700 } else { 0o600 };
    assert_eq!(format!("{:o}", mode(path)), format!("{expected:o}"), "{}", path.display());
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            expect_private(&entry.unwrap().path(), seen);
        }
    }
}

#[tokio::test]
async fn a_session_is_private_under_any_umask() {
    for umask in ["000", "022", "077"] {
        let folder = tempdir().unwrap();
        let again = again("makes_a_session_under_a_umask", "sessions-in:", folder.path());
        let script = format!("umask {umask}; {again}");
        let mut group = Group::spawn(&sh(&script)).unwrap();
        assert_eq!(group.wait().await.unwrap(), Exit::Code(0), "{umask}");
        let mut seen = 0;
        expect_private(&folder.path().join(".claude/sessions"), &mut seen);
        assert_eq!(seen, 14, "sessions, its lock, its .gitignore, and one session's eleven");
        let ignored = fs::read_to_string(folder.path().join(".claude/sessions/.gitignore"));
        assert_eq!(ignored.unwrap(), "*\n");
    }
}

/// Large enough for a kill to find it half written.
fn output(n: usize) -> Vec<u8> {
    n.to_string().repeat(40_000).into_bytes()
}

fn step(n: usize) -> Event {
    Event::StepStarted { step: format!("step-{n}"), attempt: 1, grant: None }
}

/// Tells on stderr, which the harness leaves alone, the number of each line that is on disk.
#[tokio::test]
async fn commits_until_it_is_killed() {
    let Some(folder) = told("commit-in:") else { return };
    let sessions = Sessions::at(&folder, &folder.join("state"));
    let home = sessions.home().unwrap();
    let (session, written) = match sessions.last() {
        Ok(stored) => {
            let (session, recovered) = home.resume(&stored, Clock::System).unwrap();
            (session, recovered.lines.len())
        }
        Err(_) => (home.create(&NewSession::default()).unwrap(), 0),
    };
    for n in written + 1.. {
        let attempt = session.attempt_dir(1, &format!("step-{n}"), 1).unwrap();
        session.write_durable(&attempt.join("output.md"), &output(n)).unwrap();
        let stamp = session.journal.commit(&step(n)).await.unwrap();
        writeln!(std::io::stderr(), "{}", stamp.seq).unwrap();
        if n % 3 == 0 {
            session.describe(|_| {}).unwrap();
        }
    }
}

/// T1, at this level: whenever it is killed, what was acknowledged is there, what is there is
/// whole, and the next one goes on.
#[tokio::test]
async fn a_kill_at_any_moment_loses_nothing_that_was_acknowledged() {
    let place = Place::new();
    let script = again("commits_until_it_is_killed", "commit-in:", &place.path("tree"));
    let mut acknowledged: usize = 0;
    for round in 0..40 {
        let mut group = Group::spawn(&sh(&script)).unwrap();
        let mut lines = BufReader::new(group.take_stderr().unwrap()).lines();
        for _ in 0..round % 4 {
            let line = lines.next_line().await.unwrap().expect("it commits until it is killed");
            acknowledged = line.parse().unwrap();
        }
        // Not to wait for anything, but to kill it at another moment each time.
        tokio::time::sleep(Duration::from_micros(round * 997 % 8000)).await;
        group.kill_now();
        while let Some(line) = lines.next_line().await.unwrap() {
            acknowledged = line.parse().unwrap();
        }
        drop(group);
        let Ok(stored) = place.sessions.last() else { continue };
        let written = stored.lines().map_or(0, |lines| {
            assert!(lines.iter().zip(1..).all(|(line, n)| line.event == step(n)));
            lines.len()
        });
        assert!(written >= acknowledged, "round {round}: {written} of {acknowledged}");
        for n in 1..=written {
            let file = stored.attempt_dir(1, &format!("step-{n}"), 1).join("output.md");
            assert!(fs::read(file).unwrap() == output(n), "round {round}: output {n}");
        }
    }
    assert!(acknowledged > 20, "{acknowledged}");
    assert_eq!(place.sessions.list().unwrap().len(), 1);
}
