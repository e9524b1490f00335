//! Finds and ends what left its process group.
//!
//! Each command that claude runs is a session of its own, so a signal to claude's group does not
//! reach it. What it cannot easily shed is the environment it was started with: every unit of
//! atlas has a cookie there, and a sweep looks for it in `/proc/*/environ`.
//!
//! No stranger is ever ended. A process is held by a pidfd first, then its start time and its
//! cookie are looked at again, and only then it gets a signal, by that pidfd. This process and
//! those above it are never touched, and those of other users are not even looked at.
//!
//! Without `/proc` nothing is found. A process that writes over its own environment, as some
//! servers do to show a title, is not found either.

use std::time::{Duration, Instant};

use crate::sys::{
    proc::{self, Handle},
    process::{ProcessId, Signal},
};

/// The environment variable that holds a unit's cookie.
pub const COOKIE: &str = "ATLAS_UNIT";

/// How long killed processes are waited for, in each round and in all.
const KILL_ROUND: Duration = Duration::from_millis(500);
const KILL_TIME: Duration = Duration::from_secs(2);

/// Which values of [`COOKIE`] are meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Cookie {
    /// This value alone.
    Exact(String),
    /// This value and all that go on with a slash after it.
    Under(String),
}

impl Cookie {
    fn matches(&self, value: &[u8]) -> bool {
        match self {
            Self::Exact(wanted) => !wanted.is_empty() && value == wanted.as_bytes(),
            Self::Under(above) => {
                let above = above.trim_end_matches('/').as_bytes();
                let rest = value.strip_prefix(above).filter(|_| !above.is_empty());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
            }
        }
    }
}

/// How often processes are listed at most because some were gone before they were looked at.
const LISTS: u32 = 4;

/// The processes that carry one of `cookies`.
///
/// One pass over all processes, as a rule. A process that is listed and has ended before it is looked
/// at may have left another, which is in no list yet. Where everything under a name is meant, nothing
/// comes after that would find it, so the processes are listed once more.
pub fn find(cookies: &[Cookie]) -> Vec<ProcessId> {
    let lists = match cookies {
        [] => return Vec::new(),
        _ if cookies.iter().any(|cookie| matches!(cookie, Cookie::Under(_))) => LISTS,
        _ => 1,
    };
    for _ in 1..lists {
        let (found, has_ended) = look(cookies);
        if !found.is_empty() || !has_ended {
            return found;
        }
    }
    look(cookies).0
}

/// One pass, and whether a process that had been listed ended before it was looked at.
fn look(cookies: &[Cookie]) -> (Vec<ProcessId>, bool) {
    let kin = kin();
    let (mut found, mut has_ended) = (Vec::new(), false);
    for pid in proc::pids().into_iter().filter(|pid| !kin.contains(pid)) {
        match proc::environ(pid) {
            Some(environ) if holds(&environ, cookies) => {
                let id = ProcessId::of(pid);
                has_ended |= id.start.is_none();
                found.extend(id.start.is_some().then_some(id));
            }
            Some(environ) if !environ.is_empty() => {}
            // That of somebody else, or of a process that was started without one, says nothing.
            Some(_) | None => has_ended |= proc::has_ended(pid),
        }
    }
    (found, has_ended)
}

/// Sends `signal` to the process `found`, if it still is that one and carries one of `cookies`.
///
/// Says whether it was sent.
pub fn end(found: &ProcessId, cookies: &[Cookie], signal: Signal) -> bool {
    hold(found, cookies).is_some_and(|handle| send(&handle, signal))
}

/// Ends all processes that carry one of `cookies`: TERM, up to `grace`, KILL. Without a grace
/// they are killed at once.
///
/// Returns those it found. Blocks for the grace and two seconds at most, much less as a rule; in
/// an async function call it through `tokio::task::spawn_blocking`.
pub fn sweep(cookies: &[Cookie], grace: Duration) -> Vec<ProcessId> {
    let mut found = Vec::new();
    if !grace.is_zero() {
        let asked = signal_all(cookies, Signal::TERM);
        wait(&asked, Instant::now() + grace);
        found.extend(asked.into_iter().map(|(id, _)| id));
        if found.is_empty() {
            return found;
        }
    }
    add(&mut found, kill_all(cookies));
    found
}

/// Adds to `all` what is not in it.
pub(super) fn add(all: &mut Vec<ProcessId>, more: impl IntoIterator<Item = ProcessId>) {
    for id in more {
        if !all.contains(&id) {
            all.push(id);
        }
    }
}

/// Signals all that carry one of `cookies`; returns those that it was sent to.
pub(super) fn signal_all(cookies: &[Cookie], signal: Signal) -> Vec<(ProcessId, Handle)> {
    let held = find(cookies).into_iter().filter_map(|id| Some((id, hold(&id, cookies)?)));
    held.filter(|(_, handle)| send(handle, signal)).collect()
}

/// Kills until nothing is found any more: what is killed may have started others meanwhile.
pub(super) fn kill_all(cookies: &[Cookie]) -> Vec<ProcessId> {
    let deadline = Instant::now() + KILL_TIME;
    let mut all = Vec::new();
    loop {
        let killed = signal_all(cookies, Signal::KILL);
        if killed.is_empty() || Instant::now() > deadline {
            return all;
        }
        wait(&killed, deadline.min(Instant::now() + KILL_ROUND));
        add(&mut all, killed.into_iter().map(|(id, _)| id));
    }
}

/// Waits until all of `held` have ended, or until `deadline`.
pub(super) fn wait(held: &[(ProcessId, Handle)], deadline: Instant) {
    let handles: Vec<_> = held.iter().map(|(_, handle)| handle).collect();
    // Whoever is not gone by then, or cannot be waited for, is killed next anyhow.
    let _all_gone = Handle::wait_all(&handles, deadline);
}

/// A handle to the process `id`, if it is the one meant. What is checked is what is held,
/// because it is held first.
fn hold(id: &ProcessId, cookies: &[Cookie]) -> Option<Handle> {
    let handle = Handle::open(id.pid).ok()?;
    let same = id.start.is_some() && ProcessId::of(id.pid) == *id;
    (same && !kin().contains(&id.pid) && carries(id.pid, cookies)).then_some(handle)
}

fn send(handle: &Handle, signal: Signal) -> bool {
    let sent = handle.signal(signal).is_ok();
    if sent && signal == Signal::TERM {
        // One that is stopped hears a TERM only when it goes on. It may be gone by now.
        let _gone = handle.signal(Signal::CONT);
    }
    sent
}

fn carries(pid: u32, cookies: &[Cookie]) -> bool {
    proc::environ(pid).is_some_and(|environ| holds(&environ, cookies))
}

fn holds(environ: &[u8], cookies: &[Cookie]) -> bool {
    environ.split(|byte| *byte == 0).any(|variable| {
        let value = variable.strip_prefix(COOKIE.as_bytes());
        let value = value.and_then(|rest| rest.strip_prefix(b"="));
        value.is_some_and(|value| cookies.iter().any(|cookie| cookie.matches(value)))
    })
}

/// This process and those above it.
fn kin() -> Vec<u32> {
    let mut kin = vec![std::process::id()];
    while let Some(parent) = kin.last().and_then(|pid| proc::parent_of(*pid)) {
        if parent == 0 || kin.contains(&parent) {
            break;
        }
        kin.push(parent);
    }
    kin
}

#[cfg(test)]
#[cfg(target_os = "linux")]
pub(crate) mod tests;
