//! What killed processes leave in a tree.

use std::fs;

use super::{sandbox::Sandbox, worktrees::add};

#[test]
fn what_a_killed_apply_left_is_cleared_away_and_nothing_else() {
    let sandbox = Sandbox::new();
    let tag = "apply-AbCdEf";
    let staged = |path: &str, content: &str| {
        let path = sandbox.objects().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        #[expect(clippy::disallowed_methods, reason = "what a killed process left")]
        fs::write(path, content).unwrap();
    };
    let root = sandbox.root();
    staged(&format!("{tag}/git/gitdir"), &format!("{}/.git\n", root.display()));
    staged(&format!("{tag}/files/dir/new/c.txt"), "c");
    // One of another tree is that one's.
    staged("apply-Others/git/gitdir", "/elsewhere/.git\n");
    staged("apply-Others/files/a.txt", "a");
    sandbox.sh(&format!(
        "touch .atlas-{tag}-0 dir/.atlas-{tag}-1 .atlas-apply-Others-0 .atlas-apply dir/mine"
    ));

    sandbox.repository().clear_broken_applies(&sandbox.objects()).unwrap();

    let left = sandbox.sh("git status --porcelain --untracked-files=all; ls ../session/objects");
    assert_eq!(left, "?? .atlas-apply\n?? .atlas-apply-Others-0\n?? dir/mine\napply-Others");
}

/// Killed at each of its steps, the making of a worktree leaves nothing that stays, and nothing that
/// is in the way of the next one.
#[test]
fn a_worktree_half_made_is_cleared_away() {
    // In the order in which they are written; a killed process leaves the last one empty.
    let files = ["atlas", "commondir", "gitdir", "HEAD", "../../../../cache/tree/.git"];
    for (cut, cut_off) in files.iter().enumerate() {
        let sandbox = Sandbox::new();
        let base = sandbox.snapshot();
        let tree = add(&sandbox, &base);
        let unwritten = files[cut + 1..].join(" ");
        sandbox.sh(&format!(
            "cd ../cache/tree; rm -r *; cd $OLDPWD/.git/worktrees/atlas-tree
             rm -f index {unwritten}; : > {cut_off}"
        ));

        let known = sandbox.repository().worktrees().unwrap();
        assert_eq!(known.len(), usize::from(cut > 0), "{cut_off}: listed once it has a mark");
        sandbox.repository().remove_worktree(tree.root()).unwrap();
        let left = sandbox.sh("ls ../cache; find .git/worktrees 2>/dev/null || true");
        assert_eq!(left, "", "{cut_off}");
        assert_eq!(add(&sandbox, &base).root(), tree.root(), "{cut_off}");
    }
}

/// Killed while it is removed, a worktree is whole in its place or gone from there, and nothing of it
/// stays.
#[test]
fn a_worktree_half_removed_is_cleared_away() {
    let cuts = [
        "mv tree tree.removed",
        "mv tree tree.removed; rm -r tree.removed/dir",
        "mv tree tree.removed; rm tree.removed/.git",
        "rm -r tree",
    ];
    for cut in cuts {
        let sandbox = Sandbox::new();
        let base = sandbox.snapshot();
        let tree = add(&sandbox, &base);
        sandbox.sh(&format!("cd ../cache; {cut}"));

        let known = sandbox.repository().worktrees().unwrap();
        assert_eq!(known.iter().map(|it| it.is_there).collect::<Vec<_>>(), [false], "{cut}");
        sandbox.repository().remove_worktree(tree.root()).unwrap();
        let left = sandbox.sh("ls ../cache; find .git/worktrees 2>/dev/null || true");
        assert_eq!(left, "", "{cut}");
        assert_eq!(add(&sandbox, &base).root(), tree.root(), "{cut}");
    }
}

#[test]
fn what_a_person_put_beside_a_worktree_stays() {
    let sandbox = Sandbox::new();
    let base = sandbox.snapshot();
    let tree = add(&sandbox, &base);
    sandbox.sh("mkdir ../cache/tree.removed; touch ../cache/tree.removed/mine; echo x > ../cache/tree.removed/.git");
    assert!(sandbox.repository().remove_worktree(tree.root()).is_err());
    assert_eq!(
        sandbox.sh("ls ../cache ../cache/tree.removed"),
        "../cache:\ntree\ntree.removed\n\n../cache/tree.removed:\nmine"
    );
}
