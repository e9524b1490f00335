//! The lines of the day ledger.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    model::{
        Fault, Result,
        journal_line::{is_sealed, seal},
        value::Usd,
    },
    store::stamp,
    sys::process::ProcessId,
};

/// The version of the format that is written.
pub(super) const VERSION: u32 = 1;

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// Money is set aside.
    Reserve,
    /// The call is over.
    Settle,
}

/// One line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Entry<'a> {
    pub(super) v: u32,
    #[serde(with = "stamp")]
    pub(super) at: Timestamp,
    /// The day it counts for, which is that of the reservation.
    pub(super) day: Cow<'a, str>,
    pub(super) session: Cow<'a, str>,
    pub(super) run: u32,
    pub(super) skill: Cow<'a, str>,
    pub(super) repository: Cow<'a, str>,
    pub(super) kind: Kind,
    /// What ties a settlement to its reservation.
    pub(super) id: Cow<'a, str>,
    /// How much; `None` for a call whose price nobody told.
    pub(super) usd: Option<Usd>,
    /// What the call may cost at most while it is under way, where the day has a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cap: Option<Usd>,
    /// The atlas that makes the call: once that is gone, nothing is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) by: Option<ProcessId>,
}

/// What one call is charged.
#[derive(Clone, Debug)]
pub(super) struct Charge {
    pub(super) skill: String,
    pub(super) session: String,
    pub(super) run: u32,
    usd: Usd,
    /// What the call may cost at most, and the atlas that makes it.
    under_way: Option<(Usd, ProcessId)>,
}

impl Charge {
    fn of(entry: Entry<'_>, usd: Usd) -> Self {
        let (skill, session) = (entry.skill.into_owned(), entry.session.into_owned());
        let under_way = entry.cap.zip(entry.by).filter(|_| entry.kind == Kind::Reserve);
        Self { skill, session, run: entry.run, usd, under_way }
    }

    /// The call is over, and holds nothing any more.
    pub(super) fn is_over(&mut self) {
        self.under_way = None;
    }

    /// The price, or what was reserved where nobody told one.
    pub(super) fn charged(&self) -> Usd {
        self.usd
    }

    /// What nobody else may spend as long as a call is under way: all that it may come to cost. One
    /// whose atlas is gone was ended with it, and stays charged what it reserved.
    pub(super) fn held(&self) -> Option<Usd> {
        let (cap, _) = self.under_way.filter(|(_, by)| by.is_alive())?;
        Some(self.usd.max(cap))
    }
}

impl Entry<'_> {
    pub(super) fn to_line(&self) -> Vec<u8> {
        seal(serde_json::to_vec(self).expect("text keys and no failing parts"))
    }
}

/// Takes in lines that come after those that gave `charges`: what `day` is charged, by
/// reservation. Lines that are broken are passed over; one that a later atlas wrote is refused, for
/// it may be a charge.
pub(super) fn add(charges: &mut BTreeMap<String, Charge>, bytes: &[u8], day: &str) -> Result<()> {
    #[derive(Deserialize)]
    struct Version {
        v: u32,
    }
    for line in lines(bytes).filter(|line| names_day(line, day) && is_sealed(line)) {
        let entry = serde_json::from_slice::<Entry<'_>>(line);
        let version = match &entry {
            Ok(entry) => Some(entry.v),
            Err(_) => serde_json::from_slice::<Version>(line).ok().map(|version| version.v),
        };
        if let Some(v) = version.filter(|v| *v > VERSION) {
            return Err(Fault::invalid("the day's ledger was written by a later atlas")
                .because(format!("it has format version {v}, this atlas reads {VERSION}"))
                .hint("use that one, or a newer one"));
        }
        let Ok(entry) = entry else { continue };
        if entry.day != day {
            continue;
        }
        let id = entry.id.clone().into_owned();
        match (entry.kind, entry.usd) {
            (Kind::Reserve, usd) => {
                charges.insert(id, Charge::of(entry, usd.unwrap_or_default()));
            }
            (Kind::Settle, Some(usd)) => {
                charges.insert(id, Charge::of(entry, usd));
            }
            (Kind::Settle, None) => {
                if let Some(charge) = charges.get_mut(&id) {
                    charge.is_over();
                }
            }
        }
    }
    Ok(())
}

/// The sessions that lines are about. The ledger is the user's own, and much of it is of other
/// days, so no line is read for more than this one text.
pub(super) fn sessions(bytes: &[u8]) -> BTreeSet<String> {
    const KEY: &str = "\"session\":\"";
    let of_line = |line: &[u8]| {
        let line = std::str::from_utf8(line).ok()?;
        let (_, rest) = line.split_once(KEY)?;
        Some(rest.split_once('"')?.0.to_owned())
    };
    lines(bytes).filter_map(of_line).collect()
}

/// The repositories that lines are about.
pub(super) fn repositories(bytes: &[u8]) -> BTreeSet<PathBuf> {
    #[derive(Deserialize)]
    struct Of {
        repository: PathBuf,
    }
    let of_line = |line: &[u8]| Some(serde_json::from_slice::<Of>(line).ok()?.repository);
    lines(bytes).filter(|line| is_sealed(line)).filter_map(of_line).collect()
}

/// The lines that count for `first` or a later day.
pub(super) fn since(bytes: &[u8], first: &str) -> Vec<u8> {
    let mut kept = Vec::new();
    for line in lines(bytes).filter(|line| is_sealed(line)) {
        let day = serde_json::from_slice::<Entry<'_>>(line).map(|entry| entry.day);
        // What we cannot read may be a charge that a later atlas wrote.
        if day.is_ok_and(|day| *day < *first) {
            continue;
        }
        kept.extend_from_slice(line);
        kept.push(b'\n');
    }
    kept
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n')
}

/// Whether the line may be of this day. Nearly all are of other days, and asking this is faster
/// than reading them; the day stands near the beginning, so no line is searched to its end.
fn names_day(line: &[u8], day: &str) -> bool {
    const KEY: &[u8] = b"\"day\":\"";
    let key = line.windows(KEY.len()).position(|window| window == KEY);
    let value = key.map(|at| &line[at + KEY.len()..]);
    value.is_some_and(|value| {
        value.strip_prefix(day.as_bytes()).is_some_and(|rest| rest.starts_with(b"\""))
    })
}
