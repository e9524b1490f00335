//! A plan of sub-agents: one call for each task, side by side, each alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use super::{limits, settings};
use crate::model::{
    Delivery, Request,
    check::Require,
    config::Settings,
    contract::{Conversation, Isolation, PermissionMode, Subagents, SystemPrompt},
    run::plan::{
        AgentPlan, CallTrust, Does, Index, Limits, Node, PacePlan, Plan, Requires, SkillRef,
        StepLimits, StepPlan, SubAgentPlan, TaskOrder, TasksPlan,
    },
    skill::stages::Stages,
    spawn::{
        Task, Tasks,
        words::{self, Typed},
    },
    value::Usd,
};

/// What a task reserves that says nothing of its price.
const RESERVE: Usd = Usd::from_micros(50_000);

/// Everything that a plan of tasks is made of.
#[derive(Debug)]
pub struct GivenTasks<'a> {
    /// What was typed beside the tasks.
    pub request: &'a Request,
    /// The resolved settings.
    pub settings: &'a Settings,
    /// The tasks.
    pub tasks: &'a Tasks,
    /// What each of them names.
    pub seen: &'a [Seen],
    /// In which order results are written.
    pub order: TaskOrder,
    /// SHA-256 of the tasks, hexadecimal.
    pub digest: String,
    /// The context windows that earlier results named, in tokens, by the model's name in a plan.
    pub windows: BTreeMap<String, u64>,
    /// Whether a plan pays, so that money limits hold only where somebody set them.
    pub on_a_plan: bool,
}

/// What one task names, as it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Its files: the name as the task has it, and the text.
    pub files: Vec<(String, String)>,
    /// The folder that it works in.
    pub cwd: Option<PathBuf>,
}

/// Makes the plan. Whatever comes of one task, the others run.
pub fn tasks(given: &GivenTasks<'_>) -> Plan {
    let settings = given.settings;
    let steps: Vec<StepPlan> = given
        .tasks
        .list
        .iter()
        .zip(given.seen)
        .map(|(task, seen)| step(given, task, seen))
        .collect();
    let limits = limits(settings, given.on_a_plan);
    // The limit on turns is that of one task.
    let turns = limits.turns.saturating_mul(u32::try_from(steps.len()).unwrap_or(u32::MAX));
    Plan {
        skill: SkillRef {
            name: given.request.skill.clone(),
            dir: given.request.cwd.clone(),
            source: match &given.tasks.path {
                Some(path) => path.display().to_string(),
                None => "the command line".to_owned(),
            },
            digest: given.digest.clone(),
        },
        root: None,
        cwd: given.request.cwd.clone(),
        isolation: Isolation::None,
        delivery: Delivery::Patch,
        inputs: BTreeMap::new(),
        requires: Requires::default(),
        facts: Vec::new(),
        hooks: Vec::new(),
        judges: Vec::new(),
        skipped: Vec::new(),
        tree: steps.iter().map(|step| Node::plain(step.id.clone(), Does::Call)).collect(),
        apart: BTreeSet::new(),
        steps,
        commands: Vec::new(),
        skills: Vec::new(),
        typed: BTreeMap::new(),
        tasks: Some(TasksPlan { order: given.order }),
        work: None,
        output: None,
        panel: None,
        repair: String::new(),
        retry: settings.retry.value.clone(),
        limits: Limits { turns, ..limits },
        pace: PacePlan {
            jobs: settings.jobs.value,
            stagger: given.request.stagger,
            wait: given.request.wait,
        },
        // Tasks bring no checks along, so there is nothing that could be required of them.
        require: Require::None,
        settings: self::settings(settings),
        sources: Vec::new(),
        protected: None,
        index: Index::default(),
    }
}

fn step(given: &GivenTasks<'_>, task: &Task, seen: &Seen) -> StepPlan {
    let agent = agent(given, task);
    let window = given.windows.get(&agent.model).copied();
    let typed = match given.tasks.path {
        Some(_) => Typed::InAFile,
        None => Typed::ByThePerson,
    };
    StepPlan {
        id: task.id.clone(),
        system: words::system(),
        prompt: words::prompt(task, &seen.files, typed),
        asked: None,
        output: task.schema.clone(),
        stages: Stages::default(),
        window,
        reserve: task.usd.unwrap_or(RESERVE),
        template: None,
        conversation: Conversation::Fresh,
        limits: StepLimits::default(),
        sub_agent: Some(SubAgentPlan {
            cwd: seen.cwd.clone(),
            usd: task.usd,
            turns: given.settings.limits.turns.value,
        }),
        agent,
    }
}

/// A sub-agent knows nothing of the user's and the project's configuration, and has the tools that
/// its task names. What it may do with them without asking is the command line's to say.
fn agent(given: &GivenTasks<'_>, task: &Task) -> AgentPlan {
    AgentPlan {
        model: task.model.clone().unwrap_or_else(|| given.settings.agent.model.value.clone()),
        trust: CallTrust::Isolated,
        tools: Some(task.tools.clone()),
        allow: given.request.allow.clone(),
        permission_mode: PermissionMode::Default,
        system: SystemPrompt::Minimal,
        mcp: Vec::new(),
        subagents: Subagents::MayFail,
    }
}
