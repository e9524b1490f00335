//! A command that checks, and at which steps it looks.

use serde::{Deserialize, Serialize};

use super::Plan;
use crate::model::{check::Timing, contract::On, run::path, value::Span};

/// A command that checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookPlan {
    /// Its name, unique in the plan.
    pub name: String,
    /// When it runs.
    pub timing: Timing,
    /// Program and arguments; no shell unless they say so.
    pub command: Vec<String>,
    /// What a mid hook follows.
    #[serde(default)]
    pub on: On,
    /// Whether the run may pass without it.
    pub blocking: bool,
    /// How long it may take.
    pub timeout: Span,
    /// Hooks of the same timing that have to pass first.
    pub needs: Vec<String>,
    /// For mid hooks: the ids of the steps it looks at; `None` is all of them.
    pub steps: Option<Vec<String>>,
    /// The path of the step that runs the skill whose contract names it; `None` where that is the
    /// run's own skill, or a configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    /// Environment variables passed on beyond the allow-list.
    pub env: Vec<String>,
    /// Paths of its own that the work may change.
    pub may_change: Vec<String>,
    /// The file and line that names it, in words.
    pub source: String,
}

impl HookPlan {
    /// Whether it looks at what this step does.
    pub fn looks_at(&self, step: &str) -> bool {
        let step = path::of_contract(step);
        let own = self.within.as_ref().is_none_or(|skill| path::is_within(&step, skill));
        own && self.steps.as_ref().is_none_or(|ids| ids.iter().any(|id| *id == step))
    }
}

impl Plan {
    /// The hooks that look at each edit inside a call of this step.
    pub fn edit_hooks<'a>(&'a self, step: &'a str) -> impl Iterator<Item = &'a HookPlan> {
        self.hooks.iter().filter(move |hook| hook.on == On::Edit && hook.looks_at(step))
    }

    /// The hook with this name.
    pub fn hook(&self, name: &str) -> Option<&HookPlan> {
        self.hooks.iter().find(|hook| hook.name == name)
    }
}
