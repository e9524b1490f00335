//! Files above a repository that Claude Code reads too, whoever wrote them.
//!
//! claude reads `CLAUDE.md` and its like in every folder up to the root of the file system. Those
//! of the user are the user's to write. One that somebody else could have written, such as
//! `/tmp/CLAUDE.md`, has no say in a run, however trusted the repository below it is.

use std::path::{Path, PathBuf};

use super::own::is_own;

/// What claude reads in a folder above the one in which it is started.
const READ: &[&str] = &["CLAUDE.md", "CLAUDE.local.md", ".claude/CLAUDE.md", ".claude/rules"];

/// Those above the folder `root` that somebody else could have written, the nearest first.
pub fn foreign_above(root: &Path) -> Vec<PathBuf> {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let folders = root.ancestors().skip(1);
    let files = folders.flat_map(|folder| READ.iter().map(move |name| folder.join(name)));
    files.filter(|file| file.exists() && !is_ours(file)).collect()
}

/// A link is as much anybody's as what it leads to and the folder that it lies in; a folder is
/// what lies in it.
fn is_ours(path: &Path) -> bool {
    let Ok(real) = path.canonicalize() else { return false };
    let holder = path.parent().and_then(|holder| holder.canonicalize().ok());
    is_own(&real)
        && holder.is_some_and(|holder| is_own(&holder) || is_guarded(&holder))
        && std::fs::read_dir(&real).into_iter().flatten().all(|entry| {
            entry.is_ok_and(|entry| entry.path().canonicalize().is_ok_and(|it| is_own(&it)))
        })
}

/// In a folder such as /tmp nobody can move what belongs to another.
fn is_guarded(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    const STICKY: u32 = 0o1000;
    folder.symlink_metadata().is_ok_and(|found| found.mode() & STICKY != 0)
}
