//! The journal of a session: the append-only truth about what happened.
//!
//! One thread owns the file. Everybody else hands it events and waits until they are written
//! ([`Journal::append`]) or until they are on disk ([`Journal::commit`]). All commits that are
//! waiting when the disk becomes free share one sync, so a fan-out costs hardly more of them than
//! a single step does.
//!
//! The first thing that goes wrong is the last: after a failed write nobody knows what the file
//! ends in, and after a failed sync the kernel may have dropped what it could not store and will
//! call the next sync a success. So nothing is tried again, and every later call fails alike.

mod reader;
mod writer;

#[cfg(test)]
mod tests;

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::mpsc,
    thread::{self, JoinHandle},
};

use jiff::Timestamp;
use tokio::sync::oneshot;

pub use reader::{Damage, MAX_LINE, Scan, Tail, Wrong, read, scan};
pub use writer::Wish;
use writer::{Job, Writer};

use crate::{
    model::{Fault, Result, journal_line::Line, run::Event},
    sys::{
        clock::Clock,
        fs::{PRIVATE_FILE, open_private, write_atomic},
    },
};

/// A journal that can be written. Dropping it waits for what was handed over.
#[derive(Debug)]
pub struct Journal {
    inbox: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

/// The number and the moment that an event was written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The number in the journal, from 1.
    pub seq: u64,
    /// The moment, to the millisecond.
    pub at: Timestamp,
}

/// What a journal held when it was opened.
#[derive(Debug)]
pub struct Recovered {
    /// Its lines in order.
    pub lines: Vec<Line>,
    /// Where a broken last line was put aside, if there was one.
    pub torn: Option<PathBuf>,
}

/// Makes an empty journal at `path`, where nothing may be yet.
pub fn make(path: &Path) -> Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create_new(true).mode(PRIVATE_FILE);
    open_private(path, &mut options)
        .map_err(|error| Fault::failed("cannot make the journal").because(error))?;
    Ok(())
}

impl Journal {
    /// Opens the journal at `path`, reads it, and cuts off a last line that is broken.
    ///
    /// The broken bytes are kept beside the journal. Anything else that is wrong with it is
    /// refused, and then nothing is touched. The caller holds the session's lock.
    ///
    /// The first commit also puts `folders` on disk: those that may have got new entries on the
    /// way to the journal.
    pub fn open(path: &Path, clock: Clock, folders: Vec<PathBuf>) -> Result<(Self, Recovered)> {
        let mut options = OpenOptions::new();
        options.read(true).append(true);
        let file = open_private(path, &mut options)
            .map_err(|error| Fault::invalid("cannot open the journal").because(error))?;
        let scan = scan(&file, path)?;
        let torn = match scan.tail {
            Tail::Clean => None,
            Tail::Torn(bytes) => Some(cut_off(&file, path, scan.good, &bytes, clock)?),
            Tail::Damaged(damage) => return Err(damage.fault(path)),
        };
        let seq = scan.lines.last().map_or(0, |line| line.seq);
        let writer = Writer::new(file, path, clock).after(seq, scan.good);
        let writer =
            writer.map_err(|error| Fault::invalid("cannot read the journal").because(error))?;
        Ok((Self::start(writer, folders)?, Recovered { lines: scan.lines, torn }))
    }

    fn start(mut writer: Writer, folders: Vec<PathBuf>) -> Result<Self> {
        writer.folders = folders;
        let (inbox, jobs) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || writer.work(&jobs))
            .map_err(|error| Fault::failed("cannot start the journal's thread").because(error))?;
        Ok(Self { inbox: Some(inbox), thread: Some(thread) })
    }

    /// Writes `event`; the future ends once it is written, though maybe not on disk yet.
    ///
    /// Events are written in the order of the calls, whether and whenever the futures are polled.
    pub fn append(&self, event: &Event) -> impl Future<Output = Result<Stamp>> + use<> {
        self.hand_over(event, Wish::Written)
    }

    /// Writes `event`; the future ends once it, and all before it, is on disk.
    ///
    /// Events are written in the order of the calls, whether and whenever the futures are polled.
    pub fn commit(&self, event: &Event) -> impl Future<Output = Result<Stamp>> + use<> {
        self.hand_over(event, Wish::Durable)
    }

    /// Writes `event`; the future ends once that is as it is wished. Who hands over several before
    /// it waits for the first pays for one sync.
    ///
    /// Events are written in the order of the calls, whether and whenever the futures are polled.
    pub fn hand_over(
        &self,
        event: &Event,
        wish: Wish,
    ) -> impl Future<Output = Result<Stamp>> + use<> {
        let (reply, answer) = oneshot::channel();
        let inbox = self.inbox.as_ref().expect("the inbox is open until the journal is dropped");
        // Where the thread is gone the job is dropped, and with it the reply.
        drop(inbox.send(Job { event: event.clone(), wish, reply }));
        async move {
            let gone = || Fault::failed("durability lost: the journal's thread is gone");
            answer.await.unwrap_or_else(|_| Err(gone()))
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        drop(self.inbox.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was told to whoever waited for a reply.
            drop(thread.join());
        }
    }
}

/// Puts the broken end of a journal aside, on disk, before it is cut off.
fn cut_off(file: &File, path: &Path, good: u64, bytes: &[u8], clock: Clock) -> Result<PathBuf> {
    let stamp = clock.now().strftime("%Y%m%d-%H%M%S-%3f");
    let aside = path.with_file_name(format!("journal.torn-{stamp}"));
    write_atomic(&aside, bytes, PRIVATE_FILE)
        .and_then(|()| file.set_len(good))
        .and_then(|()| file.sync_all())
        .map_err(|error| durability_lost("the journal could not be repaired", path, &error))?;
    Ok(aside)
}

/// The fault of a disk that does not keep what it is given.
pub(in crate::store) fn durability_lost(what: &str, path: &Path, error: &io::Error) -> Fault {
    let fault = Fault::failed(format!("durability lost: {what}"))
        .because(format!("`{}`: {error}", path.display()));
    let first = match error.kind() {
        io::ErrorKind::StorageFull => "free some space on that disk",
        io::ErrorKind::QuotaExceeded => "free some space, or have your disk quota raised",
        io::ErrorKind::FileTooLarge => "raise the limit on the size of a file",
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
            "make that folder writable again"
        }
        _ => "look after that disk",
    };
    fault.hint(format!("{first}, then `atlas resume {}` goes on from there", session_name(path)))
}

/// The name of the session that the journal at `path` belongs to.
fn session_name(path: &Path) -> String {
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
    folder.to_string_lossy().into_owned()
}
