//! The steps of a run as a tree: how each ended, how long it took and what it cost.

use crate::{
    model::{
        run::{
            Plan, State, StepStatus, path,
            plan::{Does, Node},
        },
        value::Usd,
    },
    report::{
        flow, lines,
        look::{Look, Mark},
        printer::Verbosity,
        words,
    },
};

/// Of the things of an `each` that passed, so many are told one by one.
const FEW: usize = 3;

/// What steps came to that one line stands for.
#[derive(Clone, Copy, Debug, Default)]
struct Came {
    leaves: usize,
    begun: usize,
    passed: usize,
    ms: u64,
    usd: Option<Usd>,
}

impl Came {
    fn and(self, other: Self) -> Self {
        Self {
            leaves: self.leaves + other.leaves,
            begun: self.begun + other.begun,
            passed: self.passed + other.passed,
            ms: self.ms + other.ms,
            usd: match (self.usd, other.usd) {
                (Some(one), Some(two)) => Some(one + two),
                (one, two) => one.or(two),
            },
        }
    }
}

/// The tree, where there is one; a list of steps has been told step by step.
pub(super) fn tree(plan: &Plan, state: &State, (verbosity, look): (Verbosity, Look)) -> String {
    if !flow::is_tree(plan) || verbosity == Verbosity::Quiet {
        return String::new();
    }
    let told = Telling { state, all: verbosity == Verbosity::Verbose, look };
    let mut text = String::new();
    told.list(&plan.tree, path::ROOT, 0, &mut text);
    text
}

struct Telling<'a> {
    state: &'a State,
    /// Whether each thing of an `each` is told.
    all: bool,
    look: Look,
}

impl Telling<'_> {
    fn list(&self, nodes: &[Node], parent: &str, depth: usize, text: &mut String) -> Came {
        nodes.iter().fold(Came::default(), |came, node| {
            came.and(self.node(node, &path::child(parent, &node.id), depth, text))
        })
    }

    fn node(&self, node: &Node, path: &str, depth: usize, text: &mut String) -> Came {
        let mut below = String::new();
        let came = match &node.does {
            Does::Call | Does::Run => self.leaf(path),
            Does::Sequence(steps)
            | Does::Parallel { steps, .. }
            | Does::Route { steps, .. }
            | Does::Fallback(steps)
            | Does::Skill(steps) => self.list(steps, path, depth + 1, &mut below),
            Does::Each { steps, .. } => self.things(steps, path, depth + 1, &mut below),
        };
        // What never began, as the cases that nobody chose, has nothing below it to tell.
        let status = self.status(path);
        let came = if status == Some(StepStatus::Skipped) { Came::default() } else { came };
        text.push_str(&self.line(&node.id, status, came, depth));
        if status.is_some() && came.leaves > 0 {
            text.push_str(&below);
        }
        came
    }

    /// All things of an `each`; those that passed are folded where they are many.
    fn things(&self, steps: &[Node], each: &str, depth: usize, text: &mut String) -> Came {
        let decision = self.state.node(each).and_then(|known| known.decision.as_ref());
        let things = decision.and_then(|it| it.things.as_ref()).map_or(0, Vec::len);
        let (mut came, mut passed, mut folded) = (Came::default(), 0, 0);
        for place in 0..u32::try_from(things).unwrap_or(u32::MAX) {
            let path = path::thing(each, place);
            let mut below = String::new();
            let one = self.list(steps, &path, depth + 1, &mut below);
            came = came.and(one);
            let status = self.status(&path);
            passed += usize::from(status == Some(StepStatus::Passed));
            if status == Some(StepStatus::Passed) && passed > FEW && !self.all {
                folded += 1;
                continue;
            }
            text.push_str(&self.line(&format!("[{place}]"), status, one, depth));
            text.push_str(&below);
        }
        if folded > 0 {
            let more = format!("{}and {folded} more that passed", "  ".repeat(depth));
            text.push_str(&self.look.line(Mark::Note, &more));
        }
        came
    }

    fn leaf(&self, path: &str) -> Came {
        let known = self.state.steps.get(path);
        Came {
            leaves: 1,
            begun: usize::from(known.is_some()),
            passed: usize::from(self.status(path).is_some_and(is_good)),
            ms: known.map_or(0, |known| known.ms),
            usd: known.and_then(|known| known.spend.usd),
        }
    }

    fn status(&self, path: &str) -> Option<StepStatus> {
        self.state.status(path).map(|(status, _)| *status)
    }

    fn line(&self, name: &str, status: Option<StepStatus>, came: Came, depth: usize) -> String {
        let (mark, said) = match status {
            Some(status) => lines::came_to(status),
            None if came.begun > 0 => (Mark::Note, " not ended"),
            None => (Mark::Note, " not begun"),
        };
        let mut parts = vec![format!("{}{said}", words::first_line(name, self.look))];
        if came.leaves > 1 && came.begun > 0 {
            parts.push(format!("{} of {}", came.passed, words::count(came.leaves, "step")));
        }
        if came.ms > 0 {
            parts.push(words::duration(came.ms));
        }
        parts.extend(came.usd.filter(|usd| *usd > Usd::ZERO).map(|usd| usd.to_string()));
        let text = format!("{}{}", "  ".repeat(depth), parts.join(self.look.separator()));
        self.look.line(mark, &text)
    }
}

fn is_good(status: StepStatus) -> bool {
    matches!(status, StepStatus::Passed | StepStatus::Reused | StepStatus::Cached)
}
