//! The content of one file of the work tree: its name in git, and whether it may be copied.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read as _},
    os::fd::AsRawFd as _,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use git2::{ObjectType, Odb, Oid};
use rustix::fs::{FileType, Stat};

use super::{
    GitError, Why,
    index::{Index, Kind, MODE_LINK, Tracked},
    inside::{Inside, Time, changed, modified, size},
    path::as_path,
    secret::looks_secret,
    store::{Store, hash},
    walk::{Found, is_gone},
};

/// Untracked files over this size are not copied: one mebibyte.
const UNTRACKED_LIMIT: u64 = 1 << 20;
/// Changed files that git tracks are read whole, so even they have a limit: 64 mebibytes.
const TRACKED_LIMIT: u64 = 64 << 20;

/// What a file holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Content {
    pub(super) mode: u32,
    pub(super) oid: Oid,
    /// Why the content is not in the store, and its size in bytes.
    pub(super) unstored: Option<(Why, u64)>,
}

/// What earlier snapshots of this process read, so that untracked and changed files are not read
/// again for every step.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) store: PathBuf,
    pub(super) files: HashMap<Vec<u8>, Seen>,
}

/// A file as it was when its content was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    look: (u64, u64, u32, Time, Time),
    pub(super) content: Content,
}

/// Reads files; one per thread.
pub(super) struct Reader<'a> {
    pub(super) inside: &'a Inside,
    pub(super) root: &'a Path,
    pub(super) index: &'a Index,
    pub(super) store: &'a Store<'a>,
    pub(super) known: &'a Known,
}

impl Reader<'_> {
    /// The content of the file, newly stored if it may be; none if it is gone.
    pub(super) fn read(&self, found: &Found) -> Result<Option<Seen>, GitError> {
        match self.try_read(found) {
            Ok(seen) => Ok(seen),
            Err(GitError::Io { error, .. }) if is_gone(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn try_read(&self, found: &Found) -> Result<Option<Seen>, GitError> {
        let path = as_path(&found.path);
        let cannot = |error| GitError::io("cannot read", self.root.join(path), error);
        let tracked = found.tracked.map(|place| &self.index.entries[place]);
        let stat = self.inside.stat(path).map_err(cannot)?;
        let look = look(&stat);
        let mode = self.index.mode(tracked, &stat);
        if let Some(seen) = self.known.files.get(&found.path)
            && seen.look == look
        {
            return Ok(Some(*seen));
        }
        let content = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Symlink => {
                let target = self.inside.link_target(path).map_err(cannot)?;
                self.keep(MODE_LINK, &target)?
            }
            FileType::RegularFile => match self.inside.file(path) {
                Ok(file) => self.file(found, tracked, mode, File::from(file))?,
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    unreadable(mode, &stat)?
                }
                Err(error) => return Err(cannot(error)),
            },
            _ => return Ok(None),
        };
        Ok(Some(Seen { look, content }))
    }

    fn file(
        &self,
        found: &Found,
        tracked: Option<&Tracked>,
        mode: u32,
        mut file: File,
    ) -> Result<Content, GitError> {
        let tracked = tracked.filter(|entry| entry.kind != Kind::Intended);
        let limit = if tracked.is_some() { TRACKED_LIMIT } else { UNTRACKED_LIMIT };
        let full = self.root.join(as_path(&found.path));
        let mut data = Vec::new();
        file.by_ref()
            .take(limit + 1)
            .read_to_end(&mut data)
            .map_err(|error| GitError::io("cannot read", &full, error))?;
        let known = |oid| tracked.is_some_and(|entry| entry.oid == oid);
        if data.len() as u64 > limit {
            let (oid, size) = hash_stream(&file, &full)?;
            let unstored = (!known(oid) && !self.store.has(oid)).then_some((Why::TooLarge, size));
            return Ok(Content { mode, oid, unstored });
        }
        if may_be_converted(&data)
            && let Some(converted) = self.converted(&full, tracked)
        {
            data = converted;
        }
        if looks_secret(&found.path) {
            let oid = hash(ObjectType::Blob, &data)?;
            let size = data.len() as u64;
            let unstored =
                (!known(oid) && !self.store.has(oid)).then_some((Why::LooksSecret, size));
            return Ok(Content { mode, oid, unstored });
        }
        self.keep(mode, &data)
    }

    fn keep(&self, mode: u32, data: &[u8]) -> Result<Content, GitError> {
        let oid = hash(ObjectType::Blob, data)?;
        self.store.put(ObjectType::Blob, data, oid)?;
        Ok(Content { mode, oid, unstored: None })
    }

    /// The file as git would store it, line ends and `$Id$` converted by libgit2. Its result goes
    /// to memory only. None where libgit2 refuses to convert: then the content is taken raw.
    fn converted(&self, full: &Path, tracked: Option<&Tracked>) -> Option<Vec<u8>> {
        let handle = git2::Repository::open(self.root).ok()?;
        let odb = Odb::new().ok()?;
        odb.add_new_mempack_backend(1).ok()?;
        // Whether line ends are converted depends on those that git already has.
        if let Some(blob) = tracked.and_then(|entry| self.store.read(entry.oid)) {
            odb.write(ObjectType::Blob, &blob).ok()?;
        }
        handle.set_odb(&odb).ok()?;
        let oid = handle.blob_path(full).ok()?;
        Some(odb.read(oid).ok()?.data().to_vec())
    }
}

