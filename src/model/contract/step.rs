//! One step of a skill: a leaf that does something, or a form that puts steps together.

mod forms;
mod written;

use serde::{Deserialize, Serialize};

use super::{Argv, Limits, Output, Retry};
use crate::model::yaml::Spanned;
pub use forms::{Cache, Case, Delegate, Each, Join, Route};
use written::Either;

/// One step: what it does, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Either", into = "Either")]
pub struct Step {
    /// Its name; where none is given it is known by its place.
    pub id: Option<Spanned<String>>,
    /// What it does.
    pub what: What,
    /// The expression that decides whether it runs.
    pub when: Option<Spanned<String>>,
    /// How often it is tried again, if it says so.
    pub retry: Option<Spanned<Retry>>,
    /// Its own limits, inside those of the run.
    pub limits: Limits,
    /// The JSON Schema that its result must satisfy.
    pub output: Option<Spanned<Output>>,
    /// Which conversation it goes on with.
    pub conversation: Conversation,
    /// Whether an earlier result may stand for it.
    pub cache: Option<Spanned<Cache>>,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Something itself.
    Leaf(Leaf),
    /// Steps one after another.
    Sequence(Vec<Spanned<Step>>),
    /// Steps side by side.
    Parallel {
        /// The branches.
        steps: Vec<Spanned<Step>>,
        /// How many at once; as many as the run has jobs where nobody says.
        max: Option<Spanned<u32>>,
        /// Which of them have to pass.
        join: Join,
    },
    /// The same steps for each of several things.
    Each {
        /// For what, and what is done.
        each: Box<Spanned<Each>>,
        /// How many at once, as for branches.
        max: Option<Spanned<u32>>,
    },
    /// One of several steps, by a value.
    Route(Box<Spanned<Route>>),
    /// Steps of which the first that passes counts.
    Fallback(Vec<Spanned<Step>>),
    /// One of several skills, as a sub-agent decides.
    Delegate(Spanned<Delegate>),
}

/// What a step does itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leaf {
    /// The agent follows one section of the skill.
    Section(Spanned<String>),
    /// Another skill runs, with its contract.
    Skill(Spanned<String>),
    /// The agent is given this text.
    Prompt(Spanned<String>),
    /// A program runs.
    Run {
        /// The program and its arguments.
        argv: Spanned<Argv>,
        /// How its output is read.
        parse: Option<Parse>,
    },
}

/// How the output of a command step is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Parse {
    /// One JSON value.
    Json,
    /// One JSON value a line.
    Jsonl,
    /// Lines of text.
    Lines,
    /// A JUnit report; its cases become checks.
    Junit,
    /// A SARIF report; its results become findings.
    Sarif,
}

/// Which conversation an agent step has.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Conversation {
    /// One of its own, which knows nothing of the steps before.
    #[default]
    Fresh,
    /// That of the agent step before it.
    Continue,
}

impl Step {
    /// What it does itself; none where it puts others together.
    pub fn leaf(&self) -> Option<&Leaf> {
        match &self.what {
            What::Leaf(leaf) => Some(leaf),
            What::Sequence(_)
            | What::Parallel { .. }
            | What::Each { .. }
            | What::Route(_)
            | What::Fallback(_)
            | What::Delegate(_) => None,
        }
    }

    /// Whether it calls claude itself, and so costs.
    pub fn is_agent(&self) -> bool {
        match self.leaf() {
            Some(Leaf::Section(_) | Leaf::Skill(_) | Leaf::Prompt(_)) => true,
            Some(Leaf::Run { .. }) | None => false,
        }
    }

    /// The steps that it puts together, in the order of the file.
    pub fn inner(&self) -> Vec<&Spanned<Self>> {
        match &self.what {
            What::Leaf(_) | What::Delegate(_) => Vec::new(),
            What::Sequence(steps) | What::Parallel { steps, .. } | What::Fallback(steps) => {
                steps.iter().collect()
            }
            What::Each { each, .. } => vec![&each.steps],
            What::Route(route) => {
                let cases = route.cases.iter().map(|(_, step)| step);
                cases.chain(route.default.as_deref()).collect()
            }
        }
    }
}

/// All steps of a tree, each before what it holds.
pub fn every(steps: &[Spanned<Step>]) -> Vec<&Spanned<Step>> {
    let mut found = Vec::new();
    let mut open: Vec<&Spanned<Step>> = steps.iter().rev().collect();
    while let Some(step) = open.pop() {
        found.push(step);
        open.extend(step.inner().into_iter().rev());
    }
    found
}

impl schemars::JsonSchema for Step {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Either::schema_name()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Either::json_schema(generator)
    }
}
