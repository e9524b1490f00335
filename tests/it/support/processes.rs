//! Processes found by a cookie in their environment, and waits for their end.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

use super::PATIENCE;

/// The processes whose environment holds a variable that begins with this, such as `ATLAS_UNIT=20`.
///
/// Zombies have no environment any more, and another user's processes are not readable: neither counts.
pub(crate) fn processes_with(cookie_prefix: &str) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").expect("/proc can be listed");
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let marked = pids.filter(|pid: &i32| {
        let environ = environ(*pid);
        environ.split(|byte| *byte == 0).any(|entry| entry.starts_with(cookie_prefix.as_bytes()))
    });
    marked.filter_map(Pid::from_raw).collect()
}

/// The environment of a process; empty where it has ended, or is not ours.
///
/// While a process becomes another program it shows none, so one that does is looked at again.
pub(crate) fn environ(pid: i32) -> Vec<u8> {
    let since = Instant::now();
    loop {
        let environ = read_at_once(&format!("/proc/{pid}/environ")).unwrap_or_default();
        if !environ.is_empty() || !becomes_another(pid) || since.elapsed() > PATIENCE {
            return environ;
        }
        std::thread::yield_now();
    }
}

/// One read sees one program; a second one may see the next.
fn read_at_once(path: &str) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; 1 << 20];
    let read = fs::File::open(path)?.read_at(&mut bytes, 0)?;
    bytes.truncate(read);
    Ok(bytes)
}

/// Whether it has memory, but no place yet for its code: fields 23 and 26 of proc(5).
fn becomes_another(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let field = |number: usize| fields.split(' ').nth(number - 3);
    field(23).is_some_and(|memory| memory != "0") && field(26) == Some("0")
}

/// Waits until this process has ended; false when `timeout` passes first.
pub(crate) fn wait_until_gone(pid: Pid, timeout: Duration) -> bool {
    let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) else {
        return true;
    };
    let timeout = Timespec::try_from(timeout).expect("a test's timeout is short");
    let mut ended = [PollFd::new(&process, PollFlags::IN)];
    poll(&mut ended, Some(&timeout)).expect("a process can be polled") > 0
}

/// Waits until one of these is stopped, as by Ctrl-Z; false when `timeout` passes first. A stopped
/// process stands still once it had its turn, so two that are stopped together do not at once.
pub(crate) fn wait_until_one_stands_still(processes: &[Pid], timeout: Duration) -> bool {
    let since = Instant::now();
    while since.elapsed() < timeout {
        if processes.iter().any(|pid| stands_still(*pid)) {
            return true;
        }
        std::thread::yield_now();
    }
    false
}

fn stands_still(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with('T'))
}

/// Ends the processes that hold this cookie; they cannot refuse.
pub(crate) fn end_processes_with(cookie_prefix: &str) {
    for pid in processes_with(cookie_prefix) {
        // One that ended meanwhile is what we want.
        let _ = kill_process(pid, Signal::KILL);
    }
}
