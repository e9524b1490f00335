//! How many calls run side by side.

use serde::{Deserialize, Serialize};

use crate::model::value::Span;

/// How many calls run at once, and when they start.
    #[serde(default)]
    pub pace: PacePlan,
    /// What a pass needs.
    pub require: Require,
    /// Every setting with its source, for people.
    pub settings: Vec<Setting>,
    /// The files that it was made from, so that a resume sees that one of them has changed.
    #[serde(default)]
    pub sources: Vec<SourceFile>,
    /// The revision that has the say in place of the checkout, where `--config-from` names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protected: Option<ProtectedPlan>,
    /// Where its steps stand.
    #[serde(skip)]
    pub index: Index,
}

/// Which skill, and which bytes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkillRef {
    /// The name it was found by.
    pub name: String,
    /// Its folder.
    pub dir: PathBuf,
    /// Where it was found, in words.
    pub source: String,
    /// SHA-256 of SKILL.md, hexadecimal.
    pub digest: String,
}

/// One step: a call to claude.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepPlan {
    /// Its name, unique in the plan.
    pub id: String,
    /// What claude is started with, short of the prompt files and what a call decides.
    pub agent: AgentPlan,
    /// The system prompt's text: rules, header and instructions. A staged skill's list of files
    /// comes after it, once the call knows where they lie.
    pub system: String,
    /// What of the skill stands in the prompt, and what lies in files.
    #[serde(default)]
    pub stages: Stages,
    /// The context window of its model in tokens, where an earlier result named it or the user's
    /// configuration does.
    #[serde(default)]
    pub window: Option<u64>,
    /// The user prompt's text: task and inputs.
    pub prompt: String,
    /// The contract's own words for this step, which stand in the system prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// The schema of its output.
    pub output: Option<serde_json::Value>,
    /// How much a call of it reserves.
    pub reserve: Usd,
    /// The contract's own words for this step where they hold values that only the run knows: a
    /// template that becomes part of the prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// Which conversation it goes on with.
    #[serde(default)]
    pub conversation: Conversation,
    /// Its own limits, inside those of the run.
    #[serde(default)]
    pub limits: StepLimits,
    /// Where it is the task of a sub-agent, which knows that task and nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_agent: Option<SubAgentPlan>,
}

/// What a call may do and with which model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentPlan {
    /// The model, always named.
    pub model: String,
    /// How much of the user's and the project's configuration claude sees.
    pub trust: CallTrust,
    /// Tool names offered, a restriction; `None` offers claude's default set.
    pub tools: Option<Vec<String>>,
    /// Rules that are approved beforehand.
    pub allow: Vec<String>,
    /// Claude's permission mode.
    pub permission_mode: PermissionMode,
    /// Whether claude's own system prompt stands before ours.
    pub system: SystemPrompt,
    /// MCP servers that the step needs, by name.
    pub mcp: Vec<String>,
    /// Whether a failed sub-agent of claude's own fails the step.
    pub subagents: Subagents,
}

/// How much configuration a call sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallTrust {
    /// Project and user settings, as in a terminal.
    Work,
    /// Nothing but login keys.
    Isolated,
}

/// Where a run ends, its resumes and everything under it included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Money; `None` only on a plan whose quota bounds it instead.
    pub usd: Option<Usd>,
    /// Money of all runs of this user in a day.
    pub usd_per_day: Option<Usd>,
    /// Input, output and cache writes together.
    pub tokens: Option<Tokens>,
    /// Turns of the agent.
    pub turns: u32,
    /// From the first start, pauses of a resume left out.
    pub time: Span,
    /// Silence of one call while neither a tool runs nor a retry waits.
    pub idle: Span,
    /// From a call's start to its first line.
    pub start: Span,
    /// From a call's result to its end.
    pub after_result: Span,
    /// From TERM to KILL.
    pub grace: Span,
    /// The share of the model's context window that a call may fill.
    pub context: Share,
    /// The share of a plan's quota above which no call starts.
    pub quota: Share,
}

/// How many calls run at once, and when they start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PacePlan {
    /// At most so many, whatever the service allows.
    pub jobs: u32,
    /// Whether calls that could share the service's prompt cache wait for the first of them.
    pub stagger: Stagger,
    /// How long the run waits for a plan's quota to start anew; `None` is not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Span>,
}

impl Default for PacePlan {
    /// That of plans from before there was a choice.
    fn default() -> Self {
        Self { jobs: 4, stagger: Stagger::On, wait: None }
    }
}

/// Whether calls with an equal beginning wait for the first of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stagger {
    /// They do, where that spares the service reading the same again.
    #[default]
    On,
    /// They do not: `--no-stagger`.
    Off,
}
