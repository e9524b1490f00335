//! A world without processes: it performs effects by coin.

use std::collections::{BTreeMap, BTreeSet};

use super::plans::RESERVE;
use crate::model::{
    Request,
    call::{Basis, CallOutcome, ContextUse, Failure, LimitKind, Spend, TokenCount, Unavailability},
    changes::TreeChanges,
    check::{Check, CheckKind, CheckStatus, Timing},
    panel::{
        CANARY_UNITS, UNITS,
        canary::{FaultKind, Planted},
    },
    result::{VerdictStatus, Votes},
    run::{
        Effect, Event, Plan, Point, State,
        event::{CallEnded, CallStarted, Output, WorkTaken},
        next,
    },
    skill::stages::BytesByStage,
    value::Usd,
};

/// The most that one call costs here beyond what was set aside for it: one answer, in millionths
/// of a dollar.
pub(super) const ANSWER: u64 = 30_000;

/// Decisions drawn from a string of bytes, so that a failing run shrinks.
pub(super) struct Chance {
    bytes: Vec<u8>,
    at: usize,
}

impl Chance {
    pub(super) fn new(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), at: 0 }
    }

    /// A number below `n`; 0, the kindest answer, once the luck is used up.
    pub(super) fn below(&mut self, n: usize) -> usize {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(byte) % n
    }
}

pub(super) struct World {
    pub(super) plan: Plan,
    pub(super) state: State,
    pub(super) events: Vec<Event>,
    pub(super) successes: BTreeMap<(String, u32), u32>,
    /// Steps whose call succeeded and whose work nobody has refused.
    accepted: BTreeSet<String>,
    chance: Chance,
    running: Vec<Effect>,
    /// The most calls that were under way at once.
    pub(super) most: u32,
}

impl World {
    pub(super) fn new(plan: Plan, chance: Chance) -> Self {
        let mut world = Self {
            plan,
            state: State::default(),
            events: Vec::new(),
            successes: BTreeMap::new(),
            accepted: BTreeSet::new(),
            chance,
            running: Vec::new(),
            most: 0,
        };
        world.append(Event::RunStarted {
            run: 1,
            request: Box::new(Request::default()),
            atlas: "0".into(),
            claude: None,
            stand: None,
            before: None,
        });
        let plan = Box::new(world.plan.clone());
        world.append(Event::Plan { hash: String::new(), plan });
        world
    }

    pub(super) fn run_to_the_end(&mut self) {
        for _ in 0..2000 {
            let effects = next(&self.plan, &self.state);
            assert_eq!(effects, next(&self.plan, &self.state), "asking changes nothing");
            for effect in effects {
                assert!(!self.running.contains(&effect), "{effect:?} runs already");
                self.start(effect);
            }
            if let Some(end) = &self.state.end {
                // Whoever waits for a quota is no work.
                self.running.retain(|effect| !matches!(effect, Effect::AwaitQuota { .. }));
                assert!(self.running.is_empty(), "ended over {:?}", self.running);
                if end.is_for_good() || self.chance.below(2) == 0 {
                    return;
                }
                self.append(resumed());
                continue;
            }
            self.something_happens();
        }
        panic!("the run never ends: {:#?}", self.state);
    }

    fn append(&mut self, event: Event) {
        if let Event::Retry { step, supersedes, .. } = &event {
            self.accepted.remove(step);
            // Whoever judged what is refused judges what comes next, too.
            let judges = |id: &String| id.starts_with(UNITS) || id.starts_with(CANARY_UNITS);
            let anew = |id: &String| supersedes.contains(id) || judges(id);
            self.accepted.retain(|accepted| !anew(accepted));
        }
        self.state.apply(&event);
        self.events.push(event);
    }

