//! The only place that starts programs.
//!
//! A program is data until [`Group::spawn`] makes a process of it. Each leads a process group of
//! its own: a Ctrl-C at the terminal does not reach it, one signal reaches all that it starts
//! (but for those that leave the group, which `sweep` finds), and nothing of it outlives the
//! [`Group`] that stands for it.
//!
//! The leader is never reaped before its `Group` is dropped. Until then the kernel keeps its pid,
//! so a signal to the group cannot reach a stranger, however late it comes.

use std::{
    ffi::OsString,
    fmt, io,
    os::unix::{ffi::OsStrExt as _, process::CommandExt as _},
    path::PathBuf,
    process::Stdio,
    sync::OnceLock,
    thread,
    time::Duration,
};

use rustix::process::{
    Pid, WaitId, WaitIdOptions, WaitOptions, kill_process_group, waitid, waitpid,
};
use serde::{Deserialize, Serialize};
use tokio::{
    process::{ChildStderr, ChildStdin, ChildStdout},
    signal::unix::{Signal as SignalStream, SignalKind, signal},
    time::timeout,
};

use crate::sys::{
    executable::{self, is_executable},
    pause::{self, Member},
    proc,
};

mod error;
mod feed;
mod run;

pub use error::{NotStarted, SpawnError};
pub use feed::Feed;
pub use run::{End, Finished, RunLimits, run};
pub use rustix::process::Signal;

/// How long a killed leader may take to be gone. Only a process stuck in the kernel needs it.
const KILLED_WITHIN: Duration = Duration::from_secs(5);

/// A program to start, complete: nothing is taken from this process but the user and the limits.
#[derive(Clone, PartialEq, Eq)]
pub struct Program {
    /// The file to run; a name without a slash is searched in the `PATH` of `env`.
    pub path: PathBuf,
    /// What follows the program's own name.
    pub args: Vec<OsString>,
    /// The folder to start in; a relative `path` with a slash starts from here.
    pub cwd: PathBuf,
    /// The whole environment.
    pub env: Vec<(OsString, OsString)>,
}

impl Program {
    /// The command without its pipes and its group. `std` opens every other descriptor to be
    /// closed when a program starts, so a child gets these three and what atlas itself was given.
    ///
    /// A name is searched here: left to `std`, it costs a copy of this process's memory tables each
    /// time (a fork), since only the child knows the environment. A path goes by `posix_spawn`.
    pub(super) fn command(&self) -> std::process::Command {
        let found = self.searched().find(|file| is_executable(file));
        #[expect(clippy::disallowed_methods, reason = "this module starts the programs")]
        let mut command = std::process::Command::new(found.as_ref().unwrap_or(&self.path));
        command.arg0(&self.path).args(&self.args).current_dir(&self.cwd);
        command.env_clear().envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Where a name without a slash is searched, in this order; of a path, nothing.
    fn searched(&self) -> impl Iterator<Item = PathBuf> {
        let path = self.env.iter().rfind(|(key, _)| self.is_name() && key == "PATH");
        let folders = path.into_iter().flat_map(|(_, folders)| executable::folders(folders));
        folders.map(|folder| self.cwd.join(folder).join(&self.path))
    }

    fn is_name(&self) -> bool {
        !self.path.as_os_str().as_bytes().contains(&b'/')
    }
}

impl fmt::Debug for Program {
    /// Shows only the names of the environment: its values can be secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.env.iter().map(|(name, _)| name).collect();
        formatter
            .debug_struct("Program")
            .field("path", &self.path)
            .field("args", &self.args)
            .field("cwd", &self.cwd)
            .field("env", &names)
            .finish()
    }
}

/// One process of all that ever had its pid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ProcessId {
    /// The number the system uses again some day.
    pub pid: u32,
    /// When the process started, in clock ticks since boot; `None` where the system does not say.
    pub start: Option<u64>,
}

impl ProcessId {
    /// What is process `pid` now. Without a start time there is none, or no way to know.
    pub fn of(pid: u32) -> Self {
        Self { pid, start: proc::start_of(pid) }
    }

    /// Whether it still is. Where the system does not say when a process started, a later one that
    /// has its pid counts as the same.
    pub fn is_alive(&self) -> bool {
        match self.start {
            Some(_) => Self::of(self.pid) == *self,
            None => proc::Handle::open(self.pid).is_ok(),
        }
    }
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// It returned this code, 0 to 255.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
}

impl Exit {
    /// Whether it returned 0.
    pub fn success(self) -> bool {
        self == Self::Code(0)
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(formatter, "exit code {code}"),
            Self::Signal(number) => write!(formatter, "signal {number}"),
        }
    }
}

/// A child that leads its own process group. Dropping it kills the whole group.
#[derive(Debug)]
pub struct Group {
    leader: Pid,
    /// Looked up once somebody asks: it is a question to the system that commands do not need.
    id: OnceLock<ProcessId>,
    /// Stands still with this process; gone before the leader's pid can be another's.
    member: Option<Member>,
    exit: Option<Exit>,
    /// Wakes at each SIGCHLD, whichever child it is about.
    changes: SignalStream,
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
}

