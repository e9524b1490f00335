//! Files above a repository that Claude Code reads too, whoever wrote them.
//!
//! claude reads `CLAUDE.md` and its like in every folder up to the root of the file system. Those
//! of the user are the user's to write. One that somebody else could have written, such as
//! `/tmp/CLAUDE.md`, has no say in a run, however trusted the repository below it is.

use std::{
    fs,
    path::{Path, PathBuf},
};

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

/// A link is as much anybody's as what it leads to; a folder is what lies in it.
fn is_ours(path: &Path) -> bool {
    let inside = fs::read_dir(path).into_iter().flatten();
    let mut inside = inside.filter_map(Result::ok).map(|entry| entry.path());
    let is_ours = |path: &Path| is_own(path) && path.canonicalize().is_ok_and(|it| is_own(&it));
    is_ours(path) && inside.all(|entry| is_ours(&entry))
}
