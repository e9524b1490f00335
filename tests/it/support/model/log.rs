//! What the model was asked, in order, with waits that end when it happens.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::Request;
use crate::support::PATIENCE;

/// Every request of one server.
#[derive(Debug, Default)]
pub(crate) struct Log {
    entries: Mutex<Vec<Entry>>,
    changed: Condvar,
}

#[derive(Debug)]
struct Entry {
    request: Arc<Request>,
    rule: Option<usize>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Answered,
    Abandoned,
}

impl Log {
    /// The requests for an answer so far: `POST /v1/messages`, without token counts and probes.
    pub(crate) fn requests(&self) -> Vec<Arc<Request>> {
        messages(&self.entries(), |_| true)
    }

    /// Everything that arrived.
    pub(crate) fn all(&self) -> Vec<Arc<Request>> {
        self.entries().iter().map(|entry| Arc::clone(&entry.request)).collect()
    }

    /// The requests that no rule answered.
    pub(crate) fn unmatched(&self) -> Vec<Arc<Request>> {
        messages(&self.entries(), |entry| entry.rule.is_none())
    }

    /// Waits until `n` requests have arrived, whether answered or not.
    #[track_caller]
    pub(crate) fn wait_for_requests(&self, n: usize) -> Vec<Arc<Request>> {
        self.wait_for(n, "arrived", |_| true)
    }

    /// Waits until `n` requests were given up by the client before their answer was whole.
    ///
    /// It is the proof that a client is gone: its end of the connection is closed.
    #[track_caller]
    pub(crate) fn wait_for_abandoned(&self, n: usize) -> Vec<Arc<Request>> {
        self.wait_for(n, "were abandoned", |entry| entry.state == State::Abandoned)
    }

    /// Adds a request, which gets its order here, and the number of the rule that answers it.
    pub(super) fn add(self: &Arc<Self>, request: Request, rule: Option<usize>) -> Ticket {
        let mut entries = self.entries();
        let order = entries.len();
        let request = Arc::new(Request { order, ..request });
        entries.push(Entry { request: Arc::clone(&request), rule, state: State::Open });
        drop(entries);
        self.changed.notify_all();
        Ticket { log: Arc::clone(self), request, end: State::Abandoned }
    }

    #[track_caller]
    fn wait_for(
        &self,
        n: usize,
        what: &str,
        counts: impl Fn(&Entry) -> bool + Copy,
    ) -> Vec<Arc<Request>> {
        let missing = |entries: &mut Vec<Entry>| messages(entries, counts).len() < n;
        let waited = self.changed.wait_timeout_while(self.entries(), PATIENCE, missing);
        let entries = waited.unwrap_or_else(PoisonError::into_inner).0;
        let found = messages(&entries, counts);
        assert!(found.len() >= n, "{} of {n} requests {what}: {entries:#?}", found.len());
        found
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Follows one answer; dropped before `answered`, it notes that the client went away.
#[derive(Debug)]
pub(super) struct Ticket {
    log: Arc<Log>,
    pub(super) request: Arc<Request>,
    end: State,
}

impl Ticket {
    /// The server has done all it meant to do, even where that was to cut the connection.
    pub(super) fn answered(&mut self) {
        self.end = State::Answered;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.log.entries()[self.request.order].state = self.end;
        self.log.changed.notify_all();
    }
}

fn messages(entries: &[Entry], counts: impl Fn(&Entry) -> bool) -> Vec<Arc<Request>> {
    let asked = entries.iter().filter(|entry| entry.request.is_message() && counts(entry));
    asked.map(|entry| Arc::clone(&entry.request)).collect()
}
