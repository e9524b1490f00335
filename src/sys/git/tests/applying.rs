//! Changes brought into a tree that may have moved on.

use std::fs;

use super::sandbox::{Sandbox, contents};
use crate::sys::git::{Applied, Snapshot};

struct Row {
    name: &'static str,
    /// Done by the user before the worktree is made.
    before: &'static str,
    /// Done in the worktree.
    agent: &'static str,
    /// Done by the user before the change is applied.
    user: &'static str,
    /// What was done, in order; or the conflicts.
    applied: &'static str,
    /// Prints of the user's tree what the row is about.
    look: &'static str,
    seen: &'static str,
}

const ROW: Row = Row { name: "", before: "", agent: "", user: "", applied: "", look: "", seen: "" };

const ROWS: &[Row] = &[
    Row {
        name: "beside the user's own changes, and nothing is staged",
        before: "echo mine >> dir/b.txt; git add dir/b.txt; echo mine > mine",
        agent: "echo its >> a.txt; echo its > new; git add -A",
        user: "echo more >> mine",
        applied: "a.txt new",
        look: "git status --porcelain; tail -qn 1 a.txt mine",
        seen: " M a.txt\nM  dir/b.txt\n?? mine\n?? new\nits\nmore",
    },
    Row {
        name: "both changed it",
        agent: "echo its >> a.txt; echo its > new; rm dir/b.txt",
        user: "echo mine >> a.txt",
        applied: "a.txt: Changed",
        ..ROW
    },
    Row {
        name: "changed and deleted",
        agent: "echo its >> a.txt",
        user: "rm a.txt",
        applied: "a.txt: Changed",
        ..ROW
    },
    Row {
        name: "deleted and changed",
        agent: "rm a.txt",
        user: "echo mine >> a.txt",
        applied: "a.txt: Changed",
        ..ROW
    },
    Row {
        name: "mode and content",
        agent: "echo its >> run.sh",
        user: "chmod +x run.sh",
        applied: "run.sh: Changed",
        ..ROW
    },
    Row {
        name: "a link meanwhile",
        agent: "echo its >> a.txt",
        user: "ln -sf dir/b.txt a.txt",
        applied: "a.txt: Changed",
        ..ROW
    },
    Row {
        name: "a folder meanwhile",
        agent: "echo its >> a.txt",
        user: "rm a.txt; mkdir a.txt",
        applied: "a.txt: InTheWay",
        ..ROW
    },
    Row {
        name: "every conflict is named",
        agent: "echo its >> a.txt; echo its >> dir/b.txt; echo its > n; echo k > .env",
        user: "echo mine >> a.txt; rm -r dir; echo mine > n",
        applied: ".env: NotStored, a.txt: Changed, dir/b.txt: Changed, n: InTheWay",
        ..ROW
    },
    Row {
        name: "the same on both sides",
        agent: "echo same >> a.txt; rm dir/b.txt; echo same > n; echo its > m",
        user: "echo same >> a.txt; rm -r dir; echo same > n",
        applied: "m",
        ..ROW
    },
    Row {
        name: "untracked in the way",
        agent: "echo its > n",
        user: "echo mine > n",
        applied: "n: InTheWay",
        ..ROW
    },
    Row {
        name: "ignored in the way",
        before: "echo '*.log' > .gitignore; echo mine > x.log",
        agent: ": > .gitignore; echo its > x.log",
        applied: "x.log: InTheWay",
        ..ROW
    },
    Row {
        name: "ignored, but equal",
        before: "echo '*.log' > .gitignore; echo same > x.log",
        agent: ": > .gitignore; echo same > x.log",
        applied: ".gitignore",
        ..ROW
    },
    Row {
        name: "a pipe in the way",
        agent: "echo its > n",
        user: "mkfifo n",
        applied: "n: InTheWay",
        ..ROW
    },
    Row {
        name: "a folder in the way",
        agent: "echo its > n",
        user: "mkdir n",
        applied: "n",
        look: "cat n",
        seen: "its",
        ..ROW
    },
    Row {
        name: "a full folder in the way",
        agent: "echo its > n",
        user: "mkdir n; echo > n/x",
        applied: "n: InTheWay",
        ..ROW
    },
    Row {
        name: "a file where a folder would be",
        agent: "mkdir n; echo > n/x",
        user: "echo > n",
        applied: "n/x: InTheWay",
        ..ROW
    },
    Row {
        name: "a link where a folder would be",
        agent: "mkdir n; echo > n/x",
        user: "mkdir ../outside; ln -s ../outside n",
        applied: "n/x: InTheWay",
        ..ROW
    },
    Row {
        name: "a link where a folder was",
        agent: "echo its >> dir/b.txt",
        user: "mv dir ../outside; ln -s ../outside dir",
        applied: "dir/b.txt: InTheWay",
        ..ROW
    },
    Row {
        name: "what goes, behind a link",
        agent: "rm -r dir",
        user: "mv dir ../outside; ln -s ../outside dir",
        applied: "",
        look: "cat ../outside/b.txt | head -1; readlink dir",
        seen: "20\n../outside",
        ..ROW
    },
    Row {
        name: "a folder becomes a file",
        before: "mkdir dir/empty",
        agent: "rm -r dir; echo its > dir",
        applied: "dir/b.txt dir",
        look: "cat dir",
        seen: "its",
        ..ROW
    },
    Row {
        name: "a folder with an ignored file becomes a file",
        before: "echo '*.log' > .gitignore; echo mine > dir/x.log",
        agent: "rm -r dir; echo its > dir",
        applied: "dir: InTheWay",
        ..ROW
    },
    Row {
        name: "a file becomes a folder",
        agent: "rm a.txt; mkdir -p a.txt/x; echo its > a.txt/x/y; ln -s y a.txt/x/z",
        applied: "a.txt a.txt/x/y a.txt/x/z",
        look: "cat a.txt/x/z",
        seen: "its",
        ..ROW
    },
    Row {
        name: "files and links",
        agent: "rm link; echo its > link; ln -sf run.sh a.txt; ln -s nowhere dangling",
        applied: "a.txt dangling link",
        look: "readlink a.txt; readlink dangling; cat link",
        seen: "run.sh\nnowhere\nits",
        ..ROW
    },
    Row {
        name: "deleted, with the folder, but for one that holds something",
        before: "mkdir -p d e; echo > d/x; echo > e/x; echo y > e/y; echo y > .gitignore; git add d e",
        agent: "rm -rf d e",
        applied: "d/x e/x",
        look: "ls -d d e/* 2>/dev/null || :",
        seen: "e/y",
        ..ROW
    },
    Row {
        name: "moved and changed",
        agent: "git mv a.txt c.txt; echo its >> c.txt; mkdir x; git mv dir/b.txt x/b.txt",
        applied: "c.txt x/b.txt a.txt dir/b.txt",
        look: "git ls-files -o; ls",
        seen: "c.txt\nx/b.txt\nc.txt\nlink\nrun.sh\nx",
        ..ROW
    },
    Row {
        name: "permissions",
        before: "chmod 640 a.txt run.sh; printf '\\0' > bin; chmod 700 bin",
        agent: "chmod +x run.sh; echo its >> a.txt; chmod -x bin; printf '\\0\\1' > bin; echo > p; chmod +x p",
        applied: "a.txt bin p run.sh",
        look: "umask 022; stat -c '%a %n' a.txt bin p run.sh",
        seen: "640 a.txt\n600 bin\n755 p\n750 run.sh",
        ..ROW
    },
    Row {
        name: "line ends are the user's",
        before: "git config core.autocrlf true; printf '1\\r\\n2\\r\\n' > c; git add c 2>/dev/null; git commit -qm c",
        agent: "printf '3\\r\\n' >> c; printf 'new\\r\\n' > n",
        applied: "c n",
        look: "od -An -c c n; git status --porcelain",
        seen: "   1  \\r  \\n   2  \\r  \\n   3  \\r  \\n   n   e   w  \\r  \\n\n M c\n?? n",
        ..ROW
    },
    Row {
        name: "what a filter keeps elsewhere",
        before: "git config filter.up.clean 'tr a-z A-Z'; git config filter.up.smudge 'tr A-Z a-z'
            echo '*.up filter=up' > .gitattributes; echo abc > x.up; git add .; git commit -qm up",
        agent: "cat x.up; echo more >> x.up",
        applied: "x.up: Changed",
        look: "cat x.up",
        seen: "abc",
        ..ROW
    },
    Row {
        name: "outside of the sparse checkout",
        before: "mkdir other; echo o > other/o; echo o > other/p; git add .; git commit -qm o
            git sparse-checkout set --cone dir",
        agent: "mkdir other; echo its > other/o",
        applied: "other/o",
        look: "ls other; cat other/o",
        seen: "o\nits",
        ..ROW
    },
    Row {
        name: "a submodule",
        before: "git clone -q . ../lib
            git -c protocol.file.allow=always submodule --quiet add ../lib lib; git commit -qm lib",
        agent: "rmdir lib",
        applied: "lib: Submodule",
        ..ROW
    },
    Row {
        name: "what was never copied",
        before: "mkdir conf; echo k > conf/.env",
        agent: "echo > conf",
        applied: "conf/.env: NotStored",
        ..ROW
    },
    Row {
        name: "untracked files are the agent's to change",
        before: "echo mine > one; echo mine > two",
        agent: "echo its >> one; rm two",
        applied: "one two",
        look: "cat one; ls",
        seen: "mine\nits\na.txt\ndir\nlink\none\nrun.sh",
        ..ROW
    },
    Row {
        name: "names that are no UTF-8, or worse",
        agent: "printf x > \"$(printf 'caf\\351')\"; printf x > 'new
line'; printf x > '-rf'",
        applied: "-rf caf\\xe9 new\\x0aline",
        ..ROW
    },
];

