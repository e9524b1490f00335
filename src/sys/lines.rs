//! Reads a stream line by line, with a bound on what one line may hold.
//!
//! A program under watch may print a hundred megabytes without a newline. The beginning of such
//! a line is kept up to a cap and the rest of it is counted, so the reader never holds more than
//! the cap and one read.

use std::{
    io::{self, BufRead as _},
    ops::Range,
};

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// How many bytes of one line are kept where nobody said otherwise.
pub const LINE_BYTES: usize = 16 * 1024 * 1024;

/// The least room that a read is given: what a pipe holds on Linux.
const READ_BYTES: usize = 64 * 1024;

/// An idle buffer larger than this was made by one long line and is given back.
const IDLE_BYTES: usize = 1024 * 1024;

/// One line of a stream, borrowed from the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The line without its newline, at most as many bytes as the cap.
    pub bytes: &'a [u8],
    /// How many bytes followed `bytes` in this line and were let go.
    pub cut: usize,
    /// False for a last line that the stream ended before its newline.
    pub terminated: bool,
}

/// Cuts a stream into lines.
#[derive(Debug)]
pub struct LineReader<R> {
    stream: R,
    cap: usize,
    /// What was read and not yet handed out starts at `start`.
    buffer: Vec<u8>,
    start: usize,
    /// Up to here there is no newline after `start`.
    scanned: usize,
    cut: usize,
}

/// A line by its place in the buffer.
struct Found {
    place: Range<usize>,
    cut: usize,
    terminated: bool,
}

impl<R: AsyncRead + Unpin> LineReader<R> {
    /// Keeps at most [`LINE_BYTES`] of a line.
    pub fn new(stream: R) -> Self {
        Self::with_cap(stream, LINE_BYTES)
    }

    /// Keeps at most `cap` bytes of a line, its newline not counted.
    pub fn with_cap(stream: R, cap: usize) -> Self {
        Self { stream, cap, buffer: Vec::new(), start: 0, scanned: 0, cut: 0 }
    }

    /// The next line, or `None` at the end of the stream.
    ///
    /// Nothing is lost when the future is dropped before it is ready, so it may stand in a
    /// `tokio::select!`. Errors are those of the stream.
    pub async fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        let Some(found) = self.find().await? else {
            return Ok(None);
        };
        let Found { place, cut, terminated } = found;
        Ok(Some(Line { bytes: &self.buffer[place], cut, terminated }))
    }

    async fn find(&mut self) -> io::Result<Option<Found>> {
        loop {
            if let Some(newline) = find_newline(&self.buffer[self.scanned..]) {
                return Ok(Some(self.take(self.scanned + newline, Ending::Newline)));
            }
            self.let_go();
            self.make_room();
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                let empty = self.buffer.is_empty() && self.cut == 0;
                return Ok((!empty).then(|| self.take(self.buffer.len(), Ending::Stream)));
            }
        }
    }

    /// Hands out the line that ends before `end`.
    fn take(&mut self, end: usize, ending: Ending) -> Found {
        let kept = self.start..end.min(self.start.saturating_add(self.cap));
        let cut = self.cut + (end - kept.end);
        self.cut = 0;
        self.start = match ending {
            Ending::Newline => end + 1,
            Ending::Stream => end,
        };
        self.scanned = self.start;
        Found { place: kept, cut, terminated: matches!(ending, Ending::Newline) }
    }

    /// Forgets what an unfinished line holds beyond the cap.
    fn let_go(&mut self) {
        let most = self.start.saturating_add(self.cap);
        self.cut += self.buffer.len().saturating_sub(most);
        self.buffer.truncate(most);
    }

    /// Moves the unfinished line to the front and gives the next read at least its room.
    fn make_room(&mut self) {
        if self.start == self.buffer.len() && self.buffer.capacity() > IDLE_BYTES {
            self.buffer = Vec::new();
        } else {
            self.buffer.drain(..self.start);
        }
        self.start = 0;
        self.scanned = self.buffer.len();
        let room = self.buffer.capacity() - self.buffer.len();
        if room < READ_BYTES {
            // Doubling keeps a long line linear; the cap keeps the doubling bounded.
            let target = (self.buffer.len() * 2).min(self.cap) + READ_BYTES;
            self.buffer.reserve_exact(target.saturating_sub(self.buffer.len()));
        }
    }
}

#[derive(Clone, Copy)]
enum Ending {
    Newline,
    Stream,
}

/// Where the first newline is. The standard library searches a word or more at a time.
fn find_newline(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    let passed = rest.skip_until(b'\n').expect("reading a slice cannot fail");
    let last = passed.checked_sub(1)?;
    (bytes[last] == b'\n').then_some(last)
}

#[cfg(test)]
mod tests;
