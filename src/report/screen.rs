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

    fn put(&self, text: fmt::Arguments<'_>) -> io::Result<()> {
        use fmt::Write as _;
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        // Writing to a string cannot fail.
        let _ = drawn.pending.write_fmt(text);
        Ok(())
    }

    fn turn(&self, n: usize, direction: char) -> io::Result<()> {
        if n == 0 {
            return Ok(());
        }
        self.put(format_args!("\x1b[{n}{direction}"))
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
        self.turn(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.turn(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.turn(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.turn(n, 'D')
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        self.put(format_args!("{line}\n"))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.put(format_args!("{text}"))
    }

    fn clear_line(&self) -> io::Result<()> {
        self.put(format_args!("\r\x1b[2K"))
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
