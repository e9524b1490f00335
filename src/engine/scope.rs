//! What expressions of a contract look at, at one place of a run, and what only the run can tell
//! about a step.

use serde_json::{Map, Value, json};

use super::{made, site::Site, step_key};
use crate::{
    model::{
        expression::{self, INPUTS, Names, SCRATCH, STEPS, Scope, Steps},
        run::{
            State,
            event::Decision,
            path,
            plan::{Does, Items},
        },
    },
    store::scratch,
};

/// At most so many things does one step run for.
const THINGS: usize = 1_000_000;

/// What is known at the place of a step, as far as somebody looks at it.
///
/// # Errors
/// An output in a file is not what it was; a scratch pad that is none.
pub(crate) fn at(site: &Site, state: &State, path: &str, names: &Names) -> Result<Scope, String> {
    let plan = &site.plan;
    let mut scope = Scope::default();
    scope.set(INPUTS, step_key::inputs(plan, path).into());
    scope.set(STEPS, steps(site, state, path, &names.steps)?);
    if names.scratch {
        let pad = scratch::read(site.session.stored()).map_err(|fault| fault.to_string())?;
        let notes = pad.newest_of_each();
        let notes: Map<String, Value> =
            notes.iter().map(|note| (note.entry.key.clone(), note.entry.value.clone())).collect();
        scope.set(SCRATCH, notes.into());
    }
    for (name, thing) in things(site, state, path) {
        scope.set(name, thing.clone());
    }
    Ok(scope)
}

/// The things that the step at this path runs for, outermost first, each by its name.
pub(crate) fn things<'a>(
    site: &'a Site,
    state: &'a State,
    path: &str,
) -> Vec<(&'a str, &'a Value)> {
    let mut found = Vec::new();
    let mut below = path;
    while let Some((parent, last)) = path::split(below) {
        if let path::Last::Thing(_) = last
            && let Some(Does::Each { name, .. }) = site.plan.node(parent).map(|node| &node.does)
            && let Some(thing) = state.thing(below)
        {
            found.insert(0, (name.as_str(), thing));
        }
        below = parent;
    }
    found
}

fn steps(site: &Site, state: &State, by: &str, named: &Steps) -> Result<Value, String> {
    let mut found = Map::new();
    let mut add = |id: &str, of_contract: &str| {
        let path = path::meant(of_contract, by);
        let made = site.plan.made_by(state, &path);
        let output =
            made::value(site.session.stored(), &made).map_err(|fault| fault.to_string())?;
        let status = state.status(&path).map(|(status, _)| *status);
        found.insert(id.to_owned(), json!({ "output": output, "status": status }));
        Ok::<_, String>(())
    };
    match named {
        Steps::Named(ids) => {
            for id in ids {
                if let Some(of_contract) = site.plan.named(id, by) {
                    add(id, &of_contract)?;
                }
            }
        }
        Steps::Any => {
            for (of_contract, id) in site.plan.nameable(by) {
                add(&id, &of_contract)?;
            }
        }
    }
    Ok(found.into())
}

/// Settles what only the run can tell about a step.
///
/// # Errors
/// An expression that names what is not there or has the wrong type; a value that no case is for.
pub(crate) async fn decide(site: &Site, state: &State, path: &str) -> Result<Decision, String> {
    let node = site.plan.node(path).ok_or_else(|| format!("the plan has no step `{path}`"))?;
    if let Some(when) = &node.when
        && !expression::holds(when, &scope_of(site, state, path, when)?)
            .map_err(|why| format!("`when`: {why}"))?
    {
        return Ok(Decision::default());
    }
    if let Some(lacks) = &node.lacks {
        return Err(lacks.clone());
    }
    let runs = Decision { runs: true, ..Decision::default() };
    match &node.does {
        Does::Each { items, .. } => {
            let things = things_of(site, state, path, items).await?;
            Ok(Decision { things: Some(things), ..runs })
        }
        Does::Route { on, cases, steps } => {
            let value = expression::value(on, &scope_of(site, state, path, on)?)
                .map_err(|why| format!("`on`: {why}"))?;
            let value = expression::plain(&value);
            let found = cases.iter().position(|case| *case == value);
            let default = (steps.len() > cases.len()).then_some(cases.len());
            let case = found.or(default).and_then(|case| u32::try_from(case).ok());
            let case = case.ok_or_else(|| {
                let value: String = value.chars().take(100).collect();
                format!("no case is for `{value}`, only for {}", cases.join(", "))
            })?;
            Ok(Decision { case: Some(case), ..runs })
        }
        Does::Call
        | Does::Run
        | Does::Sequence(_)
        | Does::Parallel { .. }
        | Does::Fallback(_)
        | Does::Skill(_) => Ok(runs),
    }
}

fn scope_of(site: &Site, state: &State, path: &str, text: &str) -> Result<Scope, String> {
    at(site, state, path, &expression::names(text)?)
}

async fn things_of(
    site: &Site,
    state: &State,
    path: &str,
    items: &Items,
) -> Result<Vec<Value>, String> {
    let things = match items {
        Items::Glob(glob) => {
            let files =
                site.trees.of(path).fitting(glob).await.map_err(|fault| fault.to_string())?;
            files.into_iter().map(Value::String).collect()
        }
        Items::Expression(text) => {
            let scope = scope_of(site, state, path, text)?;
            match expression::value(text, &scope).map_err(|why| format!("`in`: {why}"))? {
                Value::Array(things) => things,
                other => return Err(format!("`in`: `{text}` is no list but {}", kind(&other))),
            }
        }
    };
    if things.len() > THINGS {
        return Err(format!("`in`: {} things are too many", things.len()));
    }
    Ok(things)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The program and arguments of a command, with all values in place: one text for each.
///
/// # Errors
/// As for [`decide`].
pub(crate) fn argv(site: &Site, state: &State, path: &str) -> Result<Vec<String>, String> {
    let command = site.plan.command(path).ok_or_else(|| format!("no command `{path}`"))?;
    let render = |word: &String| {
        if !expression::is_template(word) {
            return Ok(word.clone());
        }
        let names = expression::names_in_template(word)?;
        let word = expression::argument(word, &at(site, state, path, &names)?)?;
        if word.contains('\0') { Err("an argument holds a NUL".to_owned()) } else { Ok(word) }
    };
    let argv: Vec<String> = command.argv.iter().map(render).collect::<Result<_, _>>()?;
    match argv.first() {
        Some(program) if !program.is_empty() => Ok(argv),
        Some(_) | None => Err("the program to run has no name".to_owned()),
    }
}

/// The contract's words for an agent step, with all values in place, each of them fenced.
///
/// # Errors
/// As for [`decide`].
pub(crate) fn words(site: &Site, state: &State, path: &str) -> Result<Option<String>, String> {
    let Some(template) = site.plan.step(path).and_then(|step| step.template.as_ref()) else {
        return Ok(None);
    };
    let names = expression::names_in_template(template)?;
    expression::words(template, &at(site, state, path, &names)?).map(Some)
}
