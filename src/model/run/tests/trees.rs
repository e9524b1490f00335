//! Random trees of steps in a random world, against a small interpreter that knows nothing of
//! events, processes or kills: what can be said of the end has to be the same.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{
    plans::{asks, bare},
    reference::{self, Facts, Verdict},
    world::{Chance, resumed},
};
use crate::model::{
    Request, Status,
    call::{CallOutcome, ContextUse, Failure, Spend},
    check::{Check, CheckKind, CheckStatus},
    contract::{Join, Retry, RetryOn},
    run::{
        Effect, Event, Plan, Point, State, StepStatus,
        event::{CallEnded, CallStarted, CommandEnded, Decision},
        next, path,
        plan::{CommandPlan, Does, Items, Node, PacePlan, SkillPlan, Stagger},
    },
    value::{Span, Usd},
};

/// A tree whose steps have no names yet.
fn tree() -> impl Strategy<Value = Vec<Node>> {
    let leaf = (prop_oneof![Just(Does::Call), Just(Does::Run)], modifiers()).prop_map(node);
    let any =
        leaf.prop_recursive(4, 24, 4, |inner| {
            let some = proptest::collection::vec(inner, 1..4);
            let max = proptest::option::of(1u32..4);
            let join = prop_oneof![Just(Join::All), Just(Join::Any)];
            let does =
                prop_oneof![
                    some.clone().prop_map(Does::Sequence),
                    (max.clone(), join, some.clone())
                        .prop_map(|(max, join, steps)| Does::Parallel { max, join, steps }),
                    (max, some.clone()).prop_map(|(max, steps)| Does::Each {
                        items: Items::Expression("x".into()),
                        name: "x".into(),
                        max,
                        steps
                    }),
                    some.clone().prop_map(|steps| Does::Route {
                        on: "x".into(),
                        cases: (0..steps.len()).map(|case| case.to_string()).collect(),
                        steps
                    }),
                    some.clone().prop_map(Does::Skill),
                    some.prop_map(Does::Fallback),
                ];
            (does, modifiers()).prop_map(node)
        });
    proptest::collection::vec(any, 1..4)
}

fn modifiers() -> impl Strategy<Value = (bool, Option<u8>)> {
    (proptest::bool::weighted(0.2), proptest::option::weighted(0.3, 0u8..3))
}

fn node((does, (when, times)): (Does, (bool, Option<u8>))) -> Node {
    let retry = times.map(|times| Retry {
        times,
        on: vec![RetryOn::Failed, RetryOn::Rejected],
        backoff: Span::millis(1),
    });
    Node { when: when.then(|| "x".into()), retry, ..Node::plain("", does) }
}

/// Gives every step a name of its own.
fn name(nodes: &mut [Node], next: &mut u32) {
    for node in nodes {
        node.id = format!("n{next}");
        *next += 1;
        match &mut node.does {
            Does::Call | Does::Run => {}
            Does::Sequence(steps)
            | Does::Parallel { steps, .. }
            | Does::Each { steps, .. }
            | Does::Route { steps, .. }
            | Does::Fallback(steps)
            | Does::Skill(steps) => name(steps, next),
        }
    }
}

fn plan(mut tree: Vec<Node>, jobs: u32) -> Plan {
    name(&mut tree, &mut 0);
    let (mut steps, mut commands, mut skills) = (Vec::new(), Vec::new(), Vec::new());
    Node::walk(&tree, path::ROOT, &mut |path, _, node| match node.does {
        Does::Call => steps.push(asks(path)),
        Does::Run => commands.push(CommandPlan {
            id: path.to_owned(),
            argv: vec!["true".into()],
            parse: None,
            output: None,
            timeout: None,
            env: Vec::new(),
        }),
        Does::Skill(_) => skills.push(SkillPlan {
            id: path.to_owned(),
            skill: bare().skill,
            inputs: BTreeMap::new(),
            typed: BTreeMap::new(),
            output: None,
            repair: String::new(),
            retry: Retry { times: 0, on: vec![RetryOn::Rejected], backoff: Span::millis(1) },
        }),
        Does::Sequence(_)
        | Does::Parallel { .. }
        | Does::Each { .. }
        | Does::Route { .. }
        | Does::Fallback(_) => {}
    });
    let pace = PacePlan { jobs, stagger: Stagger::Off, wait: None };
    Plan { root: Some("/r".into()), steps, commands, skills, tree, pace, ..bare() }
}

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
        self.running.push(effect);
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
                    self.append(Event::Changes { step, attempt, changes, stand: None });
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
        let plan = plan(tree, jobs);
        let facts = Facts(seed);
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
