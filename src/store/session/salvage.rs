//! Saving what is good of a session whose journal is damaged, in a new one. The old one is only
//! read.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use uuid::Uuid;

use super::{Home, NewSession, SessionDir, SessionFile, Summary, dir, home::not_made};
use crate::{
    model::{
        Fault, Result, SessionId,
        journal_line::{BadLine, Line},
        run::event::{Event, Output},
        text,
    },
    store::journal::{self, Tail, Wrong},
    sys::fs::{PRIVATE_FILE, create_private_dir, open_private, sync_dir, write_atomic},
};

/// What is not copied: the lock is a process's own, the journal and the description are made anew,
/// and the link in `bin` is made where it is needed.
const LEFT: [&str; 4] = [dir::LOCK, dir::JOURNAL, dir::SESSION_FILE, "bin"];

/// What was saved.
#[derive(Debug)]
pub struct Salvaged {
    /// The new session.
    pub session: SessionDir,
    /// How many lines of the journal were good, from the first.
    pub lines: usize,
    /// How many bytes come after them.
    pub bytes_left: u64,
    /// Why the line after them is not.
    pub why: String,
    /// Outputs that the good lines name and that are not what was committed.
    pub lost: Vec<String>,
}

impl Home {
    /// Copies what is good of `old` into a new session here.
    ///
    /// # Errors
    /// There is nothing wrong with the journal, or nothing good in it; a later atlas wrote it.
    pub fn salvage(&self, old: &SessionDir, new: &NewSession) -> Result<Salvaged> {
        let path = old.journal();
        let file = open_private(&path, OpenOptions::new().read(true))
            .map_err(|error| Fault::invalid("cannot open the journal").because(error))?;
        let size = file.metadata().map_or(0, |found| found.len());
        let scan = journal::scan(&file, &path)?;
        let why = match &scan.tail {
            Tail::Damaged(damage) if matches!(damage.what, Wrong::Line(BadLine::Newer(_))) => {
                return Err(damage.fault(&path));
            }
            Tail::Damaged(damage) => damage.to_string(),
            Tail::Clean | Tail::Torn(_) => {
                return Err(Fault::usage(format!("the journal of session {} is sound", old.id))
                    .hint(format!("`atlas session show {}` reads it", old.id)));
            }
        };
        if scan.lines.is_empty() {
            return Err(
                Fault::invalid(format!("nothing of session {} can be saved", old.id)).because(why)
            );
        }
        let unborn = self.folder.join(format!(".new-{}", Uuid::new_v4().simple()));
        create_private_dir(&unborn).map_err(not_made)?;
        let copied = copy_good(&file, scan.good, old, &unborn)
            .map_err(|error| not_made(text::sanitize_line(&error.to_string())))
            .and_then(|()| self.name_salvaged(&unborn, old, &scan.lines, new));
        let session = copied.inspect_err(|_| {
            // Where even this fails, what is left is in nobody's way.
            let _removed = fs::remove_dir_all(&unborn);
        })?;
        let lost = lost_outputs(&session, &scan.lines);
        let bytes_left = size.saturating_sub(scan.good);
        Ok(Salvaged { session, lines: scan.lines.len(), bytes_left, why, lost })
    }

    fn name_salvaged(
        &self,
        unborn: &Path,
        old: &SessionDir,
        lines: &[Line],
        new: &NewSession,
    ) -> Result<SessionDir> {
        let kept = SessionFile::read(&old.file());
        let (session, _) =
            self.give_name(unborn, new, |file: &mut SessionFile, id: &SessionId| {
                if let Some(kept) = &kept {
                    *file = SessionFile { id: id.clone(), ..kept.clone() };
                }
                let size = unborn.join(dir::JOURNAL).symlink_metadata().map_or(0, |it| it.len());
                file.summary = Summary::of(lines, size);
            })?;
        sync_dir(&self.folder).map_err(not_made)?;
        Ok(session)
    }
}

/// The good beginning of the journal, and everything beside it.
fn copy_good(journal: &File, good: u64, old: &SessionDir, unborn: &Path) -> io::Result<()> {
    use std::io::Seek as _;
    let mut journal = journal;
    journal.rewind()?;
    let mut bytes = Vec::new();
    journal.take(good).read_to_end(&mut bytes)?;
    write_atomic(&unborn.join(dir::JOURNAL), &bytes, PRIVATE_FILE)?;
    for entry in fs::read_dir(&old.path)? {
        let entry = entry?;
        if LEFT.iter().all(|name| entry.file_name() != *name) {
            copy(&entry.path(), &unborn.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// Copies a file, or a folder with all that is below it. Nothing else has a place in a session.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let found = from.symlink_metadata()?;
    if found.is_dir() {
        create_private_dir(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
    } else if found.is_file() {
        let mut source = open_readable(from)?;
        let mut target =
            OpenOptions::new().write(true).create_new(true).mode(PRIVATE_FILE).open(to)?;
        io::copy(&mut source, &mut target)?;
        target.flush()?;
    }
    Ok(())
}

/// [`open_private`] would change the mode of a file that somebody opened to others.
fn open_readable(path: &Path) -> io::Result<File> {
    let flags = (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits();
    OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(path)
}

fn lost_outputs(session: &SessionDir, lines: &[Line]) -> Vec<String> {
    let outputs = lines.iter().filter_map(|line| match &line.event {
        Event::CallEnded(call) => call.output.as_ref(),
        _ => None,
    });
    let lost = outputs.filter(|output| session.load_output(output).is_err());
    let files = lost.filter_map(|output| match output {
        Output::File { path, .. } => Some(path.clone()),
        Output::Text { .. } | Output::Json { .. } => None,
    });
    files.collect()
}
