//! What a repository is asked before a review or a commit; the real `git` is the oracle.

use super::sandbox::Sandbox;
use crate::sys::git::{FileDiff, Place, Repository, Shown, Sought, discover};

fn open(sandbox: &Sandbox) -> Repository {
    match discover(&sandbox.root()).unwrap() {
        Place::Repository(repository) => repository,
        other => panic!("{other:?}"),
    }
}

/// The name of the base, or why there is none.
fn base(sandbox: &Sandbox, named: Option<&str>) -> String {
    match open(sandbox).base(named).unwrap() {
        Sought::Found(base) => base.name.unwrap_or_else(|| "nothing".to_owned()),
        Sought::Unknown => "unknown".to_owned(),
        Sought::Unrelated => "unrelated".to_owned(),
    }
}

fn shown(files: &[FileDiff]) -> Vec<String> {
    files
        .iter()
        .map(|file| match &file.shown {
            Shown::Patch(patch) => {
                let text = String::from_utf8_lossy(patch);
                let lines = text.lines().filter(|line| {
                    line.starts_with(['+', '-'])
                        && !line.starts_with("+++ ")
                        && !line.starts_with("--- ")
                });
                format!("{}: {}", file.change.path, lines.collect::<Vec<_>>().join(" "))
            }
            other => format!("{}: {other:?}", file.change.path),
        })
        .collect()
}

fn since(sandbox: &Sandbox, named: Option<&str>) -> Vec<String> {
    let repository = open(sandbox);
    let Sought::Found(base) = repository.base(named).unwrap() else { panic!("no base {named:?}") };
    shown(&repository.facts(&[]).unwrap().since(&base).unwrap())
}

#[test]
fn the_base_is_where_this_work_left_the_default_branch() {
    let sandbox = Sandbox::new();
    assert_eq!(base(&sandbox, None), "HEAD", "on the default branch itself");
    sandbox.sh("git checkout -qb feature; git commit -q --allow-empty -m one");
    assert_eq!(base(&sandbox, None), "main");
    for (named, expected) in [
        ("main", "main"),
        ("HEAD", "HEAD"),
        ("HEAD~1", "HEAD~1"),
        ("feature", "HEAD"),
        ("mian", "unknown"),
        ("", "unknown"),
        ("HEAD:a.txt", "unknown"),
        ("-x", "unknown"),
        ("main..feature", "unknown"),
    ] {
        assert_eq!(base(&sandbox, Some(named)), expected, "{named}");
    }
    sandbox.sh("git checkout -q --orphan else; git commit -qm other");
    assert_eq!(base(&sandbox, Some("main")), "unrelated");
    assert_eq!(base(&sandbox, None), "HEAD");
}

