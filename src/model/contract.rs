//! `contract.yaml`: what must hold before, during and after a skill runs.
//!
//! The types are what a person writes; their doc comments are the descriptions in the published
//! JSON Schema. What serde cannot say, such as names that must refer to each other, is checked
//! after reading, and shown together with everything else that is wrong in the file.

mod agent;
mod asks;
mod check;
pub mod commands;
mod draft;
mod hook;
mod input;
mod limits;
mod output;
mod retry;
mod step;
mod vacuous;
mod verify;

#[cfg(test)]
mod tests;

use std::path::Path;

use serde::{Deserialize, Serialize};

pub use super::check::{Require, Timing};
use crate::model::{
    Result,
    yaml::{self, Document, Format, Named, Refusal, Spanned},
};
pub use agent::{Agent, Isolation, Load, PermissionMode, Subagents, SystemPrompt};
pub use asks::{Ask, config_asks, contract_asks, contract_without_asks};
pub(in crate::model) use check::{hooks as check_hooks, passed_on};
pub use draft::draft;
pub use hook::{Argv, Bundled, Hook, HookAction, On};
pub use input::{Input, InputType};
pub use limits::Limits;
pub use output::{Fact, Output, Requires, is_prose};
pub use retry::{Retry, RetryOn};
pub use step::{
    Cache, Case, Conversation, Delegate, Each, Join, Leaf, Parse, Route, Step, What, every,
};
pub use vacuous::proves_nothing;
pub use verify::{Evidence, Reviewer, Verify};

/// The contract of a skill. Every key may be left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Contract {
    /// What the skill is given, in the order in which arguments fill it.
    pub inputs: Named<Input>,
    /// What must be there before anything runs; all that is missing is reported together.
    pub requires: Requires,
    /// Facts of the repository that are put before the agent.
    pub given: Option<Spanned<Vec<Fact>>>,
    /// What is done, in this order. None: the whole skill is one step.
    pub steps: Vec<Spanned<Step>>,
    /// The id of the step that is tried again when the run is rejected; else the last agent step.
    pub repair: Option<Spanned<String>>,
    /// The JSON Schema that the result must satisfy: a file of the skill, or the schema itself.
    pub output: Option<Spanned<Output>>,
    /// Commands that check, by name.
    pub hooks: Named<Hook>,
    /// The reviewers who try to disprove the result.
    pub verify: Option<Spanned<Verify>>,
    /// Limits of the run. They can only lower what the user allows.
    pub limits: Limits,
    /// What a pass needs.
    pub require: Option<Spanned<Require>>,
    /// How often what failed or was rejected is tried again.
    pub retry: Option<Spanned<Retry>>,
    /// How claude is called.
    pub agent: Agent,
    /// Where the work happens.
    pub isolation: Option<Spanned<Isolation>>,
    /// How much of the skill is given to the agent at once.
    pub load: Option<Spanned<Load>>,
    /// Names of environment variables that are passed on to hooks and to claude.
    pub env: Option<Spanned<Vec<Spanned<String>>>>,
}

/// Keys of the design that this version does not carry out. To run a skill without them would
/// be to run another skill.
const REFUSALS: &[Refusal] = &[
    later(&["steps", "*", "wait"]),
    later(&["steps", "*", "act"]),
    Refusal {
        at: &["hooks", "*", "repos"],
        why: "only the user's own configuration chooses hooks by repository",
        help: None,
    },
];

const fn later(at: &'static [&'static str]) -> Refusal {
    Refusal { at, why: "this is not supported by this version of atlas", help: None }
}

/// Reads a contract; `path` names it in faults.
///
/// # Errors
/// One fault with a spot for everything that is wrong in the file.
pub fn parse(path: &Path, text: &str) -> Result<Document<Contract>> {
    let format = Format { what: "contract", refusals: REFUSALS, check: check::contract };
    yaml::read(&format, path, text)
}

/// The JSON Schema of `contract.yaml`, for editors.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Contract).to_value()
}
