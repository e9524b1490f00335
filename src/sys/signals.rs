//! The signals that ask atlas to end, and the one value that tells everyone so.
//!
//! The first INT, TERM, HUP or QUIT asks politely: children get TERM and their grace. A second
//! INT, or a QUIT after another signal, is a person who will not wait: everything is killed. A
//! second TERM or HUP changes nothing, because service managers and closing terminals send both.
//!
//! Children lead groups of their own, so a Ctrl-C at the terminal reaches atlas alone and it is
//! atlas that ends them.

use std::{
    io,
    sync::{Arc, OnceLock},
};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    task::JoinHandle,
};

use super::pause;

/// How urgently everything has to end. It never becomes less urgent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// Go on.
    #[default]
    Running,
    /// Start nothing new; end what runs with its grace.
    Polite,
    /// Kill what runs.
    Now,
}

/// A signal that asks atlas to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caught {
    /// SIGHUP: the terminal was closed.
    Hangup,
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGQUIT: Ctrl-\.
    Quit,
    /// SIGTERM: another program asks.
    Terminate,
}

impl Caught {
    const ALL: [Self; 4] = [Self::Hangup, Self::Interrupt, Self::Quit, Self::Terminate];

    /// The exit code that tells a shell of this signal: 128 and the signal's number.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Hangup => 129,
            Self::Interrupt => 130,
            Self::Quit => 131,
            Self::Terminate => 143,
        }
    }

    fn kind(self) -> SignalKind {
        match self {
            Self::Hangup => SignalKind::hangup(),
            Self::Interrupt => SignalKind::interrupt(),
            Self::Quit => SignalKind::quit(),
            Self::Terminate => SignalKind::terminate(),
        }
    }

    /// What this signal makes of the present urgency.
    fn raise(self, stop: Stop) -> Stop {
        match (stop, self) {
            (Stop::Running, _) | (Stop::Polite, Self::Hangup | Self::Terminate) => Stop::Polite,
            (Stop::Polite, Self::Interrupt | Self::Quit) | (Stop::Now, _) => Stop::Now,
        }
    }
}

/// Listens until it is dropped. After that the signals are caught and ignored.
#[derive(Debug)]
pub struct Signals {
    state: Arc<State>,
    tasks: Vec<JoinHandle<()>>,
}

/// What a listener has heard.
#[derive(Clone, Debug)]
pub struct Heard(Arc<State>);

#[derive(Debug, Default)]
struct State {
    stop: watch::Sender<Stop>,
    first: OnceLock<Caught>,
}

/// Starts to listen, in the current tokio runtime.
///
/// HUP is left alone where atlas was started with it ignored: that is what `nohup` is for.
pub fn listen() -> io::Result<Signals> {
    let state = Arc::new(State::default());
    let mut tasks = vec![tokio::spawn(outlive(signal(SignalKind::from_raw(FILE_TOO_LARGE))?))];
    for caught in Caught::ALL {
        if caught == Caught::Hangup && is_ignored(caught.kind()) {
            continue;
        }
        let stream = signal(caught.kind())?;
        tasks.push(tokio::spawn(forward(stream, caught, Arc::clone(&state))));
    }
    tasks.extend(pause::requests()?.map(|requests| tokio::spawn(pause::obey(requests))));
    Ok(Signals { state, tasks })
}

/// SIGXFSZ, by its number on Linux and macOS alike.
const FILE_TOO_LARGE: i32 = 25;

/// By default a file-size limit kills the process that meets it; one that listens gets an error
/// from its write, and can say what happened.
async fn outlive(mut stream: Signal) {
    while stream.recv().await.is_some() {}
}

async fn forward(mut stream: Signal, caught: Caught, state: Arc<State>) {
    while stream.recv().await.is_some() {
        // Only the first one is kept; setting it again is refused, as it should be.
        let _first = state.first.set(caught);
        state.stop.send_modify(|stop| *stop = caught.raise(*stop));
    }
}

impl Signals {
    /// The urgency, to look at or to wait for.
    pub fn subscribe(&self) -> watch::Receiver<Stop> {
        self.state.stop.subscribe()
    }

    /// Which signal came first; it decides the exit code. `None` if none came.
    pub fn first(&self) -> Option<Caught> {
        self.state.first.get().copied()
    }

    /// What was heard so far and will be, for those who begin to listen later.
    pub fn heard(&self) -> Heard {
        Heard(Arc::clone(&self.state))
    }

    /// Takes in what somebody else heard before this began to listen.
    pub fn take_over(&self, earlier: &Heard) {
        if let Some(first) = earlier.0.first.get() {
            let _kept = self.state.first.set(*first);
        }
        self.request(*earlier.0.stop.borrow());
    }

    /// Ends everything for a reason of atlas's own. A lesser urgency than the present one is
    /// ignored.
    pub fn request(&self, stop: Stop) {
        self.state.stop.send_if_modified(|now| {
            let more = stop > *now;
            *now = stop.max(*now);
            more
        });
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Waits until `stop` is at least as urgent as `least`; forever, if nobody is left to ask.
///
/// May stand in a `tokio::select!`.
pub async fn asked(stop: &mut watch::Receiver<Stop>, least: Stop) {
    if stop.wait_for(|now| *now >= least).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Whether this process was started with the signal ignored. Unknown counts as no.
pub(super) fn is_ignored(kind: SignalKind) -> bool {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        return false;
    };
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask >> (kind.as_raw_value() - 1) & 1 == 1
}

#[cfg(test)]
mod tests;
