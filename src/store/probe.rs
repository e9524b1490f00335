//! What a claude binary was found to be, remembered for as long as the file is the same.

use std::{
    collections::BTreeMap,
    os::unix::{ffi::OsStrExt as _, fs::MetadataExt as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};

use crate::{
    model::digest::sha256,
    sys::fs::{PRIVATE_FILE, ensure_private_dir, read_capped, write_private},
};

/// A list of flags is far smaller; what is larger was not written by us.
const MAX_FILE: u64 = 1 << 20;

/// What the name of a file with an answer begins and ends with.
const PREFIX: &str = "claude-";
const SUFFIX: &str = ".json";

/// Answers of claude binaries, in the user's cache folder.
///
/// It is only a cache: what cannot be read is not there, and what cannot be written is not kept.
#[derive(Debug)]
pub struct ProbeCache {
    folder: PathBuf,
    /// The files as they were when they were looked up, which is before they are asked: one that
    /// is replaced meanwhile must not be remembered with the answers of its predecessor.
    seen: Mutex<BTreeMap<PathBuf, FileState>>,
}

/// What a binary said about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// Its version.
    pub version: String,
    /// The long options it knows.
    pub flags: Vec<String>,
}

/// By what a file is known to be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct FileState {
    size: u64,
    mtime_ns: i128,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    path: String,
    size: u64,
    mtime_ns: i128,
    version: String,
    flags: Vec<String>,
}

impl ProbeCache {
    /// The cache in the user's cache folder `cache`. Nothing is opened yet.
    pub fn at(cache: &Path) -> Self {
        Self { folder: cache.to_owned(), seen: Mutex::default() }
    }

    /// What the binary at `path` said, if it is the same file still.
    pub fn lookup(&self, path: &Path) -> Option<Probed> {
        let state = FileState::of(path)?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert(path.to_owned(), state);
        let bytes = read_capped(&self.file_of(path), MAX_FILE).ok()?;
        let kept: Kept = serde_json::from_slice(&bytes).ok()?;
        let same = kept.path == path.to_string_lossy() && kept.state() == state;
        same.then_some(Probed { version: kept.version, flags: kept.flags })
    }

    /// Remembers what the binary at `path` said after it was looked up.
    pub fn remember(&self, path: &Path, version: &str, flags: &[String]) {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(state) = seen.get(path).filter(|state| FileState::of(path) == Some(**state))
        else {
            return;
        };
        let kept = Kept {
            path: path.to_string_lossy().into_owned(),
            size: state.size,
            mtime_ns: state.mtime_ns,
            version: version.to_owned(),
            flags: flags.to_vec(),
        };
        let json = serde_json::to_vec(&kept).expect("text keys and no failing parts");
        let _kept = ensure_private_dir(&self.folder)
            .and_then(|()| write_private(&self.file_of(path), &json, PRIVATE_FILE));
    }

    /// The files of answers that hold for nothing any more: their binary is gone or another one,
    /// or nobody can read them.
    pub fn stale(&self) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return Vec::new() };
        let is_ours = |file: &PathBuf| {
            let name = file.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX))
        };
        let holds = |file: &PathBuf| {
            let kept = read_capped(file, MAX_FILE).ok();
            let kept = kept.and_then(|bytes| serde_json::from_slice::<Kept>(&bytes).ok());
            kept.is_some_and(|kept| FileState::of(Path::new(&kept.path)) == Some(kept.state()))
        };
        let files = entries.filter_map(Result::ok).map(|entry| entry.path());
        let mut stale: Vec<PathBuf> = files.filter(|it| is_ours(it) && !holds(it)).collect();
        stale.sort();
        stale
    }

    fn file_of(&self, path: &Path) -> PathBuf {
        let name = sha256(path.as_os_str().as_bytes());
        self.folder.join(format!("{PREFIX}{}{SUFFIX}", &name[..16]))
    }
}

impl Kept {
    fn state(&self) -> FileState {
        FileState { size: self.size, mtime_ns: self.mtime_ns }
    }
}

