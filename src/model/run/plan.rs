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
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::model::{
    Delivery, GivenWork,
    check::{Check, Require},
    contract::{
        Conversation, Isolation, PermissionMode, Retry, Subagents, SystemPrompt, is_prose,
    },
    facts::FactPlan,
    judges::JudgeFile,
    panel::PanelPlan,
    prompt,
    recording::{AGENT, REVIEWER},
    skill::{stages::Stages, tools::tool_of},
    value::{Share, Span, Tokens, Usd},
};

pub use hook::HookPlan;
pub use index::{Index, Places, Tried};
pub use node::{CachePlan, CommandPlan, Does, Items, Node, StepLimits};
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
