//! Runs a program to its end: feeds it, drains it, times it and stops it.
//!
//! For hooks, command steps and probes, whose output is small or may be shortened. A call to
//! claude, whose lines are read as they come, is put together from [`Group`] by the engine.

use std::{
    io,
    pin::{Pin, pin},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWriteExt as _},
    process::ChildStdin,
    sync::watch,
    time::{Instant, sleep, timeout},
};

use crate::sys::{
    capture::Capture,
    process::{Exit, Group, KILLED_WITHIN, Program, SpawnError},
    signals::Stop,
};

/// How long a program may take and how much of it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunLimits {
    /// From its start to its end.
    pub timeout: Duration,
    /// From TERM to KILL, where it has to be stopped.
    pub grace: Duration,
    /// Of stdout and of stderr, each.
    pub keep_bytes: usize,
    /// How long something it started may hold the pipes after its end.
    pub leak_grace: Duration,
}

/// How a run came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The program ended by itself.
    Exited(Exit),
    /// It ran longer than its limit and was stopped.
    TimedOut,
    /// Everything had to stop, this program too; it may not even have started.
    Stopped,
}

/// A run that is over. Nothing of the program's process group is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// How it ended.
    pub end: End,
    /// What it wrote to stdout.
    pub stdout: Capture,
    /// What it wrote to stderr.
    pub stderr: Capture,
    /// A process that it started outlived it and held a pipe. Those of its group were killed;
    /// others are for the sweep.
    pub leaked: bool,
    /// From start to end.
    pub elapsed: Duration,
}

/// Runs `program` with `input` at its stdin.
///
/// A program that does not read its input is no error. When `stop` asks, it is stopped: politely
/// with the grace of `limits`, or at once.
pub async fn run(
    program: &Program,
    input: Vec<u8>,
    limits: RunLimits,
    mut stop: watch::Receiver<Stop>,
) -> Result<Finished, SpawnError> {
    let started = Instant::now();
    let mut stdout = Capture::new(limits.keep_bytes);
    let mut stderr = Capture::new(limits.keep_bytes);
    if *stop.borrow() != Stop::Running {
        let elapsed = started.elapsed();
        return Ok(Finished { end: End::Stopped, stdout, stderr, leaked: false, elapsed });
    }
    let mut group = Group::spawn(program)?;
    let ended = {
        let stdin = group.take_stdin();
        let out = drain(group.take_stdout(), &mut stdout);
        let err = drain(group.take_stderr(), &mut stderr);
        // All three pipes move at once, or a long input and a chatty program wait for each other.
        let pipes = pin!(async {
            tokio::join!(feed(stdin, input), out, err);
        });
        let mut watched = Watched { group, pipes, closed: false };
        watched.until_end(limits, &mut stop).await
    };
    let (end, leaked) = ended.map_err(|error| SpawnError::lost(program, error))?;
    Ok(Finished { end, stdout, stderr, leaked, elapsed: started.elapsed() })
}

async fn feed(stdin: Option<ChildStdin>, input: Vec<u8>) {
    if let Some(mut stdin) = stdin {
        // Whoever does not want its input closes the pipe, and that is its right.
        let _refused = stdin.write_all(&input).await;
    }
}

async fn drain(pipe: Option<impl AsyncRead + Unpin>, capture: &mut Capture) {
    if let Some(pipe) = pipe {
        // A pipe that cannot be read has no more to say.
        let _broken = capture.fill(pipe).await;
    }
}

/// A running group with its pipes in motion.
struct Watched<'a, F> {
    group: Group,
    pipes: Pin<&'a mut F>,
    /// Whether `pipes` is done; it must not be polled again.
    closed: bool,
}

impl<F: Future<Output = ()>> Watched<'_, F> {
    /// How the run ended, and whether something held the pipes after that.
    async fn until_end(
        &mut self,
        limits: RunLimits,
        stop: &mut watch::Receiver<Stop>,
    ) -> io::Result<(End, bool)> {
        let end = self.first_end(limits.timeout, stop).await?;
        match end {
            End::Exited(_) => {}
            End::TimedOut | End::Stopped => self.stop_group(limits.grace, stop).await?,
        }
        let leaked = timeout(limits.leak_grace, self.pipes()).await.is_err();
        Ok((end, leaked))
    }

    async fn first_end(
        &mut self,
        limit: Duration,
        stop: &mut watch::Receiver<Stop>,
    ) -> io::Result<End> {
        let mut limit = pin!(sleep(limit));
        loop {
            tokio::select! {
                biased;
                exit = self.group.wait() => return Ok(End::Exited(exit?)),
                () = self.pipes.as_mut(), if !self.closed => self.closed = true,
                () = asked(stop, Stop::Polite) => return Ok(End::Stopped),
                () = &mut limit => return Ok(End::TimedOut),
            }
        }
    }

    /// Ends the group. The grace is for all that hold the pipes, not for the leader alone.
    async fn stop_group(
        &mut self,
        grace: Duration,
        stop: &mut watch::Receiver<Stop>,
    ) -> io::Result<()> {
        if *stop.borrow() < Stop::Now {
            self.group.ask_to_end();
            tokio::select! {
                biased;
                ended = timeout(grace, self.all_ended()) => {
                    if let Ok(ended) = ended {
                        return ended;
                    }
                }
                () = asked(stop, Stop::Now) => {}
            }
        }
        self.group.kill_now();
        match timeout(KILLED_WITHIN, self.group.wait()).await {
            Ok(ended) => ended.map(|_| ()),
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "killed, and still there")),
        }
    }

    async fn all_ended(&mut self) -> io::Result<()> {
        self.group.wait().await?;
        self.pipes().await;
        Ok(())
    }

    async fn pipes(&mut self) {
        if !self.closed {
            self.pipes.as_mut().await;
            self.closed = true;
        }
    }
}

/// Waits until `stop` is at least as urgent as `least`; forever, if nobody is left to ask.
async fn asked(stop: &mut watch::Receiver<Stop>, least: Stop) {
    if stop.wait_for(|now| *now >= least).await.is_err() {
        std::future::pending::<()>().await;
    }
}
