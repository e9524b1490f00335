//! The files of one attempt: prompts before the call, stream, stderr and output after it.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use super::Order;
use crate::{
    engine::site::Site,
    model::{
        Fault, Result, call::stream::Message, prompt, run::state::Opening,
        skill::substitute::SESSION_ID,
    },
    sys::fs::{PRIVATE_FILE, open_append_private, write_private},
};

/// At most so much of a stream is kept; a call that says more is read to its end all the same.
const STREAM_BYTES: u64 = 64 * 1024 * 1024;

/// Where an attempt's files lie.
#[derive(Debug)]
pub(crate) struct CallFiles {
    /// The attempt's folder.
    pub(crate) dir: PathBuf,
    /// The system prompt.
    pub(super) system: PathBuf,
    /// What goes to stdin.
    pub(crate) prompt: String,
    /// Where this call's part of the stream file begins, in bytes.
    pub(super) stream: u64,
}

/// Makes the folder and writes the prompts. They need no sync: a resume makes them anew.
pub(super) fn prepare(site: &Site, order: &Order, claude_session: &str) -> Result<CallFiles> {
    let dir = site.session.attempt_dir(site.run, &order.step.id, order.attempt)?;
    let system = dir.join("system.md");
    let told = &order.told;
    let prompt = match &order.resume {
        Some(_) if told.opening == Opening::GoOn => prompt::go_on(&told.reasons) + &told.meanwhile,
        Some(_) | None => {
            let task = format!("{}{}{}", order.step.prompt, told.brief, told.meanwhile);
            prompt::start_over(&told.reasons, &task)
        }
    };
    let files = &order.step.stages.files;
    let outline = prompt::outline(files, &site.session.stored().skill());
    let named = |text: &str| text.replace(SESSION_ID, claude_session);
    write(&system, &(named(&order.step.system) + &outline))?;
    write(&dir.join("prompt.md"), &prompt)?;
    if !files.is_empty() {
        // Anew for every call: an agent before this one may have changed them.
        let folder = site.session.skill_dir()?;
        for file in files {
            write(&folder.join(&file.name), &named(&file.text))?;
        }
    }
    let stream = fs::metadata(dir.join("stream.jsonl")).map_or(0, |found| found.len());
    Ok(CallFiles { dir, system, prompt, stream })
}

fn write(file: &Path, text: &str) -> Result<()> {
    write_private(file, text.as_bytes(), PRIVATE_FILE)
        .map_err(|error| Fault::failed("could not write the prompt").because(error))
}

/// The kept copy of a stream, bounded.
pub(super) struct StreamFile {
    file: BufWriter<File>,
    written: u64,
}

impl StreamFile {
    /// Opens the attempt's stream; a call that goes on adds to what its predecessor left.
    pub(super) fn open(files: &CallFiles) -> io::Result<Self> {
        let file = open_append_private(&files.dir.join("stream.jsonl"))?;
        let written = file.metadata()?.len();
        Ok(Self { file: BufWriter::new(file), written })
    }

    /// Keeps a line, as long as there is room. What tells of money leaves this process at once, so
    /// that it is known even of a call that outlived us.
    pub(super) fn keep(&mut self, line: &[u8], message: Option<&Message>) -> io::Result<()> {
        self.written += line.len() as u64 + 1;
        if self.written > STREAM_BYTES {
            return Ok(());
        }
        self.file.write_all(line)?;
        self.file.write_all(b"\n")?;
        match message {
            Some(
                Message::Init(_)
                | Message::AnswerStarted { .. }
                | Message::AnswerUsage { .. }
                | Message::RateLimit(_)
                | Message::Result(_),
            ) => self.file.flush(),
            Some(
                Message::Retry(_)
                | Message::Assistant { .. }
                | Message::ToolsDone(_)
                | Message::EditChecked(_)
                | Message::Text(_)
                | Message::Other,
            )
            | None => Ok(()),
        }
    }

    /// How many bytes were not kept.
    pub(super) fn left_out(&self) -> u64 {
        self.written.saturating_sub(STREAM_BYTES)
    }

    /// Writes what is still in memory.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
