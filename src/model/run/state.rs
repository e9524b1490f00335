//! What is known: the fold of a run's events.
//!
//! The fold never decides anything; it only remembers what [`super::next()`] needs in order to. The
//! same events give the same state, whether they come from a live run, a resume or a replay.

mod branch;
mod fold;
mod panel;
mod step;
mod tree;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

pub use branch::{Branch, Fate};
pub use panel::{CanaryState, PanelState};
pub use step::{Opening, Origin, StepState, Wanted};
pub use tree::NodeState;

use super::{
    Ledger, Pace, Plan, Point, Stand,
    event::{Conversation, Event, StepStatus},
    path,
    plan::{Places, StepPlan},
};
use crate::model::{
    Status,
    call::{LimitKind, Unavailability},
    changes::TreeChanges,
    check::Check,
    judges::Frozen,
    reuse::Reused,
    scratch::Mark,
};

/// How far one piece of work has come.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Stage<T> {
    /// Not begun, or begun by a process that is gone.
    #[default]
    Idle,
    /// Under way in this process.
    Running,
    /// Over, with this.
    Ended(T),
}

/// Everything known about a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Which run of the session, from 1.
    pub run: u32,
    /// The version of claude, where it was known at the start.
    pub claude: Option<String>,
    /// Statuses that exit 0 all the same, shown as not checked.
    pub ok_on: Vec<Status>,
    /// What we looked at ourselves: prerequisites before, trees and schemas after.
    pub checks: BTreeMap<Point, Stage<Vec<Check>>>,
    /// Hooks, by where they run and by name.
    pub hooks: BTreeMap<(Point, String), Stage<Check>>,
    /// The files that judge the work.
    pub judges: Frozen,
    /// What the last panel said.
    pub panel: Option<PanelState>,
    /// The tree on which evidence is looked at, with its round.
    judged: Option<(u32, String)>,
    /// The step, and its attempt, after which the run's own tree was last looked at.
    last_look: Option<(String, u32)>,
    /// Whether that tree was changed since: what was said about it is about other work.
    is_judged_in_vain: bool,
    /// The last fault that was planted, and whether it was seen.
    pub canary: Option<CanaryState>,
    /// Steps that do something themselves, and reviewers, that have begun: by path.
    pub steps: BTreeMap<String, StepState>,
    /// What is known of steps that hold others, by path; the root is [`path::ROOT`].
    nodes: BTreeMap<String, NodeState>,
    /// Where the plan's steps stand.
    places: Option<Arc<Places>>,
    /// What runs in this process.
    under_way: BTreeSet<Work>,
    /// Branches that work, or worked, on copies of the tree of their own, by path.
    branches: BTreeMap<String, Branch>,
    /// How many times somebody looked at a tree.
    looks: u32,
    /// What may have changed the run's own tree since somebody looked at it.
    unseen: Option<(String, u32)>,
    /// How many times the end was begun anew: the finished work was sent back, or it was not there any
    /// more as it was judged.
    pub round: u32,
    /// Money and tokens.
    pub ledger: Ledger,
    /// How many calls the service takes at once.
    pub pace: Pace,
    /// The last tree seen.
    pub changes: Option<TreeChanges>,
    /// How far the scratch pad had come when the last step ended.
    pub scratch: Option<Mark>,
    /// The tree that changes are counted from.
    pub base: Option<Stand>,
    /// Where the tree stood when it was last looked at.
    pub stand: Option<Stand>,
    /// What others changed before the run went on.
    pub meanwhile: Vec<String>,
    /// The runs before it in its session, one line each.
    pub earlier: Vec<String>,
    /// The conversation of an earlier run that the first step goes on in.
    conversation: Option<Conversation>,
    /// The run that stands for this one.
    pub reused: Option<Box<Reused>>,
    /// What ends the run early.
    pub halt: Option<Halt>,
    /// How the run ended.
    pub end: Option<RunEnd>,
}

/// Something that runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    Step(String),
    Checks(Point),
    Hook(Point, String),
}

/// What ends a run early.
#[derive(Clone, Debug, PartialEq)]
pub enum Halt {
    /// A step ended in a way that no other one makes up for.
    Over(Status, String),
    /// A signal, by number.
    Interrupted(i32),
    /// A limit.
    Limit(LimitKind, String),
    /// Nobody can be asked any more, for this reason.
    Unavailable(Unavailability, String),
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RunEnd {
    /// The status.
    pub status: Status,
    /// The exit code.
    pub exit_code: u8,
    /// Why, in one line.
    pub reason: String,
}

impl State {
    /// Folds events in order.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut state = Self::default();
        for event in events {
            state.apply(event);
        }
        state
    }

    /// What is known about a step, if it ever began.
    pub fn step(&self, id: &str) -> Option<&StepState> {
        self.steps.get(id)
    }

    /// The context window of a step's model, in tokens: what the last result of the model named in
    /// this run, else what was known before it.
    pub fn window(&self, plan: &Plan, step: &StepPlan) -> Option<u64> {
        let model = |path: &str| plan.step(path).map(|other| &other.agent.model);
        let mut known = self.ledger.windows.iter().rev();
        let told = known.find(|(other, _)| model(other) == Some(&step.agent.model));
        told.map(|(_, window)| *window).or(step.window)
    }

    /// Whether anything runs in this process.
    pub fn anything_running(&self) -> bool {
        !self.under_way.is_empty()
    }

    /// Whether anything of a step, or of what it holds, runs in this process. Reviewers are no part of
    /// the tree, and so not within its root.
    pub fn runs_within(&self, above: &str) -> bool {
        let is_of_the_tree = |step: &str| {
            let places = self.places.as_ref();
            above != path::ROOT || places.is_some_and(|places| places.among(step).is_some())
        };
        self.under_way.iter().any(|work| {
            let step = match work {
                Work::Step(step) => Some(step.as_str()),
                Work::Checks(at) | Work::Hook(at, _) => at.step(),
            };
            step.is_some_and(|step| path::is_within(step, above) && is_of_the_tree(step))
        })
    }

    /// The steps within another one that run in this process.
    pub fn running_within(&self, above: &str) -> impl Iterator<Item = &str> {
        self.under_way.iter().filter_map(move |work| match work {
            Work::Step(step) => Some(step.as_str()).filter(|step| path::is_within(step, above)),
            Work::Checks(_) | Work::Hook(..) => None,
        })
    }

    /// The tree on which evidence of this round was looked at before.
    pub fn judged(&self) -> Option<&str> {
        let (round, tree) = self.judged.as_ref()?;
        (*round == self.round).then_some(tree)
    }

    /// How many steps run in this process.
    pub fn running_steps(&self) -> usize {
        self.under_way.iter().filter(|work| matches!(work, Work::Step(_))).count()
    }
}

impl RunEnd {
    /// Whether there is nothing to go on with: the work was accepted or refused, or nothing was
    /// done that could be gone on with.
    pub fn is_for_good(&self) -> bool {
        ends_for_good(self.status)
    }
}

/// Whether a run that ended so has ended for good.
pub fn ends_for_good(status: Status) -> bool {
    match status {
        Status::Passed | Status::Rejected | Status::Blocked | Status::Usage | Status::Invalid => {
            true
        }
        Status::Failed
        | Status::Inconclusive
        | Status::Limit
        | Status::Unavailable
        | Status::Waiting
        | Status::Busy
        | Status::Interrupted => false,
    }
}
