//! Signals to atlas in the middle of a call, and its sudden death.

use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use serde_json::json;

use crate::support::fake::{Script, Step};
use crate::support::meeting::Meeting;
use crate::support::model::{Gate, rule};
use crate::support::processes::{processes_with, wait_until_gone, wait_until_one_stands_still};
use crate::support::programs::Running;
use crate::support::world::World;

/// How long anything may live on after atlas is gone.
const GONE: Duration = Duration::from_secs(5);

/// The processes of the only session's calls and hooks.
fn units(world: &World) -> Vec<Pid> {
    let session = world.session();
    let name = session.file_name().unwrap().to_str().unwrap();
    processes_with(&format!("ATLAS_UNIT={name}/"))
}

/// A run whose model has begun to answer and does not go on.
fn held() -> (World, Gate) {
    let gate = Gate::shut();
    let world = World::scripted([rule().says("Hel").says("lo.").held_after(3, &gate)]);
    world.greet();
    (world, gate)
}

/// Starts a run and waits until the model holds its answer.
fn start_held() -> (World, Running) {
    let (world, gate) = held();
    let running = world.atlas(["run", "greet"]).spawn();
    gate.wait_until_reached();
    (world, running)
}

#[test]
fn a_signal_ends_the_run_and_all_of_it() {
    let rows = [
        (Signal::INT, 130, "SIGINT"),
        (Signal::TERM, 143, "SIGTERM"),
        (Signal::HUP, 129, "SIGHUP"),
        (Signal::QUIT, 131, "SIGQUIT"),
    ];
    for (signal, code, name) in rows {
        let (world, running) = start_held();
        let claude = units(&world);
        assert!(!claude.is_empty(), "claude runs");

        running.signal(signal);
        let output = running.wait().expect_code(code);

        assert!(claude.iter().all(|pid| wait_until_gone(*pid, Duration::ZERO)), "{name}: all gone");
        assert!(units(&world).is_empty());
        assert_eq!(world.model().wait_for_abandoned(1).len(), 1);
        assert_eq!(output.stdout, "");
        assert!(output.stderr.contains(&format!("interrupted by {name}")), "{output}");
        world.expect_valid_journal();
        let last = world.journal().pop().unwrap();
        assert_eq!(
            (&last["type"], &last["status"], &last["exit_code"]),
            (&json!("run_ended"), &json!("interrupted"), &json!(code))
        );
    }
}

#[test]
fn what_an_interrupted_call_cost_is_not_forgotten() {
    let (world, running) = start_held();
    running.signal(Signal::INT);
    running.wait().expect_code(130);
    let ended = &world.events("call_ended")[0];
    let spend = &ended["spend"];
    let known = spend["usd"].as_f64().is_some_and(|usd| usd > 0.0);
    assert!(spend["usd"].is_null() || known, "unknown is null, never 0: {ended:#}");
    assert!(
        spend["tokens"]["input"].as_u64().unwrap_or_default() > 0,
        "tokens are known: {ended:#}"
    );
}

#[test]
fn ctrl_c_at_the_keyboard_reaches_the_whole_group_and_ends_it_once() {
    let (world, running) = start_held();
    running.signal_group(Signal::INT);
    running.wait().expect_code(130);
    assert!(units(&world).is_empty());
    world.expect_valid_journal();
}

#[test]
fn a_second_signal_waits_for_nobody() {
    let meeting = Meeting::new();
    let steps = [Step::Init, Step::Meet(meeting.address()), Step::Hang];
    let world = World::faked(&Script::plays(steps).ignoring_term());
    world.user_config("limits: { grace: 10m }").greet();
    let running = world.atlas(["run", "greet"]).spawn();
    let guest = meeting.wait_for_guest();

    running.signal(Signal::INT).wait_for_stderr("ending what runs").signal(Signal::INT);

    running.wait().expect_code(130);
    assert!(guest.wait_until_dead(GONE), "claude is gone though it ignores SIGTERM");
    world.expect_valid_journal();
    assert_eq!(world.journal().pop().unwrap()["status"], "interrupted");
}

#[test]
fn one_signal_ends_a_claude_that_ignores_it_after_a_grace() {
    let meeting = Meeting::new();
    let steps = [Step::Init, Step::Meet(meeting.address()), Step::Hang];
    let world = World::faked(&Script::plays(steps).ignoring_term());
    world.user_config("limits: { grace: 300ms }").greet();
    let running = world.atlas(["run", "greet"]).spawn();
    let guest = meeting.wait_for_guest();
    running.signal(Signal::TERM);
    running.wait().expect_code(143);
    assert!(guest.wait_until_dead(GONE));
}

