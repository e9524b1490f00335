//! The tree of steps: what runs after, beside or instead of what.

use serde::{Deserialize, Serialize};

use crate::model::{
    call::LimitKind,
    contract::{Join, Parse, Retry},
    run::path,
    value::{Share, Span, Tokens, Usd},
};

/// One step of the tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// What it is called below its parent.
    pub id: String,
    /// The expression that decides whether it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// How often it is tried again, where it says so itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// Whether an earlier result may stand for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<CachePlan>,
    /// What it needs and is not there, where only the run tells whether it gets here: then it fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lacks: Option<String>,
    /// What it does.
    pub does: Does,
}

/// When an earlier result stands for a step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CachePlan {
    /// A template whose text has to be the same besides what the step itself is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// How long it stays good; without end where nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Span>,
}

/// By what an earlier result of a step is found, as far as that is known before the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KnownKey {
    /// A SHA-256, hexadecimal.
    pub key: String,
    /// When the result was made that stands for the step, RFC 3339; `None` where there is none.
    pub made: Option<String>,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Does {
    /// Asks an agent; the plan's step with this path says what.
    Call,
    /// Runs a program; the plan's command with this path says which.
    Run,
    /// Steps one after another.
    Sequence(Vec<Node>),
    /// Steps side by side.
    Parallel {
        /// How many at once, where somebody says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<u32>,
        /// Which have to pass.
        #[serde(default)]
        join: Join,
        /// The branches.
        steps: Vec<Node>,
    },
    /// The same steps for each of several things.
    Each {
        /// Where the things come from.
        items: Items,
        /// What one of them is called.
        name: String,
        /// How many at once, where somebody says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<u32>,
        /// What is done for each, one after another.
        steps: Vec<Node>,
    },
    /// One of several steps.
    Route {
        /// The expression that names the case.
        on: String,
        /// The names of the cases.
        cases: Vec<String>,
        /// The steps of the cases, in the same order; one more is the default.
        steps: Vec<Node>,
    },
    /// Steps of which the first that passes counts.
    Fallback(Vec<Node>),
    /// The steps of another skill, one after another; the plan's skill with this path says which.
    Skill(Vec<Node>),
}

/// Where the things of an `each` come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Items {
    /// An expression gives a list.
    Expression(String),
    /// The files of the tree that this fits.
    Glob(String),
}

/// A step that runs a program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommandPlan {
    /// Its path in the contract.
    pub id: String,
    /// The program and its arguments: templates, one for each argument.
    pub argv: Vec<String>,
    /// How its output is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parse: Option<Parse>,
    /// The schema of its output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<serde_json::Value>,
    /// How long it may take, where it says so itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Span>,
    /// Environment variables passed on beyond the allow-list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<String>,
}

/// A step's own limits, inside those of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepLimits {
    /// Money of one call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd: Option<Usd>,
    /// Tokens of one call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Tokens>,
    /// Turns of one call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turns: Option<u32>,
    /// Time of one call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Span>,
    /// Silence of a call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle: Option<Span>,
    /// From a call's start to its first line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Span>,
    /// From a call's result to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_result: Option<Span>,
    /// The share of the context window that a call may fill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Share>,
}

impl StepLimits {
    /// Whether a call that ended at this limit ended at the step's own.
    pub fn has(&self, limit: LimitKind) -> bool {
        match limit {
            LimitKind::Usd => self.usd.is_some(),
            LimitKind::Tokens => self.tokens.is_some(),
            LimitKind::Turns => self.turns.is_some(),
            LimitKind::Time => self.time.is_some(),
            LimitKind::Idle => self.idle.is_some(),
            LimitKind::Context => self.context.is_some(),
            LimitKind::UsdPerDay | LimitKind::Quota => false,
        }
    }
}

impl Node {
    /// A step that does this and nothing more.
    pub fn plain(id: impl Into<String>, does: Does) -> Self {
        Self { id: id.into(), when: None, retry: None, cache: None, lacks: None, does }
    }

    /// The steps that it puts together, in the order of the file.
    pub fn steps(&self) -> &[Self] {
        match &self.does {
            Does::Call | Does::Run => &[],
            Does::Sequence(steps)
            | Does::Parallel { steps, .. }
            | Does::Each { steps, .. }
            | Does::Route { steps, .. }
            | Does::Fallback(steps)
            | Does::Skill(steps) => steps,
        }
    }

    /// Whether something about it is known only once the run gets there.
    pub fn is_decided_late(&self) -> bool {
        let late = match &self.does {
            Does::Each { .. } | Does::Route { .. } => true,
            Does::Call
            | Does::Run
            | Does::Sequence(_)
            | Does::Parallel { .. }
            | Does::Fallback(_)
            | Does::Skill(_) => false,
        };
        late || self.when.is_some() || self.lacks.is_some()
    }

    /// Calls `seen` with each step of a tree and its path, each before what it holds.
    pub fn walk<'a>(nodes: &'a [Self], parent: &str, seen: &mut impl FnMut(&str, u32, &'a Self)) {
        for (place, node) in (0..).zip(nodes) {
            let path = path::child(parent, &node.id);
            seen(&path, place, node);
            Self::walk(node.steps(), &path, seen);
        }
    }
}
