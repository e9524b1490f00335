//! The hooks that come with atlas, so that nobody needs a shell or an interpreter to have them.
//!
//! Each is a program like any other hook: it is started, gets JSON at its stdin, and answers by an
//! exit code. The program is atlas itself.

mod commit;
mod markers;
mod quotes;

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{
    model::{bundled_hook::BundledHook, changes::FileChange, check::Timing},
    sys::fs::read_capped,
};

/// An output is far smaller.
const OUTPUT_BYTES: u64 = 16 * 1024 * 1024;

/// What a hook found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It looked and was content.
    Passed {
        /// Something the agent should know.
        context: Option<String>,
    },
    /// It looked and refuses, for these reasons.
    Refused(Vec<String>),
    /// It could not look.
    CouldNotLook(String),
}

/// What a hook is told of the work; it is told more, which these do not need.
#[derive(Debug, Deserialize)]
struct Work {
    timing: Timing,
    cwd: PathBuf,
    output_file: Option<PathBuf>,
    #[serde(default)]
    changed_files: Vec<FileChange>,
}

/// Runs the hook of this name on what it is told.
pub fn look(name: &str, told: &[u8]) -> Answer {
    let Some(hook) = BundledHook::from_name(name) else {
        return Answer::CouldNotLook(format!("there is no bundled hook `{name}`"));
    };
    let work: Work = match serde_json::from_slice(told) {
        Ok(work) => work,
        Err(error) => return Answer::CouldNotLook(format!("it was told nothing: {error}")),
    };
    let answer = match hook {
        BundledHook::QuotesStand => quotes::look(&work),
        BundledHook::CommitConventions => commit::look(&work),
        BundledHook::NoConflictMarkers => Ok(markers::look(&work)),
    };
    answer.unwrap_or_else(Answer::CouldNotLook)
}

impl Answer {
    fn of(faults: Vec<String>) -> Self {
        if faults.is_empty() { Self::Passed { context: None } } else { Self::Refused(faults) }
    }
}

impl Work {
    fn output(&self) -> Result<String, String> {
        let file = self.output_file.as_ref().ok_or("there is no output to look at")?;
        let bytes = read_capped(file, OUTPUT_BYTES)
            .map_err(|error| format!("cannot read the output: {error}"))?;
        String::from_utf8(bytes).map_err(|_| "the output is no text".to_owned())
    }

    /// A file of the tree, with all links resolved; `None` where the path leads out of it.
    fn file(&self, path: &str) -> Option<PathBuf> {
        let root = self.cwd.canonicalize().ok()?;
        let real = root.join(path).canonicalize().ok()?;
        (Path::new(path).is_relative() && real.starts_with(&root)).then_some(real)
    }
}
