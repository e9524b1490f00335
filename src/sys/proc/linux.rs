//! `/proc` and pidfds.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    os::{
        fd::OwnedFd,
        unix::fs::{FileExt as _, MetadataExt as _},
    },
    sync::LazyLock,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    process::{Pid, PidfdFlags, Signal, geteuid, pidfd_open, pidfd_send_signal},
};

/// More than the kernel lets a program's arguments and environment be.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// Room for the file of `/proc` that is usual. None of them tells its size, and whoever makes no
/// room for them first reads in a dozen small steps, which a sweep over all processes feels.
const ROOM: usize = 8 * 1024;

/// How long a process is waited for that is just becoming another program, and how often it is
/// looked at. Becoming one takes well under a millisecond, unless the disk is slow or the machine
/// has no time for it; and nobody else is ever waited for.
const EXEC_TIME: Duration = Duration::from_secs(1);
const EXEC_LOOK: Duration = Duration::from_micros(100);

/// A hold on one process: it never comes to mean another one, even when the pid does.
#[derive(Debug)]
pub(crate) struct Handle(OwnedFd);

impl Handle {
    /// Takes hold of what is process `pid` now.
    pub(crate) fn open(pid: u32) -> io::Result<Self> {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(Errno::SRCH)?;
        Ok(Self(pidfd_open(pid, PidfdFlags::empty())?))
    }

    pub(crate) fn signal(&self, signal: Signal) -> io::Result<()> {
        Ok(pidfd_send_signal(&self.0, signal)?)
    }

