//! The terminal that the live view is drawn on.
//!
//! indicatif panics over a terminal that refuses to be written to, and a window that is closed in
//! the middle of a run is one. So it draws on this one, which takes whatever comes.

use std::{
    fmt,
    io::{self, Write},
    sync::{Mutex, PoisonError},
};

use indicatif::TermLike;

use crate::sys::terminal::{self, Size};

/// A terminal whose failures nobody hears of.
pub struct Screen {
    drawn: Mutex<Drawn>,
    size: fn() -> Size,
}

struct Drawn {
    pending: String,
    writer: Box<dyn Write + Send>,
}

impl Screen {
    /// The terminal behind stderr.
    pub fn of_stderr() -> Self {
        const USUAL: Size = Size { rows: 24, columns: 80 };
        Self::new(Box::new(io::stderr()), || terminal::size(io::stderr()).unwrap_or(USUAL))
    }

    /// Another one; its size is asked for whenever something is drawn.
    pub fn new(writer: Box<dyn Write + Send>, size: fn() -> Size) -> Self {
        Self { drawn: Mutex::new(Drawn { pending: String::new(), writer }), size }
    }

    fn put(&self, text: &str) {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        drawn.pending.push_str(text);
    }

    fn go(&self, n: usize, direction: char) {
        if n > 0 {
            self.put(&format!("\x1b[{n}{direction}"));
        }
    }
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Screen").field("size", &(self.size)()).finish_non_exhaustive()
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        (self.size)().columns
    }

    fn height(&self) -> u16 {
        (self.size)().rows
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.go(n, 'A');
        Ok(())
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.go(n, 'B');
        Ok(())
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.go(n, 'C');
        Ok(())
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.go(n, 'D');
        Ok(())
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        self.put(line);
        self.put("\n");
        Ok(())
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.put(text);
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        self.put("\r\x1b[2K");
        Ok(())
    }

    /// One write a picture, so that no half of one is ever seen.
    fn flush(&self) -> io::Result<()> {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        let pending = std::mem::take(&mut drawn.pending);
        let _unseen = drawn.writer.write_all(pending.as_bytes());
        let _unseen = drawn.writer.flush();
        Ok(())
    }
}
