//! From what was asked to what shall happen: the resolved plan of a run.
//!
//! Pure: everything that has to be read was read before. Where a contract asks for something that
//! this version cannot do, the plan is refused, since a run without it would be another run.

mod agent;
mod branches;
mod hooks;
mod inputs;
mod panel;
mod part;
mod stages;
mod steps;
mod tasks;
mod work;

#[cfg(test)]
mod tests;

pub use stages::not_staged;
pub use tasks::{GivenTasks, Seen, tasks};

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

pub use hooks::hook_alone;
pub use inputs::handed_on;

use crate::model::{
    Fault, Request, Result,
    check::Check,
    config::Settings,
    contract::{Contract, Isolation},
    facts::{FactPlan, Told},
    run::plan::{Index, Limits, PacePlan, Plan, Requires, Setting, SkillRef},
    skill::Skill,
    sourced::{Source, Sourced},
    value::Usd,
    yaml::Document,
};

/// Everything that a plan is made of.
#[derive(Debug)]
pub struct Given<'a> {
    /// What was typed.
    pub request: &'a Request,
    /// The skill.
    pub skill: &'a Skill,
    /// SHA-256 of SKILL.md, hexadecimal.
    pub digest: String,
    /// The contract that applies, for pointing into it.
    pub contract: Option<&'a Document<Contract>>,
    /// The resolved settings.
    pub settings: &'a Settings,
    /// The schema of the run's output, read from its file where it lies in one.
    pub output: Option<serde_json::Value>,
    /// The schemas of the steps' outputs, likewise, in the order of [`crate::model::contract::every`] step.
    pub step_outputs: Vec<Option<serde_json::Value>>,
    /// The skills that steps run or choose among, by name.
    pub skills: BTreeMap<String, OtherSkill>,
    /// The facts of the repository that the contract asks for.
    pub facts: Vec<Told>,
    /// This program's own file, which bundled hooks are started from.
    pub own_exe: &'a Path,
    /// Whether a person trusted the skill.
    pub skill_trusted: bool,
    /// Whether a person trusted the repository.
    pub repository_trusted: bool,
    /// The work tree's root.
    pub root: Option<PathBuf>,
    /// Checks that exist but do not apply, because nobody trusted them.
    pub skipped: Vec<Check>,
    /// What earlier runs' steps cost, by id.
    pub prices: BTreeMap<String, Usd>,
    /// The context windows that earlier results named, in tokens, by the model's name in a plan.
    pub windows: BTreeMap<String, u64>,
    /// Whether a plan pays, so that money limits hold only where somebody set them.
    pub on_a_plan: bool,
}

/// Another skill, which a step of this one runs.
#[derive(Clone, Debug, PartialEq)]
pub struct OtherSkill {
    /// Its plan, as if it were run by itself.
    pub plan: Plan,
    /// What it says of itself.
    pub description: String,
    /// Whether its own contract says that it works in the tree itself.
    pub stays_in_the_tree: bool,
}

/// Makes the plan.
///
/// # Errors
/// Everything that is wrong with the inputs together, or what the contract asks for and this
/// version cannot do.
pub fn plan(given: Given<'_>) -> Result<Plan> {
    let isolation = isolation(&given)?;
    let inputs = inputs::fill(inputs::Asked::of(&given))?;
    let agent = agent::agent(&given);
    let grown = match &given.request.work {
        Some(_) => steps::whole(&given, &inputs, &agent, work::STEP),
        None => steps::steps(&given, &inputs, &agent)?,
    };
    let apart = branches::apart(&given, &grown)?;
    let repair = steps::repair(&given, &grown);
    let panel = panel::panel(&given)?;
    let steps::Grown { tree, steps, commands, answers, parts } = grown;
    let mut hooks = hooks::hooks(&given, &steps)?;
    hooks.extend(parts.hooks);
    let facts = given.facts.iter().map(|told| told.plan.clone()).chain(parts.facts);
    // The last step answers by the run's schema itself, unless it has one of its own or is none
    // that could.
    let output = given.output.clone().filter(|_| !answers);
    let request = given.request;
    let plan = Plan {
        skill: skill(&given),
        isolation,
        delivery: request.delivery.clone(),
        requires: requires(given.settings).and(parts.requires),
        retry: given.settings.retry.value.clone(),
        limits: limits(given.settings, given.on_a_plan),
        pace: pace(&given),
        require: given.settings.require.value,
        settings: settings(given.settings),
        root: given.root,
        cwd: request.cwd.clone(),
        inputs: inputs.by_name,
        facts: once(facts),
        hooks,
        // Whoever prepares the run looks at the files of its own skill.
        judges: parts.judges,
        skipped: given.skipped.into_iter().chain(parts.skipped).collect(),
        steps,
        commands,
        skills: parts.skills,
        tree,
        apart,
        typed: inputs.typed,
        tasks: None,
        work: None,
        output,
        panel,
        repair,
        sources: parts.sources,
        protected: None,
        index: Index::default(),
    };
    match (&request.work, &request.part) {
        (Some(work), _) => Ok(work::given(plan, work)),
        (None, Some(part)) => part::cut(plan, part),
        (None, None) => Ok(plan),
    }
}

