//! The inputs: typed, by name, by default; all faults of one command line told together.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Given;
use crate::model::{
    Fault, Request, Result,
    config::Settings,
    contract::{Input, InputType},
    skill::{Skill, arguments::Arguments},
    suggest::nearest,
    text,
    yaml::{Named, Spanned},
};

/// The inputs of a run.
#[derive(Debug)]
pub(super) struct Inputs {
    /// What is placed into the body.
    pub(super) arguments: Arguments,
    /// Every declared input and every `-i`, for hooks and results.
    pub(super) by_name: BTreeMap<String, String>,
    /// Those that are no texts, with their types.
    pub(super) typed: BTreeMap<String, Value>,
}

/// Whose inputs are filled, and with what.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) request: &'a Request,
    pub(super) settings: &'a Settings,
    pub(super) skill: &'a Skill,
}

impl<'a> Asked<'a> {
    pub(super) fn of(given: &Given<'a>) -> Self {
        Self { request: given.request, settings: given.settings, skill: given.skill }
    }

    /// The names that arguments fill, in order.
    fn names(self) -> Vec<String> {
        let declared = &self.settings.inputs.value;
        if declared.is_empty() {
            self.skill.front.arguments.clone()
        } else {
            declared.names().map(str::to_owned).collect()
        }
    }

    /// What was typed, else what stands in the contract.
    fn arguments(self) -> Arguments {
        let mut arguments = Arguments::from_words(&self.request.args, &self.names());
        for (name, value) in &self.request.inputs {
            arguments.set(name, value.clone());
        }
        for (name, input) in self.settings.inputs.value.iter() {
            let unset =
                arguments.named.iter().any(|(known, value)| known == &**name && value.is_none());
            if let Some(default) = input.default.as_ref().filter(|_| unset) {
                arguments.set(name, default.value.clone());
            }
        }
        arguments
    }
}

/// Those inputs of a skill that another one has as well, which a step of it runs: they go on to it,
/// whatever else may be wrong with them.
pub fn handed_on(
    (request, settings, skill): (&Request, &Settings, &Skill),
    to: (&Settings, &Skill),
) -> Vec<(String, String)> {
    let arguments = Asked { request, settings, skill }.arguments();
    let names = Asked { request, settings: to.0, skill: to.1 }.names();
    let known = arguments.named.into_iter().filter(|(name, _)| names.contains(name));
    known.filter_map(|(name, value)| Some((name, value?))).collect()
}

/// Fills the declared inputs.
pub(super) fn fill(asked: Asked<'_>) -> Result<Inputs> {
    let declared = &asked.settings.inputs.value;
    let names = asked.names();
    let arguments = asked.arguments();
    let faults = faults(asked.request, declared, &names, &arguments);
    if let Some(first) = faults.first() {
        let mut fault = Fault::usage(match faults.len() {
            1 => first.clone(),
            many => format!("{many} inputs are wrong"),
        });
        if faults.len() > 1 {
            fault.causes = faults;
        }
        return Err(fault.hint(usage(&asked.skill.found.name, &names)));
    }
    let by_name: BTreeMap<String, String> = arguments
        .named
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), value.clone()?)))
        .collect();
    let typed = by_name
        .iter()
        .filter_map(|(name, text)| Some((name.clone(), typed(declared.get(name)?, text)?)))
        .collect();
    Ok(Inputs { arguments, by_name, typed })
}

/// What an input is to an expression, where it is no text.
fn typed(input: &Input, text: &str) -> Option<Value> {
    match input.kind {
        InputType::String | InputType::Path | InputType::Enum => None,
        InputType::Boolean => text.parse::<bool>().ok().map(Value::from),
        InputType::Number => {
            let whole = text.trim().parse::<i64>().ok().map(Value::from);
            whole.or_else(|| text.trim().parse::<f64>().ok().map(Value::from))
        }
    }
}

fn faults(
    request: &Request,
    declared: &Named<Input>,
    names: &[String],
    arguments: &Arguments,
) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, why) in &request.unread {
        faults.push(format!("the input `{}` {why}", text::sanitize_line(name)));
    }
    let mut seen: Vec<&str> = Vec::new();
    for (name, _) in request.inputs.iter().chain(&request.unread) {
        if !declared.is_empty() && declared.get(name).is_none() {
            let known = names.iter().map(String::as_str);
            let close =
                nearest(name, known).first().map(|near| format!(", did you mean `{near}`?"));
            faults.push(format!("there is no input `{name}`{}", close.unwrap_or_default()));
        }
        let by_place = names.iter().take(request.args.len()).any(|other| other == name);
        if seen.contains(&name.as_str()) || by_place {
            faults.push(format!("the input `{name}` is given twice"));
        }
        seen.push(name);
    }
    if !declared.is_empty() && request.args.len() > names.len() {
        let (typed, taken) = (request.args.len(), names.len());
        faults.push(format!("{typed} arguments were given, and the skill takes {taken}"));
    }
    for (name, input) in declared.iter() {
        let is_unread = request.unread.iter().any(|(unread, _)| *unread == **name);
        faults.extend(objection(name, input, arguments).filter(|_| !is_unread));
    }
    faults
}

fn objection(name: &Spanned<String>, input: &Input, arguments: &Arguments) -> Option<String> {
    let value = arguments.named.iter().find(|(known, _)| known == &**name);
    match value.and_then(|(_, value)| value.as_ref()) {
        Some(value) => input.objection(value).map(|why| format!("input `{}`: {why}", &**name)),
        None if input.required.value => Some(format!("the input `{}` is missing", &**name)),
        None => None,
    }
}

fn usage(skill: &str, names: &[String]) -> String {
    let placed: Vec<String> = names.iter().map(|name| format!("<{name}>")).collect();
    format!("write `atlas run {skill} {}`, or name them with `-i NAME=VALUE`", placed.join(" "))
}
