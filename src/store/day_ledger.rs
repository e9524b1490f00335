//! What this user's runs cost in a day, over all repositories and all processes.
//!
//! One file of lines, each sealed like a journal's. A reservation is written before its call
//! starts, under a lock that is held from reading the sum to writing the line, so that many
//! processes at once cannot reserve more than the limit together. What is never settled stays
//! charged.
//!
//! Where the day has a limit, a call is capped, and holds its cap until it ends: caps that were only
//! bounded by what nobody had *spent* yet would let many calls at once spend it many times. Whoever
//! finds too little because others hold it waits until they have settled.
//!
//! The lines are not synced: a killed process loses none of them, and against a power cut there
//! is the session's journal, which is synced and holds the same. A line that a power cut broke is
//! passed over; its call had not begun, or stays charged at its reservation.

mod entry;
mod seen;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    fs::File,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use uuid::Uuid;

use self::{
    entry::{Charge, Entry, Kind, VERSION},
    seen::Seen,
};
use crate::{
    model::{Fault, Result, SessionId, run::event::DayEntry, value::Usd},
    sys::{
        clock::Clock,
        fs::{PRIVATE_FILE, ensure_private_dir, open_append_private, read_capped, write_atomic},
        lock::{Attempt, FileLock, Mode},
        process::ProcessId,
    },
};

/// Above this size, days that nobody asks for any more are dropped.
const COMPACT_ABOVE: u64 = 4 << 20;

/// How many days stay.
const KEPT_DAYS: i64 = 40;

/// No ledger that we keep grows to this size.
const MAX_FILE: u64 = 256 << 20;

/// The lock is only ever held for a moment.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many runs a message about a spent day names.
const SHOWN: usize = 3;

/// The user's ledger, as one run sees it.
#[derive(Clone, Debug)]
pub struct DayLedger {
    file: PathBuf,
    lock: PathBuf,
    clock: Clock,
    payer: Payer,
    seen: Arc<Mutex<Seen>>,
    looked_for_old_days: Arc<AtomicBool>,
}

/// On whose behalf money is spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payer {
    /// The session.
    pub session: SessionId,
    /// Its run, from 1.
    pub run: u32,
    /// The skill.
    pub skill: String,
    /// The root of the repository, or the folder where the user stood.
    pub repository: String,
}

/// Money that is set aside for a call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "what is never settled stays charged"]
pub struct Reservation {
    /// The most that the call may cost, where the day has a limit.
    pub cap: Option<Usd>,
    /// Where it stands in the ledger.
    pub entry: DayEntry,
}

/// What a call asks the day for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// What it probably costs: what it is charged until somebody tells.
    pub least: Usd,
    /// What it may cost by other limits.
    pub most: Option<Usd>,
    /// Whether it can wait until others have settled: not what runs in a call that holds money itself.
    pub may_wait: bool,
}

/// Why no money could be set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotReserved {
    /// The day's limit does not allow it.
    OverLimit(OverLimit),
    /// Calls under way hold what is left; when they have settled there may be enough.
    Held,
    /// The ledger could not be read or written.
    Fault(Fault),
}

/// A day whose limit leaves too little.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverLimit {
    /// What was asked for.
    pub asked: Usd,
    /// What is spent, and what calls had reserved that were killed.
    pub spent: Usd,
    /// The limit of a day.
    pub limit: Usd,
    /// What each run of the day is charged, the dearest first.
    pub dearest: Vec<DayRun>,
}

/// What one run is charged for a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayRun {
    /// The skill.
    pub skill: String,
    /// The session.
    pub session: String,
    /// The run of the session, from 1.
    pub run: u32,
    /// How much.
    pub usd: Usd,
}

impl fmt::Display for OverLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { asked, spent, limit, dearest } = self;
        write!(f, "{spent} of {limit} for today are spent, {asked} more do not fit")?;
        let shown: Vec<_> = dearest.iter().take(SHOWN).map(DayRun::to_string).collect();
        if shown.is_empty() { Ok(()) } else { write!(f, "; dearest: {}", shown.join(", ")) }
    }
}

