//! What each event changes of what is known.

use super::{Halt, Opening, RunEnd, Stage, State, StepState, Wanted, Work};
use crate::model::{
    Status,
    call::{CallOutcome, Failure},
    check::{Check, CheckStatus},
    run::{
        Event, Plan, Point, Stand, StepStatus,
        event::{Before, CallEnded, CallStarted, CommandEnded, Decision},
    },
    value::Usd,
};

impl State {
    /// Takes in one event.
    pub fn apply(&mut self, event: &Event) {
        self.pace.apply(event);
        match event {
            Event::RunStarted { .. } => self.started(event),
            Event::Plan { plan, .. } => self.planned(plan),
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
            Event::TreeJudged { round, tree } => self.tree_is_judged(*round, tree),
            Event::CanaryPlanted { round, fault } => self.planted(*round, fault.as_ref()),
            Event::CanaryJudged { at, caught, by } => self.canary_judged(at, *caught, by),
            Event::WorkTaken(taken) => self.idle(&taken.step).take_work(taken),
            Event::Decided { step, decision } => self.decided(step, decision),
            Event::StepStarted { step, attempt, grant } => self.ordered(step, *attempt, *grant),
            Event::CommandStarted { step, attempt, .. } => self.begin(step, *attempt),
            Event::StepCached(cached) => {
                self.begin_in_tree(&cached.step);
                self.step_mut(&cached.step).stands(cached);
            }
            Event::Cancelled { step } => self.step_mut(step).wanted = Wanted::NoMore,
            Event::CommandEnded(command) => self.command_ended(command),
            Event::CallStarted(call) => self.call_started(call),
            Event::CallRetrying { step, after, .. } => self.idle(step).retry_later(*after),
            Event::CallEnded(call) => self.call_ended(call),
            Event::BranchBegan { step, stand, judges } => self.branch_began(step, stand, judges),
            Event::BranchMerged { step, refused } => self.branch_merged(step, refused.as_ref()),
            Event::Changes { .. } => self.changes_are(event),
            Event::Retry { step, reasons, supersedes } => self.try_again(step, reasons, supersedes),
            Event::StepEnded { .. } => self.step_is_over(event),
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

    fn started(&mut self, event: &Event) {
        let Event::RunStarted { run, request, claude, stand, before, .. } = event else { return };
        self.run = *run;
        self.claude.clone_from(claude);
        self.ok_on.clone_from(&request.ok_on);
        self.base = stand.as_deref().cloned();
        self.comes_after(before.as_deref());
    }

    fn planned(&mut self, plan: &Plan) {
        self.replant(plan.places());
        self.judges.plan(&plan.judges);
        self.go_on_in_conversation(plan);
    }

    /// What ends a run early is the first that does.
    fn halts(&mut self, halt: Halt) {
        self.halt.get_or_insert(halt);
    }

    fn checks_are(&mut self, at: &Point, stage: Stage<Vec<Check>>) {
        let work = Work::Checks(at.clone());
        match stage {
            Stage::Running => drop(self.under_way.replace(work)),
            Stage::Idle | Stage::Ended(_) => drop(self.under_way.take(&work)),
        }
        self.checks.insert(at.clone(), stage);
    }

    fn hook_is(&mut self, (at, hook): (&Point, &str), stage: Stage<Check>) {
        let work = Work::Hook(at.clone(), hook.to_owned());
        match stage {
            Stage::Running => drop(self.under_way.replace(work)),
            Stage::Idle | Stage::Ended(_) => drop(self.under_way.take(&work)),
        }
        self.hooks.insert((at.clone(), hook.to_owned()), stage);
    }

    /// A step for which nothing runs any more.
    fn idle(&mut self, step: &str) -> &mut StepState {
        self.under_way.remove(&Work::Step(step.to_owned()));
        self.step_mut(step)
    }

    fn decided(&mut self, step: &str, decision: &Decision) {
        self.begin_in_tree(step);
        self.nodes.entry(step.to_owned()).or_default().decision = Some(decision.clone());
    }

    fn step_is_over(&mut self, event: &Event) {
        let Event::StepEnded { step, status, reason, scratch, ends, .. } = event else { return };
        self.step_ended(step, *status, reason.as_ref());
        self.scratch = scratch.clone().or(self.scratch.take());
        match ends {
            None => self.end_in_tree(step, *status),
            // One that the whole run ended with is not over: a resume goes on with it.
            Some(ends) => self.halts(Halt::Over(*ends, reason.clone().unwrap_or_default())),
        }
    }

    fn ended(&mut self, status: Status, exit_code: u8, reason: &str) {
        self.end = Some(RunEnd { status, exit_code, reason: reason.to_owned() });
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
        if std::mem::take(&mut self.is_judged_in_vain) {
            self.begin_the_end_anew();
        }
        self.meanwhile = differences.to_vec();
        self.base = base.cloned().or(self.base.take());
    }

    fn changes_are(&mut self, event: &Event) {
        let Event::Changes { step, attempt, changes, stand, branch } = event else { return };
        if branch.is_none() {
            self.last_look = Some((step.clone(), *attempt));
        }
        self.looked_at((step, branch.as_deref()), changes, stand.as_deref());
    }

    /// What is there now is judged as if it had come about so: it is looked at, hooks see it, and new
    /// reviewers are asked.
    fn begin_the_end_anew(&mut self) {
        self.round += 1;
        if let Some((step, attempt)) = self.last_look.clone() {
            self.checks.remove(&Point::Settled { step: step.clone(), attempt });
            self.may_have_changed(None, &step, attempt);
        }
    }

    fn tree_is_judged(&mut self, round: u32, tree: &str) {
        match &self.judged {
            Some((known, before)) if *known == round => self.is_judged_in_vain |= before != tree,
            Some(_) | None => self.judged = Some((round, tree.to_owned())),
        }
    }

    pub(super) fn step_mut(&mut self, id: &str) -> &mut StepState {
        self.steps.entry(id.to_owned()).or_default()
    }

    fn begin(&mut self, step: &str, attempt: u32) {
        self.begin_in_tree(step);
        self.under_way.insert(Work::Step(step.to_owned()));
        self.step_mut(step).begin(attempt);
    }

    fn ordered(&mut self, step: &str, attempt: u32, grant: Option<Usd>) {
        self.begin(step, attempt);
        if let Some(usd) = grant {
            self.ledger.grant(step, attempt, usd);
        }
    }

    fn step_ended(&mut self, path: &str, status: StepStatus, reason: Option<&String>) {
        let ended = Some((status, reason.cloned()));
        if self.steps.contains_key(path) || !self.nodes.contains_key(path) {
            self.step_mut(path).status = ended;
        } else if let Some(node) = self.nodes.get_mut(path) {
            node.status = ended;
        }
    }

    fn command_ended(&mut self, command: &CommandEnded) {
        self.under_way.remove(&Work::Step(command.step.clone()));
        let tree = self.tree_of(&command.step).map(str::to_owned);
        self.may_have_changed(tree.as_deref(), &command.step, command.attempt);
        if !command.checks.is_empty() {
            let at = Point::Mid { step: command.step.clone(), attempt: command.attempt };
            self.checks.insert(at, Stage::Ended(command.checks.clone()));
        }
        let step = self.step_mut(&command.step);
        step.call = Stage::Ended(command.outcome.clone());
        step.output.clone_from(&command.output);
        step.findings.clone_from(&command.findings);
        step.ms += command.ms;
    }

    fn call_started(&mut self, call: &CallStarted) {
        self.ledger.start(call);
        self.under_way.insert(Work::Step(call.step.clone()));
        let step = self.step_mut(&call.step);
        step.call = Stage::Running;
        step.conversation = Some(call.claude_session.clone());
    }

    fn call_ended(&mut self, call: &CallEnded) {
        let conversation = self.steps.get(&call.step).and_then(|step| step.conversation.clone());
        self.ledger.end(call, conversation.as_deref());
        self.under_way.remove(&Work::Step(call.step.clone()));
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
        if self.nodes.contains_key(id) && !self.steps.contains_key(id) {
            return self.begin_again(id, reasons);
        }
        let passed = |status: &(StepStatus, Option<String>)| {
            matches!(status.0, StepStatus::Passed | StepStatus::Cached)
        };
        let had_passed = self.step_mut(id).status.as_ref().is_some_and(passed);
        if had_passed {
            self.round += 1;
        }
        self.reopen_branches(id);
        self.reopen(id);
        let step = self.step_mut(id);
        step.rejections.push(reasons.to_vec());
        step.start_over();
        step.told = step.next_attempt();
        for later in supersedes {
            self.supersede(later);
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
        self.under_way.clear();
        self.merge_again();
        self.reopen_what_failed();
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
