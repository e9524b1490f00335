//! Faults of the machine, and of people who work beside atlas.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;

use super::break_off;
use crate::support::files;
use crate::support::torture::{Chance, Stage, injected, still_runs_after, strace};

/// What may come of a disk that fails: the run stopped, or what failed did not matter.
fn settle_after(stage: &Stage, code: Option<i32>, told: &str) -> Result<(), String> {
    match code {
        Some(0 | 1 | 2 | 8) => stage.settle(&[stage.look()], 1),
        code => Err(format!("I6: {code:?}\n{told}")),
    }
}

pub(super) fn disk_full(stage: &Stage, seed: u64) -> Result<(), String> {
    // A limit in blocks of 512 bytes; the signal that comes with it is ignored by whom it reaches,
    // so that writes fail as on a full disk.
    let most = seed + 1;
    let limited = format!("trap '' XFSZ; ulimit -f {most}; exec \"$0\" \"$@\"");
    let ended = stage.run().under(Path::new("/bin/sh"), ["-c", &limited]).run();
    settle_after(stage, ended.code, &ended.stderr).map_err(|why| format!("{most} blocks: {why}"))
}

pub(super) fn disk_fails(stage: &Stage, seed: u64) -> Result<(), String> {
    const CALLS: [&str; 3] = ["fdatasync", "fsync", "/^rename"];
    let strace = strace().ok_or("strace is needed")?;
    let call = CALLS[usize::try_from(seed % 3).expect("less than three")];
    let ended = injected(stage.run(), strace, (call, seed / 3 + 1, "error=EIO")).run();
    settle_after(stage, ended.code, &ended.stderr).map_err(|why| format!("{call}: {why}"))
}

pub(super) fn few_files(stage: &Stage, seed: u64) -> Result<(), String> {
    let most = 8 + seed * 8;
    let limited = format!("ulimit -n {most}; exec \"$0\" \"$@\"");
    let ended = stage.run().under(Path::new("/bin/sh"), ["-c", &limited]).run();
    settle_after(stage, ended.code, &ended.stderr).map_err(|why| format!("{most} files: {why}"))
}

/// A session that is not there any more is never written elsewhere, and a new run begins.
pub(super) fn session_gone(stage: &Stage, seed: u64) -> Result<(), String> {
    let elsewhere = stage.world().root().join("elsewhere");
    drop(fs::remove_dir_all(&elsewhere));
    fs::create_dir(&elsewhere).map_err(|error| error.to_string())?;
    let running = stage.run().spawn();
    if still_runs_after(&running, Chance::new(seed).moment(stage.takes))
        && let Some(session) = stage.session()
    {
        let aside = stage.world().root().join("aside");
        drop(fs::remove_dir_all(&aside));
        let moved = fs::rename(&session, &aside);
        if moved.is_ok() && seed.is_multiple_of(2) {
            drop(std::os::unix::fs::symlink(&elsewhere, &session));
        }
    }
    let ended = running.wait();
    if !matches!(ended.code, Some(0 | 1 | 8)) {
        return Err(format!("I6: {:?}\n{}", ended.code, ended.stderr));
    }
    if let Some(Ok(written)) = fs::read_dir(&elsewhere).ok().and_then(|mut it| it.next()) {
        return Err(format!("{} was written where a link led", written.path().display()));
    }
    stage.clear();
    let again = stage.run().run();
    if again.code == Some(0) { Ok(()) } else { Err(format!("I8: {}", again.stderr)) }
}

/// Of several that want one session, or one tree, one gets it; the others say so at once.
pub(super) fn at_once(stage: &Stage, seed: u64) -> Result<(), String> {
    let known = if seed.is_multiple_of(2) {
        let known = break_off(stage, &mut Chance::new(seed));
        let resumes: Vec<_> = (0..2).map(|_| stage.resume().spawn()).collect();
        let codes: Vec<_> = resumes.into_iter().map(|running| running.wait().code).collect();
        if codes.iter().any(|code| !matches!(code, Some(0 | 2 | 10))) {
            return Err(format!("I6: {codes:?}"));
        }
        vec![known]
    } else {
        let runs: Vec<_> = (0..8).map(|_| stage.run().spawn()).collect();
        let ended: Vec<_> = runs.into_iter().map(|running| running.wait().code).collect();
        let passed = ended.iter().filter(|code| **code == Some(0)).count();
        if passed == 0 || ended.iter().any(|code| !matches!(code, Some(0 | 10))) {
            return Err(format!("I6: {ended:?}"));
        }
        return Ok(());
    };
    stage.settle(&known, 1)
}

pub(super) fn git_states(stage: &Stage, seed: u64) -> Result<(), String> {
    let (git, world) = (stage.world().dir().join(".git"), stage.world());
    let repo = world.repo();
    let odd = world.dir().join("\u{e4} \"quoted\"\n.txt");
    match seed % 4 {
        0 => files::write(&git.join("index.lock"), ""),
        1 => drop(repo.git(["checkout", "--quiet", "--detach"])),
        2 => files::write(&git.join("rebase-merge/head-name"), "refs/heads/main\n"),
        _ => files::write(&odd, "odd\n"),
    }
    let known = break_off(stage, &mut Chance::new(seed));
    let settled = stage.settle(&[known], 0);
    drop(fs::remove_file(git.join("index.lock")));
    drop(fs::remove_dir_all(git.join("rebase-merge")));
    drop(fs::remove_file(&odd));
    repo.git(["checkout", "--quiet", "main"]);
    settled.map_err(|why| format!("state {}: {why}", seed % 4))
}

/// What the user did meanwhile stays, and is told.
pub(super) fn edited(stage: &Stage, seed: u64) -> Result<(), String> {
    let mut chance = Chance::new(seed);
    let running = stage.run().spawn();
    let killed = still_runs_after(&running, chance.moment(stage.takes));
    if killed {
        running.signal(Signal::KILL);
    }
    drop(running);
    let theirs = stage.world().dir().join("theirs.txt");
    files::write(&theirs, "mine\n");
    let resumed = stage.resume().deadline(Duration::from_secs(60)).run();
    let kept = fs::read_to_string(&theirs).unwrap_or_default();
    drop(fs::remove_file(&theirs));
    if kept != "mine\n" {
        return Err("an edit of the user's was overwritten".to_owned());
    }
    match resumed.code {
        Some(0) => Ok(()),
        Some(2) if killed => Ok(()),
        code => Err(format!("I6: {code:?}\n{}", resumed.stderr)),
    }
}
