//! The steps: the whole skill as one, or what the contract makes of it.

use super::{Given, inputs::Inputs};
use crate::model::{
    Fault, Result,
    contract::{Leaf, Step},
    prompt,
    run::plan::{AgentPlan, StepPlan},
    skill::substitute::{Places, substitute},
    value::Usd,
    yaml::Spanned,
};

/// What a call reserves where nothing better is known.
const RESERVE: Usd = Usd::from_micros(50_000);

/// Left in place until a call knows its conversation.
const SESSION_ID: &str = "${CLAUDE_SESSION_ID}";

/// The steps in order.
pub(super) fn steps(
    given: &Given<'_>,
    inputs: &Inputs,
    agent: &AgentPlan,
) -> Result<Vec<StepPlan>> {
    let asked = &given.settings.steps.value;
    if asked.is_empty() {
        let instructions = given.skill.body().to_owned();
        let whole = Text { id: "skill".to_owned(), instructions, asked: None };
        return Ok(vec![step(given, inputs, agent, whole, given.output.clone(), None)]);
    }
    let last = asked.len() - 1;
    asked
        .iter()
        .enumerate()
        .map(|(place, wish)| {
            let own = given.step_outputs.get(place).cloned().flatten();
            let output = if place == last { own.or_else(|| given.output.clone()) } else { own };
            let text = text(given, wish, place)?;
            Ok(step(
                given,
                inputs,
                agent,
                text,
                output,
                wish.limits.usd.as_ref().map(|usd| usd.value),
            ))
        })
        .collect()
}

/// A step's name and what it is told.
struct Text {
    id: String,
    instructions: String,
    asked: Option<String>,
}

fn text(given: &Given<'_>, wish: &Spanned<Step>, place: usize) -> Result<Text> {
    let id = wish.id.as_ref().map_or_else(|| format!("step-{}", place + 1), |id| id.value.clone());
    let header = given.skill.header();
    let own = match &wish.leaf {
        Leaf::Section(name) => match given.skill.section(name) {
            Ok((_, text)) => text.to_owned(),
            Err(fault) => return Err(pointed(given, name, fault)),
        },
        Leaf::Prompt(text) => text.value.clone(),
        Leaf::Skill(_) | Leaf::Run { .. } => String::new(),
    };
    let asked = match &wish.leaf {
        Leaf::Prompt(text) => Some(text.value.clone()),
        Leaf::Section(name) => Some(name.value.clone()),
        Leaf::Skill(_) | Leaf::Run { .. } => None,
    };
    Ok(Text { id, instructions: format!("{header}\n\n{own}"), asked })
}

fn pointed(given: &Given<'_>, name: &Spanned<String>, fault: Fault) -> Fault {
    match given.contract {
        Some(contract) => fault.at(contract.spot(&name.span, "no such section")),
        None => fault,
    }
}

fn step(
    given: &Given<'_>,
    inputs: &Inputs,
    agent: &AgentPlan,
    text: Text,
    output: Option<serde_json::Value>,
    usd: Option<Usd>,
) -> StepPlan {
    let skill = &given.skill.found;
    let places = Places {
        skill_dir: &skill.dir.to_string_lossy(),
        session_id: SESSION_ID,
        project_dir: &given.root.as_deref().unwrap_or(&given.request.cwd).to_string_lossy(),
    };
    let filled = substitute(&text.instructions, &inputs.arguments, places);
    let arguments = if filled.unplaced.is_empty() { "" } else { &inputs.arguments.raw };
    let unplaced: Vec<(String, String)> = inputs
        .by_name
        .iter()
        .filter(|(name, _)| filled.unplaced_names.contains(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let before = given.prices.get(&text.id).copied();
    let reserve = usd.or(before).unwrap_or(RESERVE);
    StepPlan {
        id: text.id,
        agent: agent.clone(),
        system: prompt::system(&skill.name, &filled.text),
        prompt: prompt::task(&skill.name, arguments, &unplaced),
        asked: text.asked,
        output,
        reserve,
    }
}
