//! Verdicts by what was judged, so that nobody pays twice for the same question.
//!
//! They lie in the user's state folder, a file for each: a repository could bring sessions along
//! with verdicts that somebody made up, and an agent can write where it stands.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use jiff::{SignedDuration, Timestamp, Unit};
use serde::{Deserialize, Serialize};

use super::stamp;
use crate::{
    model::{
        result::RunResult,
        reuse::{Reused, is_verdict},
        value::Span,
    },
    sys::fs::{PRIVATE_FILE, ensure_private_dir, read_capped, write_private},
};

/// The version of a file's shape.
const VERSION: u32 = 1;

/// No result is larger.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// A verdict older than this is nobody's to reuse, and goes with the next one that is kept.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The verdicts of a user.
#[derive(Clone, Debug)]
pub struct Verdicts {
    folder: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    #[serde(with = "stamp")]
    at: Timestamp,
    result: RunResult,
}

impl Verdicts {
    /// Those in the user's state folder.
    pub fn at(state: &Path) -> Self {
        Self { folder: state.join("verdicts") }
    }

    /// The verdict with this key, if it is not older than `age`. One that cannot be read is none:
    /// then the question is asked again.
    pub fn find(&self, key: &str, age: Span, now: Timestamp) -> Option<Reused> {
        let bytes = read_capped(&self.file(key), MAX_BYTES).ok()?;
        let File { version, at, result } = serde_json::from_slice(&bytes).ok()?;
        let since = now.duration_since(at);
        let fresh = since <= SignedDuration::try_from(age.0).unwrap_or(SignedDuration::MAX);
        let known = version == VERSION && fresh && is_verdict(&result);
        known.then(|| Reused { ended: at.to_string(), result })
    }

    /// Keeps a result, if it is a verdict, and removes those that are too old. A verdict that
    /// cannot be kept costs another run, and is no reason to fail this one.
    pub fn keep(&self, key: &str, result: RunResult, now: Timestamp) {
        if !is_verdict(&result) || result.reused.is_some() {
            return;
        }
        self.sweep();
        // Nobody needs to know it more exactly.
        let at = now.round(Unit::Second).unwrap_or(now);
        let file = File { version: VERSION, at, result };
        let json = serde_json::to_vec(&file).expect("a result is JSON");
        let kept = ensure_private_dir(&self.folder)
            .and_then(|()| write_private(&self.file(key), &json, PRIVATE_FILE));
        drop(kept);
    }

    fn file(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.json"))
    }

    fn sweep(&self) {
        let oldest = SystemTime::now().checked_sub(KEPT);
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let written = entry.metadata().and_then(|found| found.modified());
            if written.is_ok_and(|written| oldest.is_some_and(|oldest| written < oldest)) {
                drop(fs::remove_file(entry.path()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Fault, Status};

    fn result(status: Status) -> RunResult {
        RunResult { status, ..RunResult::of_fault(&Fault::failed("x")) }
    }

    #[test]
    fn only_a_fresh_verdict_is_found() {
        let state = tempfile::tempdir().unwrap();
        let verdicts = Verdicts::at(state.path());
        let then: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
        let later = |minutes| then + SignedDuration::from_mins(minutes);
        let hour = Span::seconds(3600);
        for (status, expected) in [
            (Status::Passed, true),
            (Status::Rejected, true),
            (Status::Failed, false),
            (Status::Inconclusive, false),
            (Status::Unavailable, false),
            (Status::Interrupted, false),
            (Status::Blocked, false),
            (Status::Limit, false),
        ] {
            let key = status.to_string();
            verdicts.keep(&key, result(status), then);
            let found = verdicts.find(&key, hour, later(60));
            assert_eq!(found.is_some(), expected, "{status}");
            assert_eq!(verdicts.find(&key, hour, later(61)), None, "{status}");
        }
        assert_eq!(verdicts.find("unknown", hour, then), None);
        fs::remove_file(verdicts.file("passed")).unwrap();
        write_private(&verdicts.file("passed"), b"{\"version\":1", PRIVATE_FILE).unwrap();
        assert_eq!(verdicts.find("passed", hour, then), None, "cut off");
    }

    #[test]
    fn what_is_too_old_goes() {
        let state = tempfile::tempdir().unwrap();
        let verdicts = Verdicts::at(state.path());
        let now = Timestamp::now();
        verdicts.keep("old", result(Status::Passed), now);
        let old = fs::File::options().write(true).open(verdicts.file("old")).unwrap();
        old.set_modified(SystemTime::now() - KEPT - Duration::from_secs(60)).unwrap();
        verdicts.keep("new", result(Status::Passed), now);
        let left: Vec<_> = fs::read_dir(&verdicts.folder).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
        assert!(verdicts.find("new", Span::seconds(1), now).is_some());
    }
}
