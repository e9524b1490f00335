//! What steps made that may stand for later ones, in the user's cache folder.
//!
//! It is only a cache: what cannot be read is not there, and what cannot be written is not kept.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::stamp;
use crate::{
    model::{run::event::Output, value::Span},
    sys::fs::{PRIVATE_FILE, ensure_private_dir, read_capped, write_private},
};

/// What is larger is made again.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Results of steps, by what the steps are.
#[derive(Debug)]
pub struct StepCache {
    folder: PathBuf,
}

/// A result of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// When it was made.
    #[serde(with = "stamp")]
    pub made: Timestamp,
    /// What was made; nothing where the step said nothing.
    pub output: Option<Output>,
}

impl StepCache {
    /// The results in the user's cache folder. Nothing is opened yet.
    pub fn at(cache: &Path) -> Self {
        Self { folder: cache.join("steps") }
    }

    /// The result under this key, unless it is older than that.
    pub fn lookup(&self, key: &str, (now, ttl): (Timestamp, Option<Span>)) -> Option<Kept> {
        let bytes = read_capped(&self.file(key), MAX_BYTES).ok()?;
        let kept: Kept = serde_json::from_slice(&bytes).ok()?;
        let ttl = ttl.map(|ttl| SignedDuration::try_from(ttl.0).unwrap_or(SignedDuration::MAX));
        let fresh = ttl.is_none_or(|ttl| now.duration_since(kept.made) <= ttl);
        // A result of the future was made by another clock.
        (fresh && kept.made <= now).then_some(kept)
    }

    /// Keeps a result. One that is too large, or that cannot be written, is not kept.
    pub fn remember(&self, key: &str, kept: &Kept) {
        let Ok(text) = serde_json::to_vec(kept) else { return };
        let file = self.file(key);
        let fits = u64::try_from(text.len()).is_ok_and(|size| size <= MAX_BYTES);
        if let Some(folder) = file.parent().filter(|_| fits)
            && ensure_private_dir(folder).is_ok()
        {
            let _only_a_cache = write_private(&file, &text, PRIVATE_FILE);
        }
    }

    /// Many files in one folder are slow to list.
    fn file(&self, key: &str) -> PathBuf {
        self.folder.join(key.get(..2).unwrap_or("_")).join(format!("{key}.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_found_until_it_is_too_old() {
        let folder = tempfile::tempdir().unwrap();
        let cache = StepCache::at(folder.path());
        let made: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
        let output = Some(Output::Text { text: "a".to_owned() });
        let kept = Kept { made, output };
        cache.remember("abcd", &kept);
        let later = |minutes| made + SignedDuration::from_mins(minutes);
        let hour = Some(Span::seconds(3600));
        assert_eq!(cache.lookup("abcd", (later(60), hour)), Some(kept.clone()));
        assert_eq!(cache.lookup("abcd", (later(61), hour)), None);
        assert_eq!(cache.lookup("abcd", (later(100_000), None)), Some(kept));
        assert_eq!(cache.lookup("abcd", (later(-1), None)), None, "of the future");
        assert_eq!(cache.lookup("abce", (made, None)), None);
    }

    #[test]
    fn what_cannot_be_read_is_not_there_and_what_is_too_large_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let cache = StepCache::at(folder.path());
        let made: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
        std::fs::create_dir_all(folder.path().join("steps/ab")).unwrap();
        write_private(&folder.path().join("steps/ab/ab.json"), b"{", PRIVATE_FILE).unwrap();
        assert_eq!(cache.lookup("ab", (made, None)), None);
        let text = "x".repeat(5 * 1024 * 1024);
        cache.remember("cd", &Kept { made, output: Some(Output::Text { text }) });
        assert_eq!(cache.lookup("cd", (made, None)), None);
    }
}
