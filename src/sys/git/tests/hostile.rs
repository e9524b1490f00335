//! A repository whose configuration and hooks try to run commands. The commands leave marks.

use std::fs;

use super::sandbox::Sandbox;
use crate::sys::git::Applied;

/// Every setting of git's that names a command and that looking at a work tree could reach.
const TRAPS: &str = r#"
    set_trap() { printf '#!/bin/sh\ntouch "%s/ran-%s"\ncat\n' "$HOME" "$1" > "$HOME/trap-$1"; chmod +x "$HOME/trap-$1"; }
    for name in fsmonitor clean smudge process external textconv command pager editor ssh proxy \
        askpass credential gpg upload merge update alias; do set_trap $name; done
    git config core.fsmonitor "$HOME/trap-fsmonitor"
    git config filter.x.clean "$HOME/trap-clean"
    git config filter.x.smudge "$HOME/trap-smudge"
    git config filter.y.process "$HOME/trap-process"
    git config filter.y.required true
    git config diff.external "$HOME/trap-external"
    git config diff.x.textconv "$HOME/trap-textconv"
    git config diff.x.command "$HOME/trap-command"
    git config diff.x.cachetextconv true
    git config merge.x.driver "$HOME/trap-merge"
    git config core.pager "$HOME/trap-pager"
    git config core.editor "$HOME/trap-editor"
    git config core.sshCommand "$HOME/trap-ssh"
    git config core.gitProxy "$HOME/trap-proxy"
    git config core.askPass "$HOME/trap-askpass"
    git config credential.helper "$HOME/trap-credential"
    git config gpg.program "$HOME/trap-gpg"
    git config alias.status "!$HOME/trap-alias"
    git config submodule.lib.update "!$HOME/trap-update"
    git config remote.origin.url "ssh://nowhere.invalid/x"
    git config remote.origin.promisor true
    git config remote.origin.uploadpack "$HOME/trap-upload"
    printf '*.txt filter=x diff=x merge=x\n*.sh filter=y\n' > .gitattributes
    mkdir -p .git/hooks
    for hook in post-index-change pre-commit post-checkout fsmonitor-watchman query-watchman \
        reference-transaction pre-auto-gc post-rewrite; do
        set_trap "hook-$hook"; cp "$HOME/trap-hook-$hook" ".git/hooks/$hook"
    done
"#;

#[test]
fn nothing_of_the_repository_runs() {
    let sandbox = Sandbox::new();
    sandbox.sh(TRAPS);
    let repository = sandbox.repository();
    let from = sandbox.snapshot();
    sandbox.sh(
        "echo 11 >> a.txt; echo 'echo' >> run.sh; echo n > new.txt; mkdir sub; echo x > sub/x.sh",
    );
    let to = sandbox.snapshot();
    assert_eq!(
        sandbox.changes(&from, &to),
        "M +1 -0 a.txt\nA +1 -0 new.txt\nM +1 -0 run.sh\nA +1 -0 sub/x.sh\n"
    );
    let patch = repository.patch(&sandbox.objects(), &from, &to, usize::MAX).unwrap();
    assert!(patch.left_out.is_empty());
    repository.head().unwrap();
    repository.is_ignored("new.txt".as_ref()).unwrap();
    assert_eq!(marks(&sandbox), Vec::<String>::new());

    // The traps are real: the program does fall into them.
    sandbox.sh("git status >/dev/null 2>&1 || true; git diff a.txt >/dev/null 2>&1 || true");
    let ran = marks(&sandbox);
    for trap in ["ran-fsmonitor", "ran-clean", "ran-command", "ran-hook-post-index-change"] {
        assert!(ran.iter().any(|mark| mark == trap), "{trap} is no trap: {ran:?}");
    }
}

#[test]
fn nothing_of_the_repository_runs_for_a_worktree() {
    let sandbox = Sandbox::new();
    sandbox.sh(TRAPS);
    sandbox.sh("echo mine >> a.txt; echo mine > mine.txt");
    let (repository, objects) = (sandbox.repository(), sandbox.objects());
    let base = sandbox.snapshot();
    let worktree = repository.add_worktree(&sandbox.tree(), &objects, &base).unwrap();
    sandbox.sh_in_tree("echo its >> a.txt; echo its > its.txt; echo its >> run.sh; rm mine.txt");
    let now = worktree.snapshot(&objects, &base, &[]).unwrap();
    let applied = repository.apply(&objects, &base, &now).unwrap();
    assert!(matches!(&applied, Applied::Whole { done } if done.len() == 4), "{applied:?}");
    assert_eq!(sandbox.snapshot(), now);
    repository.worktrees().unwrap();
    repository.remove_worktree(&sandbox.tree()).unwrap();
    assert_eq!(marks(&sandbox), Vec::<String>::new());
}

/// Attributes must not hide a change from those who judge it, and settings not shape a patch.
#[test]
fn no_change_is_hidden_by_the_work_tree() {
    let sandbox = Sandbox::new();
    let from = sandbox.snapshot();
    sandbox.sh("
        echo '* binary -diff' > .gitattributes; echo '* -diff' > .git/info/attributes
        git config diff.noprefix true; git config diff.context 0; git config diff.renames false
        git config core.quotepath false; git config diff.ignoreSubmodules all
        echo 11 >> a.txt
    ");
    let to = sandbox.snapshot();
    assert_eq!(sandbox.changes(&from, &to), "A +1 -0 .gitattributes\nM +1 -0 a.txt\n");
    let patch = sandbox.repository().patch(&sandbox.objects(), &from, &to, usize::MAX).unwrap();
    snapbox::assert_data_eq!(
        String::from_utf8(patch.bytes).unwrap(),
        snapbox::str![[r"
diff --git a/.gitattributes b/.gitattributes
new file mode 100644
index 0000000000000000000000000000000000000000..ced4a7ac23cae29733983819ae56438553dad303
--- /dev/null
+++ b/.gitattributes
@@ -0,0 +1 @@
+* binary -diff
diff --git a/a.txt b/a.txt
index f00c965d8307308469e537302baa73048488f162..3bb459b831ea471b9cd1cbb7c6d54a74251a711b 100644
--- a/a.txt
+++ b/a.txt
@@ -8,3 +8,4 @@
 8
 9
 10
+11

"]]
    );
}

fn marks(sandbox: &Sandbox) -> Vec<String> {
    let names = fs::read_dir(sandbox.home()).unwrap().map(|entry| entry.unwrap().file_name());
    names.map(|name| name.into_string().unwrap()).filter(|name| name.starts_with("ran-")).collect()
}
