//! The user's index, read and never written: what is tracked, and what each file looked like
//! when git last read it. A file that still looks so need not be read again.

pub(super) mod read;

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use git2::{IndexEntry, IndexEntryExtendedFlag, IndexEntryFlag, Oid};
use rustix::fs::{FileType, Mode, OFlags, Stat};

use super::{
    GitError,
    inside::{Inside, Time, changed, modified, size},
};

pub(super) const MODE_FILE: u32 = 0o100_644;
pub(super) const MODE_PROGRAM: u32 = 0o100_755;
pub(super) const MODE_LINK: u32 = 0o120_000;
pub(super) const MODE_COMMIT: u32 = 0o160_000;

/// No file has a longer path, in bytes: Linux's `PATH_MAX`. Whoever writes an index can make longer ones
/// of nearly nothing, and trees of them that are as deep.
const LONGEST: usize = 4096;

/// What the index says of a path besides its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    /// Outside the sparse checkout: absent on purpose.
    Skipped,
    /// Announced with `git add -N`, its content still unknown to git.
    Intended,
    /// Under merge or rebase, in several versions.
    Conflicted,
}

/// One tracked path.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tracked {
    pub(super) path: Vec<u8>,
    pub(super) mode: u32,
    pub(super) oid: Oid,
    pub(super) kind: Kind,
    size: u32,
    ino: u32,
    modified: Time,
    changed: Time,
}

/// The tracked paths in byte order, one entry each.
pub(super) struct Index {
    pub(super) entries: Vec<Tracked>,
    written: Time,
    rules: Rules,
}

/// How git was told to compare files.
#[expect(clippy::struct_excessive_bools, reason = "four switches of git's own, all independent")]
struct Rules {
    /// Off where only size, type and time of a file mean something: `core.checkStat=minimal`.
    inode: bool,
    /// Off with the former, or by `core.trustctime`.
    ctime: bool,
    /// Whether the file system keeps the permission to execute, and links.
    file_mode: bool,
    symlinks: bool,
}

impl Index {
    pub(super) fn load(repository: &git2::Repository) -> Result<Self, GitError> {
        Self::load_from(repository, &repository.path().join("index"))
    }

    /// The index in another file than usually.
    pub(super) fn load_from(repository: &git2::Repository, file: &Path) -> Result<Self, GitError> {
        let folder = file.parent().unwrap_or(file);
        let name = Path::new(file.file_name().unwrap_or_default());
        // Before the index itself: if git replaces it in between, more files count as fresh.
        let written = match Inside::open(folder).and_then(|git| git.stat(name)) {
            Ok(stat) => modified(&stat),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => (0, 0),
            Err(error) => return Err(GitError::io("cannot read", file, error)),
        };
        let entries = match whole(file) {
            Ok(bytes) => read::read(&bytes).map_or_else(|| by_libgit2(file), Ok),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => return Err(GitError::io("cannot read", file, error)),
        };
        let entries = entries.map_err(GitError::git("cannot read the index"))?;
        Ok(Self { entries, written, rules: Rules::read(repository)? })
    }

    /// Whether the file is certainly the one that git knows.
    pub(super) fn is_clean(&self, entry: &Tracked, stat: &Stat) -> bool {
        let rules = &self.rules;
        let looks_equal = matches!(entry.kind, Kind::Plain | Kind::Skipped)
            && self.mode(Some(entry), stat) == entry.mode
            && u64::from(entry.size) == size(stat) & u64::from(u32::MAX)
            && same_time(entry.modified, modified(stat))
            && (!rules.inode || entry.ino == 0 || u64::from(entry.ino) == low_ino(stat))
            && (!rules.ctime || entry.changed == (0, 0) || same_time(entry.changed, changed(stat)));
        looks_equal && !self.is_fresh(entry, stat)
    }

    /// The mode that git would record for the file.
    pub(super) fn mode(&self, entry: Option<&Tracked>, stat: &Stat) -> u32 {
        let recorded = entry.map_or(MODE_FILE, |entry| entry.mode);
        if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink {
            return MODE_LINK;
        }
        match recorded {
            MODE_LINK if !self.rules.symlinks => MODE_LINK,
            MODE_PROGRAM if !self.rules.file_mode => MODE_PROGRAM,
            _ if self.rules.file_mode && stat.st_mode & 0o100 != 0 => MODE_PROGRAM,
            _ => MODE_FILE,
        }
    }

    /// A file not older than the index may have changed after git read it, in the same tick.
    fn is_fresh(&self, entry: &Tracked, stat: &Stat) -> bool {
        let modified = modified(stat);
        if entry.modified.1 == 0 { modified.0 >= self.written.0 } else { modified >= self.written }
    }
}

impl Rules {
    fn read(repository: &git2::Repository) -> Result<Self, GitError> {
        let config =
            repository.config().map_err(GitError::git("cannot read git's configuration"))?;
        let flag = |name: &str| config.get_bool(name).unwrap_or(true);
        let minimal = config.get_string("core.checkStat").is_ok_and(|value| value == "minimal");
        Ok(Self {
            inode: !minimal,
            ctime: !minimal && flag("core.trustctime"),
            file_mode: flag("core.filemode"),
            symlinks: flag("core.symlinks"),
        })
    }
}

impl Kind {
    /// By the flags of an entry, and by those that some entries have beside them.
    fn of(flags: u16, more: u16) -> Self {
        let more = IndexEntryExtendedFlag::from_bits_truncate(more);
        if flags >> 12 & 3 != 0 {
            Self::Conflicted
        } else if more.is_intent_to_add() {
            Self::Intended
        } else if more.is_skip_worktree() {
            Self::Skipped
        } else {
            Self::Plain
        }
    }
}

/// The bytes of a file, as many as it says to have. What is no file could make us wait forever.
fn whole(file: &Path) -> io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(file, flags, Mode::empty())?);
    let known = file.metadata()?;
    if !known.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    file.take(known.len()).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The entries of any index that libgit2 can read.
pub(super) fn by_libgit2(file: &Path) -> Result<Vec<Tracked>, git2::Error> {
    let index = git2::Index::open(file)?;
    let mut entries: Vec<Tracked> = Vec::with_capacity(index.len());
    for entry in index.iter() {
        if entry.path.len() > LONGEST {
            return Err(git2::Error::from_str("one of its paths is longer than any file's can be"));
        }
        match entries.last_mut() {
            Some(last) if last.path == entry.path => last.kind = Kind::Conflicted,
            Some(last) if last.path > entry.path => {
                return Err(git2::Error::from_str("its paths are out of order"));
            }
            _ => entries.push(tracked(entry)),
        }
    }
    Ok(entries)
}

fn tracked(entry: IndexEntry) -> Tracked {
    let has_more = entry.flags & IndexEntryFlag::EXTENDED.bits() != 0;
    let time = |time: git2::IndexTime| (i64::from(time.seconds()), i64::from(time.nanoseconds()));
    Tracked {
        mode: entry.mode,
        oid: entry.id,
        kind: Kind::of(entry.flags, if has_more { entry.flags_extended } else { 0 }),
        size: entry.file_size,
        ino: entry.ino,
        modified: time(entry.mtime),
        changed: time(entry.ctime),
        path: entry.path,
    }
}

/// Tools that know no nanoseconds write zero; git's index holds 32 bits of the seconds.
fn same_time(recorded: Time, real: Time) -> bool {
    let low = i64::from(u32::MAX);
    recorded.0 & low == real.0 & low && (recorded.1 == 0 || recorded.1 == real.1)
}

fn low_ino(stat: &Stat) -> u64 {
    stat.st_ino & u64::from(u32::MAX)
}
