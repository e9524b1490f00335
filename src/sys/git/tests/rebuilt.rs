//! A repository taken apart into files and patches, and made again.

use std::path::Path;

use super::sandbox::Sandbox;
use crate::sys::git::{Applied, FileKind, Rebuild, RebuiltFile, Repository, Snapshot};

/// What git says of a repository, without the names of commits.
const STATE: &str = "
    git status --porcelain --branch; git log --format=%B; git ls-files --stage
    git diff; git diff --staged; git rev-parse HEAD^{tree} $BASE^{tree}; cat a.txt || true
";

fn state(sandbox: &Sandbox, dir: &str, base: &str) -> String {
    sandbox.sh_with(&format!("cd {dir}; {STATE}"), &[("BASE", base)])
}

/// Takes the sandbox apart and makes it anew in `../again`; gives the base's name.
fn again(sandbox: &Sandbox, base: Option<&str>) -> Option<String> {
    let (repository, objects) = (sandbox.repository(), sandbox.objects());
    let work = sandbox.snapshot();
    let standing = repository.standing(&objects, base).unwrap();
    let change = |from: &Snapshot, to: &Snapshot| {
        let patch = repository.patch(&objects, from, to, usize::MAX).unwrap();
        assert!(patch.left_out.is_empty());
        patch.bytes
    };
    let rebuild = Rebuild {
        files: &files(&repository, &objects, &standing.base),
        branch: &standing.branch,
        base_name: standing.base_name.as_deref(),
        ahead: standing.ahead,
        log: &standing.log,
        head: &change(&standing.base, &standing.head),
        staged: &change(&standing.head, &standing.index),
        worktree: &change(&standing.index, &work),
    };
    let dir = sandbox.root().parent().unwrap().join("again");
    std::fs::create_dir(&dir).unwrap();
    let made = rebuild.make(&dir).unwrap();
    let there = made.snapshot(&dir.with_file_name("objects"), &[]).unwrap();
    assert_eq!(there.tree, work.tree);
    standing.base_name
}

fn files(repository: &Repository, objects: &Path, of: &Snapshot) -> Vec<RebuiltFile> {
    let file = |file: crate::sys::git::TreeFile| RebuiltFile {
        bytes: repository.content(objects, &file).unwrap(),
        path: file.path,
        kind: file.kind,
    };
    repository.files(objects, of).unwrap().into_iter().map(file).collect()
}

fn check(script: &str, base: Option<&str>, name: Option<&str>) {
    let sandbox = Sandbox::new();
    sandbox.sh(script);
    assert_eq!(again(&sandbox, base).as_deref(), name, "{script}");
    let base = base.or(name).unwrap_or("HEAD");
    assert_eq!(state(&sandbox, "../again", base), state(&sandbox, ".", base), "{script}");
}

#[test]
fn a_repository_made_again_says_the_same() {
    check("", None, None);
    check("echo x >> a.txt; git add a.txt; echo y >> a.txt; echo z > new.txt", None, None);
    check("git rm -q --cached a.txt; chmod +x dir/b.txt; rm run.sh; : > empty", None, None);
    check(
        "printf '\\0\\1' > bin; git add bin; printf '\\0\\2' > bin; ln -sf run.sh link",
        None,
        None,
    );
    check("git mv a.txt moved.txt; printf 'no newline' > dir/b.txt; mkdir a.txt", None, None);
    check("mkdir a; echo x > 'a/ü \"q\" b'; git add .; git commit -qm 'two'", None, None);
}

#[test]
fn a_base_stays_where_it_was_and_keeps_its_name() {
    let work = "git switch -qc work; echo x >> a.txt; git commit -qam one; rm link; \
                git commit -qam two; echo y >> a.txt";
    check(work, Some("main"), Some("refs/heads/main"));
    check(work, None, Some("refs/heads/main"));
    check(work, Some("HEAD~1"), None);
    let remote = "git switch -qc work; git update-ref refs/remotes/origin/dev main; \
                  git symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/dev; \
                  git branch -qD main; echo x >> a.txt; git commit -qam one";
    check(remote, None, Some("refs/remotes/origin/dev"));
    check("git tag v1; git commit -qm one --allow-empty", Some("v1"), Some("refs/tags/v1"));
}

#[test]
fn a_repository_without_a_commit_is_made_again() {
    let sandbox = Sandbox::empty();
    sandbox.sh("git init -q -b trunk; echo a > a.txt; git add a.txt; echo b > b.txt");
    assert_eq!(again(&sandbox, None), None);
    let said = |dir: &str| sandbox.sh(&format!("cd {dir}; git status --porcelain --branch"));
    assert_eq!(said("../again"), said("."));
}

#[test]
fn the_same_files_give_the_same_commits() {
    let head = || {
        let sandbox = Sandbox::new();
        again(&sandbox, None);
        sandbox.sh("cd ../again; git rev-parse HEAD")
    };
    assert_eq!(head(), head());
}

#[test]
fn a_patch_changes_the_work_tree_and_nothing_else() {
    let sandbox = Sandbox::new();
    sandbox.sh("echo mine >> dir/b.txt");
    again(&sandbox, None);
    let before = sandbox.snapshot();
    sandbox.sh("echo x >> a.txt; : > empty; rm link; git mv run.sh walk.sh; printf '\\0' > bin");
    let (repository, objects) = (sandbox.repository(), sandbox.objects());
    let after = sandbox.snapshot();
    let patch = repository.patch(&objects, &before, &after, usize::MAX).unwrap().bytes;

    let dir = sandbox.root().with_file_name("again");
    let there = super::sandbox::repository(&dir);
    let index = sandbox.sh("cd ../again; git ls-files --stage");
    let store = dir.with_file_name("objects");
    let applied = there.patch_work_tree(&store, &patch).unwrap();

    assert!(matches!(applied, Applied::Whole { .. }), "{applied:?}");
    assert_eq!(there.snapshot(&store, &[]).unwrap().tree, after.tree);
    assert_eq!(sandbox.sh("cd ../again; git ls-files --stage"), index);
    // What was changed meanwhile is not what was recorded.
    assert!(there.patch_work_tree(&store, &patch).is_err());
}

#[test]
fn no_path_leads_out() {
    let dir = tempfile::tempdir().unwrap();
    let make = |path: &str, inside: &Path| {
        let files = [RebuiltFile { path: path.into(), kind: FileKind::Plain, bytes: vec![] }];
        let rebuild = Rebuild {
            files: &files,
            branch: "main",
            base_name: None,
            ahead: 0,
            log: &["one".to_owned()],
            head: b"",
            staged: b"",
            worktree: b"",
        };
        std::fs::create_dir(inside).unwrap();
        rebuild.make(inside)
    };
    for (place, path) in ["../x", ".git/config", "a/../../x", ".GIT/x"].into_iter().enumerate() {
        assert!(make(path, &dir.path().join(place.to_string())).is_err(), "{path}");
    }
    assert!(!dir.path().join("x").exists());
    let absolute = dir.path().join("absolute");
    let _made = make(absolute.to_str().unwrap(), &dir.path().join("last"));
    assert!(!absolute.exists());
}