impl Seen {
    /// Whether the file was at rest when it was read, so that a later change shows in its times.
    /// Two seconds cover the clock of every file system.
    pub(super) fn is_settled(&self, read_at: SystemTime) -> bool {
        const TICK: Duration = Duration::from_secs(2);
        let at = read_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let before = i64::try_from(at.saturating_sub(TICK).as_secs()).unwrap_or(0);
        let (.., modified, changed) = self.look;
        modified.0 < before && changed.0 < before
    }
}

fn look(stat: &Stat) -> (u64, u64, u32, Time, Time) {
    (size(stat), stat.st_ino, stat.st_mode, modified(stat), changed(stat))
}

/// The only conversions that libgit2 knows turn CRLF into LF and shorten `$Id: …$`.
fn may_be_converted(data: &[u8]) -> bool {
    data.windows(2).any(|pair| pair == b"\r\n" || pair == b"$I")
}

/// Hashes a file of any size. The open file is named instead of its path, which may meanwhile
/// lead elsewhere.
fn hash_stream(file: &File, full: &Path) -> Result<(Oid, u64), GitError> {
    let size = file.metadata().map_err(|error| GitError::io("cannot read", full, error))?.len();
    let open = PathBuf::from(format!("/dev/fd/{}", file.as_raw_fd()));
    let named = if open.exists() { &open } else { full };
    let oid =
        Oid::hash_file(ObjectType::Blob, named).map_err(GitError::git("cannot hash a file"))?;
    Ok((oid, size))
}

/// A file that may not be read is told by its size and time, so that a change of it still shows.
fn unreadable(mode: u32, stat: &Stat) -> Result<Content, GitError> {
    let (seconds, nanoseconds) = modified(stat);
    let size = size(stat);
    let oid = hash(ObjectType::Blob, format!("{size} {seconds}.{nanoseconds}").as_bytes())?;
    Ok(Content { mode, oid, unstored: Some((Why::Unreadable, size)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that is written in the tick in which it is read must be read again.
    #[test]
    fn only_a_file_at_rest_is_remembered() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let seen = |modified, changed| Seen {
            look: (1, 1, 0o100_644, (modified, 999), (changed, 999)),
            content: Content { mode: 0o100_644, oid: Oid::ZERO_SHA1, unstored: None },
        };
        let rows =
            [(97, 97, true), (98, 97, false), (97, 98, false), (100, 100, false), (200, 0, false)];
        for (modified, changed, expected) in rows {
            assert_eq!(
                seen(modified, changed).is_settled(at(100)),
                expected,
                "{modified} {changed}"
            );
        }
    }
}
