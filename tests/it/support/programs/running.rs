//! A program under way: it can be signalled by its exact id, and never outlives the test.

use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::retry_on_intr;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid,
};

use super::pipe::Pipe;
use super::{Output, Run};
use crate::support::files;

/// A started program, the leader of its own process group.
pub(crate) struct Running {
    child: Child,
    name: String,
    stdout: Pipe,
    stderr: Pipe,
    exited: Receiver<()>,
    started: Instant,
    deadline: Duration,
}

impl Running {
    #[track_caller]
    pub(super) fn start(run: &Run) -> Self {
        let stdin = if run.stdin.is_some() { Stdio::piped() } else { Stdio::null() };
        let mut child = run
            .command()
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("start {}: {e}", run.program.display()));
        if let (Some(mut pipe), Some(text)) = (child.stdin.take(), run.stdin.clone()) {
            // A program may end without reading: a broken pipe is not the test's business.
            thread::spawn(move || drop(pipe.write_all(&text)));
        }
        Self {
            name: format!("{} {:?}", run.program.display(), run.args),
            stdout: Pipe::drain(child.stdout.take().expect("stdout was piped")),
            stderr: Pipe::drain(child.stderr.take().expect("stderr was piped")),
            exited: watch_exit(pid_of(&child)),
            child,
            started: Instant::now(),
            deadline: run.deadline,
        }
    }

    /// The process id, which is also the id of its group.
    pub(crate) fn pid(&self) -> Pid {
        pid_of(&self.child)
    }

    /// The most memory it has held so far, in KiB; it must not have ended.
    #[track_caller]
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = files::read(Path::new(&format!("/proc/{}/status", self.pid())));
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|value| value.trim().strip_suffix(" kB")?.parse().ok());
        peak.unwrap_or_else(|| panic!("{} has ended\n{}", self.name, self.so_far()))
    }

    /// Sends a signal to this one process.
    #[track_caller]
    pub(crate) fn signal(&self, signal: Signal) -> &Self {
        kill_process(self.pid(), signal).expect("the program still runs");
        self
    }

    /// Sends a signal to its whole group, as a terminal does on Ctrl-C.
    #[track_caller]
    pub(crate) fn signal_group(&self, signal: Signal) -> &Self {
        kill_process_group(self.pid(), signal).expect("the program still runs");
        self
    }

    /// Waits until its stdout holds `needle`.
    #[track_caller]
    pub(crate) fn wait_for_stdout(&self, needle: &str) -> &Self {
        let seen = self.stdout.wait_for(needle, self.left());
        assert!(seen, "{} never wrote {needle:?}\n{}", self.name, self.so_far());
        self
    }

    /// Waits until its stderr holds `needle`.
    #[track_caller]
    pub(crate) fn wait_for_stderr(&self, needle: &str) -> &Self {
        let seen = self.stderr.wait_for(needle, self.left());
        assert!(seen, "{} never wrote {needle:?}\n{}", self.name, self.so_far());
        self
    }

    /// Waits for its end and for the end of its output; fails the test at the deadline.
    #[track_caller]
    pub(crate) fn wait(mut self) -> Output {
        let ended = self.exited.recv_timeout(self.left()).is_ok();
        assert!(ended, "{} hangs\n{}", self.name, self.so_far());
        for pipe in [&self.stdout, &self.stderr] {
            let closed = pipe.wait_for_end(self.left());
            assert!(closed, "{} left a process on its output\n{}", self.name, self.so_far());
        }
        let status = self.child.wait().expect("our own child can be waited for");
        Output { code: status.code(), signal: status.signal(), ..self.so_far() }
    }

    /// What is left of the time it may take.
    fn left(&self) -> Duration {
        self.deadline.saturating_sub(self.started.elapsed())
    }

    fn so_far(&self) -> Output {
        Output { code: None, signal: None, stdout: self.stdout.text(), stderr: self.stderr.text() }
    }
}

impl Drop for Running {
    /// Until it is waited for, its id cannot be given to another process: this ends no stranger.
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            let _ = kill_process_group(self.pid(), Signal::KILL);
            drop(self.child.wait());
        }
    }
}

/// Tells by a channel when the process has ended, and leaves it to its owner to reap it.
fn watch_exit(pid: Pid) -> Receiver<()> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        // Whoever dropped the program has reaped it already, and listens no more.
        let _reaped = retry_on_intr(|| waitid(WaitId::Pid(pid), ended));
        // The test may have ended without waiting.
        let _ = sender.send(());
    });
    receiver
}

fn pid_of(child: &Child) -> Pid {
    Pid::from_child(child)
}
