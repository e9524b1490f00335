//! Reading a journal: every line is checked, and what cannot be trusted is told apart.
//!
//! A crash can only harm the last line, because each is written by one call. So a broken last
//! line is the trace of a crash and may be cut off; anything wrong before it, or wrong in a line
//! whose checksum holds, is damage that no crash explains, and nothing is guessed.

use std::{
    fmt,
    fs::OpenOptions,
    io::{BufRead as _, BufReader, Read},
    path::Path,
};

use crate::{
    model::{
        Fault, Result,
        journal_line::{BadLine, Line, decode},
    },
    store::journal::session_name,
    sys::fs::open_private,
};

/// The longest line that is written or read, in bytes, its newline included.
pub const MAX_LINE: u64 = 64 << 20;

/// Everything in a journal that is good, and what comes after it.
#[derive(Debug)]
pub struct Scan {
    /// The good lines, from the first.
    pub lines: Vec<Line>,
    /// How many bytes they take.
    pub good: u64,
    /// What comes after them.
    pub tail: Tail,
}

/// What comes after a journal's good lines.
#[derive(Debug, PartialEq, Eq)]
pub enum Tail {
    /// Nothing.
    Clean,
    /// One broken line, as a crash leaves it.
    Torn(Vec<u8>),
    /// Something that no crash explains.
    Damaged(Damage),
}

/// Damage to a journal.
#[derive(Debug, PartialEq, Eq)]
pub struct Damage {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub what: Wrong,
}

/// What is wrong with a line.
#[derive(Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It is no line.
    Line(BadLine),
    /// It is longer than any line is written.
    TooLong,
    /// It has this number instead of its own.
    Number(u64),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        match &self.what {
            Wrong::Line(bad) => write!(f, "{bad}"),
            Wrong::TooLong => write!(f, "it is over {MAX_LINE} bytes"),
            Wrong::Number(seq) => write!(f, "its number is {seq}, which is out of order"),
        }
    }
}

impl Damage {
    /// What a person is told.
    pub fn fault(&self, path: &Path) -> Fault {
        let line = self.line;
        let session = session_name(path);
        let fault = Fault::invalid(format!("the journal of session {session} cannot be read"))
            .because(format!("`{}`, line {line}", path.display()));
        let salvage =
            format!("`atlas session salvage {session}` copies what comes before line {line}");
        match &self.what {
            Wrong::Line(bad @ BadLine::Newer(_)) => fault
                .because(format!("{bad}"))
                .hint("it was written by a later atlas: use that one, or a newer one"),
            Wrong::Line(bad) => fault.because(bad).hint(salvage),
            Wrong::TooLong => fault.because(format!("it is over {MAX_LINE} bytes")).hint(salvage),
            Wrong::Number(seq) => {
                fault.because(format!("its number is {seq}, which is out of order")).hint(salvage)
            }
        }
    }
}

/// Reads the journal at `path`, without touching it and without waiting for its writer.
///
/// A broken last line is left out: it may be one that is being written just now.
pub fn read(path: &Path) -> Result<Vec<Line>> {
    let file = open_private(path, OpenOptions::new().read(true))
        .map_err(|error| Fault::invalid("cannot open the journal").because(error))?;
    let scan = scan(&file, path)?;
    match scan.tail {
        Tail::Clean | Tail::Torn(_) => Ok(scan.lines),
        Tail::Damaged(damage) => Err(damage.fault(path)),
    }
}

/// Reads a journal as far as it is good; `path` is only for messages.
pub fn scan(source: impl Read, path: &Path) -> Result<Scan> {
    let mut reader = BufReader::with_capacity(1 << 16, source);
    let mut scan = Scan { lines: Vec::new(), good: 0, tail: Tail::Clean };
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        // One byte more than allowed, to see that it is too long.
        let size =
            reader.by_ref().take(MAX_LINE + 1).read_until(b'\n', &mut bytes).map_err(|error| {
                Fault::failed("cannot read the journal")
                    .because(format!("`{}`: {error}", path.display()))
            })? as u64;
        if size == 0 {
            return Ok(scan);
        }
        let number = scan.lines.len() as u64 + 1;
        let what = match (&scan.tail, judge(&bytes, number)) {
            // The broken line was not the last one.
            (Tail::Torn(_), _) => Wrong::Line(BadLine::Checksum),
            (_, Ok(line)) => {
                scan.good += size;
                scan.lines.push(line);
                continue;
            }
            (_, Err(Wrong::Line(BadLine::Checksum))) => {
                scan.tail = Tail::Torn(bytes.clone());
                continue;
            }
            (_, Err(wrong)) => wrong,
        };
        scan.tail = Tail::Damaged(Damage { line: number, what });
        return Ok(scan);
    }
}

fn judge(bytes: &[u8], number: u64) -> Result<Line, Wrong> {
    if bytes.len() as u64 > MAX_LINE {
        return Err(Wrong::TooLong);
    }
    let line = bytes.strip_suffix(b"\n").ok_or(Wrong::Line(BadLine::Checksum))?;
    let line = decode(line).map_err(Wrong::Line)?;
    if line.seq == number { Ok(line) } else { Err(Wrong::Number(line.seq)) }
}
