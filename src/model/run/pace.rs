//! How many calls the service takes at once, as far as a run has found out.
//!
//! All calls of a run share one limit, in the way of the network: it begins at two, grows with each
//! answer while it is used to the full, is halved when the service refuses, and from then on grows
//! by one for as many answers as it allows calls. Refusals that come together are one piece of
//! news: a call that was refused halves the limit only if it asked since the last halving.
//!
//! A fold of events: it knows no clock, and the same events give the same limit. Who may start is
//! decided elsewhere, from what is remembered here.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use super::Event;
use crate::model::call::{CallOutcome, Unavailability};

/// So many calls begin together, before anything is known of the service.
const FIRST: u32 = 2;

/// So many halvings without an answer in between mean that waiting longer is of no use: as many
/// as the calls of one attempt bring that waited for the service until it gave up.
const HOPELESS: u32 = 10;

/// So many of the calls that were answered last are remembered.
const REMEMBERED: usize = 8;

/// What is known of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How many calls may be under way at once.
    limit: u32,
    growth: Growth,
    /// Answers since the limit last changed.
    answers: u32,
    /// How many times the limit was halved.
    halvings: u32,
    /// Halvings since the last answer.
    unanswered: u32,
    /// Calls that were ordered and have not ended, by step.
    flights: BTreeMap<String, Flight>,
    /// The steps whose calls were answered last, each once, the newest at the end.
    answered: VecDeque<String>,
    closed: Option<Closed>,
    /// Whether the run waits for a quota to start anew.
    awaiting: bool,
}

/// How the limit grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Growth {
    /// By one with each answer, which doubles it as often as all calls are answered.
    SlowStart,
    /// By one with as many answers as there may be calls.
    Additive,
}

/// A call under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Flight {
    /// How many halvings there had been when it asked last.
    asked: u32,
    /// Whether the model has begun to answer.
    answered: bool,
}

/// Why nobody can be asked any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// In which way.
    pub why: Unavailability,
    /// Why, for people.
    pub reason: String,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            limit: FIRST,
            growth: Growth::SlowStart,
            answers: 0,
            halvings: 0,
            unanswered: 0,
            flights: BTreeMap::new(),
            answered: VecDeque::new(),
            closed: None,
            awaiting: false,
        }
    }
}

impl Pace {
    /// How many calls may be under way at once, for all that is known of the service.
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// How many calls are under way: ordered, and not ended.
    pub fn under_way(&self) -> u32 {
        u32::try_from(self.flights.len()).unwrap_or(u32::MAX)
    }

    /// The steps whose calls are under way.
    pub fn flights(&self) -> impl Iterator<Item = &str> {
        self.flights.keys().map(String::as_str)
    }

    /// The steps whose calls the model began to answer not long ago.
    pub fn answered(&self) -> impl Iterator<Item = &str> {
        self.answered.iter().map(String::as_str)
    }

    /// Why nobody can be asked any more.
    pub fn closed(&self) -> Option<&Closed> {
        self.closed.as_ref()
    }

    /// Whether the run waits for a quota to start anew.
    pub fn is_awaiting(&self) -> bool {
        self.awaiting
    }

    /// Takes in one event.
    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::StepStarted { step, .. } => self.ordered(step),
            Event::CallAnswered { step, .. } => self.was_answered(step),
            Event::CallRefused { step, .. } => self.refused(step),
            Event::CallEnded(call) => self.ended(&call.step, &call.outcome),
            // Work that was done elsewhere asked nobody.
            Event::WorkTaken(taken) => {
                self.flights.remove(&taken.step);
            }
            Event::QuotaAwaited { .. } => self.awaiting = true,
            // After so long a time the service is as unknown as in the beginning.
            Event::QuotaReset => {
                *self = Self { flights: std::mem::take(&mut self.flights), ..Self::default() };
            }
            // What was found out of the service may be true no more, and nothing of ours runs.
            Event::RunResumed { .. } => *self = Self::default(),
            Event::RunStarted { .. }
            | Event::Reused(_)
            | Event::Plan { .. }
            | Event::Interrupted { .. }
            | Event::Unavailable { .. }
            | Event::ChecksStarted { .. }
            | Event::ChecksEnded { .. }
            | Event::HookStarted { .. }
            | Event::HookEnded { .. }
            | Event::JudgesFrozen { .. }
            | Event::HookWrote { .. }
            | Event::Vote { .. }
            | Event::Finding { .. }
            | Event::Verdict { .. }
            | Event::TreeJudged { .. }
            | Event::CanaryPlanted { .. }
            | Event::CanaryJudged { .. }
            | Event::Decided { .. }
            | Event::BranchBegan { .. }
            | Event::BranchMerged { .. }
            | Event::CommandStarted { .. }
            | Event::CommandEnded(_)
            | Event::Cancelled { .. }
            | Event::StepCached(_)
            | Event::CallStarted(_)
            | Event::CallRetrying { .. }
            | Event::EditChecked { .. }
            | Event::Changes { .. }
            | Event::Retry { .. }
            | Event::LimitReached { .. }
            | Event::StepEnded { .. }
            | Event::RunEnded { .. }
            | Event::Unknown => {}
        }
    }

    fn ordered(&mut self, step: &str) {
        let flight = Flight { asked: self.halvings, answered: false };
        self.flights.insert(step.to_owned(), flight);
    }

    /// The limit grows only where it is what holds calls back: an answer beside free places says
    /// nothing of how many more there could be.
    fn was_answered(&mut self, step: &str) {
        let full = self.under_way() >= self.limit;
        let Some(flight) = self.flights.get_mut(step) else { return };
        let known = std::mem::replace(&mut flight.answered, true);
        self.unanswered = 0;
        self.answered.retain(|other| other != step);
        self.answered.push_back(step.to_owned());
        if self.answered.len() > REMEMBERED {
            self.answered.pop_front();
        }
        if known || !full {
            return;
        }
        self.answers += 1;
        let needed = match self.growth {
            Growth::SlowStart => 1,
            Growth::Additive => self.limit,
        };
        if self.answers >= needed {
            self.limit += 1;
            self.answers = 0;
        }
    }

    /// What the call asks next is a new question: if that is refused as well, it is news again.
    fn refused(&mut self, step: &str) {
        let Some(flight) = self.flights.get_mut(step) else { return };
        if flight.asked == self.halvings {
            self.halvings += 1;
            self.unanswered += 1;
            self.limit = (self.limit / 2).max(1);
            self.growth = Growth::Additive;
            self.answers = 0;
        }
        flight.asked = self.halvings;
    }

    fn ended(&mut self, step: &str, outcome: &CallOutcome) {
        if let CallOutcome::Unavailable { why, reason } = outcome {
            let closed = Closed { why: why.clone(), reason: reason.clone() };
            match why {
                Unavailability::Missing | Unavailability::Login => self.closed = Some(closed),
                Unavailability::Quota { .. } => {
                    self.closed.get_or_insert(closed);
                }
                Unavailability::Overloaded | Unavailability::Network => {
                    self.refused(step);
                    if self.unanswered >= HOPELESS {
                        self.closed.get_or_insert(closed);
                    }
                }
            }
        }
        self.flights.remove(step);
    }
}
