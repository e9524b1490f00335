//! What nobody can look at counts as nothing that passed, and is not lost.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use crate::support::fake::{Script, Step};
use crate::support::files;
use crate::support::world::World;

/// A skill of commands alone, whose contract is the user's own.
fn flow(contract: &str) -> World {
    let world = World::new();
    world.personal_skill("flow", "---\nname: flow\ndescription: Does it.\n---\nDo it.\n");
    files::write(&world.home().join(".claude/skills/flow/contract.yaml"), contract);
    world.write("a.txt", "a\n").repo().commit("first");
    world
}

/// The hook would be told of a tree that nobody has seen.
#[test]
fn a_tree_that_cannot_be_seen_is_no_pass() {
    let world = flow(
        "steps: [{ id: a, run: [git, update-index, --split-index] }]\n\
         hooks: { fine: { timing: post, command: ['true'] } }\n",
    );
    let output = world.atlas(["run", "flow", "--require=checks"]).run().expect_code(5);
    assert!(output.stderr.contains("changes"), "{output}");
}

fn write(path: &str, text: &str) -> Step {
    Step::Write { path: path.to_owned(), text: text.to_owned() }
}

/// An agent that makes a project of its own in a copy of the tree: git keeps out of it, so it is in
/// no change, before no judge and in no patch.
#[test]
fn work_in_a_repository_of_its_own_is_no_pass_and_stays() {
    let script = Script::plays([
        Step::Init,
        write("api/.git/HEAD", "ref: refs/heads/main\n"),
        write("api/app.txt", "hours of work\n"),
        Step::Success("Done.".to_owned()),
    ]);
    let world = World::faked(&script);
    world.greet();
    let args = ["run", "greet", "--edit", "--worktree", "--apply"];
    let output = world.atlas(args).run().expect_code(5);
    assert!(output.stderr.contains("api/ is a repository of its own"), "{output}");

    let copies = world.home().join(".cache/atlas/worktrees");
    let copy = fs::read_dir(&copies).unwrap().next().unwrap().unwrap().path();
    let work = || files::read(&copy.join("api/app.txt"));
    assert_eq!(work(), "hours of work\n");
    let name = copy.file_name().unwrap().to_str().unwrap();
    let refused = world.atlas(["session", "rm", name]).run().expect_code(2);
    assert!(refused.stderr.contains("left work in a copy"), "{refused}");
    world.atlas(["session", "gc", "--older-than=0s"]).run().expect_code(0);
    assert_eq!(work(), "hours of work\n");
}

/// The same by a command, whose work no agent's step looks at.
#[test]
fn a_command_that_makes_one_is_no_pass_either() {
    let world = flow(
        "steps: [{ id: a, run: [git, init, --quiet, api] }]\n\
         hooks: { fine: { timing: post, command: ['true'] } }\n",
    );
    for again in [["run", "flow", "--worktree"], ["resume", "--last", "--wait"]] {
        let output = world.atlas(again).run().expect_code(5);
        assert!(output.stderr.contains("api/ is a repository of its own"), "{output}");
    }
}

#[test]
fn a_file_that_a_pattern_fits_is_not_passed_over_for_its_name() {
    let world = flow(
        "steps: [{ id: all, each: { in: '*.c', as: file, do: [{ id: one, run: ['true'] }] } }]\n",
    );
    let name = OsStr::from_bytes(b"caf\xe9.c");
    fs::copy(world.dir().join("a.txt"), world.dir().join(name)).unwrap();
    world.write("b.c", "b\n");
    let output = world.atlas(["run", "flow"]).run();
    assert_ne!(output.code, Some(0), "{output}");
    assert!(output.stderr.contains("not UTF-8: caf"), "{output}");
}

/// Whatever can be gone on with costs nothing to keep, and its work would be paid again.
#[test]
fn a_session_that_can_be_gone_on_with_is_nothing_to_collect() {
    let world = flow(
        "steps: [{ id: a, run: ['true'] }]\n\
         hooks: { absent: { timing: post, command: [./no-such-program] } }\n",
    );
    world.atlas(["run", "flow"]).run().expect_code(5);
    let output = world.atlas(["session", "gc", "--older-than=0s"]).run().expect_code(0);
    assert!(output.stdout.contains("it can be resumed"), "{output}");
    world.session();
}
