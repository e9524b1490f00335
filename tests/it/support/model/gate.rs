//! Where an answer waits for the test, in place of a delay.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use tokio::sync::watch;

use crate::support::PATIENCE;

/// A gate that is shut until the test opens it; one that is never opened holds an answer forever.
///
/// Clones are the same gate.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gate {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    open: watch::Sender<bool>,
    reached: Mutex<usize>,
    changed: Condvar,
}

impl Gate {
    /// A gate that is shut.
    pub(crate) fn shut() -> Self {
        Self::default()
    }

    /// Lets every answer through, those that wait and those to come.
    pub(crate) fn open(&self) {
        self.shared.open.send_replace(true);
    }

    /// Waits until an answer has come to the gate.
    #[track_caller]
    pub(crate) fn wait_until_reached(&self) {
        let reached = self.shared.reached.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.shared.changed.wait_timeout_while(reached, PATIENCE, |n| *n == 0);
        let n_reached = *waited.unwrap_or_else(PoisonError::into_inner).0;
        assert!(n_reached > 0, "no answer came to the gate");
    }

    /// Waits here, as an answer, until the gate is open.
    pub(super) async fn pass(&self) {
        *self.shared.reached.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.shared.changed.notify_all();
        let mut open = self.shared.open.subscribe();
        open.wait_for(|open| *open).await.expect("the gate itself holds the sender");
    }
}