    /// Waits until all of `handles` have ended, or until `deadline`; says which it was.
    pub(crate) fn wait_all(handles: &[&Self], deadline: Instant) -> io::Result<bool> {
        let mut running: Vec<_> =
            handles.iter().map(|handle| PollFd::new(&handle.0, PollFlags::IN)).collect();
        while !running.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            match poll(&mut running, Some(&timespec(left))) {
                Ok(0) => return Ok(false),
                Ok(_) => running.retain(|handle| handle.revents().is_empty()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}

/// All processes, of whichever user.
pub(crate) fn pids() -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// When the process started, in clock ticks since boot.
pub(crate) fn start_of(pid: u32) -> Option<u64> {
    stat_field(pid, 22)
}

/// Whether the process has ended, also where nobody has taken notice of that yet.
pub(crate) fn has_ended(pid: u32) -> bool {
    stat_field::<char>(pid, 3).is_none_or(|state| matches!(state, 'Z' | 'X' | 'x'))
}

/// The parent's pid.
pub(crate) fn parent_of(pid: u32) -> Option<u32> {
    stat_field(pid, 4)
}

/// Field `number` of `/proc/<pid>/stat`, counted from 1 as in proc(5), from the third on.
fn stat_field<T: std::str::FromStr>(pid: u32, number: usize) -> Option<T> {
    field_of(&read(pid, "stat")?, number)
}

fn field_of<T: std::str::FromStr>(stat: &[u8], number: usize) -> Option<T> {
    // The second field is the program's name in parentheses; it may hold anything, `) ` too.
    let name_end = stat.iter().rposition(|byte| *byte == b')')?;
    let rest = std::str::from_utf8(&stat[name_end + 1..]).ok()?;
    rest.split_ascii_whitespace().nth(number.checked_sub(3)?)?.parse().ok()
}

/// The environment the process was started with: `NAME=value` pairs with a NUL after each. That of
/// another user's process is not read.
///
/// Whose it is is asked of the open file: most of those of others, and all of the kernel's own,
/// cannot even be opened, and a sweep over all processes feels each question.
///
/// While a process becomes another program it shows none, although it has one before and after: of
/// 200,000 looks at a shell that did nothing else, 11,511 read nothing. Whoever believed them would
/// let a process go that a sweep has to find, so it is looked at again.
pub(crate) fn environ(pid: u32) -> Option<Vec<u8>> {
    let deadline = Instant::now() + EXEC_TIME;
    loop {
        let file = open(pid, "environ")?;
        if file.metadata().ok()?.uid() != geteuid().as_raw() {
            return None;
        }
        let bytes = read_at_once(&file)?;
        if !bytes.is_empty() || has_no_environment(pid) || Instant::now() >= deadline {
            return Some(bytes);
        }
        // Nothing tells of it, so it is looked at again after a moment.
        let _moment_over = poll(&mut [], Some(&timespec(EXEC_LOOK)));
    }
}

/// What an open `environ` holds, by one call: the program that it belongs to may be another one at
/// the next, which would then end what was read.
fn read_at_once(file: &File) -> Option<Vec<u8>> {
    let mut bytes = vec![0; ROOM];
    loop {
        let read = file.read_at(&mut bytes, 0).ok()?;
        if read < bytes.len() || bytes.len() as u64 >= MAX_BYTES {
            bytes.truncate(read);
            return Some(bytes);
        }
        bytes.resize(bytes.len() * 4, 0);
    }
}

/// Whether process `pid` has ended, or is one that was started without any variable. One that
/// becomes another program has its memory already, but Linux tells where its code lies only when
/// the place of its environment is told too.
fn has_no_environment(pid: u32) -> bool {
    /// Where the code begins; a system that never tells it tells nothing of who becomes what.
    const CODE: usize = 26;
    static TELLS: LazyLock<bool> =
        LazyLock::new(|| stat_field(std::process::id(), CODE).is_some_and(|code: u64| code > 0));
    let Some(stat) = read(pid, "stat").filter(|_| *TELLS) else {
        return true;
    };
    let [memory, code, begin, end] = [23, CODE, 50, 51].map(|number| field_of(&stat, number));
    memory.is_none_or(|bytes: u64| bytes == 0) || (code != Some(0) && begin == end)
}

fn read(pid: u32, name: &str) -> Option<Vec<u8>> {
    read_all(open(pid, name)?)
}

fn open(pid: u32, name: &str) -> Option<File> {
    File::open(format!("/proc/{pid}/{name}")).ok()
}

fn read_all(file: File) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(ROOM);
    file.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::process;

    use super::*;

    #[test]
    fn fields_are_counted_after_the_name() {
        let stat = b"42 (a) b (c)) S 7 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 11 12";
        assert_eq!(field_of(stat, 4), Some(7_u32));
        assert_eq!(field_of(stat, 22), Some(98_765_u64));
        for broken in [&b""[..], b"42 (x", b"42 (x) S", b"42 (x) S y"] {
            assert_eq!(field_of::<u32>(broken, 4), None, "{broken:?}");
        }
    }

    #[test]
    fn this_process_is_known() {
        let me = std::process::id();
        assert!(pids().contains(&me));
        assert!(start_of(me).is_some_and(|ticks| ticks > 0));
        assert_eq!(parent_of(me), Some(std::os::unix::process::parent_id()));
        assert!(
            environ(me).unwrap().windows(6).any(|part| part == b"\0PATH=" || part == b"PATH=/")
        );
        assert_eq!((start_of(0), parent_of(u32::MAX), environ(u32::MAX)), (None, None, None));
        assert!(Handle::open(0).is_err() && Handle::open(u32::MAX).is_err());
    }

    /// A child that is ended with the test, also with one that fails.
    struct Child(process::Child);

    impl Child {
        fn start(command: &mut process::Command) -> Self {
            Self(command.stdin(process::Stdio::null()).spawn().unwrap())
        }
    }

    impl Drop for Child {
        fn drop(&mut self) {
            let _ended = self.0.kill();
            let _gone = self.0.wait();
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a process as anybody starts one, not a unit of ours"
    )]
    fn program(path: &str) -> process::Command {
        process::Command::new(path)
    }

    fn wait_until(holds: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !holds() {
            assert!(Instant::now() < deadline, "it never comes to hold");
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_process_that_becomes_another_program_again_and_again_shows_its_environment() {
        let script = "exec sh -c \"$0\" \"$0\"";
        // More than the room that is made at first.
        let filling = "x".repeat(3 * ROOM);
        let mut command = program("/bin/sh");
        command.args(["-c", script, script]).env_clear();
        command.env("PATH", "/usr/bin:/bin").env("FILLING", &filling).env("UNIT", "s/1");
        let child = Child::start(&mut command);
        // Until it is another program for the first time, it is this one.
        let exe = format!("/proc/{}/exe", child.0.id());
        let own = fs::read_link("/proc/self/exe").unwrap();
        wait_until(|| fs::read_link(&exe).is_ok_and(|exe| exe != own));
        for look in 0..5_000 {
            let bytes = environ(child.0.id()).unwrap();
            let has = |wanted: &[u8]| bytes.split(|byte| *byte == 0).any(|part| part == wanted);
            assert!(has(b"UNIT=s/1"), "look {look}: {} bytes", bytes.len());
            assert!(has(format!("FILLING={filling}").as_bytes()), "look {look}");
        }
    }

    #[test]
    fn one_without_an_environment_and_one_that_has_ended_are_not_waited_for() {
        let bare = Child::start(program("/bin/sleep").arg("600").env_clear());
        let mut ended = Child::start(&mut program("/bin/true"));
        let handle = Handle::open(ended.0.id()).unwrap();
        assert!(Handle::wait_all(&[&handle], Instant::now() + Duration::from_secs(20)).unwrap());
        // One that has variables never gets there.
        wait_until(|| has_no_environment(bare.0.id()));
        for child in [&bare, &ended] {
            assert!(has_no_environment(child.0.id()), "{:?}", child.0);
            assert_eq!(environ(child.0.id()).unwrap_or_default(), b"");
        }
        assert!(ended.0.wait().unwrap().success());
        assert!(has_no_environment(ended.0.id()));
        assert!(!has_no_environment(std::process::id()));
    }
}
