//! What became of work in a worktree, and snapshots that only their tree is known of.

use super::{sandbox::Sandbox, worktrees::add};
use crate::sys::git::Fate;

/// What the agent does in the worktree, what the user does afterwards, and what became of it.
const ROWS: &[(&str, &str, &str)] = &[
    ("", "", "unchanged"),
    ("", "echo mine > other", "unchanged"),
    ("echo new > new; echo b >> old", "", "open new old"),
    ("echo new > new; echo b >> old", "echo new > new", "open old"),
    ("echo new > new; echo b >> old", "echo new > new; echo b >> old", "applied"),
    ("rm old", "rm old", "applied"),
    ("rm old", "", "open old"),
    (
        "echo new > new",
        "git checkout -q -b work; echo new > new; git add new; git commit -qm x; git checkout -q -",
        "merged work",
    ),
    ("chmod +x old", "", "open old"),
    ("echo x > ignored.log", "", "unchanged"),
];

#[test]
fn work_is_lost_only_where_it_stands_nowhere_else() {
    for (agent, user, expected) in ROWS {
        let sandbox = Sandbox::new();
        sandbox.sh("echo a > old; echo '*.log' > .gitignore; git add .; git commit -qm first");
        // Not stored, and not copied either.
        sandbox.sh("echo KEY=1 > .env");
        let base = sandbox.snapshot();
        assert_eq!(base.unstored.len(), 1);
        let worktree = add(&sandbox, &base);
        sandbox.sh_in_tree(agent);
        sandbox.sh(user);
        let repository = sandbox.repository();
        let objects = sandbox.objects();
        let recalled = repository.recall(&objects, &base.tree).unwrap();
        let paths = |of: &[crate::sys::git::Unstored]| -> Vec<String> {
            of.iter().map(|file| file.path.clone()).collect()
        };
        assert_eq!(paths(&recalled.unstored), paths(&base.unstored));
        let now = worktree.snapshot(&objects, &recalled, &[]).unwrap();
        let told = match repository.fate(&objects, (&recalled, &now), &[]).unwrap() {
            Fate::Unchanged => "unchanged".to_owned(),
            Fate::Applied => "applied".to_owned(),
            Fate::Merged { branch } => format!("merged {branch}"),
            Fate::Open { files } => format!("open {}", files.join(" ")),
        };
        assert_eq!(told, *expected, "agent: {agent}; user: {user}");
    }
}
