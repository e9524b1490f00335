//! The tree of steps: what is under way goes on, and what comes after it begins.
//!
//! Only what is under way is looked at, and what comes next after it: a run of a hundred thousand
//! steps asks no more of each than a run of ten.

use super::{Phase, agent, command, end, skill, tasks};
use crate::model::{
    contract::Join,
    run::{
        Effect, Event, Plan, State, StepStatus, path,
        plan::{Does, Node},
        state::{Fate, NodeState, Wanted},
    },
};

/// The outermost steps run one after another; when the last is over, so is this phase.
pub(super) fn next(plan: &Plan, state: &State) -> Phase {
    if plan.tasks.is_some() {
        return tasks::next(plan, state);
    }
    let fresh = NodeState::default();
    let known = state.node(path::ROOT).unwrap_or(&fresh);
    let mut walk = Walk { plan, state, effects: Vec::new() };
    match walk.held(path::ROOT, known, &Held::Steps(&plan.tree), Rule::ONE) {
        None => Phase::GoesOn(walk.effects),
        Some(Came::Passed | Came::Skipped) => command::settle(plan, state).unwrap_or(Phase::Over),
        Some(Came::Refused(status, reason)) => {
            Phase::GoesOn(vec![end::run(end::status_of(status), reason)])
        }
    }
}

/// No step begins more at once.
const AHEAD: usize = 1024;

/// Whether new work may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// It may.
    Open,
    /// Something beside it did not pass and nothing can make up for that: what runs goes on to its
    /// end, and no more is spent.
    Draining,
}

/// Steps that something holds.
enum Held<'a> {
    /// These.
    Steps(&'a [Node]),
    /// These for each of so many things.
    Things(&'a [Node], u32),
    /// Only the one with this number.
    One(&'a [Node], u32),
}

impl Held<'_> {
    /// What has not begun, in order.
    fn waiting(&self, known: &NodeState) -> Vec<u32> {
        match self {
            Self::Steps(_) | Self::Things(..) => known.waiting(self.count()).take(AHEAD).collect(),
            Self::One(_, case) => (!known.has_begun(*case)).then_some(*case).into_iter().collect(),
        }
    }

    /// The path of what has this number.
    fn path(&self, above: &str, place: u32) -> Option<String> {
        match self {
            Self::Steps(steps) | Self::One(steps, _) => {
                Some(path::child(above, &steps.get(place as usize)?.id))
            }
            Self::Things(..) => Some(path::thing(above, place)),
        }
    }

    fn count(&self) -> u32 {
        match self {
            Self::Steps(steps) => u32::try_from(steps.len()).unwrap_or(u32::MAX),
            Self::Things(_, count) => *count,
            Self::One(..) => 1,
        }
    }
}

/// How steps that something holds run.
#[derive(Clone, Copy)]
struct Rule {
    /// How many at once.
    window: u32,
    /// Which have to pass.
    pass: Pass,
    /// Whether new work may begin.
    mode: Mode,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    /// Every one.
    All,
    /// The first one that does, tried in order.
    First,
}

impl Rule {
    const ONE: Self = Self { window: 1, pass: Pass::All, mode: Mode::Open };
}

/// How something that holds steps ended.
enum Came {
    Passed,
    Skipped,
    Refused(StepStatus, String),
}

struct Walk<'a> {
    plan: &'a Plan,
    state: &'a State,
    effects: Vec<Effect>,
}

