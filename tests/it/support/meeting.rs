//! A place on loopback where a child stops until the test lets it go on.
//!
//! The connection tells both ways: that the child has come so far, and, when it closes, that the child is dead.

use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use super::PATIENCE;

/// Where the step `Meet` of a fake connects to.
pub(crate) struct Meeting {
    address: String,
    arrivals: Receiver<TcpStream>,
}

/// A child that waits; it goes on when this is dropped.
pub(crate) struct Guest(TcpStream);

impl Meeting {
    /// Begins to listen.
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address").to_string();
        let (sender, arrivals) = mpsc::channel();
        thread::spawn(move || {
            // The thread ends with the test's interest, or with the process.
            while let Ok((stream, _)) = listener.accept() {
                if sender.send(stream).is_err() {
                    return;
                }
            }
        });
        Self { address, arrivals }
    }

    /// What `Meet` has to be given.
    pub(crate) fn address(&self) -> String {
        self.address.clone()
    }

    /// Waits until a child has come.
    #[track_caller]
    pub(crate) fn wait_for_guest(&self) -> Guest {
        Guest(self.arrivals.recv_timeout(PATIENCE).expect("a child comes to the meeting"))
    }
}

impl Guest {
    /// Lets the child go on.
    pub(crate) fn go_on(self) {
        drop(self);
    }

    /// Waits until the child is dead; false when `timeout` passes first.
    pub(crate) fn wait_until_dead(mut self, timeout: Duration) -> bool {
        self.0.set_read_timeout(Some(timeout)).expect("the timeout is not zero");
        self.0.read(&mut [0]).is_ok_and(|n| n == 0)
    }
}
