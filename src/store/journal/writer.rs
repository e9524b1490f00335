//! The thread that owns a journal's file.

use std::{
    fs::{File, Metadata},
    io::{self, Write as _},
    os::unix::fs::{FileExt as _, MetadataExt as _},
    path::{Path, PathBuf},
    sync::mpsc::Receiver,
};

use jiff::Unit;
use tokio::sync::oneshot;

use super::{MAX_LINE, Stamp, durability_lost, session_name};
use crate::{
    model::{Fault, Result, digest::Sha256Of, journal_line::encode, run::Event},
    sys::{clock::Clock, fs::sync_dir},
};

/// How many events are written before those that wait for the disk get their sync.
const BATCH: usize = 1024;

/// What an event's sender waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// That it is written.
    Written,
    /// That it is on disk.
    Durable,
}

/// An event to write, and whom to tell.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) event: Event,
    pub(super) wish: Wish,
    pub(super) reply: oneshot::Sender<Result<Stamp>>,
}

/// The file and all that is known about it.
#[derive(Debug)]
pub(super) struct Writer {
    file: File,
    path: PathBuf,
    clock: Clock,
    seq: u64,
    len: u64,
    /// Of everything that the file has to hold.
    hash: Sha256Of,
    broken: Option<Fault>,
    /// Folders whose entries the next sync puts on disk too.
    pub(super) folders: Vec<PathBuf>,
}

/// The hash of the first `len` bytes.
fn hash_of(file: &File, len: u64) -> io::Result<Sha256Of> {
    let (mut hash, mut at) = (Sha256Of::default(), 0);
    let mut chunk = vec![0; 64 * 1024];
    while at < len {
        let room = usize::try_from(len - at).unwrap_or(usize::MAX).min(chunk.len());
        match file.read_at(&mut chunk[..room], at) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => {
                hash.take(&chunk[..n]);
                at += n as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(hash)
}

impl Writer {
    /// A writer of an empty file, which is opened for appending.
    pub(super) fn new(file: File, path: &Path, clock: Clock) -> Self {
        let path = path.to_owned();
        let (hash, folders) = (Sha256Of::default(), Vec::new());
        Self { file, path, clock, seq: 0, len: 0, hash, broken: None, folders }
    }

    /// The writer of a file whose last line has this number and ends at `len` bytes.
    pub(super) fn after(self, seq: u64, len: u64) -> io::Result<Self> {
        let hash = hash_of(&self.file, len)?;
        Ok(Self { seq, len, hash, ..self })
    }

    /// Works until the last sender is gone.
    pub(super) fn work(mut self, jobs: &Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            let mut waiting = Vec::new();
            for job in std::iter::once(first).chain(jobs.try_iter()).take(BATCH) {
                let written = self.unless_broken(|writer| writer.write(&job.event));
                match (job.wish, written) {
                    (Wish::Durable, Ok(stamp)) => waiting.push((job.reply, stamp)),
                    // Whoever does not listen any more does not need to be told.
                    (_, written) => drop(job.reply.send(written)),
                }
            }
            if waiting.is_empty() {
                continue;
            }
            let synced = self.unless_broken(Self::sync);
            for (reply, stamp) in waiting {
                drop(reply.send(synced.clone().map(|()| stamp)));
            }
        }
    }

    fn unless_broken<T>(&mut self, act: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if let Some(fault) = &self.broken {
            return Err(fault.clone());
        }
        act(self).inspect_err(|fault| self.broken = Some(fault.clone()))
    }

    fn write(&mut self, event: &Event) -> Result<Stamp> {
        self.expect_ours()?;
        if matches!(event, Event::RunEnded { .. }) {
            self.expect_our_words()?;
        }
        let now = self.clock.now();
        let at = now.round(Unit::Millisecond).unwrap_or(now);
        let stamp = Stamp { seq: self.seq + 1, at };
        let line = encode(stamp.seq, stamp.at, event)
            .map_err(|error| Fault::invalid("an event cannot be recorded").because(error))?;
        let size = line.len() as u64;
        if size > MAX_LINE {
            return Err(Fault::failed(format!("an event of {size} bytes is too long to record")));
        }
        self.file.write_all(&line).map_err(|error| {
            durability_lost("the journal could not be written", &self.path, &error)
        })?;
        self.seq = stamp.seq;
        self.len += size;
        self.hash.take(&line);
        Ok(stamp)
    }

    fn sync(&mut self) -> Result<()> {
        let lost = |what, error| durability_lost(what, &self.path, &error);
        self.file
            .sync_data()
            .map_err(|error| lost("the journal could not be synced to disk", error))?;
        for folder in self.folders.drain(..) {
            sync_dir(&folder).map_err(|error| {
                durability_lost("a folder could not be synced to disk", &folder, &error)
            })?;
        }
        Ok(())
    }

    /// Within a run what we remember is the truth; a file that says otherwise ends the run.
    fn expect_ours(&self) -> Result<()> {
        let found = self.path.symlink_metadata();
        let mine = self.file.metadata();
        let (Ok(found), Ok(mine)) = (found, mine) else {
            return Err(self.changed("it is not there any more"));
        };
        let name = |file: &Metadata| (file.dev(), file.ino());
        if name(&found) != name(&mine) {
            return Err(self.changed("another file stands in its place"));
        }
        if mine.len() != self.len {
            return Err(self.changed(&format!(
                "it has {} bytes, {} were written",
                mine.len(),
                self.len
            )));
        }
        Ok(())
    }

    /// A change that keeps the size is seen where it would count: before a run is said to have
    /// ended like this or like that.
    fn expect_our_words(&self) -> Result<()> {
        let found = hash_of(&self.file, self.len).map(Sha256Of::digits);
        match found {
            Ok(found) if found == self.hash.clone().digits() => Ok(()),
            Ok(_) => Err(self.changed("it does not hold what was written")),
            Err(error) => Err(self.changed(&error.to_string())),
        }
    }

    fn changed(&self, how: &str) -> Fault {
        Fault::invalid(format!(
            "the journal of session {} was changed by another process",
            session_name(&self.path)
        ))
        .because(format!("`{}`: {how}", self.path.display()))
    }
}
