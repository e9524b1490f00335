//! Calls that were under way when atlas was killed: closed with what their streams show.
//!
//! The reservation stays charged, since nobody told a price; but the tokens and turns that were
//! seen count against the limits, and a price that was told is taken. The user's ledger of days
//! is told the same.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Seek as _, SeekFrom},
    path::Path,
    time::Duration,
};

use super::left::Left;
use crate::{
    model::{
        call::{CallOutcome, Meter, stream},
        run::{
            Event,
            event::{CallEnded, CallStarted},
        },
    },
    store::{day_ledger::DayLedger, session::SessionDir},
};

/// The longest line that is looked at; what tells of money is far shorter.
const MAX_LINE: u64 = 16 * 1024 * 1024;

/// The ends of all calls that have none.
pub(super) fn calls(session: &SessionDir, left: &Left) -> Vec<CallEnded> {
    let open = left.state.ledger.open();
    open.filter_map(|call| Some(end(session, left, started(left, call)?))).collect()
}

/// Charges the day what the session is charged.
pub(super) async fn settle(left: &Left, closed: &[CallEnded], day: &DayLedger) {
    let mut rates = left.state.ledger.rates.clone();
    for call in closed {
        let Some(begun) = started(left, (&call.step, call.attempt)) else { continue };
        let charged = rates.charge(call, begun.reservation);
        rates.learn(call);
        if let Some(entry) = &begun.day {
            // Where this fails the day stays charged with the reservation.
            let _charged = day.settle(entry, Some(charged)).await;
        }
    }
}

fn started<'a>(left: &'a Left, (step, attempt): (&str, u32)) -> Option<&'a CallStarted> {
    left.lines.iter().rev().find_map(|line| match &line.event {
        Event::CallStarted(call) if call.step == step && call.attempt == attempt => Some(call),
        _ => None,
    })
}

fn end(session: &SessionDir, left: &Left, call: &CallStarted) -> CallEnded {
    let dir = session.attempt_dir(left.state.run, &call.step, call.attempt);
    let meter = meter(&dir.join("stream.jsonl"), call.stream);
    let before = left.state.ledger.conversation(&call.claude_session);
    let window = left.state.ledger.context.filter(|used| !used.window_assumed);
    CallEnded {
        step: call.step.clone(),
        attempt: call.attempt,
        outcome: CallOutcome::Interrupted,
        spend: meter.spend(before),
        conversation_cost: meter.conversation_cost(),
        context: meter.context(window.map(|used| used.window)),
        quota: meter.quota(),
        model: meter.init.as_ref().map(|init| init.model.clone()),
        output: None,
        warnings: Vec::new(),
        loaded: None,
        ms: took(left, call),
    }
}

/// What the stream has said from there on. One that cannot be read has said nothing.
fn meter(stream: &Path, from: u64) -> Meter {
    let mut meter = Meter::default();
    let Ok(mut file) = File::open(stream) else { return meter };
    if file.seek(SeekFrom::Start(from)).is_err() {
        return meter;
    }
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    loop {
        line.clear();
        match std::io::Read::take(&mut reader, MAX_LINE).read_until(b'\n', &mut line) {
            Ok(1..) => {}
            Ok(_) | Err(_) => return meter,
        }
        if let Some(message) = stream::parse(line.trim_ascii_end()) {
            meter.take(&message);
        }
    }
}

/// From its start to the last sign of life, in milliseconds.
fn took(left: &Left, call: &CallStarted) -> u64 {
    let is_start = |event: &Event| match event {
        Event::CallStarted(other) => other == call,
        _ => false,
    };
    let start = left.lines.iter().rfind(|line| is_start(&line.event));
    let (Some(start), Some(last)) = (start, left.lines.last()) else { return 0 };
    let took = Duration::try_from(last.at.duration_since(start.at)).unwrap_or_default();
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
