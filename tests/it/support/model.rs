//! A scripted Messages API on loopback: the model's part in a test, written down as rules.
//!
//! ```text
//! let model = Model::start([
//!     rule().when_user("haiku about (.*)").says("Old pond, $1"),
//!     rule().after_tool_result().says("Done."),
//!     rule().calls("Write", json!({"file_path": "a.txt", "content": "a"})),
//! ]);
//! ```
//!
//! Rules are tried in order; the first that holds answers. There are no delays: an answer that has
//! to wait waits at a [`Gate`], which the test opens or leaves shut.

mod answer;
mod failure;
mod gate;
mod log;
mod quota;
mod request;
mod rule;
mod server;
mod sse;

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

pub(crate) use failure::Failure;
pub(crate) use gate::Gate;
pub(crate) use log::Log;
pub(crate) use quota::Quota;
pub(crate) use request::Request;
pub(crate) use rule::{Rule, rule};

/// A running server; it ends, with every connection to it, when it is dropped.
pub(crate) struct Model {
    port: u16,
    log: Arc<Log>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Model {
    /// Serves these rules on a free loopback port, in a thread and a runtime of its own.
    pub(crate) fn start(rules: impl IntoIterator<Item = Rule>) -> Self {
        let log = Arc::new(Log::default());
        let (listener, port) = server::listen();
        let (stop, stopped) = oneshot::channel();
        let rules = rules.into_iter().collect();
        let ours = Arc::clone(&log);
        let thread = thread::spawn(move || server::serve(listener, rules, ours, stopped));
        Self { port, log, stop: Some(stop), thread: Some(thread) }
    }

    /// What `ANTHROPIC_BASE_URL` has to be.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What has been asked so far, and blocking waits for what will be.
    pub(crate) fn log(&self) -> &Log {
        &self.log
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // A server thread that panicked has printed its own message, and no longer listens.
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}
