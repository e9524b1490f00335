//! What shall happen: every value resolved that can be known before.

mod hook;
mod index;
mod node;
mod pace;
mod requires;
mod skill;
mod sources;
mod tasks;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::model::{
    Delivery, GivenWork,
    check::{Check, Require},
    contract::{Conversation, Isolation, PermissionMode, Retry, Subagents, SystemPrompt, is_prose},
    facts::FactPlan,
    judges::JudgeFile,
    panel::PanelPlan,
    prompt,
    recording::{AGENT, REVIEWER},
    run::path,
    skill::{stages::Stages, tools::tool_of},
    value::{Share, Span, Tokens, Usd},
};

pub use hook::HookPlan;
pub use index::{Index, Places, Tried};
pub use node::{CachePlan, CommandPlan, Does, Items, KnownKey, Node, StepLimits};
pub use pace::{PacePlan, Stagger};
pub use requires::Requires;
pub use skill::SkillPlan;
pub use sources::{ProtectedPlan, SourceFile};
pub use tasks::{SubAgentPlan, TaskOrder, TasksPlan};

/// A resolved run. Stored beside the journal; a resume uses this one and no other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The skill that is run.
    pub skill: SkillRef,
    /// The repository's work tree, where there is one; hooks run here.
    pub root: Option<PathBuf>,
    /// Where the user stood; steps run here.
    pub cwd: PathBuf,
    /// Whether the work happens in the user's tree or in a copy of it.
    pub isolation: Isolation,
    /// How the work on a copy reaches the user once everything has passed.
    #[serde(default)]
    pub delivery: Delivery,
    /// The inputs as the skill sees them.
    pub inputs: BTreeMap<String, String>,
    /// What has to be there before anything starts.
    pub requires: Requires,
    /// The facts of the repository that the prompts hold.
    #[serde(default)]
    pub facts: Vec<FactPlan>,
    /// The hooks that apply, in the order of the files that name them.
    pub hooks: Vec<HookPlan>,
    /// The files that judge the work, as they were when this was planned.
    #[serde(default)]
    pub judges: Vec<JudgeFile>,
    /// Checks that exist but do not apply, each with its reason; shown, never silently dropped.
    pub skipped: Vec<Check>,
    /// The steps that ask an agent, in the file's order, by their paths in the contract.
    pub steps: Vec<StepPlan>,
    /// The steps that run a program, likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<CommandPlan>,
    /// The steps that run another skill, likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<SkillPlan>,
    /// What runs after, beside or instead of what.
    #[serde(default)]
    pub tree: Vec<Node>,
    /// Branches that work on a copy of the tree of their own, because they may write while others
    /// work: by their names, see [`path::branch`].
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub apart: BTreeSet<String>,
    /// The inputs that are no texts, with their types.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub typed: BTreeMap<String, serde_json::Value>,
    /// Where its steps are tasks of sub-agents, which run side by side: what becomes of their
    /// results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tasks: Option<TasksPlan>,
    /// The work that is judged, where it was done elsewhere: the one step takes it in, and asks
    /// nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<GivenWork>,
    /// The schema of the run's output.
    pub output: Option<serde_json::Value>,
    /// Who tries to disprove the finished work.
    #[serde(default)]
    pub panel: Option<PanelPlan>,
    /// The path of the step that is tried again when the finished work is rejected; the last agent
    /// step by default, and empty where none can be.
    pub repair: String,
    /// How often a rejected or broken step is tried again.
    pub retry: Retry,
    /// Where it ends.
    pub limits: Limits,
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

/// One setting, its value and where that came from, as `--dry-run` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// The key, dotted.
    pub key: String,
    /// The value as a person would write it.
    pub value: String,
    /// The file and line, flag or variable it came from.
    pub source: String,
}

/// About so long is the path of a folder in a session.
const FOLDER_BYTES: usize = 70;