impl Group {
    /// Starts `program` with pipes for its three streams, in the current tokio runtime.
    pub fn spawn(program: &Program) -> Result<Self, SpawnError> {
        Self::start(program).map_err(|source| SpawnError::new(program, source))
    }

    fn start(program: &Program) -> io::Result<Self> {
        // Before the child is there, so that no change can be missed.
        let changes = signal(SignalKind::child())?;
        let mut command = program.command();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.process_group(0).spawn()?;
        let leader = Pid::from_raw(child.id().cast_signed()).expect("a pid is positive");
        let mut group = Self {
            leader,
            id: OnceLock::new(),
            member: Some(pause::join(leader)),
            exit: None,
            changes,
            stdin: None,
            stdout: None,
            stderr: None,
        };
        // From here on an early return kills what was started.
        group.stdin = child.stdin.map(ChildStdin::from_std).transpose()?;
        group.stdout = child.stdout.map(ChildStdout::from_std).transpose()?;
        group.stderr = child.stderr.map(ChildStderr::from_std).transpose()?;
        Ok(group)
    }

    /// The leader, whose pid is also the id of the group.
    pub fn id(&self) -> ProcessId {
        *self.id.get_or_init(|| ProcessId::of(self.leader.as_raw_nonzero().get().cast_unsigned()))
    }

    /// The pipe to the leader; `None` the second time.
    pub fn take_stdin(&mut self) -> Option<ChildStdin> {
        self.stdin.take()
    }

    /// The pipe of what the leader says; `None` the second time.
    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.stdout.take()
    }

    /// The pipe of what the leader says aside; `None` the second time.
    pub fn take_stderr(&mut self) -> Option<ChildStderr> {
        self.stderr.take()
    }

    /// Sends `signal` to all of the group. Nobody left to get it is no error.
    pub fn signal(&self, signal: Signal) {
        let _nobody_left = kill_process_group(self.leader, signal);
    }

    /// Asks the group to end.
    pub fn ask_to_end(&self) {
        self.signal(Signal::TERM);
        // One that is stopped, say because it read the terminal, hears only this.
        self.signal(Signal::CONT);
    }

    /// Kills the group. It is gone when [`Group::wait`] returns.
    pub fn kill_now(&self) {
        self.signal(Signal::KILL);
    }

    /// Waits for the leader's end; others of the group, and the pipes, may live on.
    ///
    /// May be dropped and called again, also after the end. Fails only if something else in this
    /// process waits for children that are not its own.
    pub async fn wait(&mut self) -> io::Result<Exit> {
        loop {
            if let Some(exit) = self.look()? {
                return Ok(exit);
            }
            if self.changes.recv().await.is_none() {
                return Err(io::Error::other("the runtime no longer hears of children"));
            }
        }
    }

    /// Asks the group to end, gives the leader `grace`, then kills the group.
    ///
    /// May be dropped at any moment, for instance to [`Group::kill`] at once. The pipes have to be
    /// drained meanwhile, or a child that writes as it ends needs all of its grace.
    pub async fn terminate(&mut self, grace: Duration) -> io::Result<Exit> {
        self.ask_to_end();
        match timeout(grace, self.wait()).await {
            Ok(exit) => exit,
            Err(_) => self.kill().await,
        }
    }

    /// Kills the group and waits for the leader's end.
    pub async fn kill(&mut self) -> io::Result<Exit> {
        self.kill_now();
        let stuck = |_| io::Error::new(io::ErrorKind::TimedOut, "killed, and still there");
        timeout(KILLED_WITHIN, self.wait()).await.map_err(stuck)?
    }

    /// The leader's end without reaping it: what is not reaped keeps its pid.
    fn look(&mut self) -> io::Result<Option<Exit>> {
        if self.exit.is_none() {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
            if let Some(status) = waitid(WaitId::Pid(self.leader), options)? {
                self.exit = status
                    .exit_status()
                    .map(Exit::Code)
                    .or_else(|| status.terminating_signal().map(Exit::Signal));
            }
        }
        Ok(self.exit)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        drop(self.member.take());
        self.kill_now();
        reap(self.leader);
    }
}

/// Lets the system forget a child that ended or ends in a moment, without waiting for it here:
/// one stuck in the kernel must not hold up the runtime.
pub(super) fn reap(child: Pid) {
    if let Ok(None) = waitpid(Some(child), WaitOptions::NOHANG) {
        // Without a thread it stays a zombie until atlas ends, which harms nobody.
        let reaper = thread::Builder::new().name("reaper".to_owned());
        let _no_thread = reaper.spawn(move || waitpid(Some(child), WaitOptions::empty()));
    }
}

#[cfg(test)]
pub(crate) mod tests;
