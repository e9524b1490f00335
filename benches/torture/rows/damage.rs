//! What a power cut, or somebody else's hand, leaves of a session.

use std::fs;
use std::path::Path;

use atlas::model::journal_line::seal;
use atlas::store::journal::{Tail, scan};
use serde_json::Value;

use super::break_off;
use crate::support::files;
use crate::support::torture::{Chance, Stage};

/// A run that ended, and then the power went: the journal ends after any of its lines, and every
/// other trial all that is never synced is gone too.
pub(super) fn power_cut(stage: &Stage, seed: u64) -> Result<(), String> {
    stage.run().run().expect_code(0);
    let session = stage.session().ok_or("there is no session")?;
    let journal = session.join("journal.jsonl");
    let lines = files::read(&journal);
    let lines: Vec<&str> = lines.split_inclusive('\n').collect();
    // Before the first call there is nothing to lose: the first sync is that of its charge.
    let first = lines.iter().position(|line| line.contains("call_started")).unwrap_or(0);
    let span = (lines.len() - first) as u64;
    let keep = first + usize::try_from(seed / 2 % span).expect("a line of a journal");
    files::write(&journal, lines[..=keep].concat());
    if seed % 2 == 1 {
        drop(fs::remove_dir_all(session.join("runs")));
        drop(fs::remove_file(session.join("session.json")));
    }
    let known = stage.look();
    stage.settle(&[known], 0).map_err(|why| format!("after line {}: {why}", keep + 1))
}

/// Every cut leaves a beginning of the journal or is refused, and no changed byte goes unseen.
pub(super) fn every_byte(stage: &Stage, _seed: u64) -> Result<(), String> {
    stage.run().run().expect_code(0);
    let session = stage.session().ok_or("there is no session")?;
    let path = session.join("journal.jsonl");
    let whole = fs::read(&path).map_err(|error| error.to_string())?;
    // The first lines hold the plan; those after it are many and short.
    let read = |bytes: &[u8]| scan(bytes, Path::new("journal")).map_err(|it| it.to_string());
    let lines = read(&whole)?.lines;
    for cut in 0..whole.len() {
        let scan = read(&whole[..cut])?;
        let good = scan.lines.len();
        if scan.lines != lines[..good] || matches!(scan.tail, Tail::Damaged(_)) {
            return Err(format!("cut at {cut}: {good} lines, {:?}", scan.tail));
        }
    }
    let mut changed = whole.clone();
    for at in 0..whole.len() {
        changed[at] ^= 0x01;
        let scan = read(&changed)?;
        let good = scan.lines.len();
        if scan.tail == Tail::Clean || scan.lines != lines[..good] {
            return Err(format!("changed at {at}: {good} lines and nothing seen"));
        }
        changed[at] = whole[at];
    }
    Ok(())
}

/// The journal names a process that is somebody else's by now: nobody may touch it.
pub(super) fn stranger(stage: &Stage, seed: u64) -> Result<(), String> {
    let known = break_off(stage, &mut Chance::new(seed));
    drop(known);
    let other = stage.world().program(Path::new("/bin/sleep"), ["1000"]).spawn();
    if let Some(session) = stage.session() {
        let journal = session.join("journal.jsonl");
        let text = files::read(&journal);
        let lines =
            text.split_inclusive('\n').map(|line| renamed(line, other.pid().as_raw_nonzero()));
        files::write(&journal, lines.collect::<Vec<_>>().concat());
    }
    let known = stage.look();
    let settled = stage.settle(&[known], 0);
    let lives = crate::support::torture::still_runs_after(&other, std::time::Duration::ZERO);
    drop(other);
    if lives { settled } else { Err("I3: a stranger was ended".to_owned()) }
}

/// The line with another process in a call's start; sealed, as if it had always been so.
fn renamed(line: &str, pid: std::num::NonZeroI32) -> Vec<u8> {
    let Ok(mut event) = serde_json::from_str::<Value>(line) else {
        return line.as_bytes().to_vec();
    };
    if event["type"] != "call_started" {
        return line.as_bytes().to_vec();
    }
    event["pid"] = pid.get().into();
    if let Some(fields) = event.as_object_mut() {
        fields.shift_remove("crc");
    }
    seal(event.to_string().into_bytes())
}
