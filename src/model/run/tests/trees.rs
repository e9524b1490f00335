//! Random trees of steps in a random world, against a small interpreter that knows nothing of
//! events, processes or kills: what can be said of the end has to be the same.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{
    grown::{plan, tree},
    reference::{self, Facts, Verdict},
    world::{Chance, resumed},
};
use crate::model::{
    Request, Status,
    call::{CallOutcome, ContextUse, Failure, Spend},
    check::{Check, CheckKind, CheckStatus},
    contract::Join,
    run::{
        Effect, Event, Plan, Point, Stand, State, StepStatus,
        event::{CallEnded, CallStarted, CommandEnded, Decision},
        next, path,
        plan::Does,
        stand::TreeName,
        state::{Branch, Fate},
    },
    value::Usd,
};

struct World {
    plan: Plan,
    facts: Facts,
    state: State,
    events: Vec<Event>,
    running: Vec<Effect>,
    chance: Chance,
    /// How often each attempt of a step passed.
    passed: BTreeMap<(String, u32), u32>,
}

impl World {
    fn new(plan: Plan, facts: Facts, chance: Chance) -> Self {
        let (state, events, running, passed) = Default::default();
        let mut world = Self { plan, facts, state, events, running, chance, passed };
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

    fn append(&mut self, event: Event) {
        self.state.apply(&event);
        self.events.push(event);
    }

    fn run(&mut self) {
        for _ in 0..5000 {
            let effects = next(&self.plan, &self.state);
            assert_eq!(effects, next(&self.plan, &self.state), "asking changes nothing");
            let nothing_new = effects.is_empty();
            for effect in effects {
                assert!(!self.running.contains(&effect), "{effect:?} runs already");
                self.start(effect);
            }
            let steps = self
                .running
                .iter()
                .filter(|effect| matches!(effect, Effect::Call { .. } | Effect::Run { .. }));
            assert!(steps.count() <= self.plan.pace.jobs as usize, "more than jobs allow");
            match &self.state.end {
                Some(end) if end.status != Status::Interrupted => {
                    assert!(self.running.is_empty(), "ended over {:?}", self.running);
                    return;
                }
                Some(_) => self.append(resumed()),
                None if self.running.is_empty() => {
                    assert!(!nothing_new, "nothing runs and nothing can start: {:#?}", self.state);
                }
                None => self.something_happens(),
            }
        }
        panic!("the run never ends: {:#?}", self.state);
    }

    fn start(&mut self, effect: Effect) {
        match &effect {
            Effect::Record(event) => return self.append((**event).clone()),
            Effect::Decide { step } => {
                let decision = self.decide(step);
                return self.append(Event::Decided { step: step.clone(), decision });
            }
            Effect::Branch { step } => {
                let stand = Box::new(somewhere());
                let (step, judges) = (step.clone(), Vec::new());
                return self.append(Event::BranchBegan { step, stand, judges });
            }
            Effect::Merge { branches } => return self.merge(branches),
            Effect::Check { at } => self.append(Event::ChecksStarted { at: at.clone() }),
            Effect::Run { step, attempt, .. } => self.append(Event::CommandStarted {
                step: step.clone(),
                attempt: *attempt,
                argv: Vec::new(),
            }),
            Effect::Call { step, attempt, .. } => {
                let (step, attempt) = (step.clone(), *attempt);
                self.append(Event::StepStarted { step, attempt, grant: None });
            }
            Effect::Cancel { step } => {
                self.append(Event::Cancelled { step: step.clone() });
                return;
            }
            Effect::Freeze
            | Effect::Plant { .. }
            | Effect::TakeWork { .. }
            | Effect::Stop(_)
            | Effect::AwaitQuota { .. }
            | Effect::RunHook { .. } => panic!("these plans have no checks"),
        }
        if let Effect::Run { step, .. } | Effect::Call { step, .. } = &effect {
            self.expect_tree(step);
        }
        self.running.push(effect);
    }

    /// All of them, or none because of one; a kill may come between them being told of.
    fn merge(&mut self, branches: &[String]) {
        for step in branches {
            let status = self.state.status(step).map(|(status, _)| *status);
            assert_eq!(status, Some(StepStatus::Passed), "`{step}` is merged");
        }
        if let Some(step) = branches.iter().find(|step| self.clashes(step)).cloned() {
            let refused = Some("the same lines".to_owned());
            return self.append(Event::BranchMerged { step, refused });
        }
        for step in branches.iter().cloned() {
            self.append(Event::BranchMerged { step, refused: None });
            if self.chance.below(30) == 29 {
                self.running.clear();
                return self.append(resumed());
            }
        }
    }

    /// Nothing of a branch that may write runs before that has a tree of its own.
    fn expect_tree(&self, step: &str) {
        for path in path::outwards(step).filter(|path| self.plan.works_apart(path)) {
            let branch = self.state.branch(path);
            assert!(branch.is_some_and(Branch::is_apart), "`{step}` runs in {branch:?}");
        }
    }

    /// Which of several branches passes first nobody knows, so those always go together.
    fn clashes(&self, branch: &str) -> bool {
        !self.is_one_of_which_the_first_counts(branch) && self.facts.clashes(branch)
    }

    fn is_one_of_which_the_first_counts(&self, branch: &str) -> bool {
        let above = path::split(branch).and_then(|(above, _)| self.plan.node(above));
        above.is_some_and(|it| matches!(it.does, Does::Parallel { join: Join::Any, .. }))
    }

    fn decide(&self, step: &str) -> Decision {
        let node = self.plan.node(step).expect("the plan has it");
        if node.when.is_some() && !self.facts.holds(step) {
            return Decision::default();
        }
        let mut decision = Decision { runs: true, ..Decision::default() };
        match &node.does {
            Does::Each { .. } => {
                let things = usize::try_from(self.facts.things(step)).expect("few things");
                decision.things = Some(vec![0.into(); things]);
            }
            Does::Route { steps, .. } => decision.case = Some(self.facts.case(step, steps.len())),
            Does::Call
            | Does::Run
            | Does::Sequence(_)
            | Does::Parallel { .. }
            | Does::Fallback(_)
            | Does::Skill(_) => {}
        }
        decision
    }

    fn something_happens(&mut self) {
        match self.chance.below(30) {
            29 => {
                self.running.clear();
                self.append(resumed());
            }
            28 => self.append(Event::Interrupted { signal: 15 }),
            _ => {
                let which = self.chance.below(self.running.len());
                let effect = self.running.remove(which);
                self.finish(effect);
            }
        }
    }

    fn finish(&mut self, effect: Effect) {
        match effect {
            Effect::Check { at } => {
                if let Point::Settled { step, attempt } = &at {
                    let (step, attempt) = (step.clone(), *attempt);
                    let changes = crate::model::changes::TreeChanges::default();
                    let branch = self.state.tree_of(&step).map(str::to_owned);
                    self.append(Event::Changes { step, attempt, changes, stand: None, branch });
                }
                let refuses = matches!(&at, Point::Skill { step, .. } if self.facts.refuses(step));
                let refusal = || Check::blocking("output", CheckKind::Schema, CheckStatus::Failed);
                let checks = refuses.then(refusal).into_iter().collect();
                self.append(Event::ChecksEnded { at, checks });
            }
            Effect::Run { step, attempt, .. } => {
                let outcome = self.outcome(&step, attempt);
                self.append(Event::CommandEnded(Box::new(CommandEnded {
                    step,
                    attempt,
                    outcome,
                    output: None,
                    checks: Vec::new(),
                    findings: Vec::new(),
                    ms: 1,
                })));
            }
            Effect::Call { step, attempt, .. } => self.call(step, attempt),
            Effect::Record(_)
            | Effect::Decide { .. }
            | Effect::Branch { .. }
            | Effect::Merge { .. }
            | Effect::Cancel { .. }
            | Effect::Freeze
            | Effect::Plant { .. }
            | Effect::TakeWork { .. }
            | Effect::Stop(_)
            | Effect::AwaitQuota { .. }
            | Effect::RunHook { .. } => panic!("a decision never runs"),
        }
    }

    fn outcome(&mut self, step: &str, attempt: u32) -> CallOutcome {
        let retry = self.plan.node(step).and_then(|node| node.retry.as_ref());
        if self.facts.passes(step, attempt, retry.map_or(0, |retry| retry.times)) {
            *self.passed.entry((step.to_owned(), attempt)).or_default() += 1;
            return CallOutcome::Succeeded;
        }
        CallOutcome::Failed { failure: Failure::NoResult, reason: format!("try {attempt}") }
    }

    fn call(&mut self, step: String, attempt: u32) {
        self.append(Event::CallStarted(CallStarted {
            step: step.clone(),
            attempt,
            pid: 1,
            start: None,
            claude_session: format!("{step}/{attempt}"),
            resumed: false,
            reservation: Usd::ZERO,
            cap: None,
            stream: 0,
            day: None,
        }));
        let outcome = self.outcome(&step, attempt);
        self.append(Event::CallEnded(Box::new(CallEnded {
            step,
            attempt,
            outcome,
            spend: Spend { usd: Some(Usd::ZERO), ..Spend::default() },
            conversation_cost: None,
            context: ContextUse { window: 1000, window_assumed: false, peak: 10 },
            loaded: None,
            quota: None,
            model: None,
            output: None,
            warnings: Vec::new(),
            ms: 1,
        })));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// Whatever is killed and resumed in between, and in whatever order things end.
    #[test]
    fn a_tree_ends_as_the_reference_says(
        tree in tree(), jobs in 1u32..5, seed in any::<u64>(), luck in any::<[u8; 64]>(),
    ) {
        let facts = Facts(seed);
        let plan = plan(tree, jobs, facts);
        let said = reference::run(&plan, facts);
        let mut world = World::new(plan, facts, Chance::new(&luck));
        world.run();
        let World { state, events, passed, .. } = &world;

        prop_assert_eq!(&State::of(events), state, "the fold depends on nothing but the events");
        let status = state.end.as_ref().map(|end| end.status);
        let passed_in_the_end = status == Some(Status::Passed);
        prop_assert_eq!(passed_in_the_end, said.passes, "{:?}", status);
        for (path, verdict) in &said.steps {
            let status = state.status(path).map(|(status, _)| *status);
            let seen = match status {
                Some(StepStatus::Passed) => Some(Verdict::Good),
                Some(StepStatus::Skipped) => Some(Verdict::Skipped),
                Some(_) => Some(Verdict::Bad),
                None => None,
            };
            prop_assert_eq!(seen, Some(*verdict), "{} is {:?}", path, status);
        }
        merged_once(events);
        if passed_in_the_end {
            for (path, branch) in state.branches() {
                let above = path::split(path).and_then(|(above, _)| state.status(above));
                let counts = matches!(above, Some((StepStatus::Passed, _)))
                    && matches!(state.status(path), Some((StepStatus::Passed, _)))
                    && !world.is_one_of_which_the_first_counts(path);
                prop_assert!(!counts || branch.fate == Fate::Merged, "{} is {:?}", path, branch);
            }
        }
        for (attempt, times) in passed {
            prop_assert!(*times <= 1 || !attempt.0.is_empty() && is_command(&world.plan, &attempt.0),
                "{:?} passed {} times", attempt, times);
        }
    }
}

/// A command under way when atlas is killed runs again; a call that has told its end never does.
fn is_command(plan: &Plan, path: &str) -> bool {
    plan.command(path).is_some()
}

/// No copy is merged twice, and none that was not made.
fn merged_once(events: &[Event]) {
    let mut copies = BTreeSet::new();
    for event in events {
        match event {
            Event::BranchBegan { step, .. } => drop(copies.insert(step)),
            Event::BranchMerged { step, refused: None } => {
                assert!(copies.remove(step), "`{step}` is merged, and has no copy");
            }
            _ => {}
        }
    }
}

fn somewhere() -> Stand {
    let tree = TreeName { tree: "t".into(), unstored: Vec::new() };
    Stand { tree, branch: None, commit: None }
}
