//! Puts what a step made where a crash cannot lose it: small in the journal, large in a file of its own.

use std::path::Path;

use super::site::Site;
use crate::{
    model::{Fault, Result, digest::sha256, run::event::Output},
    sys::fs::{PRIVATE_FILE, write_private},
};

/// Up to this size an output lies inside the line that commits it, which is synced anyway.
const INLINE_BYTES: usize = 32 * 1024;

/// Keeps a text or a value in `dir`, the folder of an attempt, and says where it is. A
/// [`Output::File`] is kept already.
pub(crate) fn keep(site: &Site, dir: &Path, said: Output) -> Result<Output> {
    let (name, text) = match &said {
        Output::Json { json } => ("output.json", format!("{json:#}\n")),
        Output::Text { text } => {
            // A shell's `read` loses a last line that has no end.
            let end = if text.ends_with('\n') { "" } else { "\n" };
            ("output.md", format!("{text}{end}"))
        }
        Output::File { .. } => return Ok(said),
    };
    let file = dir.join(name);
    if text.len() <= INLINE_BYTES {
        write_private(&file, text.as_bytes(), PRIVATE_FILE)
            .map_err(|error| Fault::failed(error.to_string()))?;
        return Ok(said);
    }
    site.session.write_durable(&file, text.as_bytes())?;
    let path = file.strip_prefix(site.session.dir()).unwrap_or(&file).display().to_string();
    let sha256 = sha256(text.as_bytes());
    Ok(Output::File { path, sha256 })
}