impl StepPlan {
    /// The schema that claude has to answer by. One about a text is for us alone to look at.
    pub fn form(&self) -> Option<&serde_json::Value> {
        self.output.as_ref().filter(|schema| !is_prose(schema))
    }

    /// The bytes of its prompts, about.
    pub fn prompt_bytes(&self) -> u64 {
        self.system.len() as u64 + self.outline_bytes() + self.prompt.len() as u64
    }

    /// The bytes of the list of files, about: which folder it will name is not known yet.
    pub fn outline_bytes(&self) -> u64 {
        let files = &self.stages.files;
        let named = prompt::outline(files, Path::new("")).len();
        (named + files.len() * FOLDER_BYTES) as u64
    }
}

/// Tools that change no tree, whatever they are asked to do.
const READS_ONLY: [&str; 6] = ["Read", "Grep", "Glob", "LS", "WebFetch", "WebSearch"];

impl AgentPlan {
    /// Whether it was given what changes files: a mode, a rule or a server that does.
    pub fn may_write(&self) -> bool {
        let mode = match self.permission_mode {
            PermissionMode::AcceptEdits | PermissionMode::BypassPermissions => true,
            PermissionMode::Plan | PermissionMode::Default | PermissionMode::DontAsk => false,
        };
        let changes = |rule: &String| !READS_ONLY.contains(&tool_of(rule));
        mode || !self.mcp.is_empty() || self.allow.iter().any(changes)
    }

    /// Whether it can do nothing but read, whatever else somebody configured.
    pub fn only_reads(&self) -> bool {
        let mut tools = self.tools.iter().flatten();
        self.trust == CallTrust::Isolated
            && self.tools.is_some()
            && tools.all(|tool| READS_ONLY.contains(&tool_of(tool)))
            && !self.may_write()
    }

    /// Whether the agent can run commands.
    pub fn offers_a_shell(&self) -> bool {
        self.tools.as_ref().is_none_or(|tools| tools.iter().any(|tool| tool_of(tool) == "Bash"))
    }
}

impl Plan {
    /// Where hooks run: the root, or where the user stood.
    pub fn hook_dir(&self) -> &Path {
        self.root.as_deref().unwrap_or(&self.cwd)
    }

    /// Whether what has this path in a run is a branch that works on a copy of the tree.
    pub fn works_apart(&self, path: &str) -> bool {
        !self.apart.is_empty() && self.apart.contains(path::branch(path).as_ref())
    }

    /// Everything that is a call: the steps, and the reviewers of the panel.
    pub fn calls(&self) -> impl Iterator<Item = &StepPlan> {
        let panel = self.panel.iter();
        let reviewers = panel.clone().flat_map(|panel| &panel.reviewers);
        let canary = panel.flat_map(|panel| &panel.canary);
        self.steps.iter().chain(reviewers.map(|reviewer| &reviewer.call)).chain(canary)
    }

    /// The steps that are calls: none where the work was done elsewhere.
    pub fn called(&self) -> &[StepPlan] {
        if self.work.is_some() { &[] } else { &self.steps }
    }

    /// Whether anybody is asked at all; where nobody is, no claude is needed.
    pub fn asks_somebody(&self) -> bool {
        (self.work.is_none() && !self.steps.is_empty()) || self.panel.is_some()
    }

    /// Who a call with this id plays.
    pub fn role(&self, id: &str) -> &'static str {
        if self.step(id).is_some() { AGENT } else { REVIEWER }
    }

    /// The step or the reviewer with this id.
    pub fn call(&self, id: &str) -> Option<&StepPlan> {
        self.step(id).or_else(|| self.calls().find(|call| call.id == id))
    }

    /// A plan as an older version wrote it, whose steps had no tree but came one after another.
    #[must_use]
    pub fn grown(mut self) -> Self {
        if self.tree.is_empty() {
            let call = |step: &StepPlan| Node::plain(step.id.clone(), Does::Call);
            self.tree = self.steps.iter().map(call).collect();
        }
        self
    }
}
