//! What happened: the lines of a session's journal.
//!
//! The journal is the only truth; state, progress, results and statistics are folds over these
//! events. They are a file format: a field may be added with a default, never renamed, and a
//! reader skips types that it does not know.

mod unit;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Plan, Point, Stand};
use crate::model::{
    Request, Status,
    call::{LimitKind, Unavailability, stream::EditAnswer},
    changes::TreeChanges,
    check::Check,
    judges::JudgeFile,
    panel::{
        canary::{Catch, Planted},
        weigh::Cast,
    },
    result::{Finding, VerdictStatus, Votes},
    reuse::Reused,
    scratch::Mark,
    value::{Span, Usd},
};

pub use unit::{
    CallEnded, CallStarted, CommandEnded, DayEntry, Decision, Output, StepCached, WorkTaken,
};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A run begins in this session.
    RunStarted {
        /// Which one, from 1.
        run: u32,
        /// What was typed.
        request: Box<Request>,
        /// The version of atlas.
        atlas: String,
        /// The version of claude, where it is known already.
        claude: Option<String>,
        /// The tree as it is before anything is done, where changes are tracked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stand: Option<Box<Stand>>,
        /// What stood before it in the session, where it is not the first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Box<Before>>,
    },
    /// The plan is settled. It lies in the journal itself, so that the sync before the first call
    /// makes it durable too.
    Plan {
        /// SHA-256 of the plan's JSON, hexadecimal.
        hash: String,
        /// The plan.
        plan: Box<Plan>,
    },
    /// An earlier run of the same stands for this one: nothing is asked and nothing is spent.
    Reused(Box<Reused>),
    /// The run goes on after it was broken off.
    RunResumed {
        /// What changed meanwhile.
        differences: Vec<String>,
        /// Whether files that the plan was made from, or that judge the work, changed, and that
        /// was accepted.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        accepted: bool,
        /// What changes are counted from now on, where the run's own base can be read no more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        base: Option<Box<Stand>>,
        /// Calls that were under way when atlas was killed, with what their streams show.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        closed: Vec<CallEnded>,
    },
    /// A person or the system asked the run to end.
    Interrupted {
        /// The signal's number.
        signal: i32,
    },
    /// Checks that need no process of their own begin.
    ChecksStarted {
        /// Where in the run; `at` in a journal's line is the time.
        #[serde(rename = "point")]
        at: Point,
    },
    /// They are over.
    ChecksEnded {
        /// Where in the run; `at` in a journal's line is the time.
        #[serde(rename = "point")]
        at: Point,
        /// What they said.
        checks: Vec<Check>,
    },
    /// A hook starts.
    HookStarted {
        /// Its name.
        hook: String,
        /// Where in the run; `at` in a journal's line is the time.
        #[serde(rename = "point")]
        at: Point,
    },
    /// A hook is over, or was skipped.
    HookEnded {
        /// Its name.
        hook: String,
        /// Where in the run; `at` in a journal's line is the time.
        #[serde(rename = "point")]
        at: Point,
        /// What it said.
        check: Check,
    },
    /// What the files that judge the work hold before the first call.
    JudgesFrozen {
        /// The files.
        files: Vec<JudgeFile>,
    },
    /// A hook wrote files that it names, or that were not there: its reports, or what it built.
    /// They judge no more.
    HookWrote {
        /// The hook's name.
        hook: String,
        /// Where, as the frozen files have it.
        paths: Vec<PathBuf>,
    },
    /// A reviewer's vote, derived from what it said and what was seen of its evidence.
    Vote {
        /// Where in the run; `at` in a journal's line is the time.
        #[serde(rename = "point")]
        at: Point,
        /// The vote.
        cast: Cast,
    },
    /// What one reviewer or several claim.
    Finding {
        /// Where in the run; `at` in a journal's line is the time.
        #[serde(rename = "point")]
        at: Point,
        /// The claim, and whether it is supported.
        finding: Finding,
    },
    /// What the votes amount to.
    Verdict {
        /// Where in the run; `at` in a journal's line is the time.
        #[serde(rename = "point")]
        at: Point,
        /// The conclusion.
        status: VerdictStatus,
        /// The votes, counted.
        votes: Votes,
    },
    /// The tree that commands of `evidence` are run on, or that one of them has left: in one round it
    /// is one tree, or what the reviewers judged is not there any more. Durable before they run.
    TreeJudged {
        /// Which time the end was reached, from 0.
        round: u32,
        /// The tree.
        tree: String,
    },
    /// A fault was chosen for a copy of the work that a panel has passed.
    CanaryPlanted {
        /// How many times the end was reached before, from 0.
        round: u32,
        /// The fault; `None` where the work holds nothing that one could be planted in.
        fault: Option<Planted>,
    },
    /// What the panel made of that copy.
    CanaryJudged {
        /// Where in the run; `at` in a journal's line is the time.
        #[serde(rename = "point")]
        at: Point,
        /// Whether the panel would have refused the copy, because of the fault.
        caught: bool,
        /// Who saw it, of those that answered, in the order in which they were asked.
        by: Vec<Catch>,
    },
    /// An attempt of a step begins.
    StepStarted {
        /// The step's id.
        step: String,
        /// The attempt, from 1.
        attempt: u32,
        /// How much of the run's money is set aside for it until its call ends, so that calls side
        /// by side cannot spend the same twice; `None` where no limit on money holds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        grant: Option<Usd>,
    },
    /// What only the run could tell about a step is settled, before it begins.
    Decided {
        /// The step's path.
        step: String,
        /// What was settled.
        decision: Decision,
    },
    /// A branch that may write beside others begins, on a copy of the tree of its own.
    BranchBegan {
        /// Its path.
        step: String,
        /// The tree that the copy was made of.
        stand: Box<Stand>,
        /// Files that judge the work and are not in the copy what they are in the run's own tree,
        /// as they are in the copy: ignored ones, for example, are not copied.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        judges: Vec<JudgeFile>,
    },
    /// What a branch changed on its copy was put into the tree that the copy was made of.
    BranchMerged {
        /// Its path.
        step: String,
        /// Why it could not be; then nothing of it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refused: Option<String>,
    },
    /// An attempt of a command step begins.
    CommandStarted {
        /// The step's path.
        step: String,
        /// The attempt, from 1.
        attempt: u32,
        /// The program and its arguments, with all values in place.
        argv: Vec<String>,
    },
    /// The program is gone. Durable before anybody builds on what it said.
    CommandEnded(Box<CommandEnded>),
    /// An earlier result stands for a step, which therefore does not run.
    StepCached(Box<StepCached>),
    /// What runs for a step is being ended, because another one has made it superfluous.
    Cancelled {
        /// The step's path.
        step: String,
    },
    /// claude runs and is about to get its prompt: from here on the reservation is spent.
    CallStarted(CallStarted),
    /// The model began to answer a call for the first time.
    CallAnswered {
        /// The step's id.
        step: String,
        /// The attempt, from 1.
        attempt: u32,
    },
    /// The service refused a request inside a call, or the line broke; claude itself asks again.
    CallRefused {
        /// The step's id.
        step: String,
        /// The attempt, from 1.
        attempt: u32,
        /// The HTTP status, where there was an answer.
        status: Option<u16>,
    },
    /// Work that was done elsewhere is in the session, as a call's output would be.
    WorkTaken(WorkTaken),
    /// The service was overloaded or out of reach; the call goes on after a wait.
    CallRetrying {
        /// The step's id.
        step: String,
        /// The attempt, from 1.
        attempt: u32,
        /// Why.
        reason: String,
        /// How long to wait.
        after: Span,
    },
    /// A hook was asked about one edit inside a call. It decides nothing; the agent has heard it.
    EditChecked {
        /// The step's id.
        step: String,
        /// The attempt, from 1.
        attempt: u32,
        /// What was edited, and what the hook said.
        answer: Box<EditAnswer>,
    },
    /// claude is gone. Durable before anything looks at the output, so that no crash pays twice.
    CallEnded(Box<CallEnded>),
    /// What the tree looks like compared with the run's base.
    Changes {
        /// The step after which it was looked at.
        step: String,
        /// The attempt, from 1.
        attempt: u32,
        /// The tree and its difference from the base.
        changes: TreeChanges,
        /// Where the tree stands: what a resume compares with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stand: Option<Box<Stand>>,
        /// The branch whose copy of the tree it is; none for the run's own tree.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        branch: Option<String>,
    },
    /// A step is tried again, because the work was refused or the call broke.
    Retry {
        /// The step's id.
        step: String,
        /// What the agent is told.
        reasons: Vec<String>,
        /// Steps whose results were built on this one's, and which therefore run again too.
        supersedes: Vec<String>,
    },
    /// A limit ends the run.
    LimitReached {
        /// Which one.
        limit: LimitKind,
        /// Why, for people.
        reason: String,
    },
    /// Nobody can be asked any more: this ends the run.
    Unavailable {
        /// In which way.
        why: Unavailability,
        /// Why, for people.
        reason: String,
    },
    /// A plan's quota is used up, and the run waits until it starts anew.
    QuotaAwaited {
        /// Which window, where it was told.
        window: Option<String>,
        /// When it starts anew, in seconds since 1970.
        resets_at: i64,
    },
    /// The wait for a quota is over.
    QuotaReset,
    /// A step is over, for now: a repair may start it again.
    StepEnded {
        /// The step's id.
        step: String,
        /// The attempt, from 1.
        attempt: u32,
        /// How.
        status: StepStatus,
        /// Why, for anything but a pass.
        reason: Option<String>,
        /// How far the scratch pad had come; none where nobody wrote to it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scratch: Option<Mark>,
        /// How the whole run ends for it, where no other step can make up for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ends: Option<Status>,
    },
    /// The run is over.
    RunEnded {
        /// How.
        status: Status,
        /// The exit code, which for signals says more than the status.
        exit_code: u8,
        /// Why, in one line.
        reason: String,
    },
    /// Written by a later version of atlas.
    #[serde(other)]
    Unknown,
}

/// What stood before a run in its session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Before {
    /// The earlier runs, one line each.
    pub runs: Vec<String>,
    /// What others changed since the last of them.
    pub differences: Vec<String>,
    /// The conversation that the first step goes on in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<Conversation>,
}

/// A conversation that an earlier run had.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    /// Its id.
    pub claude_session: String,
    /// What it has cost in all.
    pub cost: Usd,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StepStatus {
    /// Its call succeeded and every blocking check on it was content.
    Passed,
    /// It broke.
    Failed,
    /// A check refused what it made.
    Rejected,
    /// A limit ended it.
    Limit,
    /// The run was interrupted while it ran.
    Interrupted,
    /// It was not to run.
    Skipped,
    /// An earlier run's result stood for it.
    Reused,
    /// A cached result stood for it.
    Cached,
    /// Something else ended the run before it could end.
    Cancelled,
}
