//! The scratch pad of a session on disk: many writers, one line each, nobody's line lost.
//!
//! A note is one write to a file opened for appending. Writers take the file's lock for that one
//! write, because a line can still be left half written: by a full disk, or by a writer that is
//! killed in the middle of a long one. Whoever comes next ends the broken line before its own.

use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
};

use crate::{
    model::{
        Fault, Result,
        scratch::{self, BadEntry, Entry, Mark, PAD_BYTES, Pad},
    },
    store::session::SessionDir,
    sys::fs::{open_append_private, open_private},
};

/// Adds a note to the session's pad.
///
/// # Errors
/// A key or value that no pad takes, a pad that is full, a disk that is.
pub fn add(session: &SessionDir, entry: &Entry) -> Result<()> {
    let line = scratch::encode(entry).map_err(|bad| refused(&bad))?;
    let path = session.scratch();
    let failed = |error: std::io::Error| {
        Fault::failed("cannot write the scratch pad")
            .because(format!("`{}`: {error}", path.display()))
    };
    let mut file = open_append_private(&path)
        .map_err(|error| Fault::failed("cannot write the scratch pad").because(error))?;
    // Closing the file lets go of the lock, however this process ends.
    file.lock().map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    if size + line.len() as u64 > PAD_BYTES {
        return Err(Fault::failed("the scratch pad is full")
            .because(format!("`{}` has {size} bytes of {PAD_BYTES}", path.display()))
            .hint("keep long results in files, and their paths in the pad"));
    }
    let whole = if ends_in_the_middle(&path, size).map_err(failed)? {
        [b"\n".as_slice(), &line].concat()
    } else {
        line
    };
    let written = file.write(&whole).map_err(failed)?;
    if written < whole.len() {
        return Err(failed(ErrorKind::StorageFull.into()));
    }
    Ok(())
}

/// Whether the last line of the file, which has so many bytes, has no end.
fn ends_in_the_middle(path: &Path, size: u64) -> std::io::Result<bool> {
    if size == 0 {
        return Ok(false);
    }
    let mut file = open_private(path, OpenOptions::new().read(true))?;
    file.seek(SeekFrom::Start(size - 1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

fn refused(bad: &BadEntry) -> Fault {
    let fault = Fault::usage("this is no note for a scratch pad").because(bad);
    match bad {
        BadEntry::Value(_) => fault.hint("keep long results in a file, and its path in the pad"),
        BadEntry::Key(_) | BadEntry::Content(_) | BadEntry::Checksum | BadEntry::Newer(_) => fault,
    }
}

/// The session's pad; an empty one where nobody wrote yet.
pub fn read(session: &SessionDir) -> Result<Pad> {
    Ok(Pad::read(&bytes(session)?))
}

/// The bytes of the session's pad, to compare with a [`Mark`].
pub fn bytes(session: &SessionDir) -> Result<Vec<u8>> {
    let Some(file) = open(session)? else { return Ok(Vec::new()) };
    read_whole(file, session)
}

/// How far the session's pad has come, for the event that ends a step; `None` where nobody wrote
/// yet. What is new since `last` is on disk when this returns, so that the journal never speaks of
/// notes that a crash of the machine took.
pub fn mark(session: &SessionDir, last: Option<&Mark>) -> Result<Option<Mark>> {
    let Some(file) = open(session)? else { return Ok(None) };
    let again = file.try_clone().map_err(|error| unreadable(session, &error))?;
    let mark = Mark::of(&read_whole(file, session)?);
    if last != Some(&mark) {
        again.sync_data().map_err(|error| {
            Fault::failed("durability lost: the scratch pad could not be synced to disk")
                .because(format!("`{}`: {error}", session.scratch().display()))
        })?;
    }
    Ok(Some(mark))
}

fn open(session: &SessionDir) -> Result<Option<File>> {
    let path = session.scratch();
    match path.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Ok(_) | Err(_) => {}
    }
    open_private(&path, OpenOptions::new().read(true))
        .map(Some)
        .map_err(|error| Fault::invalid("cannot read the scratch pad").because(error))
}

fn read_whole(file: File, session: &SessionDir) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // A pad that somebody made larger than we ever would is no pad.
    let most = PAD_BYTES * 2;
    let size =
        file.take(most + 1).read_to_end(&mut bytes).map_err(|error| unreadable(session, &error))?;
    if size as u64 > most {
        return Err(unreadable(session, &ErrorKind::FileTooLarge.into()));
    }
    Ok(bytes)
}

fn unreadable(session: &SessionDir, error: &std::io::Error) -> Fault {
    Fault::invalid("cannot read the scratch pad")
        .because(format!("`{}`: {error}", session.scratch().display()))
}

#[cfg(test)]
mod tests;
