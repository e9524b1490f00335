//! The parts of steps that put others together, as they are written.

use serde::{Deserialize, Serialize};

use super::Step;
use crate::model::{
    value::Span,
    yaml::{Named, Spanned},
};

/// Which branches have to pass.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Join {
    /// All of them.
    #[default]
    All,
    /// One; the first that passes ends the others.
    Any,
}

/// The same steps for each of several things.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Each {
    /// An expression that gives a list, or a glob over the files of the tree.
    #[serde(rename = "in")]
    pub items: Spanned<String>,
    /// What one of the things is called in expressions and prompts.
    #[serde(rename = "as")]
    pub name: Spanned<String>,
    /// What is done for each.
    #[serde(rename = "do")]
    pub steps: Spanned<Step>,
}

/// One of several steps, by a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Route {
    /// The expression whose value, as text, names the case.
    pub on: Spanned<String>,
    /// What is done for which value.
    pub cases: Named<Spanned<Step>>,
    /// What is done for any other value; without it another value is a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Box<Spanned<Step>>>,
}

/// A case: its name and its step.
pub type Case<'a> = (&'a Spanned<String>, &'a Spanned<Step>);

/// One of several skills, as a sub-agent decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Delegate {
    /// The skills to choose among.
    pub among: Spanned<Vec<Spanned<String>>>,
    /// What the sub-agent is asked.
    pub ask: Spanned<String>,
}

/// When an earlier result may stand for a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Cache {
    /// A template whose text has to be the same; what the step itself says counts anyway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Spanned<String>>,
    /// How long a result stays good; without end where nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Spanned<Span>>,
}
