//! Where no worktree may be made, what may not be written, and what is not removed.

use std::{fs, os::unix::fs::symlink, path::Path};

use super::{
    sandbox::{Sandbox, contents, repository},
    worktrees::add,
};
use crate::sys::git::{Applied, GitError, Snapshot};

#[test]
fn where_a_worktree_cannot_be() {
    let sandbox = Sandbox::new();
    let base = sandbox.snapshot();
    let git_dir = contents(&sandbox.root().join(".git"));
    let folder = sandbox.root().parent().unwrap().to_path_buf();
    fs::create_dir(folder.join("there")).unwrap();
    symlink("nowhere", folder.join("dangling")).unwrap();
    symlink("work", folder.join("alias")).unwrap();
    let rows = [
        (folder.join("there"), "File exists"),
        (folder.join("dangling"), "File exists"),
        (sandbox.root().join("tree"), "it lies in the repository"),
        (sandbox.root().join("new/tree"), "it lies in the repository"),
        (folder.join("new/../work/tree"), "its path is not absolute"),
        (sandbox.root().join(".git/tree"), "it lies in the repository"),
        (folder.join("alias/tree"), "it lies in the repository"),
        ("tree".into(), "its path is not absolute"),
        ("/".into(), "it has no name"),
        (folder.join("a\nb"), "git takes no line feed in its path"),
    ];
    for (dir, reason) in rows {
        let made = sandbox.repository().add_worktree(&dir, &sandbox.objects(), &base);
        let error = made.unwrap_err().to_string();
        assert!(error.contains(reason), "{}: {error}", dir.display());
    }
    let left = sandbox.sh("ls -A ..; ls -A ../there");
    assert_eq!(left, "alias\ndangling\nhome\nsession\nthere\nwork");
    assert_eq!(sandbox.sh("ls"), "a.txt\ndir\nlink\nrun.sh");
    assert_eq!(contents(&sandbox.root().join(".git")), git_dir);
}

/// Trees that git would not make. Nothing may be written outside of the folder, or in `.git`.
#[test]
fn trees_that_would_leave_the_folder() {
    let rows = [
        "100644 blob B\t..",
        "040000 tree T\t..",
        "100644 blob B\t.git",
        "040000 tree T\t.git",
        "040000 tree T\t.GIT",
        "040000 tree T\t.",
        "100644 blob B\ta/b",
        "100644 blob B\t../x",
        "100644 blob B\t/tmp/atlas-x",
        "120000 blob L\tdir\n040000 tree T\tdir",
        "040000 tree T\tdir\n120000 blob L\tdir",
    ];
    for row in rows {
        let sandbox = Sandbox::new();
        let base = sandbox.snapshot();
        sandbox.sh("mkdir ../outside");
        let tree = sandbox.sh(&format!(
            "blob=$(echo evil | git hash-object -w --stdin)
            link=$(printf ../../outside | git hash-object -w --stdin)
            tree=$(printf '100644 blob %s\\tx\\n' $blob | git mktree)
            raw() {{ printf '%s' '{row}' | sed \"s/B\\t/$blob\\t/; s/T\\t/$tree\\t/; s/L\\t/$link\\t/\" | while IFS=\"$(printf '\\t')\" read -r what name || [ -n \"$what\" ]; do
                set -- $what; printf '%s %s\\0' \"${{1#0}}\" \"$name\"; printf '%b' \"$(echo $3 | sed 's/../\\\\0&/g' | sed 's/\\\\0/\\\\x/g')\"; done; }}
            raw > ../raw; git hash-object -t tree -w --literally ../raw"
        ));
        let evil = Snapshot { tree, unstored: Vec::new() };
        let made = sandbox.repository().add_worktree(&sandbox.tree(), &sandbox.objects(), &evil);
        assert!(matches!(made, Err(GitError::Git { .. })), "{row}: {made:?}");
        assert!(!sandbox.tree().exists() && sandbox.repository().worktrees().unwrap().is_empty());
        let before = contents(&sandbox.root());
        match sandbox.repository().apply(&sandbox.objects(), &base, &evil) {
            Ok(Applied::Refused { .. }) | Err(_) => {}
            other => panic!("{row}: {other:?}"),
        }
        assert_eq!(contents(&sandbox.root()), before, "{row}");
        assert_eq!(sandbox.sh("ls -A ../outside ../cache"), "../cache:\n\n../outside:", "{row}");
    }
}

#[test]
fn only_ours_are_removed() {
    let sandbox = Sandbox::new();
    sandbox.sh("git worktree add -q ../atlas-user; mkdir ../plain; echo > ../plain/x");
    let base = sandbox.snapshot();
    let folder = sandbox.root().parent().unwrap().to_path_buf();
    let user = sandbox.repository();
    let refused = |dir: &Path| {
        let error = user.remove_worktree(dir).unwrap_err().to_string();
        assert!(error.ends_with("atlas did not make it for this repository"), "{error}");
    };
    refused(&folder.join("atlas-user"));
    refused(&folder.join("plain"));
    refused(&sandbox.root());
    assert!(user.open_worktree(&folder.join("atlas-user")).is_err());
    assert!(user.open_worktree(&folder.join("plain")).is_err());
    assert_eq!(user.worktrees().unwrap(), []);

    add(&sandbox, &base);
    sandbox.sh("git init -q ../other");
    let other = repository(&folder.join("other"));
    assert!(other.remove_worktree(&sandbox.tree()).is_err(), "another repository's");
    sandbox.sh("ln -s cache/tree ../alias");
    refused(&folder.join("alias"));

    // The agent can write to the folder, but not make atlas remove another one.
    sandbox.sh("mv ../cache/tree ../moved; ln -s ../plain ../cache/tree");
    refused(&sandbox.tree());
    sandbox.sh("rm ../cache/tree; mv ../moved ../cache/tree; cp ../cache/tree/.git ../keep
        echo 'gitdir: ../../plain' > ../cache/tree/.git");
    refused(&sandbox.tree());
    sandbox.sh("cp ../keep ../cache/tree/.git; git worktree move ../cache/tree ../taken");
    refused(&folder.join("taken"));
    assert_eq!(user.worktrees().unwrap(), [], "a person took it");
    sandbox.sh("git worktree move ../taken ../cache/tree; rm ../cache/tree/.git");
    user.remove_worktree(&sandbox.tree()).unwrap();
    assert_eq!(
        sandbox.sh("ls ../cache ../plain; ls .git/worktrees"),
        "../cache:\n\n../plain:\nx\natlas-user"
    );
}
