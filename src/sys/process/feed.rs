//! Gives a child its input.

use tokio::{io::AsyncWriteExt as _, process::ChildStdin};

/// Writes to a child's stdin, step by step, so that it can move beside other things.
#[derive(Debug)]
pub struct Feed {
    /// `None` when all is written or nobody reads.
    stdin: Option<ChildStdin>,
    input: Vec<u8>,
    written: usize,
}

impl Feed {
    /// Will write `input` and close the pipe.
    pub fn new(stdin: Option<ChildStdin>, input: Vec<u8>) -> Self {
        let stdin = stdin.filter(|_| !input.is_empty());
        Self { stdin, input, written: 0 }
    }

    /// Whether there is more to write.
    pub fn is_open(&self) -> bool {
        self.stdin.is_some()
    }

    /// Waits until the child takes more, and gives it; returns at once when all is written.
    ///
    /// A child that closes its stdin or ends does not want the rest, and that is its right. No
    /// byte is written twice when the future is dropped before it is ready, so it may stand in a
    /// `tokio::select!`.
    pub async fn more(&mut self) {
        let Some(stdin) = &mut self.stdin else {
            return;
        };
        match stdin.write(&self.input[self.written..]).await {
            Ok(count) => self.written += count,
            Err(_) => self.written = self.input.len(),
        }
        if self.written == self.input.len() {
            self.stdin = None;
        }
    }
}
