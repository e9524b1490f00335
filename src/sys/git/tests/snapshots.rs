//! What a snapshot keeps and what it leaves alone.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _},
    path::Path,
};

use super::sandbox::{Sandbox, contents, repository};
use crate::sys::git::{GitError, Snapshot, Unstored, Why};

#[test]
fn store() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.snapshot().tree, sandbox.sh("git rev-parse HEAD^{tree}"));
    assert_eq!(objects(&sandbox), Vec::<String>::new(), "a clean tree needs no object");

    sandbox.sh("echo 11 >> a.txt; mkdir x; seq 100000 > x/long; : > x/empty");
    let snapshot = sandbox.snapshot();
    let list = sandbox.sh(&format!(
        "export GIT_ALTERNATE_OBJECT_DIRECTORIES={}
        git fsck --strict --no-dangling {tree} >&2; git ls-tree -r {tree} x; git cat-file -p {tree}:x/long | tail -1",
        sandbox.objects().display(),
        tree = snapshot.tree
    ));
    assert_eq!(
        list,
        "100644 blob e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\tx/empty\n\
         100644 blob cab8fb3d41e47a63cf9284e0f129eee82417f062\tx/long\n100000"
    );
    // Two blobs that are new, one that is empty, and the trees of the root and of `x`.
    assert_eq!(objects(&sandbox), ["40700 100600"; 5]);
    sandbox.snapshot();
    assert_eq!(objects(&sandbox).len(), 5);
}

