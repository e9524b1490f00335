//! Runs a program to its end: feeds it, drains it, times it and stops it.
//!
//! For hooks, command steps and probes, whose output is small or may be shortened. A call to
//! claude, whose lines are read as they come, is put together from [`Group`] by the engine.

use std::{io, pin::pin, time::Duration};

use tokio::{
    process::{ChildStderr, ChildStdout},
    sync::watch,
    time::{Instant, timeout},
};

use crate::sys::{
    capture::{Capture, Drain},
    pause::sleep_awake,
    process::{Exit, Feed, Group, Program, SpawnError},
    signals::{Stop, asked},
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
    if *stop.borrow() != Stop::Running {
        let (stdout, stderr) = (Capture::new(0), Capture::new(0));
        let elapsed = started.elapsed();
        return Ok(Finished { end: End::Stopped, stdout, stderr, leaked: false, elapsed });
    }
    let mut group = Group::spawn(program)?;
    let mut pipes = Pipes {
        feed: Feed::new(group.take_stdin(), input),
        out: Drain::new(group.take_stdout(), limits.keep_bytes),
        err: Drain::new(group.take_stderr(), limits.keep_bytes),
    };
    let end = watch_over(&mut group, &mut pipes, limits, &mut stop).await;
    let end = end.map_err(|error| SpawnError::lost(program, error))?;
    let leaked = timeout(limits.leak_grace, pipes.all()).await.is_err();
    drop(group);
    let (stdout, stderr) = (pipes.out.into_capture(), pipes.err.into_capture());
    Ok(Finished { end, stdout, stderr, leaked, elapsed: started.elapsed() })
}

/// All three pipes move at once, or a long input and a chatty program wait for each other.
struct Pipes {
    feed: Feed,
    out: Drain<ChildStdout>,
    err: Drain<ChildStderr>,
}

impl Pipes {
    fn is_open(&self) -> bool {
        self.feed.is_open() || self.out.is_open() || self.err.is_open()
    }

    async fn more(&mut self) {
        tokio::select! {
            () = self.feed.more(), if self.feed.is_open() => {}
            () = self.out.more(), if self.out.is_open() => {}
            () = self.err.more(), if self.err.is_open() => {}
            else => {}
        }
    }

    async fn all(&mut self) {
        while self.is_open() {
            self.more().await;
        }
    }
}

/// Keeps the pipes moving until the program ends or is stopped.
async fn watch_over(
    group: &mut Group,
    pipes: &mut Pipes,
    limits: RunLimits,
    stop: &mut watch::Receiver<Stop>,
) -> io::Result<End> {
    let mut limit = pin!(sleep_awake(limits.timeout));
    let end = loop {
        tokio::select! {
            biased;
            exit = group.wait() => return Ok(End::Exited(exit?)),
            () = asked(stop, Stop::Polite) => break End::Stopped,
            () = &mut limit => break End::TimedOut,
            () = pipes.more(), if pipes.is_open() => {}
        }
    };
    if *stop.borrow() < Stop::Now {
        group.ask_to_end();
        // The grace is for all that hold the pipes, not for the leader alone.
        let ended = async {
            pipes.all().await;
            group.wait().await
        };
        tokio::select! {
            biased;
            ended = timeout(limits.grace, ended) => {
                if let Ok(exit) = ended {
                    return exit.map(|_| end);
                }
            }
            () = asked(stop, Stop::Now) => {}
        }
    }
    group.kill().await.map(|_| end)
}
