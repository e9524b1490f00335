//! Which files the rules look at.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A text file of the repository.
#[derive(Debug)]
pub(crate) struct SourceFile {
    /// From the root of the repository, with `/`.
    pub(crate) path: String,
    /// What it says.
    pub(crate) text: String,
}

/// Every Rust file under the folder, in the order of their paths, whether git knows it yet or not.
pub(super) fn rust(folder: &str) -> Vec<SourceFile> {
    let mut found = read(&walk(Path::new(folder)));
    found.retain(|file| has_ending(&file.path, "rs"));
    assert!(!found.is_empty(), "no Rust file under `{folder}`");
    found
}

/// Every text file that git tracks; outside a checkout, every one that is not built.
pub(crate) fn tracked() -> Vec<SourceFile> {
    let found = read(&index(Path::new(".git")).unwrap_or_else(|| walk(Path::new("."))));
    assert!(!found.is_empty(), "no file is tracked");
    found
}

/// Whether a file's name ends in this, without the dot.
pub(super) fn has_ending(path: &str, ending: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == ending)
}

/// Reads the index alone: a repository may belong to another user, and then opening it is refused.
fn index(dot_git: &Path) -> Option<Vec<PathBuf>> {
    let folder = match fs::read_to_string(dot_git) {
        Ok(link) => PathBuf::from(link.strip_prefix("gitdir:")?.trim()),
        Err(_) => dot_git.to_owned(),
    };
    let file = folder.join("index");
    let index = file.exists().then(|| git2::Index::open(&file).expect("the index can be read"))?;
    let path = |entry: git2::IndexEntry| {
        PathBuf::from(String::from_utf8(entry.path).expect("paths are UTF-8"))
    };
    Some(index.iter().map(path).filter(|path| path.is_file()).collect())
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the repository can be read") {
            let entry = entry.expect("a folder of the repository can be read");
            let kind = entry.file_type().expect("the file system tells kinds");
            let built = ["target", ".git", "node_modules"].map(Into::into);
            if kind.is_dir() && !built.contains(&entry.file_name()) {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

/// Binary files are left out.
fn read(paths: &[PathBuf]) -> Vec<SourceFile> {
    let one = |path: &PathBuf| {
        let text = String::from_utf8(fs::read(path).expect("a tracked file can be read")).ok()?;
        let path = path.strip_prefix(".").unwrap_or(path).to_str().expect("paths are UTF-8");
        Some(SourceFile { path: path.to_owned(), text })
    };
    paths.iter().filter_map(one).collect()
}

#[test]
fn this_file_is_found() {
    for found in [tracked(), rust("tests")] {
        assert!(found.iter().any(|file| file.path == "tests/it/tidy/files.rs"), "{found:?}");
    }
}
