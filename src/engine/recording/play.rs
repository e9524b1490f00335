//! `atlas __claude`: speaks claude's stream from a recording.
//!
//! It is started as claude is, with claude's own flags after its own. It answers the prompt that
//! was recorded and no other: a call that does not fit ends with the exit code of `invalid` and
//! says what differs.

use std::{
    ffi::OsString,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use super::ASKED;
use crate::{
    model::{
        Fault, Result, Status,
        digest::sha256,
        recording::{Asked, Call, Fit},
    },
    store::recordings::Recording,
    sys::{
        fs::read_capped,
        git::{self, Applied, Place},
    },
};

/// The command's name: it is no part of what people are shown.
pub const COMMAND: &str = "__claude";

/// No prompt of atlas's is longer, and no note about one.
const MAX_INPUT: u64 = 64 * 1024 * 1024;

/// Marks what is said about a recording that plays though words of its prompt differ.
pub(crate) const STALE: &str = "stale: ";

/// Plays the call that was asked for; gives the exit code of the recorded one.
pub fn play(args: &[OsString]) -> u8 {
    match perform(args) {
        Ok(code) => code,
        Err(fault) => {
            let causes = fault.causes.join("; ");
            let message = &fault.message;
            let line =
                if causes.is_empty() { message.clone() } else { format!("{message}: {causes}") };
            // Whoever started this reads it; where nobody does, the exit code says enough.
            let _nobody_reads = writeln!(io::stderr(), "{}", line.replace('\n', " "));
            Status::Invalid.code()
        }
    }
}

fn perform(args: &[OsString]) -> Result<u8> {
    let system = ["--system-prompt-file", "--append-system-prompt-file"];
    let system = system.iter().find_map(|flag| value(args, flag));
    let folder = system.as_ref().and_then(|file| file.parent());
    let folder = folder.ok_or_else(|| Fault::invalid("no file with a system prompt is named"))?;
    let recording = value(args, "--recording");
    let recording = recording.ok_or_else(|| Fault::invalid("no recording is named"))?;
    let asked = asked(folder)?;
    let recording = Recording::open(&recording)?;
    let call = fitting(&recording, &asked)?;
    change_tree(&recording.change(call)?)?;
    speak(&recording.stream(call)?, &asked)?;
    u8::try_from(call.exit).map_err(|_| Fault::invalid("the recorded exit code is none"))
}

fn value(args: &[OsString], flag: &str) -> Option<PathBuf> {
    let at = args.iter().position(|arg| arg == flag)?;
    args.get(at + 1).map(PathBuf::from)
}

/// What is asked, and that it is this prompt which it was written about.
fn asked(folder: &Path) -> Result<Asked> {
    let unknown = |error: String| Fault::invalid("what is asked is not known").because(error);
    let bytes =
        read_capped(&folder.join(ASKED), MAX_INPUT).map_err(|error| unknown(error.to_string()))?;
    let asked: Asked =
        serde_json::from_slice(&bytes).map_err(|error| unknown(error.to_string()))?;
    let mut prompt = Vec::new();
    io::stdin()
        .take(MAX_INPUT)
        .read_to_end(&mut prompt)
        .map_err(|error| unknown(error.to_string()))?;
    if sha256(&prompt) != asked.prompt {
        return Err(unknown("the prompt is not the one that was announced".to_owned()));
    }
    Ok(asked)
}

fn fitting<'a>(recording: &'a Recording, asked: &Asked) -> Result<&'a Call> {
    let Asked { step, attempt, role, parts, .. } = asked;
    let call = recording.case.call(step, *attempt, role).ok_or_else(|| {
        Fault::invalid("the recording does not fit")
            .because(format!("it holds no attempt {attempt} of the step `{step}`"))
    })?;
    match call.parts.fit(parts) {
        Fit::Match => {}
        Fit::Stale(words) => {
            let words = words.join(", ");
            let _nobody_reads = writeln!(io::stderr(), "{STALE}{words} changed since");
        }
        Fit::Missing(parts) => {
            let parts = parts.join(", ");
            return Err(Fault::invalid("the recording does not fit")
                .because(format!("another answer was asked for: {parts} differs")));
        }
    }
    Ok(call)
}

fn change_tree(patch: &[u8]) -> Result<()> {
    let unchanged = |why: String| Fault::invalid("the recorded change cannot be made").because(why);
    if patch.is_empty() {
        return Ok(());
    }
    let cwd = std::env::current_dir().map_err(|error| unchanged(error.to_string()))?;
    let place = git::discover(&cwd).map_err(|error| unchanged(error.to_string()))?;
    let Place::Repository(repository) = place else {
        return Err(unchanged("this is no repository".to_owned()));
    };
    let objects = tempfile::tempdir().map_err(|error| unchanged(error.to_string()))?;
    match repository.patch_work_tree(objects.path(), patch) {
        Ok(Applied::Whole { .. }) => Ok(()),
        Ok(Applied::Refused { conflicts }) => {
            let paths: Vec<&str> =
                conflicts.iter().map(|conflict| conflict.path.as_str()).collect();
            Err(unchanged(format!("in the way: {}", paths.join(", "))))
        }
        Ok(Applied::Partly { error, .. }) | Err(error) => Err(unchanged(error.to_string())),
    }
}

fn speak(stream: &[u8], asked: &Asked) -> Result<()> {
    let places = asked.places.in_json();
    let mut out = io::stdout().lock();
    let mut said = || {
        for line in stream.split_inclusive(|byte| *byte == b'\n') {
            out.write_all(places.fill(&String::from_utf8_lossy(line)).as_bytes())?;
        }
        out.flush()
    };
    said().map_err(|error: io::Error| Fault::failed("cannot speak").because(error))
}
