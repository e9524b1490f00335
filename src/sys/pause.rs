//! Ctrl-Z: atlas and what it started stand still together, and no clock of ours runs meanwhile.
//!
//! A terminal stops atlas alone, because children lead groups of their own; they would go on
//! spending with nobody to watch. So the signal is caught, the groups are stopped first, then this
//! process, and after a CONT everything goes on. How long that took is what [`paused`] tells, and
//! [`sleep_awake`] waits without it.
//!
//! Commands of an agent are sessions of their own and are not stopped; they spend nothing.

use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rustix::process::{Pid, Signal as Kind, getpid, kill_process, kill_process_group};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::{Instant, sleep},
};

use super::signals::is_ignored;

/// SIGTSTP, by its number on Linux; elsewhere it is another.
const STOP_REQUEST: i32 = if cfg!(target_os = "linux") { 20 } else { 18 };

/// What is true of the whole process, as being stopped is.
static PAUSES: Mutex<Pauses> = Mutex::new(Pauses { groups: Vec::new(), total: Duration::ZERO });

/// How often this process stood still. Held from a request to going on: where several runs go on
/// in one process, each hears of the request, and only the first of them obeys it.
static STOPS: Mutex<u64> = Mutex::new(0);

struct Pauses {
    groups: Vec<Pid>,
    total: Duration,
}

/// A group that stands still whenever this process does, until it is dropped.
#[derive(Debug)]
pub(super) struct Member(Pid);

/// Adds the group that `leader` leads.
pub(super) fn join(leader: Pid) -> Member {
    pauses().groups.push(leader);
    Member(leader)
}

impl Drop for Member {
    fn drop(&mut self) {
        pauses().groups.retain(|group| *group != self.0);
    }
}

/// How long this process has been stopped so far.
pub fn paused() -> Duration {
    pauses().total
}

/// Waits so long, not counting the time in which this process is stopped.
pub async fn sleep_awake(duration: Duration) {
    let mut left = duration;
    while !left.is_zero() {
        let before = paused();
        sleep(left).await;
        left = paused().saturating_sub(before);
    }
}

/// Waits until `deadline`, put off by what this process was stopped since `paused_before`.
pub async fn sleep_awake_until(deadline: Instant, paused_before: Duration) {
    let off = paused().saturating_sub(paused_before);
    sleep_awake((deadline + off).saturating_duration_since(Instant::now())).await;
}

/// The stream of requests to stop; `None` where atlas was started with them ignored.
pub(super) fn requests() -> io::Result<Option<Signal>> {
    let kind = SignalKind::from_raw(STOP_REQUEST);
    if is_ignored(kind) { Ok(None) } else { signal(kind).map(Some) }
}

/// Stops with all groups at each request, and goes on with them.
pub(super) async fn obey(mut requests: Signal) {
    let mut known = *stops();
    while requests.recv().await.is_some() {
        let mut stops = stops();
        if *stops != known {
            known = *stops;
            continue;
        }
        *stops += 1;
        known = *stops;
        let since = Instant::now();
        let stopped = pauses().groups.clone();
        for group in &stopped {
            // One that has ended meanwhile has nothing to stop.
            let _gone = kill_process_group(*group, Kind::STOP);
        }
        // Here everything stands still, until somebody sends a CONT.
        let _refused = kill_process(getpid(), Kind::STOP);
        for group in &stopped {
            let _gone = kill_process_group(*group, Kind::CONT);
        }
        pauses().total += since.elapsed();
    }
}

fn stops() -> MutexGuard<'static, u64> {
    STOPS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn pauses() -> MutexGuard<'static, Pauses> {
    // A panic in between leaves a list and a sum, which are as good as before.
    PAUSES.lock().unwrap_or_else(PoisonError::into_inner)
}