#[test]
fn a_signal_ends_a_hook_too() {
    let world = World::faked(&Script::default());
    world.user_config("hooks: { slow: { timing: pre, command: [sleep, '1000'] } }").greet();
    let running = world.atlas(["run", "greet"]).spawn();
    running.wait_for_stderr("greet");
    let mut hook = Vec::new();
    while hook.is_empty() {
        hook = processes_with(&format!("HOME={}", world.home().display()))
            .into_iter()
            .filter(|pid| is_running(*pid, "sleep"))
            .collect();
        std::thread::yield_now();
    }
    running.signal(Signal::TERM);
    running.wait().expect_code(143);
    assert!(hook.into_iter().all(|pid| wait_until_gone(pid, GONE)));
}

/// Whether this process is this program by now.
fn is_running(pid: Pid, program: &str) -> bool {
    let comm = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    comm.trim_end() == program
}

#[test]
fn nothing_of_a_killed_atlas_goes_on_working() {
    let world = World::scripted([
        rule().before_tool_result().calls("Bash", json!({"command": "sleep 1000"})),
        rule().says("never"),
    ]);
    world.greet();
    let running = world.atlas(["run", "greet", "--allow=Bash(sleep *)"]).spawn();
    let mut sleeper = Vec::new();
    while sleeper.is_empty() {
        sleeper = processes_with(&world.cookie())
            .into_iter()
            .filter(|pid| is_running(*pid, "sleep"))
            .collect();
        std::thread::yield_now();
    }
    let claude = units(&world);
    let atlas = running.pid();
    assert!(claude.len() >= 2, "claude and its shell: {claude:?}");

    running.signal(Signal::KILL);

    assert!(wait_until_gone(atlas, GONE));
    for pid in claude.into_iter().chain(sleeper) {
        assert!(wait_until_gone(pid, GONE), "{pid} lives on: {}", command_line(pid));
    }
    // The warden itself goes home as well.
    for pid in processes_with(&world.cookie()) {
        assert!(wait_until_gone(pid, GONE), "{pid} lives on: {}", command_line(pid));
    }
    world.expect_valid_journal();
    assert_eq!(world.event_types().last().map(String::as_str), Some("call_answered"));
}

fn command_line(pid: Pid) -> String {
    let line = std::fs::read(Path::new(&format!("/proc/{pid}/cmdline"))).unwrap_or_default();
    String::from_utf8_lossy(&line).replace('\0', " ")
}

#[test]
fn a_killed_atlas_takes_what_ignores_sigterm_with_it() {
    let meeting = Meeting::new();
    let steps = [
        Step::Init,
        Step::Linger { keep_stdout: false },
        Step::Meet(meeting.address()),
        Step::Hang,
    ];
    let world = World::faked(&Script::plays(steps).ignoring_term());
    world.greet();
    let running = world.atlas(["run", "greet"]).spawn();
    let guest = meeting.wait_for_guest();
    let left = units(&world);
    assert_eq!(left.len(), 2, "claude and what it left behind");

    running.signal(Signal::KILL);

    assert!(guest.wait_until_dead(GONE), "claude is gone");
    assert!(left.into_iter().all(|pid| wait_until_gone(pid, GONE)));
    world.expect_valid_journal();
}

#[test]
fn ctrl_z_stops_claude_too_and_no_clock_runs() {
    let gate = Gate::shut();
    let world = World::scripted([rule().says("Hello.").held_after(3, &gate)]);
    world.user_config("limits: { idle: 6s }").greet();
    let running = world.atlas(["run", "greet"]).spawn();
    gate.wait_until_reached();
    let claude = units(&world);

    running.signal(Signal::TSTP);

    assert!(wait_until_one_stands_still(&[running.pid()], GONE), "atlas stands still");
    assert!(wait_until_one_stands_still(&claude, GONE), "claude stands still as well");
    // Longer than claude may be silent.
    world.program("sleep".as_ref(), ["7"]).run().expect_code(0);
    running.signal(Signal::CONT);
    gate.open();

    let output = running.wait().expect_code(0);
    assert_eq!(output.stdout, "Hello.\n");
}
