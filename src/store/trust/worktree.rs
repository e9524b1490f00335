//! Whose linked worktree a folder is, found so that a forged one cannot borrow another's trust.
//!
//! Everything in the folder itself is a claim: its file `.git` names any folder it likes, and
//! `commondir` in there any repository. So what counts is what the main checkout says: in its own
//! `.git/worktrees` there must be a note that points back at exactly this folder.

use std::{
    fs,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use crate::sys::fs::read_capped;

/// No path is this long.
const MAX_BYTES: u64 = 64 * 1024;

/// The main checkout of which `root`, a path without symbolic links, is a linked worktree.
pub(super) fn main_checkout(root: &Path) -> Option<PathBuf> {
    let claim = root.join(".git");
    if !fs::symlink_metadata(&claim).ok()?.is_file() {
        return None;
    }
    let notes = line(&claim, b"gitdir: ")?;
    let notes = root.join(notes).canonicalize().ok()?;
    // Only `MAIN/.git/worktrees/NAME` belongs to a main checkout.
    let worktrees = notes.parent().filter(|it| it.ends_with("worktrees"))?;
    let git = worktrees.parent().filter(|it| it.ends_with(".git"))?;
    let main = git.parent()?;
    if main == root || !fs::symlink_metadata(git).ok()?.is_dir() {
        return None;
    }
    let back = notes.join(line(&notes.join("gitdir"), b"")?);
    (back.file_name()? == ".git" && back.parent()?.canonicalize().ok()? == root)
        .then(|| main.to_owned())
}

/// The path in the only line of a file, after a prefix.
fn line(file: &Path, prefix: &[u8]) -> Option<PathBuf> {
    let bytes = read_capped(file, MAX_BYTES).ok()?;
    let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes).strip_prefix(prefix)?;
    let is_a_path = !line.is_empty() && !line.contains(&b'\n') && !line.contains(&0);
    is_a_path.then(|| PathBuf::from(std::ffi::OsStr::from_bytes(line)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A main checkout and one worktree, as git makes them.
    struct Trees(tempfile::TempDir);

    impl Trees {
        fn new() -> Self {
            let trees = Self(tempfile::tempdir().unwrap());
            trees.write("main/.git/worktrees/w/gitdir", &format!("{}/w/.git\n", trees.root()));
            trees.write("main/.git/worktrees/w/commondir", "../..\n");
            trees.write("w/.git", &format!("gitdir: {}/main/.git/worktrees/w\n", trees.root()));
            trees
        }

        fn root(&self) -> String {
            self.0.path().canonicalize().unwrap().display().to_string()
        }

        fn at(&self, path: &str) -> PathBuf {
            Path::new(&self.root()).join(path)
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.at(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            crate::sys::fs::write_atomic(&path, text.as_bytes(), crate::sys::fs::PRIVATE_FILE)
                .unwrap();
        }
    }

    #[test]
    fn the_main_checkout_has_to_point_back() {
        type Forge = fn(&Trees);
        let rows: &[(&str, Forge, bool)] = &[
            ("as git makes it", |_| {}, true),
            (
                "with relative paths, as git makes them on request",
                |it| {
                    it.write("w/.git", "gitdir: ../main/.git/worktrees/w\n");
                    it.write("main/.git/worktrees/w/gitdir", "../../../../w/.git\n");
                },
                true,
            ),
            (
                "a note that points at another worktree",
                |it| {
                    it.write("other/.git", "");
                    let other = format!("{}/other/.git\n", it.root());
                    it.write("main/.git/worktrees/w/gitdir", &other);
                },
                false,
            ),
            (
                "notes of its own, whose `commondir` names a trusted repository",
                |it| {
                    it.write("evil/notes/gitdir", &format!("{}/w/.git\n", it.root()));
                    it.write("evil/notes/commondir", &format!("{}/main/.git\n", it.root()));
                    it.write("w/.git", &format!("gitdir: {}/evil/notes\n", it.root()));
                },
                false,
            ),
            (
                "the repository's own folder in place of a note",
                |it| it.write("w/.git", &format!("gitdir: {}/main/.git\n", it.root())),
                false,
            ),
            ("no such note", |it| it.write("w/.git", "gitdir: /nowhere\n"), false),
            ("two lines", |it| it.write("w/.git", "gitdir: a\nb\n"), false),
            (
                "a link to a trusted repository's `.git`",
                |it| {
                    fs::remove_file(it.at("w/.git")).unwrap();
                    symlink(it.at("main/.git"), it.at("w/.git")).unwrap();
                },
                false,
            ),
        ];
        for (name, forge, expected) in rows {
            let trees = Trees::new();
            forge(&trees);
            let found = main_checkout(&trees.at("w"));
            assert_eq!(found, expected.then(|| trees.at("main")), "{name}");
        }
    }
}
