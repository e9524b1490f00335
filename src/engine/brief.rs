//! What an agent is told beyond the plan: what became known only once the run had begun.

use super::{frame, made, scope, site::Site};
use crate::{
    model::{
        Result,
        check::Check,
        contract::Fact,
        expression, prompt,
        run::{Point, State, made::Made, plan::StepPlan, state::Stage},
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
///
/// What a template asks for and is not there is the step's own failure.
pub(crate) fn brief(site: &Site, state: &State, step: &StepPlan) -> Result<Result<String, String>> {
    let words = match scope::words(site, state, &step.id) {
        Ok(words) => words,
        Err(why) => return Ok(Err(why)),
    };
    let things = prompt::things(&things(site, state, step));
    // Whoever names what it wants of others gets that, and nothing else.
    let earlier =
        if words.is_some() { String::new() } else { prompt::earlier(&earlier(site, state, step)?) };
    let task = words.map(|words| prompt::own_task(&words)).unwrap_or_default();
    let hooks = hooks(site, state).as_deref().map(prompt::hooks).unwrap_or_default();
    let noted = Summary::of(&scratch::read(site.session.stored())?, ROOM);
    let told = hooks + &frame::state(site, state, step);
    Ok(Ok(task + &things + &told + &earlier + &prompt::scratch(&noted)))
}

/// What the step runs for, where it runs for each of several.
fn things<'a>(site: &'a Site, state: &'a State, step: &StepPlan) -> Vec<(&'a str, String)> {
    let things = scope::things(site, state, &step.id);
    let things = things.into_iter();
    things.map(|(name, thing)| (name, expression::readable(thing))).collect()
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

/// Of so many steps before it an agent is told, the last ones.
const EARLIER: usize = 30;

fn earlier(site: &Site, state: &State, step: &StepPlan) -> Result<Vec<(String, String)>> {
    let before = site.plan.before(&step.id);
    let mut told = Vec::new();
    for path in before.into_iter().rev().take(EARLIER) {
        let made = site.plan.made_by(state, &path);
        if made != Made::Nothing {
            let value = made::value(site.session.stored(), &made)?;
            told.insert(0, (path, expression::readable(&value)));
        }
    }
    Ok(told)
}
