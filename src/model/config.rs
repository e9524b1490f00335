//! `config.yaml` of the user and `.claude/atlas.yaml` of a repository: one format, two rights.
//!
//! [`resolve()`] puts all layers together into [`Settings`]. It is pure: reading the files is the
//! store's work, so that a test of the precedence needs no folder.

pub mod defaults;
mod environment;
mod hooks;
mod limits;
mod resolve;
mod rows;
mod settings;
mod view;

#[cfg(test)]
mod tests;

use std::{num::NonZeroU32, path::Path};

use serde::{Deserialize, Serialize};

use crate::model::{
    Result,
    contract::{self, Agent, Hook, Isolation, Limits, Load, Require, Retry},
    value::{Tokens, Usd},
    yaml::{self, Complaint, Document, Format, Named, Refusal, Spanned},
};
pub use environment::{VARIABLES, Variable};
pub use resolve::{FlagValues, Layers, resolve};
pub use rows::Row;
pub use settings::{Capped, ResolvedAgent, ResolvedHook, ResolvedLimits, Settings};

/// Settings of a user or a repository. Every key may be left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Config {
    /// Commands that check, by name.
    pub hooks: Named<Hook>,
    /// Short names of skills.
    pub aliases: Named<Spanned<String>>,
    /// How claude is called.
    pub agent: Agent,
    /// Limits of a run. A repository can only lower what the user allows.
    pub limits: Limits,
    /// How many calls run at once. A repository can only lower it.
    pub jobs: Option<Spanned<NonZeroU32>>,
    /// What a pass needs.
    pub require: Option<Spanned<Require>>,
    /// How often what failed or was rejected is tried again.
    pub retry: Option<Spanned<Retry>>,
    /// Where the work happens.
    pub isolation: Option<Spanned<Isolation>>,
    /// How much of a skill is given to the agent at once.
    pub load: Option<Spanned<Load>>,
    /// Names of environment variables that are passed on to hooks and to claude.
    pub env: Option<Spanned<Vec<Spanned<String>>>>,
    /// Money that all runs of a day may cost together. Only in the user's configuration.
    pub usd_per_day: Option<Spanned<Usd>>,
    /// What is trusted without asking. Only in the user's configuration.
    pub trust: AlwaysTrusted,
    /// Where sessions are kept. Only in the user's configuration.
    pub sessions: Option<Spanned<SessionsIn>>,
    /// The context window to assume of a model that nothing is known of. Only in the user's
    /// configuration.
    pub context_window: Option<Spanned<Tokens>>,
}

/// What is trusted without asking.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct AlwaysTrusted {
    /// Globs of folders that nobody else can write, such as `~/src/mine/**`.
    pub always: Vec<Spanned<String>>,
}

/// Where sessions are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SessionsIn {
    /// In the repository, under `.claude/sessions`.
    Repository,
    /// In the user's state folder.
    State,
}

/// What nothing in a repository may decide: whom to trust, what may be spent, which program is
/// called and where it sends what it reads.
const USER_ONLY: &[Refusal] = &[
    user_only(&["trust"]),
    user_only(&["usd-per-day"]),
    user_only(&["sessions"]),
    user_only(&["context-window"]),
    user_only(&["hooks", "*", "repos"]),
    user_only(&["claude"]),
    user_only(&["base-url"]),
    user_only(&["api-key-helper"]),
    user_only(&["telemetry"]),
];

const fn user_only(at: &'static [&'static str]) -> Refusal {
    Refusal {
        at,
        why: "only the user may set this, no file of a repository",
        help: Some("`atlas config` names the user's own file"),
    }
}

/// Reads the user's `config.yaml`; `path` names it in faults.
///
/// # Errors
/// One fault with a spot for everything that is wrong in the file.
pub fn parse_user(path: &Path, text: &str) -> Result<Document<Config>> {
    let format = Format { what: "configuration", refusals: &[], check };
    yaml::read(&format, path, text)
}

/// Reads a repository's `atlas.yaml`; `path` names it in faults.
///
/// # Errors
/// One fault with a spot for everything that is wrong in the file, and for every key that only
/// the user may set.
pub fn parse_project(path: &Path, text: &str) -> Result<Document<Config>> {
    let format = Format { what: "configuration", refusals: USER_ONLY, check };
    yaml::read(&format, path, text)
}

/// Whether only the user's own file may set this key, given by its parts.
pub fn is_user_only(key: &[&str]) -> bool {
    let is_under = |at: &[&str]| {
        at.len() <= key.len() && at.iter().zip(key).all(|(at, key)| *at == "*" || at == key)
    };
    USER_ONLY.iter().any(|refusal| is_under(refusal.at))
}

/// The JSON Schema of both files, for editors.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Config).to_value()
}

fn check(config: &Config) -> Vec<Complaint> {
    let mut found = Vec::new();
    contract::check_hooks(&config.hooks, &mut found);
    contract::passed_on(config.env.iter().flat_map(|env| &env.value), &mut found);
    found
}