#[test]
fn the_remote_says_which_branch_is_the_default() {
    let sandbox = Sandbox::new();
    sandbox.sh("
        git clone -q . ../origin; git -C ../origin checkout -qb trunk
        git remote add origin ../origin; git fetch -q
        git remote set-head origin trunk
        git commit -q --allow-empty -m unpushed
    ");
    assert_eq!(base(&sandbox, None), "origin/trunk", "what is not pushed counts");
    assert_eq!(base(&sandbox, Some("trunk")), "origin/trunk", "only the remote has it");
    sandbox.sh("git remote set-head origin --delete");
    assert_eq!(base(&sandbox, None), "origin/main");
}

#[test]
fn before_the_first_commit_everything_is_new() {
    let sandbox = Sandbox::empty();
    sandbox.sh("git init -q -b main; echo a > a.txt; echo b > b.txt; git add a.txt");
    assert_eq!(base(&sandbox, None), "nothing");
    assert_eq!(base(&sandbox, Some("main")), "unknown");
    assert_eq!(since(&sandbox, None), ["a.txt: +a", "b.txt: +b"]);
    let repository = open(&sandbox);
    let facts = repository.facts(&[]).unwrap();
    assert_eq!(shown(&facts.staged().unwrap()), ["a.txt: +a"]);
    assert_eq!(repository.messages(5).unwrap(), [""; 0]);
}

#[test]
fn a_change_holds_what_is_committed_staged_dirty_and_untracked_since_the_base() {
    let sandbox = Sandbox::new();
    sandbox.sh("
        git checkout -qb feature; echo committed > c.txt; git add c.txt; git commit -qm c
        echo staged > s.txt; git add s.txt
        echo 11 >> a.txt; echo new > n.txt; rm dir/b.txt
        printf 'x\\0y' > bin; echo TOKEN=1 > .env; git add -f .env
        echo ignored > i.log; echo '*.log' > .gitignore
        printf '*.txt -diff\\n*.txt diff=trap\\n' > .gitattributes
        git config diff.trap.textconv \"touch $HOME/ran; cat\"
    ");
    let index = sandbox.sh("cat .git/index | cksum; find .git/objects -type f | sort | cksum");
    let rows = since(&sandbox, None);
    let expected = [
        ".env: LooksSecret",
        ".gitattributes: +*.txt -diff +*.txt diff=trap",
        ".gitignore: +*.log",
        "a.txt: +11",
        "bin: Binary",
        "c.txt: +committed",
        "dir/b.txt: -20 -21 -22 -23 -24 -25 -26 -27 -28 -29 -30",
        "n.txt: +new",
        "s.txt: +staged",
    ];
    assert_eq!(rows, expected);
    let repository = open(&sandbox);
    let facts = repository.facts(&[]).unwrap();
    assert_eq!(shown(&facts.staged().unwrap()), [".env: LooksSecret", "s.txt: +staged"]);
    let after = sandbox.sh("cat .git/index | cksum; find .git/objects -type f | sort | cksum");
    assert_eq!(after, index, "the repository is only read");
    assert!(!sandbox.home().join("ran").exists(), "nothing of its configuration runs");
}

#[test]
fn a_patch_names_no_hashes_but_keeps_lines_that_look_so() {
    let sandbox = Sandbox::new();
    sandbox.sh("echo 'index 12..34' > a.txt");
    let repository = open(&sandbox);
    let Sought::Found(base) = repository.base(None).unwrap() else { panic!("no base") };
    let files = repository.facts(&[]).unwrap().since(&base).unwrap();
    let Shown::Patch(patch) = &files[0].shown else { panic!("{files:?}") };
    let text = String::from_utf8_lossy(patch);
    assert!(text.starts_with("diff --git a/a.txt b/a.txt\n--- a/a.txt\n"), "{text}");
    assert!(text.contains("+index 12..34"), "{text}");
}

#[test]
fn a_status_is_that_of_git() {
    let sandbox = Sandbox::new();
    sandbox.sh("
        git clone -q . ../origin; git remote add origin ../origin; git fetch -q
        git branch -q --set-upstream-to origin/main
        git commit -q --allow-empty -m more
        git mv run.sh go.sh; echo x >> a.txt; git add a.txt; echo y >> a.txt
        rm dir/b.txt; echo n > n.txt; echo t > intent; git add -N intent
    ");
    let repository = open(&sandbox);
    let status = repository.facts(&[]).unwrap().status().unwrap();
    let upstream = status.upstream.as_ref().unwrap();
    assert_eq!((upstream.name.as_str(), upstream.ahead, upstream.behind), ("origin/main", 1, 0));
    let mut ours: Vec<String> = status
        .entries
        .iter()
        .map(|entry| match &entry.old_path {
            Some(old) => format!("{}{} {old} -> {}", entry.index, entry.tree, entry.path),
            None => format!("{}{} {}", entry.index, entry.tree, entry.path),
        })
        .collect();
    let theirs = sandbox.sh("git status --short --untracked-files=all");
    let mut theirs: Vec<&str> = theirs.lines().collect();
    ours.sort();
    theirs.sort_unstable();
    assert_eq!(ours, theirs);
    assert_eq!(status.doing, None);
}

#[test]
fn a_conflict_is_in_the_status_and_not_staged() {
    let sandbox = Sandbox::new();
    sandbox.sh("
        git checkout -qb other; echo o > a.txt; git commit -qam o
        git checkout -q main; echo m > a.txt; git commit -qam m
        git merge -q other || true
    ");
    let repository = open(&sandbox);
    let facts = repository.facts(&[]).unwrap();
    let status = facts.status().unwrap();
    let rows: Vec<_> = status.entries.iter().map(|it| (it.index, it.tree, &it.path)).collect();
    assert_eq!(rows, [('U', 'U', &"a.txt".to_owned())]);
    assert_eq!(status.doing, Some("merge"));
    assert_eq!(shown(&facts.staged().unwrap()), [""; 0]);
}

#[test]
fn the_log_is_read_newest_first_without_merges() {
    let sandbox = Sandbox::new();
    sandbox.sh("
        export GIT_COMMITTER_DATE='2030-01-01T00:00:00Z'
        git checkout -qb side; git commit -q --allow-empty -m 'side: one'
        git checkout -q main
        export GIT_COMMITTER_DATE='2030-01-02T00:00:00Z'
        git commit -q --allow-empty -m 'main: two' -m 'With a body.'
        git merge -q --no-ff -m 'Merge it' side
    ");
    let messages = open(&sandbox).messages(2).unwrap();
    assert_eq!(messages, ["main: two\n\nWith a body.\n", "side: one\n"]);
}

/// The last tag, and the subjects of the commits since a point, newest first.
fn commits(sandbox: &Sandbox, since: Option<&str>, count: usize) -> String {
    let Some(found) = open(sandbox).commits(since, count).unwrap() else {
        return "unknown".to_owned();
    };
    let subjects = found.commits.iter().map(|(_, message)| message.lines().next().unwrap());
    format!("{}, {} more", subjects.collect::<Vec<_>>().join(" "), found.more)
}

#[test]
fn commits_are_counted_from_a_tag_or_from_any_revision() {
    let sandbox = Sandbox::new();
    assert_eq!(open(&sandbox).last_tag().unwrap(), None);
    sandbox
        .sh("git commit -q --allow-empty -m one; git tag v1; git commit -q --allow-empty -m two");
    sandbox.sh("git checkout -qb side; git commit -q --allow-empty -m three; git checkout -q main");
    sandbox.sh("git merge -q --no-ff -m merged side");
    let tag = sandbox.sh("git describe --tags --abbrev=0");
    assert_eq!(open(&sandbox).last_tag().unwrap().as_deref(), Some(tag.trim()));
    assert_eq!(commits(&sandbox, Some("v1"), 9), "merged three two, 0 more");
    assert_eq!(commits(&sandbox, Some("v1"), 1), "merged, 2 more");
    assert_eq!(commits(&sandbox, Some("main"), 9), ", 0 more");
    assert_eq!(commits(&sandbox, Some("v3"), 9), "unknown");
    let all = sandbox.sh("git rev-list --count HEAD");
    assert_eq!(commits(&sandbox, None, 0), format!(", {} more", all.trim()));
}

#[test]
fn before_the_first_commit_there_are_none() {
    let sandbox = Sandbox::empty();
    sandbox.sh("git init -q .");
    assert_eq!(open(&sandbox).last_tag().unwrap(), None);
    assert_eq!(commits(&sandbox, None, 9), ", 0 more");
    assert_eq!(commits(&sandbox, Some("v1"), 9), "unknown");
}
