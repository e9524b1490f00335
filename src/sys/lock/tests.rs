use std::fs;

use tempfile::tempdir;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::*;
use crate::sys::process::{Group, tests::sh};

const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(100);

fn locked(attempt: io::Result<Attempt>) -> FileLock {
    match attempt.unwrap() {
        Attempt::Locked(lock) => lock,
        Attempt::Held { by } => panic!("held by {by:?}"),
    }
}

#[test]
fn exclusive_excludes_and_shared_shares() {
    use Mode::{Exclusive, Shared};
    let rows = [
        (Exclusive, Exclusive, false),
        (Exclusive, Shared, false),
        (Shared, Exclusive, false),
        (Shared, Shared, true),
    ];
    for (first, second, both) in rows {
        let folder = tempdir().unwrap();
        let path = folder.path().join("lock");
        let lock = locked(FileLock::try_lock(&path, first));
        match FileLock::try_lock(&path, second).unwrap() {
            Attempt::Locked(_) => assert!(both, "{first:?} {second:?}"),
            Attempt::Held { by } => {
                assert!(!both, "{first:?} {second:?}");
                assert_eq!(by, Some(ProcessId::of(std::process::id())));
            }
        }
        drop(lock);
        let _free = locked(FileLock::try_lock(&path, Exclusive));
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }
}

#[test]
fn who_holds_it_is_only_believed_of_a_living_process() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("lock");
    let _lock = locked(FileLock::try_lock(&path, Mode::Exclusive));
    for text in ["", "garbage", "1", "4294967295 77\n", "1 18446744073709551615\n"] {
        fs::OpenOptions::new()
            .write(true)
            .truncate(true)
            .open(&path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .unwrap();
        let attempt = FileLock::try_lock(&path, Mode::Shared).unwrap();
        assert!(matches!(attempt, Attempt::Held { by: None }), "{text:?}: {attempt:?}");
    }
}

#[tokio::test]
async fn waiting_ends_with_the_lock_or_with_the_patience() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("lock");
    let first = locked(FileLock::try_lock(&path, Mode::Exclusive));
    let attempt = FileLock::lock(&path, Mode::Exclusive, SHORT).await.unwrap();
    assert!(matches!(attempt, Attempt::Held { by: Some(_) }), "{attempt:?}");

    let wait = FileLock::lock(&path, Mode::Exclusive, LONG);
    let (second, ()) = tokio::join!(wait, async { drop(first) });
    let second = locked(second);
    drop(second);
    // The thread of the first wait may have the lock for a moment, and lets go of it.
    let _third = locked(FileLock::lock(&path, Mode::Exclusive, LONG).await);
}

#[tokio::test]
async fn the_lock_is_on_the_file_that_is_there() {
    let folder = tempdir().unwrap();
    for (name, again) in [("removed", false), ("replaced", true)] {
        let path = folder.path().join(name);
        let first = locked(FileLock::try_lock(&path, Mode::Exclusive));
        let wait = FileLock::lock(&path, Mode::Exclusive, LONG);
        let (second, ()) = tokio::join!(wait, async {
            fs::remove_file(&path).unwrap();
            if again {
                fs::File::create(&path).unwrap();
            }
            drop(first);
        });
        let _second = locked(second);
        let attempt = FileLock::try_lock(&path, Mode::Exclusive).unwrap();
        assert!(matches!(attempt, Attempt::Held { .. }), "{name}: {attempt:?}");
    }
}

#[test]
fn only_a_file_can_be_locked() {
    let folder = tempdir().unwrap();
    std::os::unix::fs::symlink("elsewhere", folder.path().join("link")).unwrap();
    for name in ["link", ".", "missing/lock"] {
        let error = FileLock::try_lock(&folder.path().join(name), Mode::Exclusive).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
    assert!(!folder.path().join("elsewhere").exists());
}

#[tokio::test]
async fn a_shared_hold_outlives_everything_but_the_drop() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("lock");
    let lock = locked(FileLock::try_lock(&path, Mode::Exclusive));
    let hold = lock.share().unwrap();
    drop(lock);
    let lock = locked(FileLock::try_lock(&path, Mode::Exclusive));
    drop((hold, lock));
}

#[tokio::test]
async fn a_killed_holder_holds_nothing() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("lock");
    // The shell stands for a process that dies with the lock: flock(1) keeps it on descriptor 9.
    let script = format!("exec 9>{}; flock 9 && echo up && exec sleep 600", path.display());
    let mut group = Group::spawn(&sh(&script)).unwrap();
    let mut lines = BufReader::new(group.take_stdout().unwrap()).lines();
    assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("up"));
    let attempt = FileLock::try_lock(&path, Mode::Exclusive).unwrap();
    assert!(matches!(attempt, Attempt::Held { by: None }), "{attempt:?}");
    group.kill_now();
    let _lock = locked(FileLock::lock(&path, Mode::Exclusive, LONG).await);
}
