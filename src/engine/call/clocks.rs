//! The clocks of a call: until its first line, between lines, and after its result.
//!
//! None of them runs while atlas is stopped. The time of the whole run is the dispatcher's clock: it covers hooks and waits as well.

use std::time::Duration;

use tokio::time::Instant;

use crate::model::{
    call::{CallEnd, LimitKind, Meter, stream::Message},
    run::plan::{Limits, StepLimits},
};
use crate::sys::pause::paused;

/// Which clock runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Starting,
    Working,
    Finished,
}

/// The clocks of one call.
#[derive(Debug)]
pub(super) struct Clocks {
    start: Duration,
    idle: Duration,
    after_result: Duration,
    /// The step's own time in all, and since when.
    wall: Option<(Duration, Instant)>,
    phase: Phase,
    since: Instant,
    /// How long atlas had been stopped by then.
    paused: Duration,
    /// The same, when the call began.
    paused_before: Duration,
}

impl Clocks {
    /// A step's own limits count in place of the run's.
    pub(super) fn new(limits: &Limits, own: &StepLimits) -> Self {
        Self {
            start: own.start.unwrap_or(limits.start).0,
            idle: own.idle.unwrap_or(limits.idle).0,
            after_result: own.after_result.unwrap_or(limits.after_result).0,
            wall: own.time.map(|time| (time.0, Instant::now())),
            paused_before: paused(),
            phase: Phase::Starting,
            since: Instant::now(),
            paused: paused(),
        }
    }

    /// A line came. A result starts the last clock; an `init` after it means that work goes on.
    pub(super) fn line(&mut self, message: Option<&Message>) {
        self.start_anew();
        self.phase = match (self.phase, message) {
            (_, Some(Message::Result(_))) => Phase::Finished,
            (_, Some(Message::Init(_))) | (Phase::Starting | Phase::Working, _) => Phase::Working,
            (Phase::Finished, _) => Phase::Finished,
        };
    }

    /// The stream has ended; what remains is the process.
    pub(super) fn stream_ended(&mut self) {
        self.start_anew();
        self.phase = Phase::Finished;
    }

    fn start_anew(&mut self) {
        self.since = Instant::now();
        self.paused = paused();
    }

    /// When the clock that runs now runs out, and what that means; `None` while silence is natural
    /// because a tool runs or claude waits to ask again.
    pub(super) fn deadline(&self, meter: &Meter) -> Option<(Instant, CallEnd)> {
        let own = self.wall.map(|(time, since)| {
            let since = since + paused().saturating_sub(self.paused_before);
            (since + time, CallEnd::Limited(LimitKind::Time))
        });
        let other = self.of_phase(meter);
        own.into_iter().chain(other).min_by_key(|(at, _)| *at)
    }

    fn of_phase(&self, meter: &Meter) -> Option<(Instant, CallEnd)> {
        let since = self.since + paused().saturating_sub(self.paused);
        match self.phase {
            Phase::Starting => Some((since + self.start, CallEnd::NeverStarted)),
            Phase::Working if meter.may_be_silent() => None,
            Phase::Working => Some((since + self.idle, CallEnd::Limited(LimitKind::Idle))),
            Phase::Finished => Some((since + self.after_result, CallEnd::Lingered)),
        }
    }
}
