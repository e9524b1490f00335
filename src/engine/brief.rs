//! What an agent is told beyond the plan: what became known only once the run had begun.

use super::{frame, site::Site};
use crate::{
    model::{
        Result,
        check::Check,
        contract::Fact,
        prompt,
        run::{Point, State, event::Output, plan::StepPlan, state::Stage},
        scratch::{ROOM, Summary},
    },
    store::scratch,
};

/// The words for one step: what the pre hooks said, where the contract gives that, where the run
/// stands, what the steps before it made, and what the scratch pad holds. A step has a conversation of its own and knows
/// nothing else of them.
///
/// # Errors
/// An output that a step left in a file is not what it was; a scratch pad that is none.
pub(crate) fn brief(site: &Site, state: &State, step: &StepPlan) -> Result<String> {
    let hooks = hooks(site, state).as_deref().map(prompt::hooks).unwrap_or_default();
    let noted = Summary::of(&scratch::read(site.session.stored())?, ROOM);
    let told = hooks + &frame::state(site, state, step);
    Ok(told + &prompt::earlier(&earlier(site, state, step)?) + &prompt::scratch(&noted))
}

/// What the pre hooks said, in the plan's order.
fn hooks(site: &Site, state: &State) -> Option<Vec<Check>> {
    let plan = &site.plan;
    plan.facts.iter().find(|fact| fact.fact == Fact::Hooks)?;
    let said = plan.hooks.iter().filter_map(|hook| {
        match state.hooks.get(&(Point::Pre, hook.name.clone()))? {
            Stage::Ended(check) => Some(check.clone()),
            Stage::Idle | Stage::Running => None,
        }
    });
    Some(said.collect())
}

fn earlier<'a>(site: &'a Site, state: &State, step: &StepPlan) -> Result<Vec<(&'a str, String)>> {
    let mut told = Vec::new();
    for other in site.plan.steps.iter().take_while(|other| other.id != step.id) {
        let known = state.step(&other.id).and_then(|known| known.output.as_ref());
        let Some(output) = known else { continue };
        match site.session.stored().load_output(output)? {
            Output::Text { text } => told.push((other.id.as_str(), text)),
            Output::Json { json } => told.push((other.id.as_str(), format!("{json:#}"))),
            Output::File { .. } => {}
        }
    }
    Ok(told)
}
