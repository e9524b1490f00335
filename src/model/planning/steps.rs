//! The steps: the whole skill as one, or what the contract makes of it.

mod cases;
mod delegate;
mod graft;
mod tree;

use super::{
    Given,
    inputs::Inputs,
    stages::{self, Part, Told},
};
use crate::model::{
    Fault, Result,
    check::Check,
    contract::Conversation,
    facts::FactPlan,
    judges::JudgeFile,
    prompt,
    run::plan::{
        AgentPlan, CommandPlan, Does, HookPlan, Node, Requires, SkillPlan, SourceFile, StepLimits,
        StepPlan,
    },
    sourced::Source,
    value::Usd,
};

/// What a call reserves where nothing better is known.
const RESERVE: Usd = Usd::from_micros(50_000);

/// The name of the one step of a skill whose contract has none.
const WHOLE: &str = "skill";

/// What a plan does: the tree, and what its leaves are.
#[derive(Default)]
pub(super) struct Grown {
    pub(super) tree: Vec<Node>,
    pub(super) steps: Vec<StepPlan>,
    pub(super) commands: Vec<CommandPlan>,
    /// Whether the last step answers by the run's schema itself.
    pub(super) answers: bool,
    /// What comes with the skills that steps run.
    pub(super) parts: Parts,
}

/// What the contracts of skills that steps run bring into the plan.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) skills: Vec<SkillPlan>,
    pub(super) hooks: Vec<HookPlan>,
    pub(super) judges: Vec<JudgeFile>,
    pub(super) facts: Vec<FactPlan>,
    pub(super) requires: Requires,
    pub(super) skipped: Vec<Check>,
    pub(super) sources: Vec<SourceFile>,
}

/// The steps as a tree.
pub(super) fn steps(given: &Given<'_>, inputs: &Inputs, agent: &AgentPlan) -> Result<Grown> {
    if !given.settings.steps.value.is_empty() {
        return tree::grow(given, inputs, agent);
    }
    Ok(whole(given, inputs, agent, WHOLE))
}

/// The whole skill as one step, which ends with what the last one would.
pub(super) fn whole(given: &Given<'_>, inputs: &Inputs, agent: &AgentPlan, id: &str) -> Grown {
    let own = given.step_outputs.last().cloned().flatten();
    let answers = own.is_none();
    let whole = Wish {
        id: id.to_owned(),
        part: stages::whole_skill(given, agent),
        output: own.or_else(|| given.output.clone()),
        limits: StepLimits::default(),
        asked: None,
        template: None,
        conversation: Conversation::Fresh,
    };
    Grown {
        tree: vec![Node::plain(id, Does::Call)],
        steps: vec![step(given, inputs, agent, whole)],
        commands: Vec::new(),
        answers,
        parts: Parts::default(),
    }
}

/// The path of the step that mends refused work: the one that is named, else the last that asks an
/// agent and does so once.
pub(super) fn repair(given: &Given<'_>, grown: &Grown) -> String {
    let mut named = None;
    let mut last = None;
    let wished = given.settings.repair.as_ref();
    for_each_once(&grown.tree, "", &mut |path, node| {
        // In another skill that is the step which its own contract names.
        let skill = grown.parts.skills.iter().find(|skill| skill.id == path);
        let mender = match node.does {
            Does::Call => path,
            _ => skill.map_or("", |skill| &skill.repair),
        };
        if !mender.is_empty() {
            last = Some(mender.to_owned());
            if wished.is_some_and(|wished| wished.value == node.id) {
                named = Some(mender.to_owned());
            }
        }
    });
    named.or(last).unwrap_or_default()
}

/// Calls `seen` with every step of the skill itself but those that run for each of many things.
fn for_each_once(nodes: &[Node], parent: &str, seen: &mut impl FnMut(&str, &Node)) {
    for node in nodes {
        let path = crate::model::run::path::child(parent, &node.id);
        seen(&path, node);
        match &node.does {
            Does::Each { .. } | Does::Call | Does::Run | Does::Skill(_) => {}
            Does::Sequence(steps)
            | Does::Parallel { steps, .. }
            | Does::Route { steps, .. }
            | Does::Fallback(steps) => for_each_once(steps, &path, seen),
        }
    }
}

/// What one step differs in from the others.
struct Wish<'a> {
    id: String,
    part: Part<'a>,
    output: Option<serde_json::Value>,
    limits: StepLimits,
    asked: Option<String>,
    template: Option<String>,
    conversation: Conversation,
}

fn facts(given: &Given<'_>) -> String {
    let told: String = given.facts.iter().map(|told| told.text.as_str()).collect();
    if told.is_empty() { told } else { format!("{told}\n{}", prompt::ESCAPED) }
}

fn step(given: &Given<'_>, inputs: &Inputs, agent: &AgentPlan, wish: Wish<'_>) -> StepPlan {
    let skill = &given.skill.found;
    let Told { filled, stages } = stages::told(given, &inputs.arguments, &wish.part);
    let arguments = if filled.unplaced.is_empty() { "" } else { &inputs.arguments.raw };
    let unplaced: Vec<(String, String)> = inputs
        .by_name
        .iter()
        .filter(|(name, _)| filled.unplaced_names.contains(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    // A price of nothing was never told; reserving nothing would let any call through.
    let before = given.prices.get(&wish.id).copied().filter(|price| *price > Usd::ZERO);
    let reserve = wish.limits.usd.or(before).unwrap_or(RESERVE);
    StepPlan {
        id: wish.id,
        agent: agent.clone(),
        system: prompt::system(&skill.name, prompt::notes(agent), &filled.text),
        prompt: prompt::task(&skill.name, arguments, &unplaced) + &facts(given),
        stages,
        window: window(given, &agent.model),
        asked: wish.asked,
        output: wish.output,
        reserve,
        template: wish.template,
        conversation: wish.conversation,
        limits: wish.limits,
        sub_agent: None,
    }
}

/// The context window of a model: what a result named, else what the user says.
fn window(given: &Given<'_>, model: &str) -> Option<u64> {
    let said = &given.settings.context_window;
    let configured = (said.source != Source::BuiltIn).then_some(said.value.0);
    given.windows.get(model).copied().or(configured)
}

/// Several faults of one contract as one.
fn together(faults: Vec<Fault>) -> Option<Fault> {
    let mut faults = faults.into_iter();
    let mut first = faults.next()?;
    for fault in faults {
        first.spots.extend(fault.spots);
        first.hints.extend(fault.hints);
    }
    first.hints.dedup();
    Some(first)
}