fn worked(sandbox: &Sandbox, agent: &str) -> (Snapshot, Snapshot) {
    let base = sandbox.snapshot();
    let worktree =
        sandbox.repository().add_worktree(&sandbox.tree(), &sandbox.objects(), &base).unwrap();
    sandbox.sh_in_tree(agent);
    let now = worktree.snapshot(&sandbox.objects(), &base, &[]).unwrap();
    (base, now)
}

fn in_words(applied: &Applied) -> String {
    match applied {
        Applied::Whole { done } => done.join(" "),
        Applied::Refused { conflicts } => {
            let one = conflicts.iter().map(|it| format!("{}: {:?}", it.path, it.why));
            one.collect::<Vec<_>>().join(", ")
        }
        Applied::Partly { done, undone, error } => {
            format!("{} | {} | {error}", done.join(" "), undone.join(" "))
        }
    }
}

/// Temporary names, in the tree and in the session.
fn leftovers(sandbox: &Sandbox) -> Vec<String> {
    let all = [contents(&sandbox.root()), contents(&sandbox.objects())].concat();
    all.into_iter().filter(|it| it.contains("/.atlas-") || it.contains("/apply-")).collect()
}

#[test]
fn conflicts_and_all_else() {
    let mut wrong = Vec::new();
    for row in ROWS {
        let sandbox = Sandbox::new();
        sandbox.sh(row.before);
        let (base, now) = worked(&sandbox, row.agent);
        sandbox.sh(row.user);
        let index = fs::read(sandbox.root().join(".git/index")).unwrap();
        let before = contents(&sandbox.root());
        let apply = || sandbox.repository().apply(&sandbox.objects(), &base, &now).unwrap();
        let applied = apply();
        let mut say = |what: &str, got: &str, wanted: &str| {
            if got != wanted {
                wrong.push(format!("== {}: {what}\n{got}\n-- wanted\n{wanted}", row.name));
            }
        };
        say("applied", &in_words(&applied), row.applied);
        let is_refused = matches!(applied, Applied::Refused { .. });
        let is_untouched = contents(&sandbox.root()) == before;
        say(
            "untouched",
            &is_untouched.to_string(),
            &(is_refused || row.applied.is_empty()).to_string(),
        );
        let is_same = fs::read(sandbox.root().join(".git/index")).unwrap() == index;
        say("index", &is_same.to_string(), "true");
        say("left over", &leftovers(&sandbox).join("\n"), "");
        say("again", &in_words(&apply()), if is_refused { row.applied } else { "" });
        say("look", &sandbox.sh(row.look), row.seen);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What somebody else does between the comparison and the change is not overwritten.
#[test]
fn meanwhile() {
    let rows = [
        ("echo mine >> b", "a | b c d gone | changed it", "cat b", "b\nmine"),
        ("rm b", "a | b c d gone | changed it", "ls", "a\na.txt\nd\ndir\ngone\nlink\nrun.sh"),
        ("echo mine > c", "a b | c d gone | changed it", "cat c", "mine"),
        ("rm d; ln -s ../outside d", "a b c | d gone | changed it", "readlink d", "../outside"),
        ("echo mine >> gone", "a b c d | gone | changed it", "cat gone", "g\nmine"),
        (
            "mv dir ../outside/dir; ln -s ../outside/dir dir",
            "a b c d | dir/new gone | changed it",
            "ls ../outside/dir",
            "b.txt",
        ),
        ("chmod 600 a", " | a b c d gone | changed it", "git diff --stat; cat a", "a"),
    ];
    for (script, expected, look, seen) in rows {
        let sandbox = Sandbox::new();
        sandbox.sh("for i in a b d; do echo $i > $i; done; echo g > gone; mkdir ../outside");
        let more = if expected.contains("dir/new") { "; echo > dir/new" } else { "" };
        let agent = format!("for i in a b c d; do echo its >> $i; done; rm gone{more}");
        let (base, now) = worked(&sandbox, &agent);
        let during = || drop(sandbox.sh(script));
        let applied =
            sandbox.repository().apply_when(&sandbox.objects(), &base, &now, during).unwrap();
        let words = in_words(&applied);
        let (paths, error) = words.rsplit_once(" | ").unwrap();
        let wanted = expected.rsplit_once(" | ").unwrap().0;
        assert_eq!(paths, wanted, "{script}: {words}");
        assert!(error.ends_with("somebody else changed it meanwhile"), "{script}: {error}");
        assert_eq!(sandbox.sh(look), seen, "{script}");
        let done = paths.split(" | ").next().unwrap();
        for path in done.split(' ').filter(|it| !it.is_empty()) {
            assert!(sandbox.sh(&format!("cat {path}")).ends_with("its"), "{script}: {path}");
        }
        assert_eq!(leftovers(&sandbox), Vec::<String>::new(), "{script}");
    }
}
