//! The dispatcher: one loop, one owner.
//!
//! It asks the pure heart what comes next, starts that as units, and takes in what they say. It
//! alone writes the journal and folds the state, so there is no order of events but its own. It
//! holds no rule about what a run should do.

mod branches;
mod cached;
mod news;
mod orders;
mod record;

use std::{collections::BTreeMap, rc::Rc};

use cached::{Earlier, Keeping};
use record::Unshown;
use tokio::{
    sync::mpsc,
    task::{JoinError, JoinSet},
    time::Instant,
};

use super::{
    call, command, hook, judges, look, panel, quota, scope,
    site::Site,
    step_key,
    stops::Stops,
    unit::{FromUnit, Line},
    work,
};
use crate::{
    model::{
        Activity, Result,
        call::LimitKind,
        judges::JudgeFile,
        run::{Effect, Event, Point, State, StepStatus, next, plan::StepPlan},
        value::{Span, Usd},
    },
    sys::{
        pause::{paused, sleep_awake_until},
        signals::{Signals, Stop},
    },
};

/// Who watches a run. It is told of an event once that is written down; of several that were written
/// together, with the state after all of them.
pub trait Observer {
    /// Something worth knowing turned up on the way to the first call.
    fn notice(&mut self, notice: &str);
    /// Something happened, and is part of the state.
    fn event(&mut self, site: &Site, state: &State, event: &Event);
    /// Something for the screen alone.
    fn activity(&mut self, activity: &Activity);
}

/// A run under way.
pub(crate) struct Dispatcher<'a> {
    site: Rc<Site>,
    signals: &'a Signals,
    observer: &'a mut dyn Observer,
    state: State,
    unshown: Unshown,
    units: JoinSet<()>,
    stops: Stops,
    /// Steps whose results are kept if they pass, by path.
    keeping: BTreeMap<String, Keeping>,
    line: Line,
    inbox: mpsc::UnboundedReceiver<FromUnit>,
    /// When the run's time is over.
    deadline: Instant,
    /// Since when it stands still, because it waits for a quota.
    still_since: Option<Instant>,
}

/// A unit that panicked tells of no end, and the run would wait for it forever. Its panic becomes
/// that of the run, whose guards end everything else.
fn no_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && let Ok(panic) = error.try_into_panic()
    {
        std::panic::resume_unwind(panic);
    }
}

impl<'a> Dispatcher<'a> {
    /// Takes over a run whose events so far gave `state`.
    pub(crate) fn new(
        site: Rc<Site>,
        signals: &'a Signals,
        observer: &'a mut dyn Observer,
        state: State,
    ) -> Self {
        let (line, inbox) = Line::new();
        let deadline = Instant::now() + site.plan.limits.time.0.saturating_sub(site.spent);
        Self {
            site,
            signals,
            observer,
            state,
            unshown: Unshown::default(),
            units: JoinSet::new(),
            stops: Stops::default(),
            keeping: BTreeMap::new(),
            line,
            inbox,
            deadline,
            still_since: None,
        }
    }

