//! What is known: the fold of a run's events.
//!
//! The fold never decides anything; it only remembers what [`super::next()`] needs in order to. The
//! same events give the same state, whether they come from a live run, a resume or a replay.

mod panel;
mod step;

use std::collections::BTreeMap;

pub use panel::{CanaryState, PanelState};
pub use step::{Opening, StepState};

use super::{
    Ledger, Pace, Plan, Point, Stand,
    event::{Before, CallEnded, CallStarted, Conversation, Event, StepStatus},
    plan::StepPlan,
};
use crate::model::{
    Status,
    call::{CallOutcome, Failure, LimitKind, Unavailability},
    changes::TreeChanges,
    check::{Check, CheckStatus},
    judges::Frozen,
    reuse::Reused,
    scratch::Mark,
    value::Usd,
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
    /// The last fault that was planted, and whether it was seen.
    pub canary: Option<CanaryState>,
    /// Steps and reviewers that have begun, by id.
    pub steps: BTreeMap<String, StepState>,
    /// How many times the finished work was sent back.
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

/// What ends a run early.
#[derive(Clone, Debug, PartialEq)]
pub enum Halt {
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

    /// Takes in one event.
    pub fn apply(&mut self, event: &Event) {
        self.pace.apply(event);
        match event {
            Event::RunStarted { run, request, claude, stand, before, .. } => {
                self.run = *run;
                self.claude.clone_from(claude);
                self.ok_on.clone_from(&request.ok_on);
                self.base = stand.as_deref().cloned();
                self.comes_after(before.as_deref());
            }
            Event::Plan { plan, .. } => {
                self.judges.plan(&plan.judges);
                self.go_on_in_conversation(plan);
            }
            Event::Reused(reused) => self.reused = Some(reused.clone()),
            Event::RunResumed { differences, base, closed, .. } => {
                self.resumed(differences, base.as_deref(), closed);
            }
            Event::Interrupted { signal } => self.halt = Some(Halt::Interrupted(*signal)),
            Event::LimitReached { limit, reason } => {
                self.halts(Halt::Limit(*limit, reason.clone()));
            }
            Event::Unavailable { why, reason } => {
                self.halts(Halt::Unavailable(why.clone(), reason.clone()));
            }
            Event::ChecksStarted { at } => self.checks_are(at, Stage::Running),
            Event::ChecksEnded { at, checks } => self.checks_are(at, Stage::Ended(checks.clone())),
            Event::HookStarted { hook, at } => self.hook_is((at, hook), Stage::Running),
            Event::HookEnded { hook, at, check } => {
                self.hook_is((at, hook), Stage::Ended(check.clone()));
            }
            Event::JudgesFrozen { files } => self.judges.freeze(files),
            Event::HookWrote { paths, .. } => self.judges.let_go(paths),
            Event::Vote { at, cast } => self.panel_at(at).votes.push(cast.clone()),
            Event::Finding { at, finding } => self.panel_at(at).findings.push(finding.clone()),
            Event::Verdict { at, status, votes } => self.concluded(at, *status, *votes),
            Event::CanaryPlanted { round, fault } => self.planted(*round, fault.as_ref()),
            Event::CanaryJudged { at, caught, by } => self.canary_judged(at, *caught, by),
            Event::StepStarted { step, attempt, grant } => self.ordered(step, *attempt, *grant),
            Event::WorkTaken(taken) => self.step_mut(&taken.step).take_work(taken),
            Event::CallStarted(call) => self.call_started(call),
            Event::CallRetrying { step, after, .. } => self.step_mut(step).retry_later(*after),
            Event::CallEnded(call) => self.call_ended(call),
            Event::Changes { step, changes, stand, .. } => {
                self.changes = Some(changes.clone());
                self.looked_at(step, stand.as_deref());
            }
            Event::Retry { step, reasons, supersedes } => self.try_again(step, reasons, supersedes),
            Event::StepEnded { step, status, reason, scratch, .. } => {
                self.step_ended(step, (*status, reason.clone()), scratch.as_ref());
            }
            Event::RunEnded { status, exit_code, reason } => {
                self.ended(*status, *exit_code, reason);
            }
            Event::EditChecked { .. }
            | Event::CallAnswered { .. }
            | Event::CallRefused { .. }
            | Event::QuotaAwaited { .. }
            | Event::QuotaReset
            | Event::Unknown => {}
        }
    }

    /// What is known about a step, if it ever began.
    pub fn step(&self, id: &str) -> Option<&StepState> {
        self.steps.get(id)
    }

    /// The context window of a step's model, in tokens: what the last result of the model named in
    /// this run, else what was known before it.
    pub fn window(&self, plan: &Plan, step: &StepPlan) -> Option<u64> {
        let alike = plan.steps.iter().filter(|other| other.agent.model == step.agent.model);
        let told = alike.filter_map(|other| self.ledger.windows.get(&other.id)).next_back();
        told.copied().or(step.window)
    }

    /// Whether anything runs in this process.
    pub fn anything_running(&self) -> bool {
        self.checks.values().any(|stage| *stage == Stage::Running)
            || self.hooks.values().any(|stage| *stage == Stage::Running)
            || self.steps.values().any(|step| step.call == Stage::Running)
    }

    /// The tree of the last step whose call succeeded: what a resume must find again.
    pub fn committed(&self, plan: &Plan) -> Option<&Stand> {
        let known = plan.steps.iter().rev().filter_map(|step| self.step(&step.id));
        known.filter(|known| known.succeeded()).find_map(|known| known.stand.as_ref())
    }

    fn go_on_in_conversation(&mut self, plan: &Plan) {
        let Some((earlier, first)) = self.conversation.take().zip(plan.steps.first()) else {
            return;
        };
        self.ledger.has_cost(&earlier.claude_session, earlier.cost);
        let step = self.step_mut(&first.id);
        step.conversation = Some(earlier.claude_session);
        step.opening = Opening::Task;
    }

    fn looked_at(&mut self, step: &str, stand: Option<&Stand>) {
        let Some(stand) = stand else { return };
        self.stand = Some(stand.clone());
        self.step_mut(step).stand = Some(stand.clone());
    }

    fn checks_are(&mut self, at: &Point, stage: Stage<Vec<Check>>) {
        self.checks.insert(at.clone(), stage);
    }

    fn hook_is(&mut self, (at, hook): (&Point, &str), stage: Stage<Check>) {
        self.hooks.insert((at.clone(), hook.to_owned()), stage);
    }

    /// What ends a run early is the first that does.
    fn halts(&mut self, halt: Halt) {
        self.halt.get_or_insert(halt);
    }

    fn step_ended(&mut self, step: &str, how: (StepStatus, Option<String>), mark: Option<&Mark>) {
        self.step_mut(step).status = Some(how);
        self.scratch = mark.cloned().or(self.scratch.take());
    }

    fn ended(&mut self, status: Status, exit_code: u8, reason: &str) {
        self.end = Some(RunEnd { status, exit_code, reason: reason.to_owned() });
    }

    fn comes_after(&mut self, before: Option<&Before>) {
        let Some(before) = before else { return };
        self.meanwhile.clone_from(&before.differences);
        self.earlier.clone_from(&before.runs);
        self.conversation.clone_from(&before.conversation);
    }

    fn resumed(&mut self, differences: &[String], base: Option<&Stand>, closed: &[CallEnded]) {
        for call in closed {
            self.call_ended(call);
        }
        self.forget_what_was_running();
        self.meanwhile = differences.to_vec();
        self.base = base.cloned().or(self.base.take());
    }

    fn step_mut(&mut self, id: &str) -> &mut StepState {
        self.steps.entry(id.to_owned()).or_default()
    }

    fn ordered(&mut self, step: &str, attempt: u32, grant: Option<Usd>) {
        self.step_mut(step).begin(attempt);
        if let Some(usd) = grant {
            self.ledger.grant(step, attempt, usd);
        }
    }

    fn call_started(&mut self, call: &CallStarted) {
        self.ledger.start(call);
        let step = self.step_mut(&call.step);
        step.call = Stage::Running;
        step.conversation = Some(call.claude_session.clone());
    }

    fn call_ended(&mut self, call: &CallEnded) {
        let conversation = self.steps.get(&call.step).and_then(|step| step.conversation.clone());
        self.ledger.end(call, conversation.as_deref());
        let step = self.step_mut(&call.step);
        step.call = match &call.outcome {
            // Nothing was asked and nothing was spent: the attempt begins anew.
            CallOutcome::Failed { failure: Failure::ConversationGone, .. } => {
                step.conversation = None;
                Stage::Idle
            }
            outcome => Stage::Ended(outcome.clone()),
        };
        // What an earlier attempt said is not what this one did.
        step.output.clone_from(&call.output);
        step.spend.tokens += call.spend.tokens;
        step.spend.turns += call.spend.turns;
        step.ms += call.ms;
        step.spend.usd = match (step.spend.usd, call.spend.usd) {
            (Some(before), Some(now)) => Some(before + now),
            (before, now) => before.or(now),
        };
    }

    /// Where the step had passed already, it was the end of the run that refused: then what was
    /// built on the step is void, and the end is looked at anew.
    fn try_again(&mut self, id: &str, reasons: &[String], supersedes: &[String]) {
        let step = self.step_mut(id);
        if matches!(step.status, Some((StepStatus::Passed, _))) {
            self.round += 1;
        }
        let step = self.step_mut(id);
        step.rejections.push(reasons.to_vec());
        step.start_over();
        step.told = step.next_attempt();
        for later in supersedes {
            let later = self.step_mut(later);
            later.conversation = None;
            later.start_over();
        }
    }

    /// After a crash or an interrupt nothing of ours runs any more; whatever had not ended is
    /// done again. A call's conversation is kept, so that it goes on instead of starting over.
    fn forget_what_was_running(&mut self) {
        self.halt = None;
        self.end = None;
        self.ledger.give_up_open();
        self.checks.retain(|at, stage| match stage {
            Stage::Ended(checks) => checks.iter().all(|check| has_looked(at, check)),
            Stage::Idle | Stage::Running => false,
        });
        self.hooks.retain(|(at, _), stage| match stage {
            Stage::Ended(check) => has_looked(at, check),
            Stage::Idle | Stage::Running => false,
        });
        for step in self.steps.values_mut() {
            step.forget_what_was_running();
        }
    }
}

impl RunEnd {
    /// Whether there is nothing to go on with: the work was accepted or refused, or nothing was
    /// done that could be gone on with.
    pub fn is_for_good(&self) -> bool {
        match self.status {
            Status::Passed
            | Status::Rejected
            | Status::Blocked
            | Status::Usage
            | Status::Invalid => true,
            Status::Failed
            | Status::Inconclusive
            | Status::Limit
            | Status::Unavailable
            | Status::Waiting
            | Status::Busy
            | Status::Interrupted => false,
        }
    }
}

/// A check that could not look is worth another look; so is work that did not get into the tree.
fn has_looked(at: &Point, check: &Check) -> bool {
    match check.status {
        CheckStatus::Passed => true,
        CheckStatus::Failed => *at != Point::HandOver || !check.blocking,
        CheckStatus::Error | CheckStatus::Skipped => !check.blocking,
    }
}