    fn start(&mut self, effect: Effect) {
        match &effect {
            Effect::Record(event) | Effect::Stop(event) => return self.append((**event).clone()),
            Effect::Freeze => {
                let files = self.plan.judges.clone();
                return self.append(Event::JudgesFrozen { files });
            }
            Effect::Plant { round } => {
                let fault = (self.chance.below(8) < 7).then(planted);
                return self.append(Event::CanaryPlanted { round: *round, fault });
            }
            Effect::TakeWork { step, attempt } => {
                assert!(!self.accepted.contains(step), "`{step}` is taken in already");
                self.append(Event::StepStarted {
                    step: step.clone(),
                    attempt: *attempt,
                    grant: None,
                });
            }
            Effect::Check { at } => self.append(Event::ChecksStarted { at: at.clone() }),
            Effect::RunHook { hook, at } => {
                self.append(Event::HookStarted { hook: hook.clone(), at: at.clone() });
            }
            Effect::Decide { .. }
            | Effect::Branch { .. }
            | Effect::Merge { .. }
            | Effect::Run { .. }
            | Effect::Cancel { .. } => {
                panic!("these plans have agents only, one after another")
            }
            Effect::Call { step, attempt, grant, .. } => {
                assert!(!self.accepted.contains(step), "`{step}` is paid for already");
                let limit = self.plan.limits.usd.expect("the plans of these tests have one");
                let (gone, usd) = (self.state.ledger.committed(), grant.expect("there is a limit"));
                assert!(usd >= RESERVE, "{step} gets less than it reserves: {usd}");
                assert!(gone + usd <= limit, "{step} does not fit: {gone} and {usd} of {limit}");
                let (step, attempt, grant) = (step.clone(), *attempt, *grant);
                self.append(Event::StepStarted { step, attempt, grant });
                self.most = self.most.max(self.state.pace.under_way());
                assert!(self.state.pace.under_way() <= self.plan.pace.jobs, "too many at once");
            }
            Effect::AwaitQuota { window, resets_at } => {
                let (window, resets_at) = (window.clone(), *resets_at);
                self.append(Event::QuotaAwaited { window, resets_at });
            }
        }
        self.running.push(effect);
    }

    fn something_happens(&mut self) {
        if self.running.is_empty() {
            // Recording a decision is progress of its own; standing still is not.
            let effects = next(&self.plan, &self.state);
            assert!(!effects.is_empty(), "nothing runs and nothing can start: {:#?}", self.state);
            return;
        }
        match self.chance.below(40) {
            39 => {
                self.running.clear();
                self.append(resumed());
            }
            38 => self.append(Event::Interrupted { signal: 15 }),
            _ => {
                let which = self.chance.below(self.running.len());
                let effect = self.running.remove(which);
                self.finish(effect);
            }
        }
    }

    fn finish(&mut self, effect: Effect) {
        match effect {
            Effect::Record(_)
            | Effect::Freeze
            | Effect::Plant { .. }
            | Effect::Decide { .. }
            | Effect::Branch { .. }
            | Effect::Merge { .. }
            | Effect::Cancel { .. }
            | Effect::Stop(_)
            | Effect::Run { .. } => {
                panic!("a decision never runs")
            }
            Effect::AwaitQuota { window, resets_at } => {
                let why = Unavailability::Quota { window, resets_at: Some(resets_at) };
                let too_long = Event::Unavailable { why, reason: "too long".into() };
                let event = if self.chance.below(3) == 2 { too_long } else { Event::QuotaReset };
                self.append(event);
            }
            Effect::Check { at: at @ Point::Panel { .. } } => self.hear(at),
            Effect::Check { at: at @ Point::Canary { .. } } => self.hear_of_a_copy(at),
            Effect::TakeWork { step, attempt } => self.take_work(step, attempt),
            Effect::Check { at } => {
                let name = if at == Point::Pre { "requires" } else { "schema" };
                let kind = if at == Point::Pre { CheckKind::Requires } else { CheckKind::Schema };
                let check = self.check(name, kind, None, true);
                self.append(Event::ChecksEnded { at, checks: vec![check] });
            }
            Effect::RunHook { hook, at } => {
                let plan = self.plan.hook(&hook).expect("the plan has it").clone();
                let check = self.check(&hook, CheckKind::Hook, Some(plan.timing), plan.blocking);
                self.append(Event::HookEnded { hook, at, check });
            }
            Effect::Call { step, attempt, grant, .. } => {
                self.append(Event::CallStarted(CallStarted {
                    step: step.clone(),
                    attempt,
                    pid: 1,
                    start: None,
                    claude_session: format!("{step}/{attempt}"),
                    resumed: false,
                    reservation: RESERVE,
                    cap: None,
                    stream: 0,
                    day: None,
                }));
                self.service_says(&step, attempt);
                self.end_call((step, attempt), grant.unwrap_or_default());
            }
        }
    }

    /// The first reviewer alone may leave it to the others; all together conclude.
    fn hear(&mut self, at: Point) {
        let Point::Panel { asked, .. } = at else { panic!("a panel is asked at its own point") };
        let panel = self.plan.panel.as_ref().expect("the plan asked for one");
        let alone = asked < u32::try_from(panel.reviewers.len()).unwrap();
        if alone && self.chance.below(2) == 1 {
            return self.append(Event::ChecksEnded { at, checks: Vec::new() });
        }
        let check = self.check("panel", CheckKind::Panel, None, true);
        let (status, votes) = match check.status {
            CheckStatus::Passed => {
                (VerdictStatus::Passed, Votes { confirmed: asked, ..Votes::default() })
            }
            CheckStatus::Failed => {
                (VerdictStatus::Rejected, Votes { refuted: asked, ..Votes::default() })
            }
            CheckStatus::Error | CheckStatus::Skipped => {
                (VerdictStatus::Inconclusive, Votes { error: asked, ..Votes::default() })
            }
        };
        self.append(Event::Verdict { at: at.clone(), status, votes });
        self.append(Event::ChecksEnded { at, checks: vec![check] });
    }

