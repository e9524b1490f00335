//! The steps: the whole skill as one, or what the contract makes of it.

use super::{Given, inputs::Inputs};
use crate::model::{
    Fault, Result,
    contract::{Leaf, Step},
    prompt,
    run::plan::{AgentPlan, StepPlan},
    skill::substitute::{Places, SESSION_ID, substitute},
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
        let whole = Wish {
            id: "skill".to_owned(),
            instructions: given.skill.body().to_owned(),
            output: given.output.clone(),
            usd: None,
            asked: None,
        };
        return Ok(vec![step(given, inputs, agent, whole)]);
    }
    let last = asked.len() - 1;
    asked
        .iter()
        .enumerate()
        .map(|(place, asked)| {
            let own = given.step_outputs.get(place).cloned().flatten();
            let wish = Wish {
                id: id(asked, place),
                instructions: instructions(given, asked)?,
                output: if place == last { own.or_else(|| given.output.clone()) } else { own },
                usd: asked.limits.usd.as_ref().map(|usd| usd.value),
                asked: own_words(asked),
            };
            Ok(step(given, inputs, agent, wish))
        })
        .collect()
}

/// What one step differs in from the others.
struct Wish {
    id: String,
    instructions: String,
    output: Option<serde_json::Value>,
    usd: Option<Usd>,
    asked: Option<String>,
}

fn id(asked: &Spanned<Step>, place: usize) -> String {
    asked.id.as_ref().map_or_else(|| format!("step-{}", place + 1), |id| id.value.clone())
}

fn instructions(given: &Given<'_>, asked: &Spanned<Step>) -> Result<String> {
    let header = given.skill.header();
    let own = match &asked.leaf {
        Leaf::Section(name) => match given.skill.section(name) {
            Ok((_, text)) => text.to_owned(),
            Err(fault) => return Err(pointed(given, name, fault)),
        },
        Leaf::Prompt(text) => text.value.clone(),
        Leaf::Skill(_) | Leaf::Run { .. } => String::new(),
    };
    Ok(format!("{header}\n\n{own}"))
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

fn step(given: &Given<'_>, inputs: &Inputs, agent: &AgentPlan, wish: Wish) -> StepPlan {
    let skill = &given.skill.found;
    let places = Places {
        skill_dir: &skill.dir.to_string_lossy(),
        // Left in place until a call knows its conversation.
        session_id: SESSION_ID,
        project_dir: &given.root.as_deref().unwrap_or(&given.request.cwd).to_string_lossy(),
    };
    let filled = substitute(&wish.instructions, &inputs.arguments, places);
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
        asked: wish.asked,
        output: wish.output,
        reserve,
    }
}
