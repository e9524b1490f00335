//! Worktrees made of a snapshot: what is in them, what git says in them, and what stays of them.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
};

use super::{
    sandbox::{Sandbox, lines, repository},
    scenarios::ROWS,
};
use crate::sys::git::{Applied, Leftover, Snapshot, Worktree};

/// What git says without writing anything.
const STATUS: &str = "GIT_OPTIONAL_LOCKS=0 git status --porcelain";

pub(super) fn add(sandbox: &Sandbox, base: &Snapshot) -> Worktree {
    sandbox.repository().add_worktree(&sandbox.tree(), &sandbox.objects(), base).unwrap()
}

fn now(sandbox: &Sandbox, worktree: &Worktree, base: &Snapshot) -> Snapshot {
    worktree.snapshot(&sandbox.objects(), base, &[]).unwrap()
}

/// Names, modes and contents, and of files the times: folders get new times when something is
/// made in them and removed again.
fn names(folder: &Path) -> Vec<String> {
    let mut all = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let look = fs::symlink_metadata(&path).unwrap();
            if look.is_dir() {
                all.push(format!("{path:?} {:o}", look.mode()));
                folders.push(path);
            } else {
                let link = || fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes();
                let bytes = if look.is_file() { fs::read(&path).unwrap() } else { link() };
                all.push(format!("{path:?} {:o} {:?} {bytes:?}", look.mode(), look.modified()));
            }
        }
    }
    all.sort();
    all
}

