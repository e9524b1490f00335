//! A change that is handed over as a commit on a new branch.

use snapbox::str;

use crate::support::fake::{Script, Step};
use crate::support::world::{GREET, World};

/// A claude that edits, in a repository with a file that is not committed.
fn writing() -> World {
    let write = |path: &str, text: &str| Step::Write { path: path.into(), text: text.into() };
    let world = World::faked(&Script::plays([
        Step::Init,
        write("new.txt", "one\n"),
        write("old.txt", "a\nB\n"),
        Step::Result("Done.".to_owned()),
    ]));
    world.write("old.txt", "a\nb\n").skill("greet", GREET).repo().commit("first");
    world.write("mine.txt", "mine\n");
    world
}

#[test]
fn a_branch_has_the_change_and_the_tree_stays_as_it_is() {
    let world = writing();
    let output = world.atlas(["run", "greet", "--edit", "--branch=done"]).run().expect_code(0);
    world.check(
        &output.stderr,
        str![[r#"
greet, sonnet, about 163 tokens, cap $2.00
note: skill: asking sonnet
ok: skill, [TIME], $0.0027
passed, checked by nobody, $0.0027, [TIME], ...[SHORT]
note: changed 2 files, +2 -1
  A +1 -0 new.txt
  M +1 -1 old.txt
hint: say what must hold: a post hook or a schema in [ROOT]/repo/.claude/skills/greet/contract.yaml
note: the change is on the branch `done`: `git merge done`

"#]],
    );
    let told = world.repo().git(["log", "--format=%s", "--name-status", "main..done"]);
    assert_eq!(told, "greet: what atlas ran\n\nA\tnew.txt\nM\told.txt\n");
    assert_eq!(world.read("old.txt"), "a\nb\n");
    assert_eq!(world.repo().git(["status", "--porcelain"]), "?? mine.txt\n");
    // The same name a second time is refused before anything is spent.
    let again = world.atlas(["run", "greet", "--edit", "--branch=done"]).run().expect_code(2);
    world.check(
        &again.stderr,
        str![[r#"
error: there is a branch `done` already
caused by: `--branch` makes a new one and changes none
hint: name another one, or leave the name out

"#]],
    );
}

#[test]
fn a_branch_without_a_name_has_the_sessions() {
    let world = writing();
    let run = ["run", "greet", "--edit", "--branch", "--format=json"];
    let result = world.atlas(run).run().expect_code(0).json();
    let branch = format!("atlas/{}", result["session"].as_str().unwrap());
    assert_eq!(world.repo().git(["show", &format!("{branch}:new.txt")]), "one\n");
}

#[test]
fn what_the_user_has_not_committed_may_be_in_the_way() {
    let world = writing();
    world.write("old.txt", "a\nmine\n");
    let output = world.atlas(["run", "greet", "--edit", "--branch=done"]).run().expect_code(1);
    world.check(&output.stderr, str![[r#"
greet, sonnet, about 163 tokens, cap $2.00
note: skill: asking sonnet
ok: skill, [TIME], $0.0027
failed: check branch: no branch was made, because of old.txt (the same lines are changed and not committed)
failed, $0.0027, [TIME], ...[SHORT]
failed: branch: no branch was made, because of old.txt (the same lines are changed and not committed)
note: changed 2 files, +2 -1
  A +1 -0 new.txt
  M +1 -1 old.txt
note: output, not accepted: [ROOT]/repo/.claude/sessions/[SESSION]/runs/1/steps/skill/1/output.md
hint: bring the change in: `git apply [ROOT]/repo/.claude/sessions/[SESSION]/runs/1/changes.patch`, or run with `--apply` or `--branch`
note: the worktree stays for a resume: [ROOT]/home/.cache/atlas/worktrees/[SESSION]

"#]]);
    let branches = world.repo().git(["branch", "--list", "done"]);
    assert_eq!(branches, "");
}

#[test]
fn names_that_git_does_not_take_are_refused() {
    let world = writing();
    for name in ["--branch=a b", "--branch=-x", "--branch=x..y"] {
        let output = world.atlas(["run", "greet", "--edit", name]).run().expect_code(2);
        assert!(output.stderr.contains("git takes no such name"), "{output}");
    }
    world.atlas(["run", "greet", "--edit", "--branch", "--apply"]).run().expect_code(2);
}
