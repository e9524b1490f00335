//! What a stage of the torture suite has on it.

use super::super::fake::Step;
use super::{CALL_MS, call};

/// How many steps the chain has.
const STEPS: usize = 8;

/// How many go on side by side in the fan-out.
const BRANCHES: usize = 16;

/// How many of those that write.
const WRITERS: usize = 4;

/// What is broken off, and where it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    /// The chain, in the user's tree.
    Tree,
    /// The chain, in a copy of it, and the change is applied at the end.
    Copy,
    /// The fan-out, which only reads.
    FanOut,
    /// Branches that write, each on a copy of the tree, which are merged.
    Branches,
}

impl Ground {
    /// The contract of its skill.
    pub(super) fn contract(self) -> String {
        let steps = |count: usize, indent: &str| {
            let step = |n| format!("{indent}- {{ id: step-{n}, prompt: \"Do part {n}.\" }}");
            (1..=count).map(step).collect::<Vec<_>>().join("\n")
        };
        let steps = match self {
            Self::Tree | Self::Copy => steps(STEPS, "  "),
            Self::FanOut | Self::Branches => {
                format!("  - id: all\n    parallel:\n{}", steps(self.at_once(), "      "))
            }
        };
        format!("steps:\n{steps}\nretry: 1\n")
    }

    /// What the fake does in each call, unless a trial says otherwise.
    pub(super) fn call(self) -> Vec<Step> {
        match self {
            Self::Tree | Self::Copy | Self::Branches => call(),
            Self::FanOut => {
                vec![Step::Init, Step::Sleep(CALL_MS), Step::Result("Done.".to_owned())]
            }
        }
    }

    /// How many calls a break can leave that nobody told the price of.
    pub(super) fn at_once(self) -> usize {
        match self {
            Self::Tree | Self::Copy => 1,
            Self::FanOut => BRANCHES,
            Self::Branches => WRITERS,
        }
    }
}
