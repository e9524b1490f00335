//! One step of a skill.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Argv, Limits, Output, Retry};
use crate::model::yaml::Spanned;

/// One step: what it does, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Step {
    /// Its name; where none is given it is known by its place.
    pub id: Option<Spanned<String>>,
    /// What it does.
    pub leaf: Leaf,
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
}

/// What a step does.
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
    /// Whether it calls claude, and so costs.
    pub fn is_agent(&self) -> bool {
        match self.leaf {
            Leaf::Section(_) | Leaf::Skill(_) | Leaf::Prompt(_) => true,
            Leaf::Run { .. } => false,
        }
    }
}

/// A step as it is written.
#[derive(Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
#[schemars(rename = "Step")]
struct Written {
    /// Its name.
    id: Option<Spanned<String>>,
    /// The agent follows the section with this heading.
    section: Option<Spanned<String>>,
    /// Another skill runs, with its contract.
    skill: Option<Spanned<String>>,
    /// The agent is given this text.
    prompt: Option<Spanned<String>>,
    /// This program runs; no shell reads it.
    run: Option<Spanned<Argv>>,
    /// How the output of `run` is read.
    parse: Option<Parse>,
    /// It runs only where this expression is true.
    when: Option<Spanned<String>>,
    /// How often it is tried again.
    retry: Option<Spanned<Retry>>,
    /// Its own limits, inside those of the run.
    limits: Limits,
    /// The JSON Schema that its result must satisfy.
    output: Option<Spanned<Output>>,
    /// Whether it goes on with the conversation of the agent step before it.
    conversation: Option<Conversation>,
}

/// Why the keys of a step do not fit together.
struct Unfit(String);

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<Written> for Step {
    type Error = Unfit;

    fn try_from(written: Written) -> Result<Self, Unfit> {
        if written.parse.is_some() && written.run.is_none() {
            return Err(Unfit("`parse` reads the output of `run`".to_owned()));
        }
        if written.conversation.is_some() && written.run.is_some() {
            return Err(Unfit("a command has no conversation".to_owned()));
        }
        let leaves = [
            written.section.map(Leaf::Section),
            written.skill.map(Leaf::Skill),
            written.prompt.map(Leaf::Prompt),
            written.run.map(|argv| Leaf::Run { argv, parse: written.parse }),
        ];
        let mut leaves = leaves.into_iter().flatten();
        let (Some(leaf), None) = (leaves.next(), leaves.next()) else {
            return Err(Unfit("a step has one of `section`, `skill`, `prompt`, `run`".to_owned()));
        };
        Ok(Self {
            id: written.id,
            leaf,
            when: written.when,
            retry: written.retry,
            limits: written.limits,
            output: written.output,
            conversation: written.conversation.unwrap_or_default(),
        })
    }
}

impl From<Step> for Written {
    fn from(step: Step) -> Self {
        let agent = step.is_agent();
        let mut written = Self {
            id: step.id,
            when: step.when,
            retry: step.retry,
            limits: step.limits,
            output: step.output,
            conversation: agent.then_some(step.conversation),
            ..Self::default()
        };
        match step.leaf {
            Leaf::Section(title) => written.section = Some(title),
            Leaf::Skill(name) => written.skill = Some(name),
            Leaf::Prompt(text) => written.prompt = Some(text),
            Leaf::Run { argv, parse } => (written.run, written.parse) = (Some(argv), parse),
        }
        written
    }
}

impl schemars::JsonSchema for Step {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Written::schema_name()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Written::json_schema(generator)
    }
}
