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
    sync::Mutex as AsyncMutex,
    time::{Instant, sleep},
};

use super::signals::is_ignored;

/// What is true of the whole process, as being stopped is.
static PAUSES: Mutex<Pauses> =
    Mutex::new(Pauses { groups: Vec::new(), total: Duration::ZERO, since: None });

/// How often this process stood still. Held from a request to going on: where several runs go on
/// in one process, each hears of the request, and only the first of them obeys it.
static STOPS: AsyncMutex<u64> = AsyncMutex::const_new(0);

struct Pauses {
    groups: Vec<Pid>,
    total: Duration,
    /// When everything was stopped that has not been told to go on.
    since: Option<Instant>,
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

/// How long this process has been stopped so far. A clock that ran out meanwhile may ask before
/// the groups go on, so a pause counts from its beginning.
pub fn paused() -> Duration {
    let pauses = pauses();
    pauses.total + pauses.since.map_or(Duration::ZERO, |since| since.elapsed())
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
    let kind = SignalKind::from_raw(Kind::TSTP.as_raw());
    if is_ignored(kind) { Ok(None) } else { signal(kind).map(Some) }
}

/// Stops with all groups at each request, and goes on with them.
pub(super) async fn obey(mut requests: Signal) {
    let mut known = *STOPS.lock().await;
    while requests.recv().await.is_some() {
        let mut stops = STOPS.lock().await;
        if *stops == known {
            *stops += 1;
            stand_still().await;
        }
        known = *stops;
    }
}

/// Stops all groups and this process, until somebody sends a CONT.
///
/// A STOP to the whole process is taken by its first thread. Where this is another one, it runs on
/// for a moment, so the CONT is waited for: without that, the groups would go on at once.
async fn stand_still() {
    let continued = signal(SignalKind::from_raw(Kind::CONT.as_raw()));
    let _goes_on = Stopped::all();
    let _refused = kill_process(getpid(), Kind::STOP);
    if let Ok(mut continued) = continued {
        continued.recv().await;
    }
}

/// The groups that stand still. They go on when it is dropped, which is also when whoever waits
/// for the CONT is no longer needed: another run in this process may still need its groups.
struct Stopped(Vec<Pid>);

impl Stopped {
    fn all() -> Self {
        let mut pauses = pauses();
        pauses.since = Some(Instant::now());
        let stopped = Self(pauses.groups.clone());
        drop(pauses);
        stopped.send(Kind::STOP);
        stopped
    }

    fn send(&self, signal: Kind) {
        for group in &self.0 {
            // One that has ended meanwhile has nothing to stop.
            let _gone = kill_process_group(*group, signal);
        }
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        self.send(Kind::CONT);
        let mut pauses = pauses();
        let since = pauses.since.take();
        pauses.total += since.map_or(Duration::ZERO, |since| since.elapsed());
    }
}

fn pauses() -> MutexGuard<'static, Pauses> {
    // A panic in between leaves a list and a sum, which are as good as before.
    PAUSES.lock().unwrap_or_else(PoisonError::into_inner)
}
