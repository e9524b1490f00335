//! What was read of the ledger before: a run of many calls asks for the day's sum before each, and
//! reads only what was written since.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    os::unix::fs::MetadataExt as _,
    path::Path,
};

use super::{
    MAX_FILE,
    entry::{self, Charge},
};
use crate::{
    model::{Fault, Result},
    sys::fs::open_stored,
};

/// The charges of one day, as far as the file was read.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    day: String,
    /// The file that was read; another one stands in its place once it was shortened.
    file: Option<(u64, u64)>,
    /// How far it was read, in bytes: to the end of a line.
    read: u64,
    charges: BTreeMap<String, Charge>,
}

impl Seen {
    /// Reads on, and says how long the file is.
    pub(super) fn look(&mut self, path: &Path, day: &str) -> Result<u64> {
        let failed =
            |error: io::Error| Fault::failed("cannot read the day's ledger").because(error);
        let (mut file, length) = match open_stored(path) {
            Ok(opened) => opened,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                *self = Self { day: day.to_owned(), ..Self::default() };
                return Ok(0);
            }
            Err(error) => return Err(failed(error)),
        };
        let found = file.metadata().map(|found| (found.dev(), found.ino())).map_err(failed)?;
        if self.day != day || self.file != Some(found) || length < self.read {
            *self = Self { day: day.to_owned(), file: Some(found), ..Self::default() };
        }
        let bytes = rest(&mut file, self.read, length).map_err(failed)?;
        // A last line without its end may be a whole one: it counts, and is looked at again, which
        // changes nothing.
        entry::add(&mut self.charges, &bytes, day)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        self.read += whole as u64;
        Ok(length)
    }

    /// A call of this process is over, whatever it cost.
    pub(super) fn is_over(&mut self, id: &str) {
        if let Some(charge) = self.charges.get_mut(id) {
            charge.is_over();
        }
    }

    /// Each charge of the day.
    pub(super) fn charges(&self) -> impl Iterator<Item = &Charge> {
        self.charges.values()
    }
}

fn rest(file: &mut File, from: u64, length: u64) -> io::Result<Vec<u8>> {
    if length > MAX_FILE {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is far too large"));
    }
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(length.saturating_sub(from)).read_to_end(&mut bytes)?;
    Ok(bytes)
}