/// Every scenario of the snapshots' table, with the agent's part done in a worktree and applied.
#[test]
fn every_scenario() {
    let mut wrong = Vec::new();
    for row in ROWS {
        let sandbox = Sandbox::new();
        sandbox.sh(row.before);
        let base = sandbox.snapshot();
        // These have tables of their own: there is no secret and no submodule in a worktree.
        if !base.unstored.is_empty() || row.name.starts_with("submodule") {
            continue;
        }
        let git_dir = names(&sandbox.root().join(".git"));
        let mut say = |what: &str, got: &str, wanted: &str| {
            if got != wanted {
                wrong.push(format!("== {}: {what}\n{got}\n-- wanted\n{wanted}", row.name));
            }
        };
        let worktree = add(&sandbox, &base);
        say("tree of the new worktree", &now(&sandbox, &worktree, &base).tree, &base.tree);
        say("status", &sandbox.sh_in_tree(STATUS), &sandbox.sh(STATUS));
        let others: Vec<String> = names(&sandbox.root().join(".git"))
            .into_iter()
            .filter(|line| !line.contains("/.git/worktrees"))
            .collect();
        say(".git beside the notes", &others.join("\n"), &git_dir.join("\n"));

        sandbox.sh_in_tree(row.after);
        let now = now(&sandbox, &worktree, &base);
        say("changes", &sandbox.changes(&base, &now), row.changes);
        let before = names(&sandbox.root().join(".git"));
        let apply = || sandbox.repository().apply(&sandbox.objects(), &base, &now).unwrap();
        match apply() {
            Applied::Whole { .. } => {}
            other => wrong.push(format!("== {}: {other:?}", row.name)),
        }
        let mut say = |what: &str, got: &str, wanted: &str| {
            if got != wanted {
                wrong.push(format!("== {}: {what}\n{got}\n-- wanted\n{wanted}", row.name));
            }
        };
        say("applied", &sandbox.snapshot().tree, &now.tree);
        let again = apply();
        let is_idle = matches!(&again, Applied::Whole { done } if done.is_empty());
        say("applied again", if is_idle { "" } else { "something" }, "");
        let left: Vec<_> = names(&sandbox.root());
        say(
            "left beside",
            if left.iter().any(|it| it.contains("/.atlas-")) { "x" } else { "" },
            "",
        );
        say(".git", &names(&sandbox.root().join(".git")).join("\n"), &before.join("\n"));
        sandbox.repository().remove_worktree(&sandbox.tree()).unwrap();
        say("removed", if sandbox.tree().exists() { "no" } else { "" }, "");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What was done to the user's tree before.
const TREES: &[(&str, &str)] = &[
    ("clean", ""),
    (
        "everything",
        "echo 11 >> a.txt; git add a.txt; echo 12 >> a.txt; echo n > n; git mv run.sh go.sh
            rm dir/b.txt; chmod -x go.sh || true; chmod +x go.sh; ln -s n m; git add m; rm m
            ln -sf nowhere link; printf 'a\\0b' > bin; mkdir -p x/y; echo > x/y/z; git add x",
    ),
    (
        "a folder became a link and a file a folder",
        "rm -r dir; ln -s .. dir; rm a.txt; mkdir a.txt; echo > a.txt/x",
    ),
    ("executable", "chmod +x run.sh; echo > p; chmod +x p"),
    ("detached", "git checkout -q --detach; echo 11 >> a.txt"),
    (
        "ignored",
        "printf '*.log\\n/target/\\n' > .gitignore; mkdir target; echo > target/x; echo > x.log",
    ),
    ("info/exclude", "echo x.log > .git/info/exclude; echo > x.log"),
    ("unborn", "rm -rf .git; git init -q -b trunk; git add a.txt; echo 11 >> a.txt"),
    ("unborn without an index", "rm -rf .git; git init -q -b trunk"),
    ("deleted from the index only", "git rm -q --cached a.txt"),
    ("announced", "echo n > n; git add -N n"),
    (
        "conflict",
        "git checkout -qb o; echo o > a.txt; git commit -qam o; git checkout -q main
            echo m > a.txt; git commit -qam m; git merge o >/dev/null || true",
    ),
    ("autocrlf", "git config core.autocrlf true; printf '1\\r\\n' > c; git add c 2>/dev/null"),
    (
        "attributes",
        "printf '*.c eol=crlf ident\\n' > .gitattributes; printf '$Id$\\r\\n' > x.c; git add x.c",
    ),
    ("assumed unchanged", "git update-index --assume-unchanged a.txt; echo 11 >> a.txt"),
    (
        "sparse",
        "mkdir other; echo o > other/o; git add .; git commit -qm o
            git sparse-checkout set --cone dir",
    ),
    (
        "sparse, but there",
        "mkdir other; echo o > other/o; git add .; git commit -qm o
            git sparse-checkout set --cone dir; mkdir other; echo p > other/o",
    ),
    (
        "split by spaces and lines",
        "printf 1 > 'a b'; printf 1 > 'new
line'; printf 1 > \"$(printf 'caf\\351')\"; git add .",
    ),
    ("index of version 4", "git update-index --index-version 4; echo 11 >> a.txt; echo > n"),
    (
        "untracked cache",
        "git update-index --force-untracked-cache; echo > n; git status >/dev/null",
    ),
    ("worktree config", "git config extensions.worktreeConfig true; git config --worktree a.b c"),
];

/// Git says the same in the worktree as in the user's tree.
#[test]
fn git_in_the_worktree() {
    for (name, script) in TREES.iter().copied() {
        let sandbox = Sandbox::new();
        sandbox.sh(script);
        let base = sandbox.snapshot();
        let git_dir = names(&sandbox.root().join(".git"));
        let worktree = add(&sandbox, &base);
        let both = |script: &str| (sandbox.sh_in_tree(script), sandbox.sh(script));
        let (there, here) = both(STATUS);
        assert_eq!(there, here, "{name}");
        for script in
            ["git diff", "git diff --cached", "git ls-files -s", "git log --format=%H || :"]
        {
            let script = format!("GIT_OPTIONAL_LOCKS=0; export GIT_OPTIONAL_LOCKS; {script} 2>&1");
            if !script.contains("log") || !name.starts_with("unborn") {
                let (there, here) = both(&script);
                assert_eq!(there, here, "{name}: {script}");
            }
        }
        let tree = now(&sandbox, &worktree, &base);
        assert_eq!(tree, base, "{name}");
        sandbox.sh_in_tree("git status >/dev/null");
        assert_eq!(now(&sandbox, &worktree, &base), base, "{name}: after git wrote its index");
        sandbox.repository().remove_worktree(&sandbox.tree()).unwrap();
        assert_eq!(names(&sandbox.root().join(".git")), git_dir, "{name}");
    }
}

/// The index that a worktree begins with knows its files, so that nobody has to read them.
#[test]
fn nothing_has_to_be_read_again() {
    let sandbox = Sandbox::new();
    let base = sandbox.snapshot();
    add(&sandbox, &base);
    // Git asks for what its index does not know, and says nothing of what it knows.
    assert_eq!(sandbox.sh_in_tree("git diff-files"), "");
}

#[test]
fn the_kinds_of_origins() {
    let rows = [
        ("linked", "git worktree add -q ../origin; cd ../origin; echo 11 >> a.txt; echo > n", "origin"),
        (
            "submodule",
            "git clone -q . ../lib; git -c protocol.file.allow=always submodule --quiet add ../lib lib
            cd lib; echo 11 >> a.txt; echo > n",
            "work/lib",
        ),
        ("separate", "git clone -q --separate-git-dir ../git-dir . ../origin; cd ../origin; echo > n", "origin"),
        ("shallow", "git clone -q --depth 1 file://$PWD ../origin; cd ../origin; echo > n", "origin"),
    ];
    for (name, script, folder) in rows {
        let sandbox = Sandbox::new();
        sandbox.sh(script);
        let root = sandbox.root().parent().unwrap().join(folder);
        let user = repository(&root);
        let base = user.snapshot(&sandbox.objects(), &[]).unwrap();
        let git_dir = names(user.git_dir());
        let worktree = user.add_worktree(&sandbox.tree(), &sandbox.objects(), &base).unwrap();
        let here = sandbox.sh(&format!("cd ../{folder}; {STATUS}"));
        assert_eq!(sandbox.sh_in_tree(STATUS), here, "{name}");
        assert_eq!(now(&sandbox, &worktree, &base), base, "{name}");
        sandbox.sh_in_tree("echo its >> a.txt; rm n");
        let after = now(&sandbox, &worktree, &base);
        let changes = user.changes(&sandbox.objects(), &base, &after).unwrap();
        assert_eq!(lines(&changes), "M +1 -0 a.txt\nD +0 -1 n\n", "{name}");
        let applied = user.apply(&sandbox.objects(), &base, &after).unwrap();
        assert!(matches!(applied, Applied::Whole { .. }), "{name}: {applied:?}");
        assert_eq!(user.snapshot(&sandbox.objects(), &[]).unwrap().tree, after.tree, "{name}");
        user.remove_worktree(&sandbox.tree()).unwrap();
        assert_eq!(names(user.git_dir()), git_dir, "{name}");
    }
}

#[test]
fn submodules_stay_empty_and_unchanged() {
    let sandbox = Sandbox::new();
    sandbox.sh("git clone -q . ../lib
        git -c protocol.file.allow=always submodule --quiet add ../lib lib; git commit -qm lib
        git -C lib commit -q --allow-empty -m more");
    let base = sandbox.snapshot();
    let worktree = add(&sandbox, &base);
    assert_eq!(now(&sandbox, &worktree, &base), base);
    assert_eq!(sandbox.sh_in_tree("ls -A lib; GIT_OPTIONAL_LOCKS=0 git status --porcelain"), "");
    sandbox.sh_in_tree("echo x > lib/x; rm a.txt");
    let after = now(&sandbox, &worktree, &base);
    assert_eq!(sandbox.changes(&base, &after), "D +0 -10 a.txt\n");
}

#[test]
fn the_folder_is_private_and_the_notes_are_git_s() {
    let sandbox = Sandbox::new();
    let base = sandbox.snapshot();
    let worktree = add(&sandbox, &base);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(worktree.root()), mode(worktree.root().parent().unwrap())), (0o700, 0o700));
    let list = sandbox.sh("git worktree list --porcelain");
    let head = sandbox.sh("git rev-parse HEAD");
    let ours = format!("worktree {}\nHEAD {head}\ndetached", sandbox.tree().display());
    assert!(list.ends_with(&ours), "{list}");
    let leftover = |is_there| Leftover { dir: sandbox.tree(), name: "atlas-tree".into(), is_there };
    assert_eq!(sandbox.repository().worktrees().unwrap(), [leftover(true)]);
    sandbox.sh("git worktree prune; git branch; git for-each-ref; git fsck --strict");
    assert!(sandbox.root().join(".git/worktrees/atlas-tree").exists());
    fs::remove_dir_all(sandbox.tree()).unwrap();
    assert_eq!(sandbox.repository().worktrees().unwrap(), [leftover(false)]);
    sandbox.sh("git worktree prune");
    assert_eq!(sandbox.repository().worktrees().unwrap(), []);
    sandbox.repository().remove_worktree(&sandbox.tree()).unwrap();
}

#[test]
fn several_at_once() {
    let sandbox = Sandbox::new();
    let base = sandbox.snapshot();
    let git_dir = names(&sandbox.root().join(".git"));
    let dirs: Vec<_> =
        (0..8).map(|it| sandbox.tree().with_file_name(format!("{it}/tree"))).collect();
    std::thread::scope(|scope| {
        for dir in &dirs {
            let (sandbox, base) = (&sandbox, &base);
            scope.spawn(move || {
                for _ in 0..5 {
                    let user = sandbox.repository();
                    user.add_worktree(dir, &sandbox.objects(), base).unwrap();
                    user.open_worktree(dir).unwrap();
                    user.remove_worktree(dir).unwrap();
                }
            });
        }
    });
    assert_eq!(names(&sandbox.root().join(".git")), git_dir);
}

#[test]
fn what_is_not_stored_is_neither_copied_nor_deleted() {
    let sandbox = Sandbox::new();
    sandbox.sh("echo 1 > x.key; git add x.key; git commit -qm key; echo 2 > x.key; mkdir conf
        echo 3 > conf/.env; head -c 1048577 /dev/zero > big; echo 1 > same.pem; git add same.pem
        git commit -qm pem -- same.pem");
    let base = sandbox.snapshot();
    let unstored: Vec<&str> = base.unstored.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(unstored, ["big", "conf/.env", "x.key"]);
    let worktree = add(&sandbox, &base);
    assert_eq!(sandbox.sh_in_tree("ls -A"), ".git\na.txt\ndir\nlink\nrun.sh\nsame.pem");
    assert_eq!(now(&sandbox, &worktree, &base), base);
    assert_eq!(sandbox.sh_in_tree(STATUS), "", "what is missing is not shown as deleted");

    // The agent's own commit does not delete them either.
    sandbox.sh_in_tree("echo 11 >> a.txt; git commit -qam more");
    let after = now(&sandbox, &worktree, &base);
    assert_eq!(sandbox.changes(&base, &after), "M +1 -0 a.txt\n");
    assert_eq!(after.unstored, base.unstored);

    sandbox.sh_in_tree("echo its > x.key; echo conf > conf; echo 2 > new.key");
    let after = now(&sandbox, &worktree, &base);
    assert_eq!(
        sandbox.changes(&base, &after),
        "M +1 -0 a.txt\nA +1 -0 conf\nD +? -? conf/.env\nA +? -? new.key\nM +? -? x.key\n"
    );
}

/// Told as deleted, these would be deleted in the user's tree.
#[test]
fn what_the_agent_ignores_is_not_deleted() {
    let sandbox = Sandbox::new();
    sandbox.sh(
        "echo 1 > x.log; mkdir out; echo 1 > out/1; echo 2 > out/2; echo 3 > out/3; echo k > .env",
    );
    let base = sandbox.snapshot();
    let worktree = add(&sandbox, &base);
    sandbox.sh_in_tree(
        "printf '*.log\\nout/\\n.env\\na.txt\\n' > .gitignore; git rm -q --cached a.txt
        echo 4 > out/4; echo more >> out/2; rm out/3; rm -rf dir; git init -q dir",
    );
    let after = now(&sandbox, &worktree, &base);
    assert_eq!(
        sandbox.changes(&base, &after),
        "A +4 -0 .gitignore\nD +0 -11 dir/b.txt\nM +1 -0 out/2\nD +0 -1 out/3\n"
    );
    assert_eq!(after.unstored, base.unstored);
}
