//! Changes as commits on new branches.

use super::{sandbox::Sandbox, worktrees::add};
use crate::sys::git::{Branched, NewBranch, is_branch_name};

const BRANCH: &str = "
    git log --format=%s HEAD..work
    git diff --name-status --no-renames HEAD work";

/// What the user had not committed, what the agent does, and what the branch is beside HEAD.
const ROWS: &[(&str, &str, &str)] = &[
    ("", "", "nothing"),
    ("", "echo new > new; rm link", "done\nD\tlink\nA\tnew"),
    // What the user has not committed is no part of it.
    ("echo mine > mine; echo 11 >> a.txt", "echo new > new", "done\nA\tnew"),
    ("seq 0 10 > a.txt", "seq 0 11 > a.txt", "done\nM\ta.txt"),
    ("echo 11 >> a.txt", "echo 12 >> a.txt", "refused a.txt Uncommitted"),
    ("echo mine > mine", "echo more >> mine", "refused mine Uncommitted"),
    ("", "head -c 17000000 /dev/zero > big", "refused big NotStored"),
    (
        "git checkout -q -b work; git commit -q --allow-empty -m x; git checkout -q main",
        "echo 1 > b",
        "taken",
    ),
];

#[test]
fn a_branch_holds_the_change_and_nothing_else() {
    for (user, agent, expected) in ROWS {
        let sandbox = Sandbox::new();
        sandbox.sh(user);
        let base = sandbox.snapshot();
        let worktree = add(&sandbox, &base);
        sandbox.sh_in_tree(agent);
        let now = worktree.snapshot(&sandbox.objects(), &base, &[]).unwrap();
        let parent = sandbox.sh("git rev-parse HEAD");
        let new = NewBranch { name: "work", parent: &parent, message: "done" };
        let before = sandbox.sh("git status --porcelain; git rev-parse HEAD; git ls-files --stage");
        let branch =
            || sandbox.repository().branch(&sandbox.objects(), (&base, &now), &new).unwrap();
        let told = match branch() {
            Branched::Made { commit } => {
                assert_eq!(sandbox.sh("git rev-parse work"), commit);
                // Asked again after a kill, it is the same one.
                assert_eq!(branch(), Branched::Made { commit });
                // Without the session's objects.
                sandbox.sh("git fsck --strict --no-dangling");
                sandbox.sh(BRANCH)
            }
            Branched::Nothing => "nothing".to_owned(),
            Branched::Taken => "taken".to_owned(),
            Branched::Refused { conflicts } => {
                let each = conflicts.iter().map(|it| format!("refused {} {:?}", it.path, it.why));
                each.collect::<Vec<_>>().join("\n")
            }
        };
        assert_eq!(told, *expected, "user: {user}; agent: {agent}");
        let after = sandbox.sh("git status --porcelain; git rev-parse HEAD; git ls-files --stage");
        assert_eq!(after, before, "user: {user}; agent: {agent}");
        let refused = matches!(told.split(' ').next(), Some("refused" | "nothing"));
        assert_eq!(sandbox.repository().has_branch("work").unwrap(), !refused);
    }
}

#[test]
fn names_are_those_that_git_takes() {
    for (name, is) in
        [("atlas/x", true), ("a b", false), ("-x", false), ("", false), ("x..y", false)]
    {
        assert_eq!(is_branch_name(name), is, "{name:?}");
    }
}
