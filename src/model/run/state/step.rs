//! What is known of one step, or of one reviewer.

use super::Stage;
use crate::model::{
    call::{CallOutcome, Spend},
    result::OwnFinding,
    run::{
        Stand, StepStatus,
        event::{Output, StepCached, WorkTaken},
    },
    value::Span,
};

/// What a conversation that goes on is told first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Opening {
    /// To go on with what it was told before.
    #[default]
    GoOn,
    /// The task, because it is an earlier run's and may know another one only.
    Task,
}

/// Whether what runs is still wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// It is.
    #[default]
    Still,
    /// Another step has made it superfluous, and it is being ended.
    NoMore,
}

/// Where a result is from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// The attempt made it.
    #[default]
    Attempt,
    /// An earlier one stands for it.
    Earlier,
}

/// Everything known about a step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepState {
    /// The attempt under way or last made, from 1.
    pub attempt: u32,
    /// The call of that attempt.
    pub call: Stage<CallOutcome>,
    /// The conversation of the last call, which a later one may continue.
    pub conversation: Option<String>,
    /// The wait before the next call, after an overload.
    pub backoff: Option<Span>,
    /// How many times this attempt waited for an overloaded service.
    pub waits: u32,
    /// What the last call said, whether or not it succeeded.
    pub output: Option<Output>,
    /// What a tool found whose report the step read, in the last attempt.
    pub findings: Vec<OwnFinding>,
    /// Why earlier attempts were refused, in order.
    pub rejections: Vec<Vec<String>>,
    /// How it ended; `None` while it runs or has to run again.
    pub status: Option<(StepStatus, Option<String>)>,
    /// What all its calls cost.
    pub spend: Spend,
    /// How long all its calls took, in milliseconds.
    pub ms: u64,
    /// Whether the next call starts a new attempt.
    pub again: bool,
    /// What its conversation is told first when it goes on.
    pub opening: Opening,
    /// Whether its last attempt was broken off, and no call has gone on from it yet.
    pub broken_off: bool,
    /// Whether one of its calls began after the run was resumed last, and was told what changed.
    pub has_heard: bool,
    /// Whether what runs for it is still wanted.
    pub wanted: Wanted,
    /// Where the result of its attempt is from.
    pub origin: Origin,
    /// The tree after the call of the attempt.
    pub stand: Option<Stand>,
    /// At which of all looks that was seen.
    pub(super) looked: u32,
    /// The attempt that was told of the last rejection, so that one that broke off hears it again.
    pub(super) told: u32,
}

impl StepState {
    /// The attempt that the next call belongs to.
    pub fn next_attempt(&self) -> u32 {
        if self.again { self.attempt + 1 } else { self.attempt.max(1) }
    }

    /// Whether its last call succeeded, so that there is an output to look at.
    pub fn succeeded(&self) -> bool {
        self.call == Stage::Ended(CallOutcome::Succeeded)
    }

    /// Whether the next call follows a refusal that its agent has to hear of.
    pub fn attempt_is_refused(&self) -> bool {
        self.told == self.next_attempt()
    }

    /// How it ends where nobody refuses what it made.
    pub fn passed(&self) -> StepStatus {
        match self.origin {
            Origin::Attempt => StepStatus::Passed,
            Origin::Earlier => StepStatus::Cached,
        }
    }

    /// An earlier result stands where that of a call or a command would.
    pub(super) fn stands(&mut self, cached: &StepCached) {
        self.begin(cached.attempt);
        self.origin = Origin::Earlier;
        self.call = Stage::Ended(CallOutcome::Succeeded);
        self.output.clone_from(&cached.output);
    }

    pub(super) fn begin(&mut self, attempt: u32) {
        if attempt > self.attempt {
            self.waits = 0;
        }
        self.attempt = attempt;
        self.broken_off = false;
        self.wanted = Wanted::Still;
        self.origin = Origin::Attempt;
        self.has_heard = true;
        self.call = Stage::Running;
        self.backoff = None;
        self.again = false;
    }

    /// Work that was done elsewhere stands where a call's would.
    pub(super) fn take_work(&mut self, taken: &WorkTaken) {
        self.call = Stage::Ended(taken.outcome.clone());
        self.output.clone_from(&taken.output);
    }

    pub(super) fn retry_later(&mut self, after: Span) {
        self.waits += 1;
        self.backoff = Some(after);
        self.call = Stage::Idle;
    }

    pub(super) fn start_over(&mut self) {
        self.status = None;
        self.call = Stage::Idle;
        self.again = true;
        self.stand = None;
    }

    /// A step that passed stays passed, and a call that succeeded is never made again: its checks
    /// go on, unless they refused it for good. A call that was under way goes on within its
    /// attempt; one that ended otherwise makes room for another attempt.
    pub(super) fn forget_what_was_running(&mut self) {
        self.waits = 0;
        self.has_heard = false;
        self.broken_off = self.attempt > 0 && !self.succeeded();
        match (&self.call, &self.status) {
            (_, Some((StepStatus::Passed | StepStatus::Cached, _))) => {}
            (Stage::Ended(_), Some((StepStatus::Rejected, _))) => self.start_over(),
            (Stage::Ended(CallOutcome::Succeeded), _) => self.status = None,
            (Stage::Ended(_), _) => self.start_over(),
            (Stage::Idle | Stage::Running, _) => {
                self.call = Stage::Idle;
                self.status = None;
            }
        }
    }
}
