//! The faults, one row each; their names are those of the torture matrix in docs/reliability.md.

mod damage;
mod hangs;
mod machine;
mod swapped;

use std::time::Duration;

use rustix::process::{Signal, kill_process};

use crate::support::fake::{Script, Step};
use crate::support::files;
use crate::support::processes::processes_with;
use crate::support::torture::{
    Chance, Ground, Seen, Stage, call, injected, still_runs_after, strace,
};

/// One fault.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) fault: &'static str,
    /// How many trials it gets where nobody says otherwise.
    pub(crate) trials: u64,
    pub(crate) ground: Ground,
    /// One trial by its seed; why it failed.
    pub(crate) trial: fn(&Stage, u64) -> Result<(), String>,
}

const fn row(
    name: &'static str,
    fault: &'static str,
    trials: u64,
    trial: fn(&Stage, u64) -> Result<(), String>,
) -> Row {
    Row { name, fault, trials, ground: Ground::Tree, trial }
}

const fn in_a_copy(row: Row) -> Row {
    Row { ground: Ground::Copy, ..row }
}

const fn in_branches(row: Row) -> Row {
    Row { ground: Ground::Branches, ..row }
}

const fn in_a_fan_out(row: Row) -> Row {
    Row { ground: Ground::FanOut, ..row }
}

/// All of them, in the order in which they are played.
pub(crate) const ROWS: &[Row] = &[
    row("T1", "SIGKILL at a random time", 1000, killed),
    in_a_copy(row("T1c", "the same, in a worktree", 200, killed)),
    in_branches(row("T1b", "the same, with four branches that write", 200, killed)),
    in_a_fan_out(row("T2", "the same, with sixteen calls at once", 200, killed)),
    row("T3", "SIGKILL at the n-th write, sync, rename, mkdir, unlink", POINTS, killed_at_a_call),
    in_a_copy(row("T3c", "the same, in a worktree", POINTS, killed_at_a_call)),
    in_branches(row("T3b", "the same, with four branches that write", POINTS, killed_at_a_call)),
    in_a_fan_out(row("T3f", "the same, with sixteen calls at once", POINTS, killed_at_a_call)),
    row("T4", "SIGKILL, then SIGKILL at the n-th call of the resume", POINTS, killed_twice),
    row("T5", "power cut after the n-th event, what was not synced lost", 120, damage::power_cut),
    row("T6", "INT, TERM, HUP or QUIT at a random time", 200, signalled),
    row("T7", "INT twice", 100, interrupted_twice),
    row("T8", "TSTP and CONT at random times", 50, stopped_and_continued),
    row("T9", "SIGKILL of claude at a random time", 200, claude_killed),
    row("T10", "claude ends without a result", 20, no_result),
    row("T11", "claude hangs before, in or after its answer", 30, hangs::hangs),
    row("T12", "claude leaves a process in a session of its own", 40, leaked),
    row("T15", "no file may grow beyond n half kilobytes", 120, machine::disk_full),
    row("T16", "the disk fails at the n-th sync or rename", 60, machine::disk_fails),
    row("T17", "few files may be open", 30, machine::few_files),
    row("T18", "the session is removed or replaced while it is written", 20, machine::session_gone),
    row("T19", "the kernel has no memory left for the run", 40, hangs::out_of_memory),
    row("T20", "journal cut at, or changed in, every byte", 1, damage::every_byte),
    row("T21", "two resumes at once, eight runs at once", 50, machine::at_once),
    row("T23", "the pid of a dead call is a stranger's now", 20, damage::stranger),
    row("T27", "index.lock, detached HEAD, a rebase under way, odd names", 40, machine::git_states),
    row("T28", "the user edits between kill and resume", 50, machine::edited),
    row("B20", "a trusted `atlas.yaml` is exchanged all the time", 1000, swapped::swapped),
];

/// Breaks a run off at a random time by killing atlas.
fn break_off(stage: &Stage, chance: &mut Chance) -> Seen {
    let running = stage.run().spawn();
    if still_runs_after(&running, chance.moment(stage.takes)) {
        running.signal(Signal::KILL);
    }
    drop(running);
    stage.look()
}

fn killed(stage: &Stage, seed: u64) -> Result<(), String> {
    let known = break_off(stage, &mut Chance::new(seed));
    stage.settle(&[known], 0)
}

/// The system calls that change a disk, as strace names them, and how many of each a thread of a run
/// makes at most, and somewhat more. A run that makes fewer is not disturbed.
const CALLS: [(&str, u64); 6] = [
    ("write", 240),
    ("fdatasync", 24),
    ("fsync", 6),
    ("/^rename", 40),
    ("/^mkdir", 60),
    ("/^unlink", 40),
];

/// How many trials it takes to be killed at each of them.
const POINTS: u64 = 240 + 24 + 6 + 40 + 60 + 40;

/// Which call is meant, and which of them: all of one kind, then all of the next.
fn point(seed: u64) -> (&'static str, u64) {
    let mut left = seed % POINTS;
    for (call, most) in CALLS {
        if left < most {
            return (call, left + 1);
        }
        left -= most;
    }
    unreachable!("there are as many points as calls")
}

