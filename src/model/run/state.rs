//! What is known: the fold of a run's events.
//!
//! The fold never decides anything; it only remembers what [`super::next()`] needs in order to. The
//! same events give the same state, whether they come from a live run, a resume or a replay.

use std::collections::BTreeMap;

use super::{
    Ledger, Plan, Point,
    event::{CallEnded, CallStarted, Event, Output, StepStatus},
};
use crate::model::{
    Status,
    call::{CallOutcome, Failure, LimitKind, Spend},
    changes::TreeChanges,
    check::Check,
    judges::JudgeFile,
    panel::weigh::Cast,
    result::{Finding, Verdict, VerdictStatus, Votes},
    scratch::Mark,
    value::{Span, Usd},
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
    /// The files that judge the work, as they were before the first call; `None` before that.
    pub judges: Option<Vec<JudgeFile>>,
    /// What the last panel said.
    pub panel: Option<PanelState>,
    /// Steps and reviewers that have begun, by id.
    pub steps: BTreeMap<String, StepState>,
    /// How many times the finished work was sent back.
    pub round: u32,
    /// Money and tokens.
    pub ledger: Ledger,
    /// The last tree seen.
    pub changes: Option<TreeChanges>,
    /// How far the scratch pad had come when the last step ended.
    pub scratch: Option<Mark>,
    /// What ends the run early.
    pub halt: Option<Halt>,
    /// How the run ended.
    pub end: Option<RunEnd>,
}

/// What is known of a panel.
#[derive(Clone, Debug, PartialEq)]
pub struct PanelState {
    /// Where it judged.
    pub at: Point,
    /// The votes, in the order in which reviewers were asked.
    pub votes: Vec<Cast>,
    /// What was claimed, worst first.
    pub findings: Vec<Finding>,
    /// The conclusion, once it is drawn.
    pub verdict: Option<(VerdictStatus, Votes)>,
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
    /// The attempt that was told of the last rejection, so that one that broke off hears it again.
    told: u32,
}

