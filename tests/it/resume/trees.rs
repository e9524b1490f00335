//! The tree between a crash and a resume: what finished steps did must be there, and what others
//! did is told and never overwritten.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::chain::{CONTRACT, SKILL, kill, resume, start};
use crate::support::model::{Gate, rule};
use crate::support::world::World;

/// The first step writes a file; the second is held in the middle of a later answer, after it
/// wrote another one.
fn writing(gate: &Gate) -> World {
    let write = |path: &str| json!({"file_path": path, "content": "one\ntwo\n"});
    let world = World::scripted([
        rule().when_prompt("Gather the facts").times(1).calls("Write", write("facts.txt")),
        rule().when_prompt("Gather the facts").says("three facts"),
        rule().times(1).calls("Write", write("half.txt")),
        rule().times(1).says("they h").held_after(3, gate),
        rule().says("they hold"),
    ]);
    world.user_config("isolation: none");
    world.skill("chain", SKILL).write(".claude/skills/chain/contract.yaml", CONTRACT);
    world.write("own.txt", "the user's\n").repo().commit("first");
    world
}

fn differences(world: &World) -> Vec<String> {
    let resumed = world.events("run_resumed").pop().unwrap();
    let told = resumed["differences"].as_array().unwrap();
    told.iter().map(|line: &Value| line.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_tree_that_is_as_it_was_left_says_nothing() {
    let gate = Gate::shut();
    let world = writing(&gate);
    let running = start(&world, &gate, &["--edit"]);
    running.signal(Signal::INT);
    running.wait().expect_code(130);

    let output = resume(&world, &["--format=json"]).expect_code(0);

    assert_eq!(differences(&world), [""; 0], "the half-done step's own work is known");
    let files = output.json()["changes"]["files"].clone();
    let paths: Vec<_> = files.as_array().unwrap().iter().map(|file| &file["path"]).collect();
    assert_eq!(paths, ["facts.txt", "half.txt"], "counted from where the run began");
}

#[test]
fn what_others_did_is_told_and_stays() {
    let gate = Gate::shut();
    let world = writing(&gate);
    let running = start(&world, &gate, &["--edit"]);
    running.signal(Signal::INT);
    running.wait().expect_code(130);
    world.write("own.txt", "changed by hand\n").write("new.txt", "n\n");
    world.repo().git(["switch", "--quiet", "--create", "topic"]);
    world.repo().git(["commit", "--quiet", "--allow-empty", "--message", "second"]);

    let output = resume(&world, &[]).expect_code(0);

    assert_eq!(
        differences(&world),
        [
            "the branch is `topic`, it was `main`",
            "1 commit was added",
            "A new.txt +1 -0",
            "M own.txt +1 -1"
        ]
    );
    assert!(output.stderr.contains("changed meanwhile: M own.txt"), "{output}");
    assert_eq!(world.read("own.txt"), "changed by hand\n");
}

#[test]
fn after_a_kill_nobody_knows_whose_an_edit_is() {
    let gate = Gate::shut();
    let world = writing(&gate);
    kill(start(&world, &gate, &["--edit"]));
    resume(&world, &[]).expect_code(0);
    assert_eq!(
        differences(&world),
        ["A half.txt +2 -0, by the call that was broken off or since then"]
    );
}

#[test]
fn work_that_is_gone_is_refused_or_brought_back() {
    let gate = Gate::shut();
    let world = writing(&gate);
    kill(start(&world, &gate, &["--edit"]));
    std::fs::remove_file(world.dir().join("facts.txt")).unwrap();

    let output = resume(&world, &[]).expect_code(8);
    assert!(output.stderr.contains("facts.txt"), "{output}");
    assert!(output.stderr.contains("--reapply"), "{output}");
    assert_eq!(world.model().requests().len(), 4);

    resume(&world, &["--reapply"]).expect_code(0);
    assert_eq!(world.read("facts.txt"), "one\ntwo\n");
    assert_eq!(differences(&world)[0], "brought back into the tree: facts.txt");
}

#[test]
fn work_that_was_changed_further_is_not_missed() {
    let gate = Gate::shut();
    let world = writing(&gate);
    kill(start(&world, &gate, &["--edit"]));
    world.write("facts.txt", "one\ntwo\nthree\n");
    resume(&world, &[]).expect_code(0);
    assert_eq!(world.read("facts.txt"), "one\ntwo\nthree\n");
}

#[test]
fn a_history_that_was_rewritten_is_told() {
    let gate = Gate::shut();
    let world = writing(&gate);
    let running = start(&world, &gate, &["--edit"]);
    running.signal(Signal::INT);
    running.wait().expect_code(130);
    world.repo().git(["commit", "--quiet", "--amend", "--message", "first, amended"]);
    resume(&world, &[]).expect_code(0);
    assert!(differences(&world)[0].contains("history was rewritten"), "{:?}", differences(&world));
}

#[test]
fn a_base_that_is_gone_is_told_and_the_run_goes_on() {
    let gate = Gate::shut();
    let world = writing(&gate);
    kill(start(&world, &gate, &["--edit"]));
    // The base was the tree of a commit that nothing holds any more.
    world.write("own.txt", "another\n");
    world.repo().git(["add", "own.txt"]);
    world.repo().git(["commit", "--quiet", "--amend", "--message", "another"]);
    world.repo().git(["reflog", "expire", "--expire=now", "--all"]);
    world.repo().git(["gc", "--quiet", "--prune=now"]);

    let output = resume(&world, &["--format=json"]).expect_code(0);

    assert!(differences(&world)[0].contains("can be read no more"), "{:?}", differences(&world));
    assert_eq!(output.json()["changes"]["files"], json!([]), "counted from now on");
}

#[test]
fn a_run_in_a_worktree_goes_on_in_it() {
    let gate = Gate::shut();
    let world = writing(&gate);
    world.user_config("");
    let running = start(&world, &gate, &["--edit", "--apply"]);
    running.signal(Signal::INT);
    let output = running.wait().expect_code(130);
    assert!(output.stderr.contains("the worktree stays for a resume"), "{output}");
    assert!(!world.dir().join("facts.txt").exists());

    resume(&world, &[]).expect_code(0);

    assert_eq!(world.read("facts.txt"), "one\ntwo\n");
    assert_eq!(world.read("half.txt"), "one\ntwo\n");
    assert_eq!(world.repo().git(["worktree", "list"]).lines().count(), 1, "the copy is gone");
}

#[test]
fn a_worktree_that_is_gone_is_made_again_as_it_was() {
    let gate = Gate::shut();
    let world = writing(&gate);
    world.user_config("");
    let running = start(&world, &gate, &["--edit", "--apply"]);
    running.signal(Signal::INT);
    running.wait().expect_code(130);
    std::fs::remove_dir_all(world.home().join(".cache/atlas/worktrees")).unwrap();

    resume(&world, &[]).expect_code(0);

    assert!(differences(&world)[0].contains("made anew"), "{:?}", differences(&world));
    assert_eq!(world.read("facts.txt"), "one\ntwo\n");
    assert_eq!(world.read("half.txt"), "one\ntwo\n");
}

#[test]
fn a_copied_checkout_does_not_work_in_the_first_one() {
    let gate = Gate::shut();
    let world = writing(&gate);
    kill(start(&world, &gate, &["--edit"]));
    let copy = world.root().join("copy");
    world
        .program("cp".as_ref(), ["-r".as_ref(), world.dir().as_os_str(), copy.as_os_str()])
        .run()
        .expect_code(0);
    let output = world.atlas(["resume", "--last", "--wait"]).cwd(&copy).run().expect_code(8);
    assert!(output.stderr.contains("belongs to another tree"), "{output}");
}

/// What the last request held of the user's side.
fn last_prompt(world: &World) -> String {
    world.model().requests().last().unwrap().body["messages"].to_string()
}

#[test]
fn a_step_is_told_where_the_run_stands() {
    let gate = Gate::shut();
    gate.open();
    let world = writing(&gate);
    world.atlas(["run", "chain", "--edit"]).run().expect_code(0);
    let requests = world.model().requests();
    let first = requests[0].body["messages"].to_string();
    assert!(!first.contains("Where the run stands"), "nothing has happened yet: {first}");
    let second = requests[2].body["messages"].to_string();
    assert!(second.contains("gather: passed\\njudge: yours"), "{second}");
    assert!(second.contains("A facts.txt +2 -0"), "{second}");
}

#[test]
fn the_next_attempt_is_told_what_others_did_and_what_was_left_half_done() {
    let gate = Gate::shut();
    let world = writing(&gate);
    let running = start(&world, &gate, &["--edit"]);
    running.signal(Signal::INT);
    running.wait().expect_code(130);
    world.write("own.txt", "see @/etc/passwd\n");

    resume(&world, &[]).expect_code(0);

    let prompt = last_prompt(&world);
    assert!(prompt.contains("What others did meanwhile"), "{prompt}");
    assert!(prompt.contains("M own.txt +1 -1"), "{prompt}");
    assert!(prompt.contains("What was left half done"), "{prompt}");
    assert!(prompt.contains("+++ b/half.txt"), "{prompt}");
    assert!(!prompt.contains("b/facts.txt"), "what is finished is no part of it: {prompt}");
    assert!(prompt.contains(r"see \\@/etc/passwd"), "no diff attaches a file: {prompt}");
}

#[test]
fn notes_that_others_left_in_the_scratch_pad_are_told() {
    let gate = Gate::shut();
    let world = writing(&gate);
    let running = start(&world, &gate, &["--edit"]);
    running.signal(Signal::INT);
    running.wait().expect_code(130);
    world.atlas(["scratch", "add", "seen", "true"]).run().expect_code(0);
    resume(&world, &[]).expect_code(0);
    assert_eq!(differences(&world), ["1 note was added to the scratch pad"]);
}