fn killed_at_a_call(stage: &Stage, seed: u64) -> Result<(), String> {
    let (call, nth) = point(seed);
    let strace = strace().ok_or("strace is needed")?;
    let ended = injected(stage.run(), strace, (call, nth, "signal=KILL")).run();
    let known = stage.look();
    match ended.code {
        Some(0) => Ok(()),
        _ => stage.settle(&[known], 0).map_err(|why| format!("{call} {nth}: {why}")),
    }
}

fn killed_twice(stage: &Stage, seed: u64) -> Result<(), String> {
    let (call, nth) = point(seed);
    let strace = strace().ok_or("strace is needed")?;
    let first = break_off(stage, &mut Chance::new(seed));
    let again = injected(stage.resume(), strace, (call, nth, "signal=KILL")).run();
    drop(again);
    let second = stage.look();
    stage.settle(&[first, second], 0).map_err(|why| format!("{call} {nth}: {why}"))
}

fn signalled(stage: &Stage, seed: u64) -> Result<(), String> {
    const SIGNALS: [(Signal, i32); 4] =
        [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129), (Signal::QUIT, 131)];
    let (signal, code) = SIGNALS[usize::try_from(seed % 4).expect("less than four")];
    let running = stage.run().spawn();
    if still_runs_after(&running, Chance::new(seed).moment(stage.takes)) {
        running.signal(signal);
    }
    let ended = running.wait();
    // Before it listens to signals, the system ends it by the signal itself.
    if !(ended.code == Some(0) || ended.code == Some(code) || ended.signal.is_some()) {
        return Err(format!("I6: {:?} after {signal:?}\n{}", ended.code, ended.stderr));
    }
    let known = stage.look();
    stage.settle(&[known], 0)
}

fn interrupted_twice(stage: &Stage, seed: u64) -> Result<(), String> {
    let mut chance = Chance::new(seed);
    let running = stage.run().spawn();
    for _ in 0..2 {
        if still_runs_after(&running, chance.moment(stage.takes / 2)) {
            running.signal(Signal::INT);
        }
    }
    let ended = running.wait();
    let polite = matches!(ended.code, Some(0 | 130)) || ended.signal.is_some();
    if !polite {
        return Err(format!("I6: {:?} after two INT\n{}", ended.code, ended.stderr));
    }
    let known = stage.look();
    stage.settle(&[known], 0)
}

/// Nobody is hurt by a pause, so the run ends by itself.
fn stopped_and_continued(stage: &Stage, seed: u64) -> Result<(), String> {
    let mut chance = Chance::new(seed);
    let running = stage.run().spawn();
    for signal in [Signal::TSTP, Signal::CONT] {
        if still_runs_after(&running, chance.moment(stage.takes / 2)) {
            running.signal(signal);
        }
    }
    let ended = running.wait();
    if ended.code != Some(0) {
        return Err(format!("I6: {:?} after a pause\n{}", ended.code, ended.stderr));
    }
    stage.settle(&[], 0)
}

fn claude_killed(stage: &Stage, seed: u64) -> Result<(), String> {
    let running = stage.run().spawn();
    if still_runs_after(&running, Chance::new(seed).moment(stage.takes)) {
        let home = stage.world().cookie();
        for pid in processes_with("ATLAS_UNIT=") {
            let environ = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let ours = environ.split(|byte| *byte == 0).any(|it| it == home.as_bytes());
            if ours && line.windows(7).any(|it| it == b"--print") {
                // One that ended meanwhile is a trial without a fault.
                let _gone = kill_process(pid, Signal::KILL);
            }
        }
    }
    let ended = running.wait();
    let known = stage.look();
    match ended.code {
        Some(0 | 1) => stage.settle(&[known], 1),
        code => Err(format!("I6: {code:?} after claude was killed\n{}", ended.stderr)),
    }
}

/// The first call plays `first`, every later one what calls usually do.
fn with_a_first_call(
    stage: &Stage,
    first: Vec<Step>,
    trial: impl FnOnce() -> Result<(), String>,
) -> Result<(), String> {
    let script = |script: &Script| {
        let json = serde_json::to_vec(script).expect("it is plain data");
        files::write(&stage.world().fake().beside("script.json"), json);
    };
    script(&Script::plays(first).then(call()));
    let ended = trial();
    script(&Script::plays(call()));
    ended
}

fn no_result(stage: &Stage, seed: u64) -> Result<(), String> {
    let code = u8::from(!seed.is_multiple_of(2));
    with_a_first_call(stage, vec![Step::Init, Step::Exit(code)], || {
        let ended = stage.run().run();
        if ended.code != Some(0) {
            return Err(format!("I6: {:?}\n{}", ended.code, ended.stderr));
        }
        stage.settle(&[], 1)
    })
}

fn leaked(stage: &Stage, seed: u64) -> Result<(), String> {
    let mut first = call();
    first.insert(1, Step::Linger { keep_stdout: seed.is_multiple_of(2) });
    with_a_first_call(stage, first, || {
        let running = stage.run().spawn();
        if !seed.is_multiple_of(4) && still_runs_after(&running, Duration::from_millis(seed * 20)) {
            running.signal(Signal::KILL);
        }
        drop(running);
        let known = stage.look();
        stage.settle(&[known], 1)
    })
}
