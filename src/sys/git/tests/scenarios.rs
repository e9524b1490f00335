//! The table: what was done to a work tree, and what atlas says of it.

use super::sandbox::{Sandbox, contents};

pub(super) struct Row {
    pub(super) name: &'static str,
    /// Done before the first snapshot.
    pub(super) before: &'static str,
    /// Done between the snapshots.
    pub(super) after: &'static str,
    pub(super) changes: &'static str,
}

/// Scenarios where atlas and `git add -A` name the same tree.
pub(super) const ROWS: &[Row] = &[
    Row { name: "nothing", before: "", after: "", changes: "" },
    Row { name: "modified", before: "", after: "echo 11 >> a.txt", changes: "M +1 -0 a.txt\n" },
    Row {
        name: "added, also in a new folder",
        before: "",
        after: "echo n > n.txt; mkdir -p x/y/z; seq 3 > x/y/z/deep.txt; mkdir empty",
        changes: "A +1 -0 n.txt\nA +3 -0 x/y/z/deep.txt\n",
    },
    Row { name: "deleted", before: "", after: "rm a.txt", changes: "D +0 -10 a.txt\n" },
    Row { name: "deleted folder", before: "", after: "rm -r dir", changes: "D +0 -11 dir/b.txt\n" },
    Row {
        name: "renamed by git and by hand",
        before: "",
        after: "git mv a.txt c.txt; mv dir/b.txt b.txt; echo 31 >> b.txt",
        changes: "R +1 -0 dir/b.txt -> b.txt\nR +0 -0 a.txt -> c.txt\n",
    },
    Row {
        name: "dirty before: only what came after counts",
        before: "echo mine >> a.txt; echo mine > mine.txt; rm dir/b.txt",
        after: "echo its >> a.txt; echo its >> mine.txt",
        changes: "M +1 -0 a.txt\nM +1 -0 mine.txt\n",
    },
    Row {
        name: "dirty before, then undone",
        before: "echo mine >> a.txt; echo mine > mine.txt",
        after: "git checkout -q a.txt; rm mine.txt",
        changes: "M +0 -1 a.txt\nD +0 -1 mine.txt\n",
    },
    Row {
        name: "staging and committing change nothing",
        before: "echo mine >> a.txt; echo mine > mine.txt; rm dir/b.txt",
        after: "git add -A; git commit -qm more",
        changes: "",
    },
    Row {
        name: "staged, then changed again",
        before: "echo 11 >> a.txt; git add a.txt",
        after: "echo 12 >> a.txt; git rm -q --cached dir/b.txt",
        changes: "M +1 -0 a.txt\n",
    },
    Row {
        name: "binary",
        before: "printf 'a\\0b' > bin; git add bin",
        after: "printf 'a\\0c' > bin; printf '\\0new' > other",
        changes: "M +? -? bin\nA +? -? other\n",
    },
    Row {
        name: "mode",
        before: "touch x; chmod +x x",
        after: "chmod +x run.sh; chmod -x x",
        changes: "M +0 -0 run.sh +x\nM +0 -0 x -x\n",
    },
    Row {
        name: "mode where the file system has none",
        before: "git config core.filemode false",
        after: "chmod +x run.sh; echo x >> run.sh",
        changes: "M +1 -0 run.sh\n",
    },
    Row {
        name: "links are never followed",
        before: "",
        after: "ln -sfn /etc/passwd link; ln -s /etc folder; ln -s nowhere dangling",
        changes: "A +1 -0 dangling\nA +1 -0 folder\nM +1 -1 link\n",
    },
    Row {
        name: "a folder becomes a link to one that holds the same names",
        before: "mkdir twin; cp dir/b.txt twin; echo twin/ > .git/info/exclude",
        after: "rm -r dir; ln -s twin dir",
        changes: "A +1 -0 dir\nD +0 -11 dir/b.txt\n",
    },
    Row {
        name: "a file becomes a link, a link a file, a file a folder",
        before: "",
        after: "ln -sf run.sh a.txt; rm link; echo l > link; rm run.sh; mkdir run.sh; echo > run.sh/x",
        changes: "T +1 -10 a.txt\nT +1 -1 link\nD +0 -1 run.sh\nA +1 -0 run.sh/x\n",
    },
    Row { name: "pipes are nothing", before: "", after: "mkfifo pipe", changes: "" },
    Row {
        name: "ignored, but tracked all the same",
        before: "mkdir target; echo t > target/t; git add target; git commit -qm t
            printf 'target/\\n*.log\\n!keep.log\\n' > .gitignore",
        after: "echo more >> target/t; echo new > target/new; echo > x.log; echo > keep.log",
        changes: "A +1 -0 keep.log\nM +1 -0 target/t\n",
    },
    Row {
        name: "submodule: its commit, not its files",
        before: "git init -q $HOME/lib; git -C $HOME/lib commit -q --allow-empty -m one
            git -c protocol.file.allow=always submodule -q add $HOME/lib lib; git commit -qm lib",
        after: "echo x > lib/x; git -C lib commit -q --allow-empty -m two",
        changes: "M +1 -1 lib\n",
    },
    Row {
        name: "submodule: absent and not checked out",
        before: "git init -q $HOME/lib; git -C $HOME/lib commit -q --allow-empty -m one
            git -c protocol.file.allow=always submodule -q add $HOME/lib lib; git commit -qm lib
            git submodule -q deinit lib",
        after: "rm -r lib",
        changes: "D +0 -1 lib\n",
    },
    Row {
        name: "conflict: the file of the work tree",
        before: "git checkout -qb other; echo other >> a.txt; git commit -qam other
            git checkout -q main; echo main >> a.txt; git commit -qam main
            git rebase other >/dev/null 2>&1 || true",
        after: "seq 10 > a.txt; echo both >> a.txt",
        changes: "M +1 -5 a.txt\n",
    },
    Row {
        name: "announced with add -N",
        before: "echo n > n.txt; git add -N n.txt; echo m > m.txt; git add -N m.txt",
        after: "echo n >> n.txt; rm m.txt",
        changes: "D +0 -1 m.txt\nM +1 -0 n.txt\n",
    },
    Row {
        name: "index.lock is no obstacle",
        before: "cp .git/index .git/index.lock",
        after: "echo 11 >> a.txt",
        changes: "M +1 -0 a.txt\n",
    },
    Row {
        name: "no commit yet",
        before: "rm -rf .git; git init -q -b trunk",
        after: "echo 11 >> a.txt; git add a.txt",
        changes: "M +1 -0 a.txt\n",
    },
    Row {
        name: "names that are no UTF-8, or worse",
        before: "printf x > \"$(printf 'caf\\351')\"; printf x > 'new
line'; git add .",
        after: "printf y > \"$(printf 'caf\\351')\"; printf y > 'new
line'; printf z > 'back\\slash'; printf z > '\"q\" ünï'",
        changes: "A +1 -0 \"q\" ünï\nA +1 -0 back\\\\slash\nM +1 -1 caf\\xe9\nM +1 -1 new\\x0aline\n",
    },
    Row {
        name: "line ends: autocrlf",
        before: "git config core.autocrlf true; printf '1\\r\\n2\\r\\n' > crlf.txt; git add crlf.txt",
        after: "touch crlf.txt; printf '1\\r\\n' > new.txt; printf 'a\\r\\n' >> a.txt; printf '\\0\\r\\n' > bin",
        changes: "M +1 -0 a.txt\nA +? -? bin\nA +1 -0 new.txt\n",
    },
    Row {
        name: "line ends: attributes, and CRLF that git already has",
        before: "printf '1\\r\\n' > has.txt; git add has.txt; git commit -qm crlf
            printf '* text=auto\\n*.raw -text\\n' > .gitattributes",
        after: "printf '2\\r\\n' >> has.txt; printf '1\\r\\n' > x.raw; printf '1\\r\\n' > x.txt",
        changes: "M +1 -0 has.txt\nA +1 -0 x.raw\nA +1 -0 x.txt\n",
    },
    Row {
        name: "$Id$",
        before: "echo '*.c ident' > .gitattributes; echo '$Id$' > x.c; git add .; git commit -qm c
            rm x.c; git checkout -q x.c",
        after: "touch x.c; echo '$Id: 1 $' > y.c",
        changes: "A +1 -0 y.c\n",
    },
    Row {
        name: "a change that keeps size and time, in the tick of the index",
        before: "git config core.trustctime false; git config core.checkStat minimal
            printf a > f; touch -d '2037-01-01' f; git add f",
        after: "printf b > f; touch -d '2037-01-01' f",
        changes: "M +1 -1 f\n",
    },
    Row {
        name: "assumed unchanged, but changed",
        before: "git update-index --assume-unchanged a.txt",
        after: "echo 11 >> a.txt; git update-index --no-assume-unchanged a.txt",
        changes: "M +1 -0 a.txt\n",
    },
    Row {
        name: "secrets and large files are seen but not copied",
        before: "echo 1 > .env; head -c 1048577 /dev/zero > big; echo 1 > x.pem; git add x.pem
            git commit -qm pem; echo 4 > gone.key",
        after: "echo 2 > .env; echo x >> big; echo 2 > x.pem; rm gone.key; echo 3 > new.key
            head -c 1048576 /dev/zero > fits",
        changes: "M +? -? .env\nM +? -? big\nA +? -? fits\nD +? -? gone.key\nA +? -? new.key\nM +? -? x.pem\n",
    },
    Row {
        name: "a secret moves, and is committed",
        before: "echo 1 > .env; echo 2 > b.key",
        after: "mkdir conf; mv .env conf/.env; git add b.key; git commit -qm oops",
        changes: "R +? -? .env -> conf/.env\n",
    },
];

#[test]
fn scenarios() {
    let mut wrong = Vec::new();
    for row in ROWS {
        let sandbox = Sandbox::new();
        sandbox.sh(row.before);
        let from = sandbox.snapshot();
        sandbox.sh(row.after);
        let git_dir = contents(&sandbox.root().join(".git"));
        let to = sandbox.snapshot();
        let changes = sandbox.changes(&from, &to);
        let patch = sandbox.repository().patch(&sandbox.objects(), &from, &to, usize::MAX).unwrap();
        let untouched = git_dir == contents(&sandbox.root().join(".git"));
        let mut say = |what: &str, got: &str, wanted: &str| {
            if got != wanted {
                wrong.push(format!("== {}: {what}\n{got}-- wanted\n{wanted}", row.name));
            }
        };
        say(".git", if untouched { "" } else { "touched\n" }, "");
        say("changes", &changes, row.changes);
        say("tree", &to.tree, &sandbox.tree_by_git());
        if patch.left_out.is_empty() {
            say("patch", &sandbox.tree_by_patch(&from, &patch.bytes), &to.tree);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
