//! The short form of the torture suite; `cargo bench --bench torture` is the long one.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::process::Signal;

use crate::support::files;
use crate::support::torture::{Chance, Ground, Stage, injected, still_runs_after, strace};

/// Trials wait more than they work, so several stages go on at once.
const STAGES: usize = 3;

/// Plays so many trials, each with a number as its seed, and fails with all that went wrong.
fn trials(count: u64, ground: Ground, trial: impl Fn(&Stage, u64) -> Result<(), String> + Sync) {
    let next = AtomicU64::new(0);
    let wrong = Mutex::new(Vec::new());
    let one_stage = || {
        let stage = Stage::new(ground);
        let numbers = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)));
        for seed in numbers.take_while(|n| *n < count) {
            if let Err(why) = trial(&stage, seed) {
                wrong.lock().unwrap().push(format!("seed {seed}: {why}"));
            }
            stage.clear();
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..STAGES {
            scope.spawn(one_stage);
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {count} trials:\n{}", wrong.len(), wrong.join("\n\n"));
}

/// One trial of a kill at any moment.
fn killed(stage: &Stage, seed: u64) -> Result<(), String> {
    let moment = Chance::new(seed).moment(stage.takes);
    let running = stage.run().spawn();
    if still_runs_after(&running, moment) {
        running.signal(Signal::KILL);
    }
    drop(running);
    let known = stage.look();
    stage.settle(&[known], 0)
}

/// T1: atlas is killed at any moment of a chain of eight steps.
#[test]
fn a_run_survives_a_kill_at_any_moment() {
    trials(100, Ground::Tree, killed);
}

/// T1b: the same, while branches write on copies of the tree and are merged.
#[test]
fn branches_that_write_survive_a_kill_at_any_moment() {
    trials(30, Ground::Branches, killed);
}

/// T2: the same, while sixteen calls go on side by side.
#[test]
fn a_fan_out_survives_a_kill_at_any_moment() {
    trials(50, Ground::FanOut, killed);
}

/// What a session's folder is written with.
const WRITING: [&str; 6] = ["write", "fdatasync", "fsync", "/^rename", "/^mkdir", "/^unlink"];

/// T3: atlas is killed at its n-th write, sync, rename or unlink, whatever is under way then.
#[test]
fn a_run_survives_a_kill_at_its_system_calls() {
    let Some(strace) = strace() else { return };
    // The first calls stand closest together in what they mean; later ones are alike.
    let points: Vec<(&str, u64)> = WRITING
        .iter()
        .flat_map(|syscall| [1, 2, 3, 5, 8, 13, 21, 34].map(|nth| (*syscall, nth)))
        .collect();
    let count = points.len() as u64;
    let hits = Mutex::new(BTreeMap::new());
    // A copy adds calls of its own before and after; in between it is the same code.
    for (ground, step) in [(Ground::Tree, 1), (Ground::Copy, 2)] {
        trials(count / step, ground, |stage, n| {
            let (syscall, nth) = points[usize::try_from(n * step).unwrap()];
            let killed = injected(stage.run(), strace, (syscall, nth, "signal=KILL"));
            let output = killed.run();
            let seen = stage.look();
            if output.code == Some(0) {
                // It never came so far.
                return Ok(());
            }
            *hits.lock().unwrap().entry(syscall).or_insert(0) += 1;
            stage.settle(&[seen], 0).map_err(|why| format!("{syscall} {nth}: {why}"))
        });
    }
    let hits = hits.into_inner().unwrap();
    assert!(WRITING.iter().all(|syscall| hits.contains_key(syscall)), "{hits:?}");
}

/// T28: what the user does between a kill and the resume stays.
#[test]
fn what_the_user_does_meanwhile_is_never_overwritten() {
    trials(10, Ground::Tree, |stage, seed| {
        let running = stage.run().spawn();
        // The second half, in which there is a session to go on with, as a rule.
        let moment = stage.takes / 2 + Chance::new(seed).moment(stage.takes / 2);
        if still_runs_after(&running, moment) {
            running.signal(Signal::KILL);
        }
        drop(running);
        let theirs = stage.world().dir().join("theirs.txt");
        files::write(&theirs, "mine\n");
        let gone_on = stage.go_on();
        let kept = files::read(&theirs);
        std::fs::remove_file(&theirs).unwrap();
        match (gone_on, kept.as_str()) {
            (Ok(_), "mine\n") => Ok(()),
            (Ok(output), kept) => Err(format!("{kept:?}\n{}", output.stderr)),
            (Err(why), kept) => Err(format!("{kept:?}, {why}")),
        }
    });
}
