use std::{fs, os::unix::fs::PermissionsExt as _};

use super::*;
use crate::sys::git::{Place, discover};

/// A repository whose only commit holds what the closure says.
struct Home {
    folder: tempfile::TempDir,
    repository: Repository,
    commit: String,
}

impl Home {
    fn new(files: &[(&str, i32, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let handle = git2::Repository::init(folder.path().join("repo")).unwrap();
        let mut index = git2::Index::new().unwrap();
        handle.set_index(&mut index).unwrap();
        for (path, mode, text) in files {
            let entry = git2::IndexEntry {
                ctime: git2::IndexTime::new(0, 0),
                mtime: git2::IndexTime::new(0, 0),
                dev: 0,
                ino: 0,
                mode: u32::try_from(*mode).unwrap(),
                uid: 0,
                gid: 0,
                file_size: 0,
                id: handle.blob(text.as_bytes()).unwrap(),
                flags: 0,
                flags_extended: 0,
                path: path.as_bytes().to_vec(),
            };
            index.add(&entry).unwrap();
        }
        let tree = handle.find_tree(index.write_tree_to(&handle).unwrap()).unwrap();
        let author =
            git2::Signature::new("Ada", "ada@example.org", &git2::Time::new(0, 0)).unwrap();
        let commit = handle.commit(Some("HEAD"), &author, &author, "first", &tree, &[]).unwrap();
        let Place::Repository(repository) = discover(&folder.path().join("repo")).unwrap() else {
            panic!("it is a repository")
        };
        Self { repository, commit: commit.to_string(), folder }
    }

    fn protected(&self) -> Protected<'_> {
        Protected::named(&self.repository, "HEAD", &self.folder.path().join("cache")).unwrap()
    }

    fn reference(&self, name: &str, commit: &str) {
        let handle = git2::Repository::open(self.repository.root()).unwrap();
        handle.reference(name, git2::Oid::from_str(commit).unwrap(), true, "test").unwrap();
    }
}

const PLAIN: i32 = 0o100_644;
const PROGRAM: i32 = 0o100_755;
const LINK: i32 = 0o120_000;

fn below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().display().to_string());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn only_what_has_a_say_is_laid_out() {
    let home = Home::new(&[
        (".agents/skills", LINK, "../skills"),
        (".claude/atlas.yaml", PLAIN, "retry: 1\n"),
        (".claude/out", LINK, "/etc"),
        (".claude/up", LINK, "../../x"),
        (".claude/round", LINK, "round"),
        ("skills/x/SKILL.md", PLAIN, "x"),
        ("skills/x/scripts/a.sh", PROGRAM, "echo\n"),
        ("src/main.rs", PLAIN, "fn main() {}"),
        ("tools/plugin/p.json", PLAIN, "{}"),
    ]);
    let protected = home.protected();
    assert_eq!(protected.commit, home.commit);
    let folder = protected.configuration(&["tools/plugin".into()]).unwrap();
    let expected = [
        ".agents/skills/x/SKILL.md",
        ".agents/skills/x/scripts/a.sh",
        ".claude/atlas.yaml",
        "skills/x/SKILL.md",
        "skills/x/scripts/a.sh",
        "tools/plugin/p.json",
    ];
    assert_eq!(below(&folder), expected);
    let mode = fs::metadata(folder.join("skills/x/scripts/a.sh")).unwrap().permissions().mode();
    assert_eq!(mode & 0o111, 0o100, "a program can be run");

    assert_eq!(protected.configuration(&["tools/plugin".into()]).unwrap(), folder);
    let other = protected.lay_out(&["src/main.rs".into()].into()).unwrap();
    assert_eq!(below(&other), ["src/main.rs"]);
    assert!(protected.content(Path::new(".agents/skills")).is_none(), "a folder");
    assert!(protected.content(Path::new("src/main.rs")).is_some());
    assert!(protected.content(Path::new(".claude/round")).is_none(), "no end");
}

#[test]
fn links_that_lead_in_circles_come_to_an_end() {
    let home =
        Home::new(&[("skills/a", LINK, "."), ("skills/b", LINK, "."), ("skills/x", PLAIN, "")]);
    let folder = home.protected().configuration(&[]).unwrap();
    assert!(below(&folder).len() < MAX_FILES);
}

/// Whoever can make a tag or a branch must not thereby choose what judges their work.
#[test]
fn a_name_with_two_meanings_is_refused() {
    let home = Home::new(&[(".claude/atlas.yaml", PLAIN, "retry: 1\n")]);
    let cache = home.folder.path().join("cache");
    let named = |name: &str| {
        let named = Protected::named(&home.repository, name, &cache);
        named.map(|protected| protected.commit).map_err(|fault| fault.message)
    };
    home.reference("refs/remotes/origin/main", &home.commit);
    assert_eq!(named("origin/main").unwrap(), home.commit);
    home.reference("refs/tags/origin/main", &home.commit);
    assert_eq!(named("origin/main").unwrap(), home.commit, "both mean the same");

    let handle = git2::Repository::open(home.repository.root()).unwrap();
    let first = handle.find_commit(git2::Oid::from_str(&home.commit).unwrap()).unwrap();
    let (author, tree) = (first.author(), first.tree().unwrap());
    let evil = handle.commit(None, &author, &author, "evil", &tree, &[]).unwrap();
    home.reference("refs/tags/origin/main", &evil.to_string());
    for name in ["origin/main", "origin/main~0", "origin/main^{commit}"] {
        let message = named(name).unwrap_err();
        assert!(message.ends_with("names several revisions"), "{message}");
    }
    assert_eq!(named("refs/remotes/origin/main").unwrap(), home.commit);
    assert!(named("nowhere").unwrap_err().ends_with("names no revision here"));
    assert!(named("").unwrap_err().ends_with("names no revision here"));
}
