//! A session's folder: what lies where in it, and reading that without taking the session.

use std::{
    fmt::Write as _,
    path::{Component, Path, PathBuf},
};

use super::SessionFile;
use crate::{
    model::{
        Fault, Result, SessionId, digest,
        journal_line::Line,
        run::{event::Output, state::StepState},
    },
    store::journal,
    sys::fs::read_capped,
};

/// The largest output that is read back, in bytes.
const MAX_OUTPUT: u64 = 256 << 20;

pub(super) const JOURNAL: &str = "journal.jsonl";
/// The folder of a session in which git objects of its own lie.
pub const OBJECTS: &str = "objects";
pub(super) const SESSION_FILE: &str = "session.json";
pub(super) const LOCK: &str = "lock";

/// A session that is only read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionDir {
    /// Its name.
    pub id: SessionId,
    /// Its folder.
    pub path: PathBuf,
}

impl SessionDir {
    /// The session in this very folder, as a variable or a person names it.
    ///
    /// # Errors
    /// There is none: no folder, a link to one, another name, no journal.
    pub fn at(folder: &Path) -> Result<Self> {
        let refuse = |why: &str| {
            Err(Fault::usage(format!("`{}` is no session", folder.display())).because(why))
        };
        let name = folder.file_name().and_then(|name| name.to_str());
        let Some(id) = name.and_then(|name| name.parse().ok()) else {
            return refuse("its name is not that of a session");
        };
        if !folder.symlink_metadata().is_ok_and(|found| found.is_dir()) {
            return refuse("it is no folder");
        }
        let session = Self { id, path: folder.to_owned() };
        if !session.journal().symlink_metadata().is_ok_and(|found| found.is_file()) {
            return refuse("it has no journal");
        }
        Ok(session)
    }

    /// The root of the work tree in which it was made, or the folder where the user stood.
    ///
    /// A copy of the session in another tree says the same. One whose description cannot be read
    /// says nothing.
    pub fn made_in(&self) -> Option<PathBuf> {
        let file = SessionFile::read(&self.file()).filter(|file| file.id == self.id)?;
        Some(PathBuf::from(file.root))
    }

    /// The journal.
    pub fn journal(&self) -> PathBuf {
        self.path.join(JOURNAL)
    }

    /// The scratch pad.
    pub fn scratch(&self) -> PathBuf {
        self.path.join("scratch.jsonl")
    }

    /// Where git objects of the session's own lie.
    pub fn objects(&self) -> PathBuf {
        self.path.join(OBJECTS)
    }

    /// Where the sections of a staged skill lie.
    pub fn skill(&self) -> PathBuf {
        self.path.join("skill")
    }

    /// The description, which is derived and may be missing.
    pub fn file(&self) -> PathBuf {
        self.path.join(SESSION_FILE)
    }

    /// The tree that the last run began with, as its description says.
    pub fn base(&self) -> Option<String> {
        SessionFile::read(&self.file())?.base
    }

    /// The lock.
    pub fn lock(&self) -> PathBuf {
        self.path.join(LOCK)
    }

    /// Where the steps of a run leave what they were asked and said; made with the first of them.
    pub fn steps_dir(&self, run: u32) -> PathBuf {
        self.path.join("runs").join(run.to_string()).join("steps")
    }

    /// The folder of one attempt of a step; `/` in the step's id divides it into folders.
    pub fn attempt_dir(&self, run: u32, step: &str, attempt: u32) -> PathBuf {
        let mut path = self.steps_dir(run);
        path.extend(step.split('/').map(encode_segment));
        path.join(attempt.to_string())
    }

    /// The file that holds the output of a step's last attempt.
    pub fn output_file(&self, run: u32, step: &str, known: &StepState) -> Option<PathBuf> {
        let dir = self.attempt_dir(run, step, known.attempt);
        Some(match known.output.as_ref()? {
            Output::Text { .. } => dir.join("output.md"),
            Output::Json { .. } => dir.join("output.json"),
            Output::File { path, .. } => self.path.join(path),
        })
    }

    /// All that happened, run after run.
    pub fn lines(&self) -> Result<Vec<Line>> {
        journal::read(&self.journal())
    }

    /// An output with its content, wherever it lies; one that is not what was committed is
    /// refused.
    pub fn load_output(&self, output: &Output) -> Result<Output> {
        let Output::File { path, sha256 } = output else { return Ok(output.clone()) };
        let refuse = |why: String| {
            Fault::invalid(format!("an output of session {} is not what was committed", self.id))
                .because(format!("`{path}`: {why}"))
        };
        let file =
            self.inside(path).ok_or_else(|| refuse("it is no file of the session".into()))?;
        let bytes = read_capped(&file, MAX_OUTPUT).map_err(|error| refuse(error.to_string()))?;
        if digest::sha256(&bytes) != *sha256 {
            return Err(refuse("its bytes have another hash".into()));
        }
        if file.extension().is_some_and(|extension| extension == "json") {
            let json = serde_json::from_slice(&bytes).map_err(|error| refuse(error.to_string()))?;
            return Ok(Output::Json { json });
        }
        let text = String::from_utf8(bytes).map_err(|error| refuse(error.to_string()))?;
        Ok(Output::Text { text })
    }

    /// A path of the journal's, if it leads to a file of this session by real folders only.
    fn inside(&self, path: &str) -> Option<PathBuf> {
        let mut whole = self.path.clone();
        for part in Path::new(path).components() {
            let Component::Normal(part) = part else { return None };
            whole.push(part);
            if whole.symlink_metadata().ok()?.is_symlink() {
                return None;
            }
        }
        Some(whole)
    }
}

/// One folder's name for one part of a step's id: `id` or `id[n]`, anything else encoded, so
/// that no id means another folder, nor two ids the same one, not even where case is ignored.
fn encode_segment(segment: &str) -> String {
    if segment.is_empty() {
        // No encoding of anything else: there two digits follow.
        return "%".to_owned();
    }
    let (name, index) = split_index(segment);
    let mut encoded = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' => encoded.push(char::from(byte)),
            _ => write!(encoded, "%{byte:02x}").expect("writing to a string cannot fail"),
        }
    }
    encoded + index
}

/// `each[3]` is the fourth round of `each`.
fn split_index(segment: &str) -> (&str, &str) {
    let index = segment.strip_suffix(']').and_then(|rest| rest.rsplit_once('['));
    match index {
        Some((name, digits))
            if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            segment.split_at(name.len())
        }
        _ => (segment, ""),
    }
}
