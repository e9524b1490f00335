//! What a tree of steps has to come to: a few lines that run it in order, in one go.

use std::{
    collections::{BTreeMap, hash_map::DefaultHasher},
    hash::{Hash as _, Hasher as _},
};

use crate::model::{
    contract::Join,
    run::{
        Plan, path,
        plan::{Does, Node},
    },
};

/// What is the case in a world, as far as a tree asks: drawn from one number, so that everybody who
/// asks gets the same answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts(pub(super) u64);

impl Facts {
    fn draw(self, what: &str, step: &str, below: u64) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.0, what, step).hash(&mut hasher);
        hasher.finish() % below
    }

    /// Whether the condition of a step holds.
    pub(super) fn holds(self, step: &str) -> bool {
        self.draw("when", step, 3) > 0
    }

    /// For how many things a step runs.
    pub(super) fn things(self, step: &str) -> u64 {
        self.draw("things", step, 4)
    }

    /// Which case is chosen.
    pub(super) fn case(self, step: &str, cases: usize) -> u32 {
        u32::try_from(self.draw("case", step, cases as u64)).expect("few cases")
    }

    /// Whether the contract of a skill refuses what it made, always.
    pub(super) fn refuses(self, step: &str) -> bool {
        self.draw("refuses", step, 6) == 0
    }

    /// Whether branches may write, and so work on copies of the tree.
    pub(super) fn branches_write(self) -> bool {
        self.draw("write", "", 2) == 0
    }

    /// Whether what a branch changed does not go together with the tree around it.
    pub(super) fn clashes(self, branch: &str) -> bool {
        self.branches_write() && self.draw("clashes", branch, 8) == 0
    }

    /// Whether an attempt passes: a step either passes within its own tries, or never does.
    pub(super) fn passes(self, step: &str, attempt: u32, tries: u8) -> bool {
        let never = self.draw("never", step, 5) == 0;
        let fails = self.draw("fails", step, u64::from(tries) + 1);
        !never && u64::from(attempt) > fails
    }
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Good,
    Skipped,
    Bad,
}

/// What can be said of a run.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) passes: bool,
    /// By path, the steps of which it is certain. Which branches ran beside one that did not pass
    /// is nobody's to say.
    pub(super) steps: BTreeMap<String, Verdict>,
}

pub(super) fn run(plan: &Plan, facts: Facts) -> Said {
    let mut said = Said::default();
    said.passes = list(&plan.tree, path::ROOT, facts, &mut said.steps) != Verdict::Bad;
    said
}

type Steps = BTreeMap<String, Verdict>;

fn one(node: &Node, path: &str, facts: Facts, steps: &mut Steps) -> Verdict {
    let verdict = if node.when.is_some() && !facts.holds(path) {
        Verdict::Skipped
    } else {
        does(node, path, facts, steps)
    };
    steps.insert(path.to_owned(), verdict);
    verdict
}

fn does(node: &Node, path: &str, facts: Facts, steps: &mut Steps) -> Verdict {
    let child = |node: &Node| path::child(path, &node.id);
    match &node.does {
        Does::Call | Does::Run => {
            let tries = node.retry.as_ref().map_or(0, |retry| retry.times);
            let passes = (1..=u32::from(tries) + 1).any(|at| facts.passes(path, at, tries));
            if passes { Verdict::Good } else { Verdict::Bad }
        }
        Does::Sequence(held) => list(held, path, facts, steps),
        Does::Skill(held) => match list(held, path, facts, steps) {
            Verdict::Good if facts.refuses(path) => Verdict::Bad,
            verdict => verdict,
        },
        Does::Parallel { join: Join::Any, steps: held, .. } => {
            // Which of those that can pass does so first, nobody can say.
            let mut own = Steps::new();
            let each = held.iter().map(|node| one(node, &child(node), facts, &mut own));
            let verdicts: Vec<Verdict> = each.collect();
            match (verdicts.contains(&Verdict::Good), verdicts.contains(&Verdict::Bad)) {
                (true, _) => Verdict::Good,
                (false, true) => Verdict::Bad,
                (false, false) => Verdict::Skipped,
            }
        }
        Does::Parallel { join: Join::All, steps: held, .. } => {
            beside(held.len(), (facts, steps), |at, steps| {
                let path = child(&held[at]);
                (one(&held[at], &path, facts, steps), path)
            })
        }
        Does::Each { steps: held, .. } => {
            let count = usize::try_from(facts.things(path)).expect("few things");
            let verdict = beside(count, (facts, steps), |at, steps| {
                let path = path::thing(path, u32::try_from(at).expect("few things"));
                let verdict = list(held, &path, facts, steps);
                steps.insert(path.clone(), verdict);
                (verdict, path)
            });
            if count == 0 { Verdict::Good } else { verdict }
        }
        Does::Route { steps: held, .. } => {
            let chosen = &held[facts.case(path, held.len()) as usize];
            one(chosen, &child(chosen), facts, steps)
        }
        Does::Fallback(held) => {
            let mut last = Verdict::Skipped;
            for node in held {
                match one(node, &child(node), facts, steps) {
                    Verdict::Good => return Verdict::Good,
                    Verdict::Bad => last = Verdict::Bad,
                    Verdict::Skipped => {}
                }
            }
            last
        }
    }
}

fn list(nodes: &[Node], path: &str, facts: Facts, steps: &mut Steps) -> Verdict {
    let mut verdict = Verdict::Skipped;
    for node in nodes {
        match one(node, &path::child(path, &node.id), facts, steps) {
            Verdict::Good => verdict = Verdict::Good,
            Verdict::Skipped => {}
            Verdict::Bad => return Verdict::Bad,
        }
    }
    verdict
}

fn beside(
    count: usize,
    (facts, steps): (Facts, &mut Steps),
    mut run: impl FnMut(usize, &mut Steps) -> (Verdict, String),
) -> Verdict {
    let mut own = Steps::new();
    let ended: Vec<(Verdict, String)> = (0..count).map(|at| run(at, &mut own)).collect();
    let clash =
        ended.iter().any(|(verdict, path)| *verdict == Verdict::Good && facts.clashes(path));
    let verdicts: Vec<Verdict> = ended.into_iter().map(|(verdict, _)| verdict).collect();
    if clash || verdicts.contains(&Verdict::Bad) {
        return Verdict::Bad;
    }
    steps.extend(own);
    if verdicts.contains(&Verdict::Good) { Verdict::Good } else { Verdict::Skipped }
}