impl fmt::Display for DayRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { skill, session, run, usd } = self;
        let later = if *run > 1 { format!(", run {run}") } else { String::new() };
        write!(f, "{skill} {usd} in {session}{later}")
    }
}

impl From<Fault> for NotReserved {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl DayLedger {
    /// The ledger in the user's state folder `state`. Nothing is opened yet.
    pub fn at(state: &Path, clock: Clock, payer: Payer) -> Self {
        let (file, lock) = (state.join("ledger.jsonl"), state.join("ledger.lock"));
        Self { file, lock, clock, payer, seen: Arc::default(), looked_for_old_days: Arc::default() }
    }

    /// The sessions that this user has paid for, as far back as the ledger in `state` goes. One
    /// that cannot be read knows of none.
    pub fn paid_sessions(state: &Path) -> BTreeSet<String> {
        let bytes = read_capped(&state.join("ledger.jsonl"), MAX_FILE).unwrap_or_default();
        entry::sessions(&bytes)
    }

    /// The repositories and folders in which this user paid for something, as far back as the
    /// ledger in `state` goes. One that cannot be read knows of none.
    pub fn repositories(state: &Path) -> BTreeSet<PathBuf> {
        let bytes = read_capped(&state.join("ledger.jsonl"), MAX_FILE).unwrap_or_default();
        entry::repositories(&bytes)
    }

    /// Sets money aside for a call, if what the day has left of `limit` allows the least of it.
    ///
    /// Days are those of UTC. Without a limit everything fits, and is written down all the same.
    pub async fn reserve(
        &self,
        limit: Option<Usd>,
        wanted: Wanted,
    ) -> Result<Reservation, NotReserved> {
        let _lock = self.take().await?;
        let now = self.clock.now();
        let day = day_of(now);
        let (cap, length) = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let length = seen.look(&self.file, &day)?;
            let cap = limit.map(|limit| cap(&seen, limit, wanted)).transpose()?;
            (cap, length)
        };
        let entry = DayEntry { id: Uuid::new_v4().simple().to_string(), day };
        self.compact(length, now)?;
        let by = ProcessId::of(std::process::id());
        let line = self.line(&entry, Kind::Reserve, Some(wanted.least));
        self.append(&Entry { cap, by: cap.map(|_| by), ..line })?;
        Ok(Reservation { cap, entry })
    }

    /// Replaces a reservation by the price of the call; `None` leaves it charged.
    ///
    /// The price counts for the day of the reservation. Where it cannot be written the
    /// reservation stays charged.
    pub async fn settle(&self, of: &DayEntry, usd: Option<Usd>) -> Result<()> {
        // Also where that cannot be written, or this process would wait for a call of its own.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).is_over(&of.id);
        let _lock = self.take().await?;
        self.append(&self.line(of, Kind::Settle, usd))
    }

    fn line<'a>(&'a self, of: &'a DayEntry, kind: Kind, usd: Option<Usd>) -> Entry<'a> {
        let Payer { session, run, skill, repository } = &self.payer;
        Entry {
            v: VERSION,
            at: self.clock.now(),
            day: (&of.day).into(),
            session: session.as_str().into(),
            run: *run,
            skill: skill.into(),
            repository: repository.into(),
            kind,
            id: (&of.id).into(),
            usd,
            cap: None,
            by: None,
        }
    }

    async fn take(&self) -> Result<FileLock> {
        let failed = |error| Fault::failed("cannot lock the day's ledger").because(error);
        ensure_private_dir(self.lock.parent().unwrap_or(&self.lock)).map_err(failed)?;
        let mut attempt = FileLock::try_lock(&self.lock, Mode::Exclusive).map_err(failed)?;
        if matches!(attempt, Attempt::Held { .. }) {
            attempt =
                FileLock::lock(&self.lock, Mode::Exclusive, PATIENCE).await.map_err(failed)?;
        }
        match attempt {
            Attempt::Locked(lock) => Ok(lock),
            Attempt::Held { by } => {
                let by = by.map_or_else(
                    || "another process".to_owned(),
                    |id| format!("process {}", id.pid),
                );
                Err(Fault::busy(format!("the day's ledger is held by {by}"))
                    .because(format!("`{}`", self.lock.display())))
            }
        }
    }

