//! Sixty-four sub-agents that will not end, and what is left of them: nothing, and of others all.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use crate::support::fake::{Script, Step};
use crate::support::processes::{processes_with, wait_until_gone};
use crate::support::programs::Running;
use crate::support::world::World;

/// How long anything may live on.
const GONE: Duration = Duration::from_secs(5);

const SUB_AGENTS: usize = 64;

/// Each begins to answer, leaves a process in a session of its own, and hangs.
fn started() -> (World, Running) {
    let hang = [
        Step::Init,
        Step::Answer("Hel".to_owned()),
        Step::Linger { keep_stdout: false },
        Step::Hang,
    ];
    let world = World::faked(&Script::plays(hang));
    world.user_config("limits: { usd: 10, grace: 1s }").repo().commit("first");
    let tasks = (0..SUB_AGENTS).map(|n| format!("task {n}"));
    let args = ["spawn", "--jobs=64", "--no-stagger"].map(str::to_owned);
    let running = world.atlas(args.into_iter().chain(tasks)).spawn();
    (world, running)
}

fn ours(world: &World) -> Vec<Pid> {
    let session = world.session();
    let name = session.file_name().unwrap().to_str().unwrap();
    processes_with(&format!("ATLAS_UNIT={name}/"))
}

/// A process of somebody else's, whose cookie is nearly ours.
fn stranger(world: &World) -> Running {
    let session = world.session();
    let name = session.file_name().unwrap().to_str().unwrap();
    let run = world.program(Path::new("/bin/sleep"), ["600"]);
    run.env("ATLAS_UNIT", format!("{name}x/1/0/1")).spawn()
}

/// Waits until so many have begun, then does this; within seconds nothing of the run is left.
fn check(begun: usize, end: impl Fn(&Running)) {
    let (world, running) = started();
    while world.fake().beside("calls").metadata().is_err()
        || world.fake().starts().iter().filter(|start| start["print"] == true).count() < begun
    {
        std::thread::yield_now();
    }
    let stranger = stranger(&world);
    end(&running);
    let since = Instant::now();
    running.wait();
    for pid in ours(&world) {
        let left = GONE.saturating_sub(since.elapsed());
        assert!(wait_until_gone(pid, left), "{pid:?} lives on, {begun} begun");
    }
    assert_eq!(ours(&world), [], "nothing of ours is left");
    assert!(since.elapsed() < GONE, "{:?}", since.elapsed());
    assert!(!wait_until_gone(stranger.pid(), Duration::ZERO), "a stranger is nobody's to end");
    let folders = world.home().join(".cache/atlas/tasks");
    while std::fs::read_dir(&folders).unwrap().count() > 0 {
        assert!(since.elapsed() < GONE, "folders are left");
        std::thread::yield_now();
    }
    world.expect_valid_journal();
}

#[test]
fn an_interrupt_ends_them_whenever_it_comes() {
    for begun in [1, 17, SUB_AGENTS] {
        check(begun, |running| {
            running.signal(Signal::INT);
        });
    }
}

#[test]
fn a_second_interrupt_ends_them_at_once() {
    check(40, |running| {
        running.signal(Signal::INT).wait_for_stderr("ending what runs").signal(Signal::INT);
    });
}

#[test]
fn they_do_not_outlive_a_killed_atlas() {
    check(SUB_AGENTS, |running| {
        running.signal(Signal::KILL);
    });
}
