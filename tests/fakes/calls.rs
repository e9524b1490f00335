//! The note that the fake leaves of each start, for the test to read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde_json::json;
use sha2::{Digest as _, Sha256};

/// Appends one line to `<path>.calls`; returns how many calls with `-p` were noted before.
///
/// The file is locked meanwhile: calls that start at once get different numbers.
pub(crate) fn note(path: &Path, args: &[String], prompt: &[u8]) -> io::Result<usize> {
    let mut file = File::options().create(true).read(true).append(true).open(beside(path))?;
    file.lock()?;
    let mut earlier = String::new();
    file.read_to_string(&mut earlier)?;
    let turn = earlier.lines().filter(|line| line.starts_with(r#"{"print":true,"#)).count();
    let line = json!({
        "print": args.iter().any(|arg| arg == "-p" || arg == "--print"),
        "args": args,
        "cwd": std::env::current_dir()?,
        "env": environment(),
        "pid": std::process::id(),
        "stdin": {"bytes": prompt.len(), "sha256": hex(&Sha256::digest(prompt))},
    });
    file.write_all(format!("{line}\n").as_bytes())?;
    Ok(turn)
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".calls");
    name.into()
}

#[expect(clippy::disallowed_methods, reason = "the fake tells what environment it was given")]
fn environment() -> BTreeMap<String, String> {
    let lossy = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    std::env::vars_os().map(|(name, value)| (lossy(name), lossy(value))).collect()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes every text");
        text
    })
}
