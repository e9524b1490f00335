//! Two changes put together, with `git merge-tree` as the oracle.

use super::sandbox::Sandbox;
use crate::sys::git::{Merged, Snapshot};

/// What one side does, what the other does, and the conflicts.
const ROWS: &[(&str, &str, &str)] = &[
    ("echo new > one", "echo new > two", ""),
    ("sed -i 1d a.txt", "echo 11 >> a.txt", ""),
    ("sed -i 1d a.txt", "sed -i 1d a.txt; echo 11 >> a.txt", ""),
    ("rm a.txt", "rm a.txt", ""),
    ("rm a.txt link", "echo more >> run.sh", ""),
    ("chmod +x run.sh", "echo more >> run.sh", ""),
    ("echo more >> run.sh; chmod +x run.sh", "sed -i '1i first' a.txt; chmod +x run.sh", ""),
    ("echo same > new", "echo same > new", ""),
    ("rm -r dir; echo file > dir", "echo new > other", ""),
    (": > a.txt", "echo new > other", ""),
    ("sed -i s/5/five/ a.txt", "sed -i s/5/FIVE/ a.txt", "a.txt"),
    ("sed -i s/5/five/ a.txt", "sed -i s/6/six/ a.txt", "a.txt"),
    ("rm a.txt", "echo 11 >> a.txt", "a.txt"),
    ("echo 11 >> a.txt", "rm a.txt", "a.txt"),
    ("echo one > new", "echo two > new", "new"),
    ("ln -sf run.sh link", "ln -sf dir link", "link"),
    ("printf 'a\\0b' > bin; echo 1 > x", "printf 'a\\0c' > bin; echo 1 > y", "bin"),
    ("rm -r dir; echo file > dir", "echo new > dir/c.txt", "dir"),
    ("sed -i 1d a.txt; echo 1 > b", "sed -i s/1/x/ a.txt; echo 2 > b", "a.txt b"),
];

#[test]
fn two_changes_are_merged_as_git_does() {
    for (ours, theirs, expected) in ROWS {
        let sandbox = Sandbox::new();
        for (branch, script) in [("ours", ours), ("theirs", theirs)] {
            sandbox.sh(&format!(
                "git checkout -qb {branch} main; {script}; git add -A; git commit -qm x; \
                 git checkout -q main"
            ));
        }
        let tree = |name: &str| Snapshot {
            tree: sandbox.sh(&format!("git rev-parse {name}^{{tree}}")),
            unstored: Vec::new(),
        };
        let sides = (&tree("ours"), &tree("theirs"));
        let before = sandbox.sh("git count-objects -v; git status --porcelain");
        let merged = sandbox.repository().merge(&sandbox.objects(), &tree("main"), sides).unwrap();
        let (told, tree) = match merged {
            Merged::Both(snapshot) => (String::new(), snapshot.tree),
            Merged::Refused { conflicts } => {
                let paths: Vec<String> = conflicts.into_iter().map(|it| it.path).collect();
                (paths.join(" "), "conflict".to_owned())
            }
        };
        assert_eq!(told, *expected, "ours: {ours}; theirs: {theirs}");
        let after = sandbox.sh("git count-objects -v; git status --porcelain");
        assert_eq!(after, before, "nothing is written to the user's repository: {ours}; {theirs}");
        let oracle = sandbox.sh("git merge-tree --write-tree ours theirs || echo conflict");
        let oracle = if oracle.ends_with("conflict") { "conflict" } else { &oracle };
        assert_eq!(tree, oracle, "ours: {ours}; theirs: {theirs}");
    }
}

#[test]
fn what_is_not_stored_is_merged_with_nothing() {
    let sandbox = Sandbox::new();
    let base = sandbox.snapshot();
    sandbox.sh("head -c 17000000 /dev/zero > big");
    let theirs = sandbox.snapshot();
    let merged = sandbox.repository().merge(&sandbox.objects(), &base, (&base, &theirs)).unwrap();
    let Merged::Refused { conflicts } = merged else { panic!("{merged:?}") };
    assert_eq!(format!("{conflicts:?}"), r#"[Conflict { path: "big", why: NotStored }]"#);
}