    /// Runs to the end. Fails only when events can no longer be written down; whatever runs then
    /// is killed with it.
    pub(crate) async fn run(mut self) -> Result<State> {
        let paused = paused();
        self.site.tokens.begin_at(self.state.ledger.tokens.counted());
        let mut stop = self.signals.subscribe();
        loop {
            self.start_what_can_start().await?;
            if self.state.end.is_some() {
                return Ok(self.state);
            }
            let undisturbed = self.state.halt.is_none();
            let in_time = undisturbed && self.still_since.is_none();
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop != Stop::Running), if undisturbed => {
                    self.interrupted().await?;
                }
                Some(message) = self.inbox.recv() => self.take(message).await?,
                Some(ended) = self.units.join_next() => no_panic(ended),
                () = sleep_awake_until(self.deadline, paused), if in_time => {
                    self.out_of_time().await?;
                }
            }
        }
    }

    /// Recording a decision can make another one due, so it asks until nothing new comes.
    async fn start_what_can_start(&mut self) -> Result<()> {
        loop {
            let effects = next(&self.site.plan, &self.state);
            if effects.is_empty() {
                return self.confirm().await;
            }
            for effect in effects {
                // Copies and merges take their time, in which somebody may have asked for an end.
                let asked = *self.site.stop.borrow() != Stop::Running;
                if asked && self.state.halt.is_none() {
                    return Ok(());
                }
                self.start(effect).await?;
            }
        }
    }

    async fn start(&mut self, effect: Effect) -> Result<()> {
        let (site, line) = (Rc::clone(&self.site), self.line.clone());
        match effect {
            Effect::Record(event) => return self.record(*event).await,
            Effect::Stop(event) => {
                self.append(*event).await?;
                self.signals.request(Stop::Polite);
            }
            Effect::AwaitQuota { window, resets_at } => {
                self.append(Event::QuotaAwaited { window: window.clone(), resets_at }).await?;
                self.units.spawn_local(quota::await_reset(site, line, (window, resets_at)));
            }
            Effect::Check {
                at: at @ (Point::Panel { asked, .. } | Point::Canary { asked, .. }),
            } => {
                self.append(Event::ChecksStarted { at: at.clone() }).await?;
                let hearing = self.hearing(at, asked)?;
                self.units.spawn_local(panel::hear(site, line, hearing));
            }
            Effect::Check { at } => {
                self.append(Event::ChecksStarted { at: at.clone() }).await?;
                let judges = self.judges_at(at.step());
                let (shape, output) = (self.shape(&at)?, self.output(&at));
                let order = look::Order { at, judges, shape, output };
                self.units.spawn_local(look::look(site, line, order));
            }
            Effect::Freeze => return self.freeze().await,
            Effect::RunHook { hook: name, at } => {
                self.append(Event::HookStarted { hook: name.clone(), at: at.clone() }).await?;
                let hook = self.site.plan.hook(&name).expect("the plan asked for it").clone();
                let judges = self.judges_at(at.step());
                let order = hook::Order { work: self.work(&at)?, judges, hook, at };
                self.units.spawn_local(hook::hook(site, line, order));
            }
            Effect::Decide { step } => return self.decide(step).await,
            Effect::Branch { step } => return self.begin_branch(step).await,
            Effect::Merge { branches } => return self.merge_branches(branches).await,
            Effect::Cancel { step } => {
                self.append(Event::Cancelled { step: step.clone() }).await?;
                self.stops.end(&step);
            }
            Effect::Run { step, attempt, after } => {
                return self.run_command(step, attempt, after).await;
            }
            Effect::TakeWork { step, attempt } => {
                let plan = self.site.plan.step(&step).expect("the plan asked for it").clone();
                self.append(Event::StepStarted { step, attempt, grant: None }).await?;
                self.units.spawn_local(work::take(site, line, plan, attempt));
            }
            Effect::Plant { round } => {
                let fault = panel::plant(&site, &self.finished_work()?).await;
                return self.append(Event::CanaryPlanted { round, fault }).await;
            }
            Effect::Call { step, attempt, resume, reasons, after, grant } => {
                let talk = (resume, reasons);
                return self.call((step, attempt), talk, (after, grant)).await;
            }
        }
        Ok(())
    }

    /// Asks an agent, or a reviewer.
    async fn call(
        &mut self,
        (step, attempt): (String, u32),
        talk: (Option<String>, Vec<String>),
        (after, grant): (Span, Option<Usd>),
    ) -> Result<()> {
        match self.site.plan.step(&step).cloned() {
            // One of many is called by its own path.
            Some(planned) => {
                let plan = StepPlan { id: step, ..planned };
                self.ask((plan, attempt), talk, (after, grant)).await
            }
            None => self.review(&step, attempt, (after, grant)).await,
        }
    }

    /// Asks an agent.
    async fn ask(
        &mut self,
        (plan, attempt): (StepPlan, u32),
        (resume, reasons): (Option<String>, Vec<String>),
        (after, grant): (Span, Option<Usd>),
    ) -> Result<()> {
        let (site, line) = (Rc::clone(&self.site), self.line.clone());
        let judges = self.judges_at(Some(&plan.id));
        // What is known before this attempt counts as begun.
        let told = match self.told_beyond(&plan, reasons)? {
            Ok(told) => told,
            Err(why) => return self.cannot_begin(plan.id, attempt, why).await,
        };
        let what = step_key::of_call(&plan, &told.brief);
        match self.earlier(&plan.id, attempt, &what).await? {
            Earlier::None => {}
            Earlier::Stands => return Ok(()),
            Earlier::Faulty(why) => return self.cannot_begin(plan.id, attempt, why).await,
        }
        self.append(Event::StepStarted { step: plan.id.clone(), attempt, grant }).await?;
        let left = self.left(&plan, resume.as_deref(), grant);
        let stop = self.stops.of(&plan.id, (&site, &mut self.units));
        let order = call::Order { step: plan, attempt, resume, told, judges, after, left, stop };
        self.units.spawn_local(call::call(site, line, order));
        Ok(())
    }

    /// What only the run can tell about a step is written down, so that a resume decides nothing
    /// anew.
    async fn decide(&mut self, step: String) -> Result<()> {
        match scope::decide(&self.site, &self.state, &step).await {
            Ok(decision) => self.append(Event::Decided { step, decision }).await,
            Err(why) => self.cannot_begin(step, 1, why).await,
        }
    }

    /// A step whose values cannot be had has failed before it began.
    async fn cannot_begin(&mut self, step: String, attempt: u32, why: String) -> Result<()> {
        let (status, reason) = (StepStatus::Failed, Some(why));
        self.append(Event::StepEnded { step, attempt, status, reason, scratch: None, ends: None })
            .await
    }

    async fn run_command(&mut self, step: String, attempt: u32, after: Span) -> Result<()> {
        let argv = match scope::argv(&self.site, &self.state, &step) {
            Ok(argv) => argv,
            Err(why) => return self.cannot_begin(step, attempt, why).await,
        };
        let command = self.site.plan.command(&step).expect("the plan asked for it").clone();
        let what = step_key::of_command(&self.site.plan, &command, &argv);
        match self.earlier(&step, attempt, &what).await? {
            Earlier::None => {}
            Earlier::Stands => return Ok(()),
            Earlier::Faulty(why) => return self.cannot_begin(step, attempt, why).await,
        }
        let begins = Event::CommandStarted { step: step.clone(), attempt, argv: argv.clone() };
        self.append(begins).await?;
        let judges = self.judges_at(Some(&step));
        let (site, line) = (Rc::clone(&self.site), self.line.clone());
        let order = command::Order {
            stop: self.stops.of(&step, (&site, &mut self.units)),
            step,
            attempt,
            command,
            argv,
            judges,
            after,
        };
        self.units.spawn_local(command::command(site, line, order));
        Ok(())
    }

    /// The files that judge the work, as they have to be where a step works.
    fn judges_at(&self, step: Option<&str>) -> Vec<JudgeFile> {
        self.state.judges_in(step.and_then(|step| self.state.tree_of(step)))
    }

    /// Files that are frozen already stay as they were.
    async fn freeze(&mut self) -> Result<()> {
        let mut files = judges::now(&self.site.trees.own().root, &self.site.plan.judges).await;
        for known in self.state.judges.files() {
            files.iter_mut().filter(|file| file.path == known.path).for_each(|file| {
                file.state = known.state.clone();
            });
        }
        self.append(Event::JudgesFrozen { files }).await
    }

    /// No time of the run passes while it waits for a quota.
    fn keep_time(&mut self) {
        match (self.state.pace.is_awaiting(), self.still_since) {
            (true, None) => self.still_since = Some(Instant::now()),
            (false, Some(since)) => {
                self.deadline += since.elapsed();
                self.still_since = None;
            }
            (true, Some(_)) | (false, None) => {}
        }
    }

    /// The event comes first, so that every unit that ends from now on is known to end for this.
    async fn interrupted(&mut self) -> Result<()> {
        let signal = self.signals.first().map_or(15, |caught| i32::from(caught.exit_code() & 0x7f));
        self.append(Event::Interrupted { signal }).await
    }

    async fn out_of_time(&mut self) -> Result<()> {
        let limit = self.site.plan.limits.time;
        self.site.limit.set(Some(LimitKind::Time));
        let reason = format!("{limit} are over");
        self.append(Event::LimitReached { limit: LimitKind::Time, reason }).await?;
        self.signals.request(Stop::Polite);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    #[should_panic(expected = "a bug")]
    async fn a_unit_that_panics_leaves_nobody_waiting() {
        let mut units = JoinSet::new();
        units.spawn(async { panic!("a bug") });
        no_panic(units.join_next().await.unwrap());
    }

    #[tokio::test]
    async fn a_unit_that_ends_disturbs_nobody() {
        let mut units = JoinSet::new();
        units.spawn(async {});
        units.spawn(std::future::pending()).abort();
        while let Some(ended) = units.join_next().await {
            no_panic(ended);
        }
    }
}
