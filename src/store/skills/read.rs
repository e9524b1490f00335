//! Reading a file that anybody may have put there: never more than asked for, never waiting.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use rustix::fs::OFlags;

use crate::model::{Fault, Result};

/// All bytes of a regular file, or of a link that ends at one.
///
/// # Errors
/// It cannot be opened or read, is no regular file, or has more than `max` bytes.
pub(super) fn whole(path: &Path, max: usize) -> Result<Vec<u8>> {
    let (file, _) = open(path, max)?;
    let bytes = prefix(&file, max + 1).map_err(|error| unreadable(path, &error))?;
    if bytes.len() > max {
        return Err(too_large(path, bytes.len() as u64, max));
    }
    Ok(bytes)
}

/// Opens a regular file of at most `max` bytes and says how many it has. A pipe or a device is
/// refused; opening one does not wait for its other end.
pub(super) fn open(path: &Path, max: usize) -> Result<(File, u64)> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let open = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path);
    let file = open.map_err(|error| unreadable(path, &error))?;
    let facts = file.metadata().map_err(|error| unreadable(path, &error))?;
    if !facts.is_file() {
        let kind = if facts.is_dir() { "a folder" } else { "a pipe, socket or device" };
        return Err(Fault::invalid(format!("{} is {kind}, not a file", path.display())));
    }
    if facts.len() > max as u64 {
        return Err(too_large(path, facts.len(), max));
    }
    Ok((file, facts.len()))
}

/// At most so many bytes from where the file stands.
pub(super) fn prefix(file: &File, max: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(max as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

pub(super) fn unreadable(path: &Path, error: &io::Error) -> Fault {
    let fault = Fault::invalid(format!("{} cannot be read", path.display())).because(error);
    match error.kind() {
        io::ErrorKind::PermissionDenied => fault.hint("give yourself the right to read it"),
        _ => fault,
    }
}

fn too_large(path: &Path, size: u64, max: usize) -> Fault {
    let message = format!("{} has {size} bytes; at most {max} are read", path.display());
    Fault::invalid(message).hint("move long parts into files under `references/`")
}
