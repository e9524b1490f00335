//! A pipe that is read to its end by a thread of its own, and can be looked into meanwhile.

use std::io::Read;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

/// What a child has written so far.
#[derive(Clone)]
pub(crate) struct Pipe {
    shared: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Default)]
struct State {
    bytes: Vec<u8>,
    ended: bool,
}

impl Pipe {
    /// Starts to read `source`.
    pub(crate) fn drain(mut source: impl Read + Send + 'static) -> Self {
        let pipe = Self { shared: Arc::default() };
        let ours = pipe.clone();
        thread::spawn(move || {
            let mut buffer = vec![0; 65536];
            loop {
                // An error of a pipe that is read is its end: there is nothing more to come.
                let n = source.read(&mut buffer).unwrap_or(0);
                ours.append(&buffer[..n]);
                if n == 0 {
                    return;
                }
            }
        });
        pipe
    }

    /// Everything read so far, as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.state().bytes).into_owned()
    }

    /// Waits until the text holds `needle`; false when the pipe ends or `timeout` passes without it.
    pub(crate) fn wait_for(&self, needle: &str, timeout: Duration) -> bool {
        let holds = |state: &State| {
            state.bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
        };
        holds(&self.wait_while(timeout, |state| !state.ended && !holds(state)))
    }

    /// Waits until every writer has closed the pipe; false when `timeout` passes first.
    pub(crate) fn wait_for_end(&self, timeout: Duration) -> bool {
        self.wait_while(timeout, |state| !state.ended).ended
    }

    fn wait_while(
        &self,
        timeout: Duration,
        mut condition: impl FnMut(&State) -> bool,
    ) -> MutexGuard<'_, State> {
        let (_, changed) = &*self.shared;
        let waited = changed.wait_timeout_while(self.state(), timeout, |state| condition(state));
        waited.expect("no reader panics while it holds the pipe").0
    }

    fn append(&self, bytes: &[u8]) {
        let mut state = self.state();
        state.bytes.extend_from_slice(bytes);
        state.ended = bytes.is_empty();
        self.shared.1.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.0.lock().expect("no reader panics while it holds the pipe")
    }
}
