//! The side of the warden that atlas holds.

use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    os::{fd::OwnedFd, unix::net::UnixStream},
    path::Path,
    process::Stdio,
    time::Duration,
};

use rustix::process::Pid;

use crate::sys::{
    process::{ProcessId, Program, reap},
    warden::COMMAND,
};

/// How long the warden may take to start, to hear a line and to end. It takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the warden keeps open until the last process of the run is gone.
#[derive(Debug, Default)]
pub struct Holds {
    /// A share of the session's lock.
    pub session: Option<OwnedFd>,
    /// A share of the working tree's lock.
    pub tree: Option<OwnedFd>,
}

/// A running warden. Dropping it without [`Warden::done`] makes it end all that it knows of.
#[derive(Debug)]
pub struct Warden {
    socket: UnixStream,
    process: ProcessId,
}

impl Warden {
    /// Starts `own_exe __warden` and waits until no signal of a terminal can end it.
    ///
    /// Every process whose cookie is `run_cookie`, or goes on with a slash after it, is ended
    /// too, so a call that was started and not yet registered is found. Choose it anew for each
    /// process of atlas: a resume that starts while this warden still sweeps must not match.
    pub fn start(own_exe: &Path, run_cookie: &str, holds: Holds) -> io::Result<Self> {
        Self::from_program(&program(own_exe, &[COMMAND]), run_cookie, holds)
    }

    pub(super) fn from_program(
        program: &Program,
        run_cookie: &str,
        holds: Holds,
    ) -> io::Result<Self> {
        let (socket, theirs) = UnixStream::pair()?;
        let stdio = |held: Option<OwnedFd>| held.map_or_else(Stdio::null, Stdio::from);
        let mut command = program.command();
        command.stdin(OwnedFd::from(theirs));
        command.stdout(stdio(holds.session)).stderr(stdio(holds.tree));
        let child = command.spawn()?;
        // Until the command is gone, so is not our copy of the other end.
        drop(command);
        let mut warden = Self { socket, process: ProcessId::of(child.id()) };
        warden.socket.set_read_timeout(Some(PATIENCE))?;
        warden.socket.set_write_timeout(Some(PATIENCE))?;
        let mut ready = [0];
        warden.socket.read_exact(&mut ready)?;
        warden.say(&format!("run {}", one_line(run_cookie)?))?;
        Ok(warden)
    }

    /// The warden itself.
    pub fn id(&self) -> ProcessId {
        self.process
    }

    /// Puts the group that `leader` leads under guard, with the cookie it was started with.
    ///
    /// An error means that the warden is gone.
    pub fn guard(&mut self, leader: &ProcessId, cookie: &str) -> io::Result<()> {
        let start = leader.start.map_or_else(|| "-".to_owned(), |start| start.to_string());
        self.say(&format!("+ {} {start} {}", leader.pid, one_line(cookie)?))
    }

    /// Lets go of a group that ended. Call it before the leader is reaped, that is, before its
    /// `Group` is dropped.
    pub fn release(&mut self, pid: u32) -> io::Result<()> {
        self.say(&format!("- {pid}"))
    }

    /// Has the folder removed, with all that it holds, should atlas be killed.
    pub fn remove(&mut self, folder: &Path) -> io::Result<()> {
        let folder = folder.to_str().filter(|folder| folder.starts_with('/'));
        let refused = || io::Error::new(ErrorKind::InvalidInput, "a folder is absolute, and text");
        self.say(&format!("remove {}", one_line(folder.ok_or_else(refused)?)?))
    }

    /// Sends the warden home. Afterwards nothing of it is left.
    pub fn done(mut self) -> io::Result<()> {
        self.say("done")?;
        // It says nothing more, so this reads until its end.
        self.socket.read_to_end(&mut Vec::new()).map(|_| ())
    }

    fn say(&mut self, line: &str) -> io::Result<()> {
        self.socket.write_all(format!("{line}\n").as_bytes())
    }
}

impl Drop for Warden {
    fn drop(&mut self) {
        // The process is reaped in the background; the socket closes right after.
        let pid = i32::try_from(self.process.pid).ok().and_then(Pid::from_raw);
        reap(pid.expect("a pid is positive"));
    }
}

/// The warden's program: no environment at all, above all no cookie.
pub(super) fn program(exe: &Path, args: &[&str]) -> Program {
    Program {
        path: exe.to_path_buf(),
        args: args.iter().map(Into::into).collect(),
        cwd: "/".into(),
        env: Vec::new(),
    }
}

fn one_line(cookie: &str) -> io::Result<&str> {
    if cookie.is_empty() || cookie.contains(['\n', '\0']) {
        return Err(io::Error::new(ErrorKind::InvalidInput, "a cookie is one line of text"));
    }
    Ok(cookie)
}
