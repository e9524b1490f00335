//! The resolved settings of a run: every value with its source.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{
    contract::{
        Fact, Hook, Input, Isolation, Load, Output, PermissionMode, Require, Requires, Retry, Step,
        Subagents, SystemPrompt, Verify,
    },
    sourced::{Source, Sourced},
    value::{Share, Span, Tokens, Usd},
    yaml::{Named, Spanned},
};

use super::SessionsIn;

/// Everything that a run was told, by whomever.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// What may be spent.
    pub limits: ResolvedLimits,
    /// What a file asked for beyond what it may have.
    pub capped: Vec<Capped>,
    /// How often what failed or was rejected is tried again.
    pub retry: Sourced<Retry>,
    /// How many calls run at once.
    pub jobs: Sourced<u32>,
    /// What a pass needs.
    pub require: Sourced<Require>,
    /// Where the work happens; nobody said: it depends on whether the agent edits.
    pub isolation: Option<Sourced<Isolation>>,
    /// How much of the skill is given to the agent at once.
    pub load: Sourced<Load>,
    /// How claude is called.
    pub agent: ResolvedAgent,
    /// Environment variables that are passed on besides the usual ones.
    pub env: Sourced<Vec<String>>,
    /// All hooks that could apply, user's first, then in the order of each file.
    pub hooks: Vec<ResolvedHook>,
    /// Short names of skills.
    pub aliases: BTreeMap<String, Sourced<String>>,
    /// Where sessions are kept.
    pub sessions: Sourced<SessionsIn>,
    /// The context window to assume of a model that nothing is known of.
    pub context_window: Sourced<Tokens>,
    /// What the skill is given, in order.
    pub inputs: Sourced<Named<Input>>,
    /// What must be there before anything runs.
    pub requires: Sourced<Requires>,
    /// Facts of the repository that are put before the agent.
    pub given: Sourced<Vec<Fact>>,
    /// What is done; none: the whole skill is one step.
    pub steps: Sourced<Vec<Spanned<Step>>>,
    /// The step that is tried again when the run is rejected.
    pub repair: Option<Sourced<String>>,
    /// The schema that the result must satisfy.
    pub output: Option<Sourced<Output>>,
    /// The reviewers.
    pub verify: Option<Sourced<Verify>>,
}

/// The limits of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedLimits {
    /// Money; [`Source::BuiltIn`] does not count on a plan.
    pub usd: Sourced<Usd>,
    /// Money of all runs of a day.
    pub usd_per_day: Sourced<Usd>,
    /// Tokens, if anybody limits them.
    pub tokens: Option<Sourced<Tokens>>,
    /// Turns of one call.
    pub turns: Sourced<u32>,
    /// Time of the run.
    pub time: Sourced<Span>,
    /// Time without a sign of life.
    pub idle: Sourced<Span>,
    /// Time until the first word.
    pub start: Sourced<Span>,
    /// Time to end after the result.
    pub after_result: Sourced<Span>,
    /// Time between TERM and KILL.
    pub grace: Sourced<Span>,
    /// Time of a hook that names none.
    pub hook_timeout: Sourced<Span>,
    /// The share of the context window that a call may fill.
    pub context: Sourced<Share>,
    /// The share of a plan's quota above which no call starts.
    pub quota: Sourced<Share>,
}

/// A value that a file asked for and did not get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capped {
    /// Which limit: its key.
    pub limit: String,
    /// What was asked for.
    pub asked: Sourced<String>,
    /// What holds instead.
    pub held: Sourced<String>,
}

/// How claude is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedAgent {
    /// The model that works.
    pub model: Sourced<String>,
    /// The model that reviews and decides, where a reviewer names none.
    pub reviewer_model: Sourced<String>,
    /// Whether the agent may change files; nobody said: as the skill's own header has it.
    pub edit: Option<Sourced<bool>>,
    /// The only tools that the agent has, if anybody restricts them.
    pub tools: Option<Sourced<Vec<String>>>,
    /// Rules of what it may do without asking; flags add to what a file lists.
    pub allow: Vec<Sourced<String>>,
    /// What claude does where it would ask, if anybody said.
    pub permission_mode: Option<Sourced<PermissionMode>>,
    /// Which system prompt it has.
    pub system: Sourced<SystemPrompt>,
    /// The MCP servers that must be there.
    pub mcp: Sourced<Vec<String>>,
    /// Whether a failed sub-agent of claude's own fails the step.
    pub subagents: Sourced<Subagents>,
}

/// A hook with its name and its source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedHook {
    /// Its name, unique in the run.
    pub name: String,
    /// What it says.
    pub hook: Hook,
    /// Which file says it.
    pub source: Source,
}
