//! `--index`: what is staged is judged, whatever else stands in the work tree, and also while git
//! holds its own lock.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::claude::real_claude;
use crate::support::files;
use crate::support::model::rule;
use crate::support::programs::Output;
use crate::support::world::World;

/// A skill whose gate refuses a tree with `bad` in `a.txt` or `b.txt`.
fn guarded() -> World {
    let world = World::scripted([rule().says("Hello.")]);
    world.write("a.txt", "good\n").write("b.txt", "good\n");
    world.greet_by(
        "given: [diff]\nhooks: { gate: { timing: post, command: [sh, -c, '! grep -l bad *.txt'] } }\nretry: 0\n",
    );
    world.atlas(["trust", "--always", "--yes"]).run().expect_code(0);
    world
}

fn judge(world: &World) -> Option<i32> {
    world.atlas(["run", "greet", "--index"]).run().code
}

#[test]
fn what_is_staged_counts_and_nothing_else() {
    let world = guarded();
    world.write("a.txt", "bad\n").write("untracked.txt", "bad\n");
    assert_eq!(judge(&world), Some(0), "nothing of it is staged");
    world.repo().git(["add", "a.txt"]);
    world.write("a.txt", "good again\n");
    assert_eq!(judge(&world), Some(4), "it is staged, whatever stands there now");
    assert_eq!(world.read("a.txt"), "good again\n", "the work tree is left alone");
    let requests = world.model().requests();
    let told = requests.last().unwrap().body.to_string();
    assert!(told.contains("+bad") && !told.contains("good again"), "the staged change is given");
    assert!(!told.contains("untracked.txt"), "{told}");
}

#[test]
fn files_under_merge_are_no_tree() {
    let world = guarded();
    world.repo().git(["checkout", "--quiet", "-b", "other"]);
    world.write("a.txt", "theirs\n").repo().commit("theirs");
    world.repo().git(["checkout", "--quiet", "main"]);
    world.write("a.txt", "ours\n").repo().commit("ours");
    let identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
    let merge = identity.iter().chain(&["merge", "other"]);
    let merge = world.program(Path::new("/usr/bin/git"), merge).run();
    assert_ne!(merge.code, Some(0));
    let output = world.atlas(["run", "greet", "--index"]).run().expect_code(8);
    assert!(output.stderr.contains("`a.txt` is under merge"), "{output}");
}

#[test]
fn without_a_repository_nothing_is_staged() {
    let world = World::scripted([rule().says("Hello.")]);
    world.personal_skill("greet", crate::support::world::GREET);
    let output = world.atlas(["run", "greet", "--index"]).run().expect_code(2);
    assert!(output.stderr.contains("`--index` needs a git repository"), "{output}");
}

/// A real `git commit`, whose hook asks atlas; git holds `index.lock` meanwhile.
fn commit(world: &World, args: &[&str]) -> Output {
    let hook = world.dir().join(".git/hooks/pre-commit");
    let atlas = env!("CARGO_BIN_EXE_atlas");
    files::write(
        &hook,
        format!("#!/bin/sh\nls .git/*.lock >&2\nexec {atlas} run greet --index >&2\n"),
    );
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-m", "x"];
    // git hands its environment on to the hook, and so it is that of the world.
    let git = world.program(Path::new("/usr/bin/git"), identity.iter().chain(args));
    git.env("ATLAS_CLAUDE", real_claude()).run()
}

#[test]
fn a_commit_of_some_files_is_judged_by_those() {
    let world = guarded();
    world.write("a.txt", "fine\n").write("b.txt", "bad\n");
    world.repo().git(["add", "b.txt"]);
    let output = commit(&world, &["a.txt"]).expect_code(0);
    assert!(output.stderr.contains("next-index"), "git made an index of its own: {output}");
    let output = commit(&world, &["b.txt"]);
    assert_eq!(output.code, Some(1), "{output}");
    assert!(output.stderr.contains("rejected"), "{output}");
}

#[test]
fn gits_own_lock_is_waited_for_by_nobody() {
    let world = guarded();
    world.write("a.txt", "fine\n");
    let output = commit(&world, &["--all"]).expect_code(0);
    assert!(output.stderr.contains("index.lock"), "git holds its lock: {output}");
    world.write("a.txt", "bad\n");
    assert_eq!(commit(&world, &["--all"]).code, Some(1));
    world.repo().git(["fsck", "--strict"]);
    assert!(!world.dir().join(".git/index.lock").exists());
}