/// A copy of the tree keeps an agent that edits away from the user's own, unless somebody wrote
/// down that it need not. Whoever asks for a copy never gets the tree itself instead.
fn isolation(given: &Given<'_>) -> Result<Isolation> {
    if given.request.work.is_some() {
        return Ok(Isolation::None);
    }
    let isolation = match &given.settings.isolation {
        Some(isolation) if isolation.value == Isolation::Worktree && given.root.is_none() => {
            return Err(Fault::invalid("a worktree needs a repository to be made from")
                .because(format!("{} asks for one", isolation.source))
                .hint("run `git init` first, or in a repository that atlas can read"));
        }
        Some(isolation) => isolation.value,
        None if given.root.is_some() && (agent::edits(given) || needs_a_copy(given)) => {
            Isolation::Worktree
        }
        None => Isolation::None,
    };
    if let (Some(flag), Isolation::None) = (given.request.delivery.flag(), isolation) {
        return Err(Fault::usage(format!("`{flag}` hands over what was changed in a worktree"))
            .because("this run works in no worktree")
            .hint(format!("add `--worktree`, or leave `{flag}` out")));
    }
    Ok(isolation)
}

fn skill(given: &Given<'_>) -> SkillRef {
    let found = &given.skill.found;
    SkillRef {
        name: found.name.clone(),
        dir: found.dir.clone(),
        source: found.source.to_string(),
        digest: given.digest.clone(),
    }
}

fn pace(given: &Given<'_>) -> PacePlan {
    let (jobs, request) = (given.settings.jobs.value, given.request);
    PacePlan { jobs, stagger: request.stagger, wait: request.wait }
}

/// Whether a skill that a step runs would get a copy of the tree if it were run by itself.
fn needs_a_copy(given: &Given<'_>) -> bool {
    given.skills.values().any(|other| other.plan.isolation == Isolation::Worktree)
}

/// Each fact once: two skills may ask for the same.
fn once(facts: impl Iterator<Item = FactPlan>) -> Vec<FactPlan> {
    let mut known: Vec<FactPlan> = Vec::new();
    for fact in facts {
        if known.iter().all(|other| other.fact != fact.fact) {
            known.push(fact);
        }
    }
    known
}

fn requires(settings: &Settings) -> Requires {
    let asked = &settings.requires.value;
    let plain = |list: &[crate::model::yaml::Spanned<String>]| {
        list.iter().map(|item| item.value.clone()).collect()
    };
    Requires {
        files: plain(&asked.files),
        commands: plain(&asked.commands),
        env: plain(&asked.env),
        given: asked.given.iter().map(|fact| fact.value).collect(),
    }
}

fn limits(settings: &Settings, on_a_plan: bool) -> Limits {
    let limits = &settings.limits;
    let wanted = |limit: &Sourced<Usd>| {
        let said = limit.source != Source::BuiltIn;
        (said || !on_a_plan).then_some(limit.value)
    };
    Limits {
        usd: wanted(&limits.usd),
        usd_per_day: wanted(&limits.usd_per_day),
        tokens: limits.tokens.as_ref().map(|tokens| tokens.value),
        turns: limits.turns.value,
        time: limits.time.value,
        idle: limits.idle.value,
        start: limits.start.value,
        after_result: limits.after_result.value,
        grace: limits.grace.value,
        context: limits.context.value,
        quota: limits.quota.value,
    }
}

fn settings(settings: &Settings) -> Vec<Setting> {
    let row = |row: crate::model::config::Row| Setting {
        key: row.key,
        value: row.value,
        source: row.source.to_string(),
    };
    settings.rows().into_iter().map(row).collect()
}
