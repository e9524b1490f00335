//! How claude is called: the keys that a contract and a configuration share.

use serde::{Deserialize, Serialize};

use crate::model::yaml::Spanned;

/// How claude is called for the work itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Agent {
    /// The model, as `claude --model` takes it.
    pub model: Option<Spanned<String>>,
    /// Whether the agent may change files.
    pub edit: Option<Spanned<bool>>,
    /// The only tools the agent has, as `claude --tools` takes them.
    pub tools: Option<Spanned<Vec<String>>>,
    /// What the agent may do without asking, as rules such as `Bash(cargo test *)`.
    pub allow: Option<Spanned<Vec<String>>>,
    /// What claude does where it would ask.
    pub permission_mode: Option<Spanned<PermissionMode>>,
    /// Which system prompt the agent has.
    pub system: Option<Spanned<SystemPrompt>>,
    /// Names of the MCP servers that must be there.
    pub mcp: Option<Spanned<Vec<String>>>,
    /// Whether a failed sub-agent of claude's own fails the step.
    pub subagents: Option<Spanned<Subagents>>,
}

/// What claude does where it would ask a person; claude's own names.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum PermissionMode {
    /// It reads and plans, and changes nothing.
    Plan,
    /// What nothing allows is denied.
    Default,
    /// What nothing allows is denied without a question.
    DontAsk,
    /// Files of the tree may be changed.
    AcceptEdits,
    /// Everything is allowed; only for trusted skills in a worktree.
    BypassPermissions,
}

impl PermissionMode {
    /// The name as claude spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Default => "default",
            Self::DontAsk => "dontAsk",
            Self::AcceptEdits => "acceptEdits",
            Self::BypassPermissions => "bypassPermissions",
        }
    }
}

/// Which system prompt the agent has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SystemPrompt {
    /// Claude Code's own, with atlas's rules after it.
    Default,
    /// Only atlas's rules.
    Minimal,
}

/// What a failed sub-agent of claude's own means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Subagents {
    /// A warning.
    MayFail,
    /// The step fails.
    MustSucceed,
}

/// Where the work happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// In the user's own working tree.
    None,
    /// In a worktree of its own, made from the tree as it is.
    Worktree,
}

/// How much of the skill is given to the agent at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Load {
    /// The whole body if it is small, else header and outline.
    Auto,
    /// The whole body.
    Whole,
    /// Header and outline; the agent reads the sections that it needs.
    Staged,
}
