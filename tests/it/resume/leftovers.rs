//! What a killed atlas leaves behind besides its journal: processes and locks.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::chain::{held_in_the_second, kill, resume, start};
use crate::support::files;
use crate::support::model::{Gate, rule};
use crate::support::processes::{processes_with, wait_until_gone};
use crate::support::world::{GREET, World};

/// The warden of this atlas: its only child of that name.
fn warden(atlas: Pid) -> Pid {
    let text = |pid: Pid, file: &str| {
        let bytes = std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let parent = format!("PPid:\t{atlas}\n");
    let all = processes_with("").into_iter();
    let mut children = all.filter(|pid| text(*pid, "status").contains(&parent));
    children.find(|pid| text(*pid, "cmdline").contains("__warden")).expect("there is a warden")
}

fn claude(world: &World) -> Vec<Pid> {
    let session = world.session();
    processes_with(&format!("ATLAS_UNIT={}/", session.file_name().unwrap().to_str().unwrap()))
}

/// Kills the warden and then atlas, so that claude lives on under process 1.
fn leave_claude_behind(world: &World, gate: &Gate) -> Vec<Pid> {
    let running = start(world, gate, &[]);
    kill_process(warden(running.pid()), Signal::KILL).unwrap();
    kill(running);
    let left = claude(world);
    assert!(!left.is_empty(), "claude lives on");
    left
}

#[test]
fn a_resume_ends_what_is_left_of_its_run_first() {
    let gate = Gate::shut();
    let world = held_in_the_second(&gate);
    let left = leave_claude_behind(&world, &gate);
    let output = resume(&world, &[]).expect_code(0);
    assert!(left.into_iter().all(|pid| wait_until_gone(pid, Duration::ZERO)));
    assert!(output.stderr.contains("left behind when it was killed"), "{output}");
    assert_eq!(output.stdout, "they hold\n");
}

#[test]
fn any_run_ends_what_others_left() {
    let gate = Gate::shut();
    let world = held_in_the_second(&gate);
    let left = leave_claude_behind(&world, &gate);
    let output = world.atlas(["run", "chain"]).run().expect_code(0);
    assert!(left.into_iter().all(|pid| wait_until_gone(pid, Duration::ZERO)));
    assert!(output.stderr.contains("left behind when it was killed"), "{output}");
}

#[test]
fn a_run_under_way_is_left_alone() {
    let gate = Gate::shut();
    let world = held_in_the_second(&gate);
    let running = start(&world, &gate, &[]);
    let at_work = claude(&world);

    let busy = world.atlas(["resume", "--last"]).run().expect_code(10);
    assert!(busy.stderr.contains("is held by process"), "{busy}");
    world.atlas(["run", "chain"]).run().expect_code(0);

    let gone = |pid: &Pid| wait_until_gone(*pid, Duration::ZERO);
    assert!(!at_work.iter().all(gone), "nobody ended it");
    gate.open();
    running.wait().expect_code(0);
}

#[test]
fn a_stranger_with_another_cookie_is_left_alone() {
    let gate = Gate::shut();
    let world = held_in_the_second(&gate);
    kill(start(&world, &gate, &[]));
    let stranger = world.program("sleep".as_ref(), ["1000"]).env("ATLAS_UNIT", "another").spawn();
    resume(&world, &[]).expect_code(0);
    assert!(!wait_until_gone(stranger.pid(), Duration::ZERO));
}

#[test]
fn a_torn_last_line_is_cut_off_and_kept() {
    let gate = Gate::shut();
    let world = held_in_the_second(&gate);
    kill(start(&world, &gate, &[]));
    let journal = world.session().join("journal.jsonl");
    let mut text = std::fs::read(&journal).unwrap();
    text.extend(b"{\"v\":1,\"seq\":99,\"at\":");
    files::write(&journal, text);

    let output = resume(&world, &[]).expect_code(0);

    assert!(output.stderr.contains("put aside as journal.torn-"), "{output}");
    world.expect_valid_journal();
}

/// The copy holds the journal of a run that goes on, and a lock that nobody holds.
#[test]
fn a_run_in_a_copied_checkout_ends_nothing_of_the_first_one() {
    let gate = Gate::shut();
    let world = held_in_the_second(&gate);
    let running = start(&world, &gate, &[]);
    let at_work = claude(&world);
    let session = world.session();
    let copy = world.root().join("copy");
    world
        .program("cp".as_ref(), ["-r".as_ref(), world.dir().as_os_str(), copy.as_os_str()])
        .run()
        .expect_code(0);

    let name = session.file_name().unwrap().to_str().unwrap();
    world.atlas(["resume", name]).cwd(&copy).run().expect_code(8);
    world.atlas(["run", "chain"]).cwd(&copy).run().expect_code(0);

    let gone = |pid: &Pid| wait_until_gone(*pid, Duration::ZERO);
    assert!(!at_work.iter().any(gone), "nobody ended it");
    gate.open();
    running.wait().expect_code(0);
}

/// Outside of git, too, a copied folder is not the one that the run works in.
#[test]
fn a_copied_folder_does_not_work_in_the_first_one() {
    let gate = Gate::shut();
    let world = World::scripted([rule().says("Hel").says("lo.").held_after(3, &gate)]);
    world.user_config("isolation: none").skill("greet", GREET);
    let running = world.atlas(["run", "greet"]).spawn();
    gate.wait_until_reached();
    let copy = world.root().join("copy");
    world
        .program("cp".as_ref(), ["-r".as_ref(), world.dir().as_os_str(), copy.as_os_str()])
        .run()
        .expect_code(0);
    let output = world.atlas(["resume", "--last"]).cwd(&copy).run().expect_code(8);
    assert!(output.stderr.contains("belongs to another tree"), "{output}");
    gate.open();
    running.wait().expect_code(0);
}