    fn hear_of_a_copy(&mut self, at: Point) {
        let Point::Canary { asked, .. } = at else { panic!("a copy is judged at its own point") };
        let panel = self.plan.panel.as_ref().expect("the plan asked for one");
        let alone = asked < u32::try_from(panel.reviewers.len()).unwrap();
        if alone && self.chance.below(2) == 1 {
            return self.append(Event::ChecksEnded { at, checks: Vec::new() });
        }
        let caught = self.chance.below(4) < 3;
        self.append(Event::CanaryJudged { at: at.clone(), caught, by: Vec::new() });
        let status = if caught { CheckStatus::Passed } else { CheckStatus::Error };
        let check = Check::blocking("canary", CheckKind::Panel, status);
        self.append(Event::ChecksEnded { at, checks: vec![check] });
    }

    fn take_work(&mut self, step: String, attempt: u32) {
        self.accepted.insert(step.clone());
        self.append(Event::WorkTaken(WorkTaken {
            step,
            attempt,
            outcome: CallOutcome::Succeeded,
            output: Some(Output::Text { text: "done".into() }),
        }));
    }

    fn check(
        &mut self,
        name: &str,
        kind: CheckKind,
        timing: Option<Timing>,
        blocking: bool,
    ) -> Check {
        let status = match self.chance.below(8) {
            0..=4 => CheckStatus::Passed,
            5 | 6 => CheckStatus::Failed,
            _ => CheckStatus::Error,
        };
        let reason = format!("reason {}", self.chance.below(3));
        let name = name.to_owned();
        Check { name, kind, timing, blocking, status, reason: Some(reason), ms: 1 }
    }

    fn service_says(&mut self, step: &str, attempt: u32) {
        let step = step.to_owned();
        match self.chance.below(4) {
            0 | 1 => self.append(Event::CallAnswered { step, attempt }),
            2 => self.append(Event::CallRefused { step, attempt, status: Some(529) }),
            _ => {}
        }
    }

    fn end_call(&mut self, (step, attempt): (String, u32), grant: Usd) {
        let outcome = self.outcome();
        if outcome == CallOutcome::Succeeded {
            *self.successes.entry((step.clone(), attempt)).or_default() += 1;
            self.accepted.insert(step.clone());
        }
        let dearest = grant + Usd::from_micros(ANSWER);
        let price = [Some(Usd::from_micros(20_000)), Some(dearest), None][self.chance.below(3)];
        let changes = TreeChanges::default();
        self.append(Event::CallEnded(Box::new(CallEnded {
            step: step.clone(),
            attempt,
            outcome,
            spend: Spend {
                usd: price,
                tokens: TokenCount { input: 100, ..TokenCount::default() },
                basis: Basis::Api,
                turns: 1,
            },
            conversation_cost: None,
            context: ContextUse { window: 1000, window_assumed: false, peak: 10 },
            loaded: Some(BytesByStage { header: 1, ..BytesByStage::default() }),
            quota: None,
            model: None,
            output: Some(Output::Text { text: "done".into() }),
            warnings: Vec::new(),
            ms: 5,
        })));
        self.append(Event::Changes { step, attempt, changes, stand: None, branch: None });
    }

    fn outcome(&mut self) -> CallOutcome {
        let reason = "so it was".to_owned();
        match self.chance.below(14) {
            0..=6 => CallOutcome::Succeeded,
            7 => CallOutcome::Failed { failure: Failure::NoResult, reason },
            8 => CallOutcome::Failed { failure: Failure::ToolDenied, reason },
            9 => CallOutcome::Limit { limit: LimitKind::Idle, reason },
            10 => CallOutcome::Failed { failure: Failure::ConversationGone, reason },
            11 => CallOutcome::Unavailable { why: Unavailability::Overloaded, reason },
            12 => CallOutcome::Unavailable {
                why: Unavailability::Quota { window: None, resets_at: Some(0) },
                reason,
            },
            _ => CallOutcome::Unavailable { why: Unavailability::Login, reason },
        }
    }
}

fn planted() -> Planted {
    Planted {
        kind: FaultKind::Number,
        file: None,
        line: 1,
        before: "1 test".into(),
        after: "2 tests".into(),
    }
}

pub(super) fn resumed() -> Event {
    Event::RunResumed { differences: Vec::new(), base: None, closed: Vec::new(), accepted: false }
}
