//! The steps: the whole skill as one, or what the contract makes of it.

use super::{
    Given,
    inputs::Inputs,
    stages::{self, Part, Told},
};
use crate::model::{
    Fault, Result,
    contract::{Leaf, Step},
    prompt,
    run::plan::{AgentPlan, StepPlan},
    sourced::Source,
    value::Usd,
    yaml::Spanned,
};

/// What a call reserves where nothing better is known.
const RESERVE: Usd = Usd::from_micros(50_000);

/// The steps in order.
pub(super) fn steps(
    given: &Given<'_>,
    inputs: &Inputs,
    agent: &AgentPlan,
) -> Result<Vec<StepPlan>> {
    let asked = &given.settings.steps.value;
    if asked.is_empty() {
        return Ok(vec![whole(given, inputs, agent, "skill")]);
    }
    let last = asked.len() - 1;
    asked
        .iter()
        .enumerate()
        .map(|(place, asked)| {
            let own = given.step_outputs.get(place).cloned().flatten();
            let wish = Wish {
                id: id(asked, place),
                part: part(given, asked)?,
                output: if place == last { own.or_else(|| given.output.clone()) } else { own },
                usd: asked.limits.usd.as_ref().map(|usd| usd.value),
                asked: own_words(asked),
            };
            Ok(step(given, inputs, agent, wish))
        })
        .collect()
}

/// The whole skill as one step, which ends with what the last one would.
pub(super) fn whole(given: &Given<'_>, inputs: &Inputs, agent: &AgentPlan, id: &str) -> StepPlan {
    let own = given.step_outputs.last().cloned().flatten();
    let wish = Wish {
        id: id.to_owned(),
        part: stages::whole_skill(given, agent),
        output: own.or_else(|| given.output.clone()),
        usd: None,
        asked: None,
    };
    step(given, inputs, agent, wish)
}

/// What one step differs in from the others.
struct Wish<'a> {
    id: String,
    part: Part<'a>,
    output: Option<serde_json::Value>,
    usd: Option<Usd>,
    asked: Option<String>,
}

fn id(asked: &Spanned<Step>, place: usize) -> String {
    asked.id.as_ref().map_or_else(|| format!("step-{}", place + 1), |id| id.value.clone())
}

fn part<'a>(given: &Given<'_>, asked: &'a Spanned<Step>) -> Result<Part<'a>> {
    match &asked.leaf {
        Leaf::Section(name) => match given.skill.section(name) {
            Ok((section, _)) => Ok(Part::Section(section.whole.clone())),
            Err(fault) => Err(pointed(given, name, fault)),
        },
        Leaf::Prompt(text) => Ok(Part::Prompt(&text.value)),
        Leaf::Skill(_) | Leaf::Run { .. } => Ok(Part::Prompt("")),
    }
}

/// What the contract, and not the skill, says in the prompt.
fn own_words(asked: &Spanned<Step>) -> Option<String> {
    match &asked.leaf {
        Leaf::Prompt(text) => Some(text.value.clone()),
        Leaf::Section(name) => Some(name.value.clone()),
        Leaf::Skill(_) | Leaf::Run { .. } => None,
    }
}

fn facts(given: &Given<'_>) -> String {
    let told: String = given.facts.iter().map(|told| told.text.as_str()).collect();
    if told.is_empty() { told } else { format!("{told}\n{}", prompt::ESCAPED) }
}

fn pointed(given: &Given<'_>, name: &Spanned<String>, fault: Fault) -> Fault {
    match given.contract {
        Some(contract) => fault.at(contract.spot(&name.span, "no such section")),
        None => fault,
    }
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
    let reserve = wish.usd.or(before).unwrap_or(RESERVE);
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
        sub_agent: None,
    }
}

/// The context window of a model: what a result named, else what the user says.
fn window(given: &Given<'_>, model: &str) -> Option<u64> {
    let said = &given.settings.context_window;
    let configured = (said.source != Source::BuiltIn).then_some(said.value.0);
    given.windows.get(model).copied().or(configured)
}