    fn read(&self) -> Result<Vec<u8>> {
        match read_capped(&self.file, MAX_FILE) {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(Fault::failed("cannot read the day's ledger").because(error)),
        }
    }

    fn append(&self, entry: &Entry<'_>) -> Result<()> {
        let failed = |error| Fault::failed("cannot write the day's ledger").because(error);
        let mut file = open_append_private(&self.file).map_err(failed)?;
        let mut line = entry.to_line();
        if !ends_a_line(&self.file, &file).map_err(failed)? {
            line.insert(0, b'\n');
        }
        file.write_all(&line).map_err(failed)
    }

    /// Drops old days once in a process that finds the file large. What is left may be large too,
    /// and then to look again before each call would take longer than the call.
    fn compact(&self, length: u64, now: Timestamp) -> Result<()> {
        if length <= COMPACT_ABOVE || self.looked_for_old_days.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let bytes = self.read()?;
        let first = now.to_zoned(TimeZone::UTC).date().saturating_sub(KEPT_DAYS.days());
        let kept = entry::since(&bytes, &first.to_string());
        if kept.len() == bytes.len() {
            return Ok(());
        }
        write_atomic(&self.file, &kept, PRIVATE_FILE)
            .map_err(|error| Fault::failed("cannot shorten the day's ledger").because(error))
    }
}

/// The most that a call may cost: all that it may by other limits, as far as nobody else may spend
/// it. Whoever is alone may have all that is left. Beside others half of what is not spent yet is
/// enough to begin with, so that a large call need not wait for a moment in which nobody calls.
fn cap(seen: &Seen, limit: Usd, wanted: Wanted) -> Result<Usd, NotReserved> {
    let Wanted { least, most, may_wait } = wanted;
    let (mut spent, mut held, mut is_held) = (Usd::ZERO, Usd::ZERO, false);
    for charge in seen.charges() {
        match charge.held() {
            Some(cap) => (held, is_held) = (held + cap, true),
            None => spent += charge.charged(),
        }
    }
    let over = |spent| {
        let dearest = dearest(seen.charges());
        NotReserved::OverLimit(OverLimit { asked: least, spent, limit, dearest })
    };
    if spent + least > limit {
        return Err(over(spent));
    }
    let unspent = limit.saturating_sub(spent);
    let left = unspent.saturating_sub(held);
    let half = unspent.shared_by(2);
    let enough = most.map_or(half, |most| most.min(half)).max(least);
    if !is_held {
        Ok(most.map_or(half, |most| most.min(left)).max(least))
    } else if left >= enough {
        Ok(enough)
    } else if may_wait {
        Err(NotReserved::Held)
    } else if left >= least {
        Ok(left)
    } else {
        Err(over(spent + held))
    }
}

fn day_of(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).date().to_string()
}

/// Whether the next line may follow as it is: what a power cut broke off has no newline.
fn ends_a_line(path: &Path, file: &File) -> io::Result<bool> {
    use std::os::unix::fs::FileExt as _;
    let Some(last) = file.metadata()?.len().checked_sub(1) else { return Ok(true) };
    let mut byte = [0];
    File::open(path)?.read_exact_at(&mut byte, last)?;
    Ok(byte == *b"\n")
}

fn dearest<'a>(charges: impl Iterator<Item = &'a Charge>) -> Vec<DayRun> {
    let mut by_run = BTreeMap::<(&str, u32), DayRun>::new();
    for charge in charges {
        let Charge { skill, session, run, .. } = charge;
        let fresh =
            || DayRun { skill: skill.clone(), session: session.clone(), run: *run, usd: Usd::ZERO };
        by_run.entry((session, *run)).or_insert_with(fresh).usd += charge.charged();
    }
    let mut dearest: Vec<_> = by_run.into_values().collect();
    // The sort is stable: of equals the earlier session comes first.
    dearest.sort_by_key(|run| std::cmp::Reverse(run.usd));
    dearest
}
