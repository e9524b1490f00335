//! Reading the small text files that people write, and who else could have written them.

use std::{
    fs::Metadata,
    io::{self, ErrorKind},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use crate::{
    model::{Fault, Result},
    sys::fs::read_capped,
};

/// As much as a configuration or a contract may hold.
pub(super) const MAX_BYTES: u64 = 1024 * 1024;

/// The text of a regular file; nothing where there is no file.
///
/// # Errors
/// It is larger than [`MAX_BYTES`], no regular file, or no UTF-8.
pub(super) fn read(path: &Path) -> Result<Option<String>> {
    let cannot = || Fault::invalid(format!("cannot read {}", path.display()));
    let bytes = match read_capped(path, MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(cannot().because(error)),
    };
    String::from_utf8(bytes).map(Some).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        cannot().because(format!("byte {} is no UTF-8", at + 1))
    })
}

/// Whether a file is simply not there.
pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Where a file really lies, if that is inside `folder`; nothing where there is no file.
///
/// # Errors
/// A symbolic link leads out of the folder.
pub(super) fn inside(folder: &Path, path: &Path) -> Result<Option<PathBuf>> {
    let cannot = || Fault::invalid(format!("cannot read {}", path.display()));
    let real = match path.canonicalize() {
        Ok(real) => real,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(cannot().because(error)),
    };
    let folder = folder.canonicalize().map_err(|error| cannot().because(error))?;
    if real.starts_with(&folder) {
        return Ok(Some(real));
    }
    Err(cannot().because(format!("it leads to {}, out of {}", real.display(), folder.display())))
}

/// Why somebody else could have written a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shared {
    /// It belongs to another user, who is not root.
    Foreign,
    /// Its mode lets others write it.
    Writable,
}

impl Shared {
    /// Why somebody else could have written this, if that is so.
    pub(super) fn of(found: &Metadata) -> Option<Self> {
        if ![0, rustix::process::geteuid().as_raw()].contains(&found.uid()) {
            return Some(Self::Foreign);
        }
        (found.mode() & 0o022 != 0).then_some(Self::Writable)
    }

    /// The reason in words.
    pub(super) fn why(self) -> &'static str {
        match self {
            Self::Foreign => "it belongs to another user",
            Self::Writable => "others can write it",
        }
    }

    /// The command that mends it.
    pub(super) fn remedy(self, path: &Path) -> String {
        match self {
            Self::Foreign => format!("sudo chown \"$USER\" {}", path.display()),
            Self::Writable => format!("chmod go-w {}", path.display()),
        }
    }
}