#[test]
fn nothing_secret_or_large_is_copied() {
    let sandbox = Sandbox::new();
    sandbox.sh("
        echo hunter2 > .env; echo old > x.key; git add x.key; git commit -qm key; echo hunter2 > x.key
        echo example > .env.example; yes hunter2 | head -c 1048577 > big; ln -s hunter .npmrc
    ");
    let snapshot = sandbox.snapshot();
    let hash = |path: &str| sandbox.sh(&format!("git hash-object {path}"));
    let unstored =
        |path: &str, size, why| Unstored { path: path.into(), size, hash: hash(path), why };
    assert_eq!(
        snapshot.unstored,
        [
            unstored(".env", 8, Why::LooksSecret),
            unstored("big", 1_048_577, Why::TooLarge),
            unstored("x.key", 8, Why::LooksSecret),
        ]
    );
    for line in contents(&sandbox.objects()) {
        assert!(!line.contains(&format!("{:?}", b"hunter2").replace(['[', ']'], "")), "{line}");
    }
    let json = serde_json::to_string(&snapshot).unwrap();
    assert_eq!(serde_json::from_str::<Snapshot>(&json).unwrap(), snapshot);
    assert!(json.contains(r#""size":8,"#) && json.contains(r#""why":"looks-secret""#), "{json}");
}

#[test]
fn excluded_paths_are_no_part() {
    let sandbox = Sandbox::new();
    let exclude: &[&Path] = &[".claude/sessions".as_ref(), "dir/b.txt".as_ref()];
    let snapshot = || sandbox.repository().snapshot(&sandbox.objects(), exclude).unwrap();
    sandbox.sh(
        "mkdir -p .claude/sessions/x; echo > .claude/sessions/x/y; git add -f .; echo > .claude/a",
    );
    let from = snapshot();
    sandbox.sh(
        "echo 1 >> .claude/sessions/x/y; echo > .claude/sessions/z; rm dir/b.txt; echo > .claude/b",
    );
    assert_eq!(sandbox.changes(&from, &snapshot()), "A +1 -0 .claude/b\n");
    let names = sandbox.sh(&format!(
        "export GIT_ALTERNATE_OBJECT_DIRECTORIES={}; git ls-tree -r --name-only {}",
        sandbox.objects().display(),
        from.tree
    ));
    assert_eq!(names, ".claude/a\na.txt\nlink\nrun.sh");
}

#[test]
fn a_repository_inside_is_not_entered() {
    let sandbox = Sandbox::new();
    let from = sandbox.snapshot();
    sandbox.sh("
        git init -q inner; echo x > inner/x; git worktree add -q tree; mkdir -p not/.git; echo x > not/x
    ");
    let to = sandbox.snapshot();
    assert_eq!(sandbox.changes(&from, &to), "A +1 -0 not/x\n");
}

#[test]
fn a_sparse_checkout_is_not_a_deletion() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkdir other; echo o > other/o; git add .; git commit -qm other
        git sparse-checkout set --cone dir");
    let from = sandbox.snapshot();
    assert_eq!(from.tree, sandbox.sh("git rev-parse HEAD^{tree}"));
    sandbox.sh("mkdir other; echo p > other/o; rm dir/b.txt");
    let to = sandbox.snapshot();
    assert_eq!(sandbox.changes(&from, &to), "D +0 -11 dir/b.txt\nM +1 -1 other/o\n");
}

#[test]
fn a_linked_worktree_and_borrowed_objects() {
    let sandbox = Sandbox::new();
    sandbox.sh("git worktree add -q ../tree; git clone -q --shared . ../borrower; git clone -q --depth 1 file://$PWD ../shallow");
    for name in ["tree", "borrower", "shallow"] {
        let root = sandbox.root().join("..").join(name);
        let repository = repository(&root);
        let snapshot = || repository.snapshot(&sandbox.objects(), &[]).unwrap();
        let from = snapshot();
        assert_eq!(from.tree, sandbox.sh("git rev-parse HEAD^{tree}"), "{name}");
        sandbox.sh(&format!("cd ../{name}; echo 11 >> a.txt"));
        let changes = repository.changes(&sandbox.objects(), &from, &snapshot()).unwrap();
        assert_eq!(super::sandbox::lines(&changes), "M +1 -0 a.txt\n", "{name}");
    }
}

#[test]
fn a_tracked_file_that_is_a_pipe_is_gone() {
    let sandbox = Sandbox::new();
    let from = sandbox.snapshot();
    sandbox.sh("rm a.txt; mkfifo a.txt");
    assert_eq!(sandbox.changes(&from, &sandbox.snapshot()), "D +0 -10 a.txt\n");
}

#[test]
fn objects_that_are_missing() {
    let sandbox = Sandbox::new();
    let from = sandbox.snapshot();
    sandbox.sh("echo 11 >> a.txt; git mv dir/b.txt b.txt");
    let to = sandbox.snapshot();
    sandbox
        .sh("blob=$(git rev-parse HEAD:a.txt); rm -f .git/objects/$(echo $blob | sed 's|..|&/|')");
    assert_eq!(sandbox.changes(&from, &to), "M +? -? a.txt\nR +0 -0 dir/b.txt -> b.txt\n");
    let patch = sandbox.repository().patch(&sandbox.objects(), &from, &to, usize::MAX).unwrap();
    assert_eq!(patch.left_out, ["a.txt"]);
    fs::remove_dir_all(sandbox.objects()).unwrap();
    fs::create_dir(sandbox.objects()).unwrap();
    let error = sandbox.repository().changes(&sandbox.objects(), &from, &to).unwrap_err();
    assert!(
        error.to_string().starts_with("cannot compare two snapshots: object not found"),
        "{error}"
    );
}

/// Looking for renames must not take longer the more there are, and not lose the sure ones.
#[test]
fn many_renames() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkdir x; for i in $(seq 300); do seq $i $((i + 20)) > x/$i; done");
    let from = sandbox.snapshot();
    sandbox.sh("mv x y; for i in 1 2 3; do echo >> y/$i; done");
    let changes = sandbox.changes(&from, &sandbox.snapshot());
    let count = |letter| changes.lines().filter(|line| line.starts_with(letter)).count();
    assert_eq!((count('R'), count('A'), count('D')), (297, 3, 3), "{changes}");
}

#[test]
fn a_patch_keeps_its_bounds() {
    let sandbox = Sandbox::new();
    let from = sandbox.snapshot();
    sandbox.sh("echo a > a; seq 500 > b; echo c > c; head -c 17000000 /dev/zero > d; git add d; rm dir/b.txt");
    let to = sandbox.snapshot();
    let patch = |most| sandbox.repository().patch(&sandbox.objects(), &from, &to, most).unwrap();
    let all = patch(usize::MAX);
    assert_eq!(all.left_out, ["d"]);
    for most in [0, 1, 150, 350, 700, all.bytes.len() - 1, all.bytes.len()] {
        let part = patch(most);
        assert!(part.bytes.len() <= most);
        let text = String::from_utf8(part.bytes).unwrap();
        for name in ["a", "b", "c", "dir/b.txt"] {
            let is_in = text.contains(&format!("diff --git a/{name} b/{name}\n"));
            let is_out = part.left_out.iter().any(|path| path == name);
            assert!(is_in != is_out, "{most}: {name}");
        }
    }
    assert_eq!(patch(350).left_out, ["b", "d", "dir/b.txt"]);
}

#[test]
fn an_index_that_libgit2_cannot_read() {
    let rows = [
        ("git update-index --split-index", "the index is split"),
        (
            "mkdir x y; echo > x/x; echo > y/y; git add .; git commit -qm x
            git sparse-checkout set --cone --sparse-index x",
            "the index is sparse",
        ),
    ];
    for (script, reason) in rows {
        let sandbox = Sandbox::new();
        sandbox.sh(script);
        let error = sandbox.repository().snapshot(&sandbox.objects(), &[]).unwrap_err();
        assert!(matches!(error, GitError::Unsupported { .. }), "{error:?}");
        assert!(error.to_string().starts_with(reason), "{error}");
    }
}

#[test]
fn a_store_whose_path_is_no_text() {
    let sandbox = Sandbox::new();
    let objects = sandbox.home().join(OsStr::from_bytes(b"caf\xe9"));
    let repository = sandbox.repository();
    let from = repository.snapshot(&objects, &[]).unwrap();
    sandbox.sh("echo 11 >> a.txt");
    let to = repository.snapshot(&objects, &[]).unwrap();
    assert_eq!(repository.changes(&objects, &from, &to).unwrap().len(), 1);
}

#[test]
fn one_repository_sees_every_change() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository();
    let mut last = String::new();
    for round in 0..20 {
        // The same length each time, and as fast as can be.
        sandbox.sh(&format!("printf {:02} > a.txt; printf {:02} > new", round, 99 - round));
        let tree = repository.snapshot(&sandbox.objects(), &[]).unwrap().tree;
        assert_ne!(tree, last);
        last = tree;
    }
    assert_eq!(last, sandbox.tree_by_git());
}

/// Enough of everything for threads to share it.
#[test]
fn many_files() {
    let sandbox = Sandbox::new();
    sandbox.sh("
        echo '*.o' > .gitignore
        for i in $(seq 200); do mkdir -p t/$i; echo $i > t/$i/t; done; git add .; git commit -qm t
        for i in $(seq 200); do mkdir -p n/$i; echo $i > n/$i/n; echo $i > n/$i/x.o; done
        for i in $(seq 150); do echo more >> t/$i/t; done
    ");
    let snapshot = sandbox.snapshot();
    assert_eq!(snapshot.tree, sandbox.tree_by_git());
}

/// The modes of every object's folder and file in the store.
fn objects(sandbox: &Sandbox) -> Vec<String> {
    let mut all = Vec::new();
    for folder in fs::read_dir(sandbox.objects()).unwrap() {
        let folder = folder.unwrap();
        for file in fs::read_dir(folder.path()).unwrap() {
            let mode = |look: fs::Metadata| look.permissions().mode();
            let of_file = mode(file.unwrap().metadata().unwrap());
            all.push(format!("{:o} {of_file:o}", mode(folder.metadata().unwrap())));
        }
    }
    all
}