impl FileState {
    fn of(path: &Path) -> Option<Self> {
        let found = path.metadata().ok()?;
        let mtime_ns = i128::from(found.mtime()) * 1_000_000_000 + i128::from(found.mtime_nsec());
        Some(Self { size: found.len(), mtime_ns })
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use tempfile::tempdir;

    use super::*;

    fn put(path: &Path, text: &str) {
        write_private(path, text.as_bytes(), PRIVATE_FILE).unwrap();
    }

    #[test]
    fn an_answer_holds_for_the_very_file_that_gave_it() {
        let folder = tempdir().unwrap();
        let claude = folder.path().join("claude");
        let cache = ProbeCache::at(&folder.path().join("cache"));
        let flags = ["--print".to_owned(), "--tools".to_owned()];
        let probed = Probed { version: "2.1.328".to_owned(), flags: flags.to_vec() };
        let ask = || {
            assert_eq!(cache.lookup(&claude), None);
            cache.remember(&claude, &probed.version, &flags);
            let again = ProbeCache::at(&folder.path().join("cache"));
            assert_eq!(again.lookup(&claude), Some(probed.clone()));
        };

        assert_eq!(cache.lookup(&claude), None, "there is no such file");
        put(&claude, "one");
        ask();
        put(&claude, "three");
        ask();
        let touched = std::time::UNIX_EPOCH + std::time::Duration::from_millis(1500);
        File::options().write(true).open(&claude).unwrap().set_modified(touched).unwrap();
        ask();

        let kept = cache.file_of(&claude);
        for nonsense in ["", "{", "[]", "{\"path\":\"x\"}"] {
            put(&kept, nonsense);
            ask();
        }
        let other = folder.path().join("other");
        fs::copy(&kept, cache.file_of(&other)).unwrap();
        fs::copy(&claude, &other).unwrap();
        File::options().write(true).open(&other).unwrap().set_modified(touched).unwrap();
        assert_eq!(cache.lookup(&other), None, "an answer of another path");
    }

    #[test]
    fn what_holds_for_nothing_any_more_is_stale() {
        let folder = tempdir().unwrap();
        let cache = ProbeCache::at(&folder.path().join("cache"));
        let [here, gone, other] = ["here", "gone", "other"].map(|name| folder.path().join(name));
        for claude in [&here, &gone, &other] {
            put(claude, "one");
            assert_eq!(cache.lookup(claude), None);
            cache.remember(claude, "2.1.328", &[]);
        }
        assert_eq!(cache.stale(), Vec::<PathBuf>::new());
        fs::remove_file(&gone).unwrap();
        put(&other, "another");
        let broken = cache.folder.join("claude-broken.json");
        put(&broken, "{");
        put(&cache.folder.join("prices.json"), "{");
        let mut expected = vec![cache.file_of(&gone), cache.file_of(&other), broken];
        expected.sort();
        assert_eq!(cache.stale(), expected);
    }

    #[test]
    fn a_file_that_is_replaced_while_it_is_asked_is_not_remembered() {
        let folder = tempdir().unwrap();
        let claude = folder.path().join("claude");
        let cache = ProbeCache::at(folder.path());
        put(&claude, "one");
        assert_eq!(cache.lookup(&claude), None);
        put(&claude, "another");
        cache.remember(&claude, "1.0.0", &[]);
        assert_eq!(cache.lookup(&claude), None);
        cache.remember(&claude, "1.0.0", &[]);
        assert!(cache.lookup(&claude).is_some());
    }

    #[test]
    fn a_cache_that_cannot_be_written_is_no_cache() {
        let folder = tempdir().unwrap();
        let claude = folder.path().join("claude");
        put(&claude, "one");
        let cache = ProbeCache::at(&claude.join("under-a-file"));
        assert_eq!(cache.lookup(&claude), None);
        cache.remember(&claude, "1.0.0", &[]);
        assert_eq!(cache.lookup(&claude), None);
    }
}
