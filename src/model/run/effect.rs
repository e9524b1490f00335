//! What the dispatcher is asked to do next.

use serde::{Deserialize, Serialize};

use crate::model::{
    panel::Sitting,
    run::Event,
    value::{Span, Usd},
};

/// Where in a run a check looks; also what tells two runs of the same hook apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Point {
    /// Before anything is spent.
    Pre,
    /// After one attempt of one step.
    Mid {
        /// The step's id.
        step: String,
        /// The attempt, from 1.
        attempt: u32,
    },
    /// After commands that may have changed the tree: before an agent works on it, and in the end.
    Settled {
        /// The last of them.
        step: String,
        /// Its attempt, from 1.
        attempt: u32,
    },
    /// After all steps of a skill that a step runs.
    Skill {
        /// The step's path.
        step: String,
        /// How many times its end was reached, from 1: each repair starts a new one.
        attempt: u32,
    },
    /// After all steps.
    Post {
        /// How many times the end was reached before, from 0: each repair starts a new round.
        round: u32,
    },
    /// Where a panel judges the work.
    Panel {
        /// As for [`Point::Post`].
        round: u32,
        /// How many reviewers are heard; the first one alone, or all.
        asked: u32,
    },
    /// Where a panel judges a copy of the work that has a planted fault.
    Canary {
        /// As for [`Point::Post`].
        round: u32,
        /// As for [`Point::Panel`].
        asked: u32,
    },
    /// Once everything has passed: the work on a copy goes into the user's tree.
    HandOver,
}

impl Point {
    /// The step, where it is about one.
    pub fn step(&self) -> Option<&str> {
        match self {
            Self::Mid { step, .. } | Self::Settled { step, .. } | Self::Skill { step, .. } => {
                Some(step)
            }
            Self::Pre
            | Self::Post { .. }
            | Self::Panel { .. }
            | Self::Canary { .. }
            | Self::HandOver => None,
        }
    }

    /// What a panel sits over here, where one sits at all.
    pub fn sitting(&self) -> Sitting {
        match self {
            Self::Canary { .. } => Sitting::Canary,
            Self::Pre
            | Self::Settled { .. }
            | Self::Mid { .. }
            | Self::Skill { .. }
            | Self::Post { .. }
            | Self::Panel { .. }
            | Self::HandOver => Sitting::Work,
        }
    }
}

/// One thing to do. Performing it appends events, and those change what comes next.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// A decision that needs no work: write it down.
    Record(Box<Event>),
    /// Look for ourselves, without a hook: at the prerequisites before, at an attempt's tree and
    /// output after it, at the run's output in the end.
    Check {
        /// Where in the run.
        at: Point,
    },
    /// Remember what the files that judge the work hold: the first call is next.
    Freeze,
    /// Run one hook.
    RunHook {
        /// The hook's name.
        hook: String,
        /// Where in the run.
        at: Point,
    },
    /// Settle what only the run can tell about a step: whether it runs, for which things, which case.
    Decide {
        /// The step's path.
        step: String,
    },
    /// Make the copy of the tree that a branch works on.
    Branch {
        /// The branch's path.
        step: String,
    },
    /// Put what branches changed into the tree that their copies were made of: all of it, or nothing.
    Merge {
        /// The branches' paths, in the order in which they are merged.
        branches: Vec<String>,
    },
    /// Run the program of a command step.
    Run {
        /// The step's path.
        step: String,
        /// The attempt, from 1.
        attempt: u32,
        /// How long to wait first.
        after: Span,
    },
    /// End what runs for this step: another one has made it superfluous.
    Cancel {
        /// The step's path.
        step: String,
    },
    /// Take in work that was done elsewhere, in place of a call.
    TakeWork {
        /// The step's id.
        step: String,
        /// The attempt, from 1.
        attempt: u32,
    },
    /// Choose the fault that a copy of the work is to have.
    Plant {
        /// As for [`Point::Post`].
        round: u32,
    },
    /// Ask claude.
    Call {
        /// The step's id.
        step: String,
        /// The attempt, from 1.
        attempt: u32,
        /// The conversation of an earlier call of this step that goes on; `None` starts a new one.
        resume: Option<String>,
        /// Why the last attempt was refused, for the agent; empty where a call merely broke off.
        reasons: Vec<String>,
        /// How long to wait first, after an overload.
        after: Span,
        /// How much of the run's money it may use, beside what runs already. Whoever proposes the
        /// call leaves it out; it is set where the call is let in.
        grant: Option<Usd>,
    },
    /// Write this down, and end what runs.
    Stop(Box<Event>),
    /// Wait until a plan's quota starts anew, where that is soon enough.
    AwaitQuota {
        /// Which window, where it was told.
        window: Option<String>,
        /// When it starts anew, in seconds since 1970.
        resets_at: i64,
    },
}

impl Effect {
    /// A decision to write down.
    pub fn record(event: Event) -> Self {
        Self::Record(Box::new(event))
    }
}