/// What ends a run early.
#[derive(Clone, Debug, PartialEq)]
pub enum Halt {
    /// A signal, by number.
    Interrupted(i32),
    /// A limit.
    Limit(LimitKind, String),
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
        match event {
            Event::RunStarted { run, request, claude, .. } => {
                self.run = *run;
                self.claude.clone_from(claude);
                self.ok_on.clone_from(&request.ok_on);
            }
            Event::RunResumed { .. } => self.forget_what_was_running(),
            Event::Interrupted { signal } => self.halt = Some(Halt::Interrupted(*signal)),
            Event::LimitReached { limit, reason } => {
                self.halt.get_or_insert(Halt::Limit(*limit, reason.clone()));
            }
            Event::ChecksStarted { at } => {
                self.checks.insert(at.clone(), Stage::Running);
            }
            Event::ChecksEnded { at, checks } => {
                self.checks.insert(at.clone(), Stage::Ended(checks.clone()));
            }
            Event::HookStarted { hook, at } => {
                self.hooks.insert((at.clone(), hook.clone()), Stage::Running);
            }
            Event::HookEnded { hook, at, check } => {
                self.hooks.insert((at.clone(), hook.clone()), Stage::Ended(check.clone()));
            }
            Event::JudgesFrozen { files } => self.judges = Some(files.clone()),
            Event::HookWrote { paths, .. } => {
                self.judges.iter_mut().for_each(|files| {
                    files.retain(|file| !paths.contains(&file.path));
                });
            }
            Event::Vote { at, cast } => self.panel_at(at).votes.push(cast.clone()),
            Event::Finding { at, finding } => self.panel_at(at).findings.push(finding.clone()),
            Event::Verdict { at, status, votes } => {
                self.panel_at(at).verdict = Some((*status, *votes));
            }
            Event::StepStarted { step, attempt } => self.step_mut(step).begin(*attempt),
            Event::CallStarted(call) => self.call_started(call),
            Event::CallRetrying { step, after, .. } => self.step_mut(step).retry_later(*after),
            Event::CallEnded(call) => self.call_ended(call),
            Event::Changes { changes, .. } => self.changes = Some(changes.clone()),
            Event::Retry { step, reasons, supersedes } => {
                self.try_again(step, reasons, supersedes);
            }
            Event::StepEnded { step, status, reason, scratch, .. } => {
                self.step_mut(step).status = Some((*status, reason.clone()));
                self.scratch = scratch.clone().or(self.scratch.take());
            }
            Event::RunEnded { status, exit_code, reason } => {
                self.end =
                    Some(RunEnd { status: *status, exit_code: *exit_code, reason: reason.clone() });
            }
            Event::Plan { .. } | Event::Unknown => {}
        }
    }

    /// What is known about a step, if it ever began.
    pub fn step(&self, id: &str) -> Option<&StepState> {
        self.steps.get(id)
    }

    /// Whether anything runs in this process.
    pub fn anything_running(&self) -> bool {
        self.checks.values().any(|stage| *stage == Stage::Running)
            || self.hooks.values().any(|stage| *stage == Stage::Running)
            || self.steps.values().any(|step| step.call == Stage::Running)
    }

    /// The verdict that speaks of the work as it is.
    pub fn verdict(&self) -> Option<Verdict> {
        let panel = self.panel.as_ref()?;
        let (status, votes) = panel.verdict?;
        let stands = matches!(panel.at, Point::Panel { round, .. } if round == self.round);
        stands.then(|| Verdict { status, votes, findings: panel.findings.clone() })
    }

    /// What calls that were just ordered will reserve: their start is not written down yet.
    pub fn promised(&self, plan: &Plan) -> Usd {
        let ordered = plan.calls().filter(|call| {
            self.step(&call.id).is_some_and(|known| {
                known.call == Stage::Running && !self.ledger.is_open(&call.id, known.attempt)
            })
        });
        ordered.map(|call| call.reserve).sum()
    }

    /// A panel that judges anew knows nothing of the last one.
    fn panel_at(&mut self, at: &Point) -> &mut PanelState {
        let fresh = || PanelState {
            at: at.clone(),
            votes: Vec::new(),
            findings: Vec::new(),
            verdict: None,
        };
        match &mut self.panel {
            Some(panel) if panel.at == *at && panel.verdict.is_none() => {}
            other => *other = Some(fresh()),
        }
        self.panel.as_mut().expect("it was just made")
    }

    fn step_mut(&mut self, id: &str) -> &mut StepState {
        self.steps.entry(id.to_owned()).or_default()
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
        self.checks.retain(|_, stage| matches!(stage, Stage::Ended(_)));
        self.hooks.retain(|_, stage| matches!(stage, Stage::Ended(_)));
        for step in self.steps.values_mut() {
            step.forget_what_was_running();
        }
    }
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

    fn begin(&mut self, attempt: u32) {
        if attempt > self.attempt {
            self.waits = 0;
        }
        self.attempt = attempt;
        self.call = Stage::Running;
        self.backoff = None;
        self.again = false;
    }

    fn retry_later(&mut self, after: Span) {
        self.waits += 1;
        self.backoff = Some(after);
        self.call = Stage::Idle;
    }

    fn start_over(&mut self) {
        self.status = None;
        self.call = Stage::Idle;
        self.again = true;
    }

    /// A step that passed stays passed, and a call that succeeded is never made again: its checks
    /// go on. A call that was under way goes on within its attempt; one that ended otherwise
    /// makes room for another attempt.
    fn forget_what_was_running(&mut self) {
        self.waits = 0;
        match (&self.call, &self.status) {
            (_, Some((StepStatus::Passed, _))) | (Stage::Ended(CallOutcome::Succeeded), None) => {}
            (Stage::Ended(_), _) => self.start_over(),
            (Stage::Idle | Stage::Running, _) => {
                self.call = Stage::Idle;
                self.status = None;
            }
        }
    }
}
