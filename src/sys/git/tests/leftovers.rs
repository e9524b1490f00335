//! What killed processes leave in a tree.

use std::fs;

use super::sandbox::Sandbox;

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
