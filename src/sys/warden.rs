//! The process that ends what atlas started when atlas itself was killed.
//!
//! After SIGKILL nothing of atlas runs any more, but claude goes on under process 1 and spends.
//! So every run starts one tiny watcher, `atlas __warden`, in a session of its own that no Ctrl-C
//! reaches. It holds one end of a socket and learns each process group and its cookie. When the
//! socket closes without a word, it ends them all: TERM, [`GRACE`], KILL, and a sweep, within
//! [`WITHIN`].
//!
//! It can also hold the locks of the run, so that nobody takes up the session or the working
//! tree while something of the killed run still writes there.
//!
//! Last it removes the folders that were not to outlive the run, since they hold keys.
//!
//! The lines are `run <cookie>`, `+ <pid> <start> <cookie>`, `- <pid>`, `remove <folder>` and
//! `done`.

use std::{
    collections::BTreeMap,
    io::{self, BufRead as _, BufReader, Read},
    path::PathBuf,
    time::{Duration, Instant},
};

use rustix::process::{Pid, kill_process_group, setsid};
use tokio::signal::unix::{SignalKind, signal};

use crate::sys::{
    proc::Handle,
    process::{ProcessId, Signal},
    sweep::{self, Cookie},
};

mod client;

pub use client::{Holds, Warden};

/// The hidden command of atlas that has to call [`serve`].
pub const COMMAND: &str = "__warden";

/// From TERM to KILL.
pub const GRACE: Duration = Duration::from_secs(3);

/// From the death of atlas to that of all it started.
pub const WITHIN: Duration = Duration::from_secs(5);

/// The longest line that is believed.
const LINE_BYTES: u64 = 64 * 1024;

/// What the warden says once, when no signal can end it any more.
const READY: &[u8] = b"\n";

/// The body of `atlas __warden`: leaves the terminal, says so on its stdin, which is a socket,
/// and watches until atlas is done or gone.
pub fn serve() -> io::Result<()> {
    use std::{io::Write as _, os::fd::AsFd as _};
    detach()?;
    let stdin = io::stdin();
    let mut socket = std::fs::File::from(stdin.as_fd().try_clone_to_owned()?);
    socket.write_all(READY)?;
    watch(socket);
    Ok(())
}

/// Reads what atlas says until it is done or gone. In the latter case ends all that is left of
/// it, and returns the leaders of groups and the carriers of cookies that it ended.
pub fn watch(input: impl Read) -> Vec<ProcessId> {
    let mut known = Known::default();
    let mut input = BufReader::new(input);
    loop {
        let mut line = Vec::new();
        // A broken pipe is as good as a closed one. Half a line is no line.
        match (&mut input).take(LINE_BYTES).read_until(b'\n', &mut line) {
            Ok(1..) if line.ends_with(b"\n") => {}
            Ok(_) | Err(_) => return known.end(),
        }
        let text = String::from_utf8_lossy(&line[..line.len() - 1]);
        if text == "done" {
            return Vec::new();
        }
        known.learn(&text);
    }
}

fn detach() -> io::Result<()> {
    // Refused only to the leader of a group, and then a terminal does not reach it either.
    let _leader = setsid();
    std::env::set_current_dir("/")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let _entered = runtime.enter();
    for kind in
        [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup(), SignalKind::quit()]
    {
        // A handler that was set once stays for the life of the process; nobody has to listen.
        drop(signal(kind)?);
    }
    Ok(())
}

#[derive(Debug, Default)]
struct Known {
    groups: BTreeMap<u32, (ProcessId, Cookie)>,
    run: Vec<Cookie>,
    folders: Vec<PathBuf>,
}

impl Known {
    /// Takes in one line. One that is not understood comes from a newer atlas and is passed over.
    fn learn(&mut self, line: &str) {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("+"), Some(pid), Some(start), Some(cookie)) => {
                if let Ok(pid) = pid.parse() {
                    let id = ProcessId { pid, start: start.parse().ok() };
                    self.groups.insert(pid, (id, Cookie::Exact(cookie.to_owned())));
                }
            }
            (Some("-"), Some(pid), None, None) => {
                if let Ok(pid) = pid.parse::<u32>() {
                    self.groups.remove(&pid);
                }
            }
            _ => {
                let cookie = line.strip_prefix("run ");
                self.run.extend(cookie.map(|cookie| Cookie::Under(cookie.to_owned())));
                self.folders.extend(line.strip_prefix("remove ").map(PathBuf::from));
            }
        }
    }

    fn end(self) -> Vec<ProcessId> {
        let deadline = Instant::now() + GRACE;
        let mut cookies = self.run;
        cookies.extend(self.groups.values().map(|(_, cookie)| cookie.clone()));
        let mut asked: Vec<_> = self
            .groups
            .values()
            .filter_map(|(id, _)| Some((*id, signal_group(*id, Signal::TERM)?)))
            .collect();
        let leaders = asked.len();
        asked.extend(sweep::signal_all(&cookies, Signal::TERM));
        sweep::wait(&asked, deadline);
        for (id, _) in &asked[..leaders] {
            signal_group(*id, Signal::KILL);
        }
        let mut found = Vec::new();
        sweep::add(&mut found, asked.into_iter().map(|(id, _)| id));
        sweep::add(&mut found, sweep::kill_all(&cookies));
        for folder in &self.folders {
            // Nearly always it is gone already, with the call that it was for.
            let _gone = std::fs::remove_dir_all(folder);
        }
        found
    }
}

/// Signals the group that `id` leads, if the leader still is that process.
///
/// Of a group whose leader is gone only the cookies tell, because the pid may be another's.
fn signal_group(id: ProcessId, signal: Signal) -> Option<Handle> {
    let handle = Handle::open(id.pid).ok()?;
    let known = id.start.is_some() || cfg!(not(target_os = "linux"));
    if !known || ProcessId::of(id.pid) != id {
        return None;
    }
    let group = Pid::from_raw(id.pid.cast_signed())?;
    kill_process_group(group, signal).ok()?;
    if signal == Signal::TERM {
        // Those that are stopped hear a TERM only when they go on.
        let _gone = kill_process_group(group, Signal::CONT);
    }
    Some(handle)
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