impl<'a> Walk<'a> {
    /// One step that has not ended.
    fn visit(&mut self, node: &'a Node, path: &str, mode: Mode) {
        let fresh = NodeState::default();
        let known = self.state.node(path).unwrap_or(&fresh);
        if node.is_decided_late() {
            match &known.decision {
                None if mode == Mode::Draining => return,
                None => return self.effects.push(Effect::Decide { step: path.to_owned() }),
                Some(decision) if !decision.runs => {
                    return self.effects.push(ended(path, StepStatus::Skipped, None, known));
                }
                Some(_) => {}
            }
        }
        if !self.has_its_tree(path, mode) {
            return;
        }
        let jobs = self.plan.pace.jobs.max(1);
        let window = |max: Option<u32>| max.unwrap_or(jobs).min(jobs);
        let rule = Rule { mode, ..Rule::ONE };
        let (held, rule) = match &node.does {
            Does::Call => {
                let effects = agent::next(self.plan, self.state, (node, path), mode);
                return self.effects.extend(effects);
            }
            Does::Run => {
                let effects = command::next(self.plan, self.state, (node, path), mode);
                return self.effects.extend(effects);
            }
            Does::Sequence(steps) | Does::Skill(steps) => (Held::Steps(steps), rule),
            Does::Parallel { max, join, steps } => {
                let pass = match join {
                    Join::All => Pass::All,
                    Join::Any => Pass::First,
                };
                (Held::Steps(steps), Rule { window: window(*max), pass, mode })
            }
            Does::Each { max, steps, .. } => {
                let things = known.decision.as_ref().and_then(|decision| decision.things.as_ref());
                let count =
                    things.map_or(0, |things| u32::try_from(things.len()).unwrap_or(u32::MAX));
                (Held::Things(steps, count), Rule { window: window(*max), ..rule })
            }
            Does::Route { steps, .. } => {
                let case = known.decision.as_ref().and_then(|decision| decision.case);
                (Held::One(steps, case.unwrap_or_default()), rule)
            }
            Does::Fallback(steps) => (Held::Steps(steps), Rule { pass: Pass::First, ..rule }),
        };
        let came = self.held(path, known, &held, rule);
        if let Some(came) = came.and_then(|came| self.settled((node, path), &held, rule, came)) {
            self.close((node, path), known, came);
        }
    }

    /// What is still to be done once everything that a step holds is over; how that ended.
    fn settled(
        &mut self,
        (node, path): (&Node, &str),
        held: &Held<'a>,
        rule: Rule,
        came: Came,
    ) -> Option<Came> {
        match (&node.does, came) {
            (Does::Parallel { .. } | Does::Each { .. }, Came::Passed) => {
                self.merge(path, held, rule.pass)
            }
            (Does::Skill(_), Came::Passed) => match skill::judge(self.plan, self.state, path) {
                skill::Judged::GoesOn(effects) => {
                    self.effects.extend(effects);
                    None
                }
                skill::Judged::Content => Some(Came::Passed),
                skill::Judged::Refused(reason) => Some(Came::Refused(StepStatus::Rejected, reason)),
            },
            (_, came) => Some(came),
        }
    }

    /// Goes on with what a step holds; says how that ended once nothing of it can go on.
    fn held(&mut self, path: &str, known: &NodeState, held: &Held<'a>, rule: Rule) -> Option<Came> {
        let count = held.count();
        if rule.pass == Pass::First && known.passed > 0 {
            return self.superfluous(path);
        }
        let refused = self.refused(known, rule.pass);
        let waiting = held.waiting(known);
        // One that waits for something elsewhere, such as a look at the tree, proposes nothing yet.
        let none_left = waiting.is_empty() && known.active.is_empty();
        let lost = match (&refused, rule.pass) {
            (None, _) => false,
            (Some(_), Pass::All) => true,
            (Some(_), Pass::First) => none_left,
        };
        let mode = if lost { Mode::Draining } else { rule.mode };
        let before = self.effects.len();
        for place in known.active.keys() {
            self.one(path, held, *place, mode);
        }
        if mode == Mode::Open && !lost {
            let begun = u32::try_from(known.active.len()).unwrap_or(u32::MAX);
            let room = rule.window.saturating_sub(begun) as usize;
            for place in waiting.into_iter().take(room) {
                self.one(path, held, place, mode);
            }
        }
        if self.effects.len() > before || self.state.runs_within(path) {
            return None;
        }
        match refused {
            Some((status, reason)) if lost => Some(Came::Refused(status, reason)),
            Some(_) | None if !none_left || mode == Mode::Draining => None,
            Some(_) | None => Some(match (rule.pass, known.passed, count) {
                (_, 0, 1..) => Came::Skipped,
                (Pass::All | Pass::First, ..) => Came::Passed,
            }),
        }
    }

    /// One of several has passed: what runs of the others is ended, and then all of it is over.
    fn superfluous(&mut self, path: &str) -> Option<Came> {
        let running = self.state.running_within(path);
        let known =
            |step: &&str| self.state.step(step).is_none_or(|step| step.wanted == Wanted::Still);
        let cancel = |step: &str| Effect::Cancel { step: step.to_owned() };
        self.effects.extend(running.filter(known).map(cancel));
        (!self.state.runs_within(path)).then_some(Came::Passed)
    }

