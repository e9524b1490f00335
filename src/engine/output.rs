//! Outputs where a crash cannot lose them: small ones lie in the journal, large ones in files that
//! are on disk before the journal names them.

use std::path::Path;

use super::site::Site;
use crate::{
    model::{Fault, Result, digest::sha256, run::event::Output},
    sys::fs::{PRIVATE_FILE, write_private},
};

/// Up to this size an output lies inside its commit line, which is synced anyway.
const INLINE_BYTES: usize = 32 * 1024;

/// Keeps an output in the folder of its attempt, and says how the journal has it.
///
/// # Errors
/// It cannot be written.
pub(crate) fn keep(site: &Site, dir: &Path, output: Output) -> Result<Output> {
    let (name, text) = match &output {
        Output::Json { json } => ("output.json", format!("{json:#}\n")),
        Output::Text { text } => {
            // A shell's `read` loses a last line that has no end.
            let end = if text.ends_with('\n') { "" } else { "\n" };
            ("output.md", format!("{text}{end}"))
        }
        Output::File { .. } => return Ok(output),
    };
    let file = dir.join(name);
    if text.len() <= INLINE_BYTES {
        write(&file, text.as_bytes())?;
        return Ok(output);
    }
    site.session.write_durable(&file, text.as_bytes())?;
    let path = file.strip_prefix(site.session.dir()).unwrap_or(&file).display().to_string();
    Ok(Output::File { path, sha256: sha256(text.as_bytes()) })
}

/// Keeps what a program said on stderr beside its output.
///
/// # Errors
/// It cannot be written.
pub(crate) fn keep_stderr(dir: &Path, stderr: &str) -> Result<()> {
    if stderr.is_empty() { Ok(()) } else { write(&dir.join("stderr.txt"), stderr.as_bytes()) }
}

fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    write_private(file, bytes, PRIVATE_FILE).map_err(|error| Fault::failed(error.to_string()))
}