    /// What did not pass: the first of all in the file's order, the last of those that were tried
    /// one after the other.
    fn refused(&self, known: &NodeState, pass: Pass) -> Option<(StepStatus, String)> {
        let path = match pass {
            Pass::All => known.failed.values().next()?,
            Pass::First => known.failed.values().next_back()?,
        };
        let (status, reason) = self.state.status(path)?;
        Some((*status, reason.clone().unwrap_or_else(|| format!("`{path}` did not pass"))))
    }

    fn one(&mut self, path: &str, held: &Held<'a>, place: u32, mode: Mode) {
        match held {
            Held::Steps(steps) | Held::One(steps, _) => {
                if let Some(node) = steps.get(place as usize) {
                    self.visit(node, &path::child(path, &node.id), mode);
                }
            }
            Held::Things(steps, _) => {
                let path = path::thing(path, place);
                if !self.has_its_tree(&path, mode) {
                    return;
                }
                let fresh = NodeState::default();
                let known = self.state.node(&path).unwrap_or(&fresh);
                let rule = Rule { mode, ..Rule::ONE };
                if let Some(came) = self.held(&path, known, &Held::Steps(steps), rule) {
                    let (status, reason) = came.told();
                    self.effects.push(ended(&path, status, reason, known));
                }
            }
        }
    }

    /// Whether a branch may go on: one that writes beside others begins with a copy of the tree.
    fn has_its_tree(&mut self, path: &str, mode: Mode) -> bool {
        let there = !self.plan.works_apart(path)
            || self.state.branch(path).is_some_and(|branch| branch.fate != Fate::Void);
        if !there && mode == Mode::Open {
            self.effects.push(Effect::Branch { step: path.to_owned() });
        }
        there
    }

    /// Everything passed: what branches changed on copies goes into the tree around them, in the
    /// file's order and all at once; of those of which the first that passed counts, only that one.
    fn merge(&mut self, path: &str, held: &Held<'a>, pass: Pass) -> Option<Came> {
        if self.state.branches().next().is_none() {
            return Some(Came::Passed);
        }
        let passed =
            |path: &String| matches!(self.state.status(path), Some((StepStatus::Passed, _)));
        let passed = (0..held.count()).filter_map(|place| held.path(path, place)).filter(passed);
        let count = if pass == Pass::First { 1 } else { usize::MAX };
        let mut apart = Vec::new();
        for path in passed.take(count) {
            match self.state.branch(&path).map(|branch| &branch.fate) {
                None | Some(Fate::Void | Fate::Merged) => {}
                Some(Fate::Refused(reason)) => {
                    return Some(Came::Refused(StepStatus::Failed, reason.clone()));
                }
                Some(Fate::Apart) => apart.push(path),
            }
        }
        if apart.is_empty() {
            return Some(Came::Passed);
        }
        self.effects.push(Effect::Merge { branches: apart });
        None
    }

    /// What a step held is over; where it did not pass, and the step says so, all of it is tried
    /// again.
    fn close(&mut self, (node, path): (&Node, &str), known: &NodeState, came: Came) {
        let (status, reason) = came.told();
        if let (Some(retry), Some(reason)) = (&node.retry, &reason)
            && super::repair::is_worth_it(retry, status, (&known.rejections, reason))
        {
            return self.effects.push(Effect::record(Event::Retry {
                step: path.to_owned(),
                reasons: vec![reason.clone()],
                supersedes: Vec::new(),
            }));
        }
        self.effects.push(ended(path, status, reason, known));
    }
}

impl Came {
    fn told(self) -> (StepStatus, Option<String>) {
        match self {
            Self::Passed => (StepStatus::Passed, None),
            Self::Skipped => (StepStatus::Skipped, None),
            Self::Refused(status, reason) => (status, Some(reason)),
        }
    }
}

fn ended(path: &str, status: StepStatus, reason: Option<String>, known: &NodeState) -> Effect {
    Effect::record(Event::StepEnded {
        step: path.to_owned(),
        attempt: known.again + 1,
        status,
        reason,
        scratch: None,
        ends: None,
    })
}
