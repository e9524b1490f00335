//! Looks for ourselves, without a hook: at prerequisites, at a tree, at an output's shape.

use std::{rc::Rc, time::Instant};

use serde_json::Value;

use super::{hand_over::hand_over, judges, site::Site, tree::WorkTree, unit::Line};
use crate::{
    model::{
        check::{Check, CheckKind, CheckStatus},
        contract::{is_prose, proves_nothing},
        judges::{JudgeFile, accuse},
        run::{Event, Point, event::Output},
        secret,
    },
    sys::executable,
};

/// What is to be looked at.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// Where in the run.
    pub at: Point,
    /// The files that judge the work, as they were before the first call.
    pub judges: Vec<JudgeFile>,
    /// The output, and the schema that it has to satisfy, where there is one of each.
    pub shape: Option<(Option<Output>, Value)>,
    /// What a step gave, to be searched for secrets.
    pub output: Option<Output>,
}

/// At most so many faults of an output are told.
const FAULTS: usize = 10;

/// At most so many characters of each: a fault shows the value it is about, which may be all of
/// the output.
const FAULT_CHARACTERS: usize = 300;

/// Looks, and tells what was seen.
pub(crate) async fn look(site: Rc<Site>, line: Line, order: Order) {
    let mut checks = Vec::new();
    let tree = site.trees.at(&order.at);
    if order.at == Point::Pre {
        checks.extend(requires(&site));
    }
    if let Point::Mid { step, attempt } | Point::Settled { step, attempt } = &order.at {
        let unlooked = unlooked(&tree).await;
        match tree.changes().await {
            // What was seen is not all: commands have to be looked at once more.
            Ok(Some(_)) if unlooked.is_some() && matches!(order.at, Point::Settled { .. }) => {}
            Ok(Some((changes, stand))) => {
                let branch = site.trees.branch_of(step);
                let (step, stand) = (step.clone(), Some(Box::new(stand)));
                line.tell(Event::Changes { step, attempt: *attempt, changes, stand, branch });
            }
            Ok(None) => {}
            // What nobody can see nobody can judge: hooks would be told of an earlier tree.
            Err(error) => {
                let check = Check::blocking("changes", CheckKind::Predicate, CheckStatus::Error);
                checks.push(check.because(error.to_string()));
            }
        }
        checks.extend(unlooked);
    }
    let changed = judges::changed(&tree.root, &order.judges).await;
    if let Some(reason) = accuse(&changed) {
        let check = Check::blocking("self-protection", CheckKind::Protection, CheckStatus::Failed);
        checks.push(check.because(reason));
    }
    if order.at == Point::HandOver {
        checks.push(hand_over(&site).await);
    }
    if let Some((output, schema)) = &order.shape {
        checks.push(shape(&site, output.as_ref(), schema));
    }
    checks.extend(order.output.as_ref().and_then(|output| secrets(&site, output)));
    line.tell(Event::ChecksEnded { at: order.at, checks });
}

/// Work on a copy that is in no change, and so before no judge.
async fn unlooked(tree: &WorkTree) -> Option<Check> {
    let reason = match tree.unlooked().await {
        Ok(folders) => {
            let folder = folders.first()?;
            format!(
                "{folder} is a repository of its own with work that nobody looks into: take it out of \
                 there, remove its `.git`, or let git ignore it"
            )
        }
        Err(error) => error,
    };
    let check = Check::blocking("changes", CheckKind::Predicate, CheckStatus::Error);
    Some(check.because(reason))
}

fn requires(site: &Site) -> Vec<Check> {
    let asked = &site.plan.requires;
    let root = &site.trees.own().root;
    let path = site.path().unwrap_or_default();
    let files = asked.files.iter().map(|file| (file, root.join(file).exists(), "no such file"));
    let commands = asked
        .commands
        .iter()
        .map(|name| (name, executable::find(name, &path, root).is_some(), "not found on PATH"));
    let set = |name: &String| site.env.get_os(name).is_some_and(|value| !value.is_empty());
    let given = asked
        .given
        .iter()
        .filter_map(|fact| site.plan.facts.iter().find(|known| known.fact == *fact));
    let given = given.map(|fact| {
        let check = |status| Check::blocking(fact.fact.to_string(), CheckKind::Requires, status);
        match &fact.empty {
            None => check(CheckStatus::Passed),
            Some(reason) => check(CheckStatus::Failed).because(reason.clone()),
        }
    });
    let env = asked.env.iter().map(|name| (name, set(name), "not set"));
    files
        .chain(commands)
        .chain(env)
        .map(|(name, there, otherwise)| {
            let status = if there { CheckStatus::Passed } else { CheckStatus::Failed };
            let check = Check::blocking(name.clone(), CheckKind::Requires, status);
            if there { check } else { check.because(otherwise) }
        })
        .chain(given)
        .collect()
}

/// Holds an output against a schema. References beyond the schema itself are not followed.
pub(super) fn shape(site: &Site, output: Option<&Output>, schema: &Value) -> Check {
    let started = Instant::now();
    let check = match (value(site, output, schema), jsonschema::validator_for(schema)) {
        (_, Err(error)) => schema_check(CheckStatus::Error, format!("the schema: {error}")),
        (Err(reason), Ok(_)) => schema_check(CheckStatus::Failed, reason),
        (Ok(value), Ok(validator)) => {
            let faults: Vec<String> = validator
                .iter_errors(&value)
                .take(FAULTS)
                .map(|error| format!("{}: {error}", at(&error.instance_path().to_string())))
                .map(|fault| short(&fault))
                .collect();
            if faults.is_empty() {
                let passed = Check::blocking("output", CheckKind::Schema, CheckStatus::Passed);
                // Such a schema is no proof, and a run that needs one must not get it here.
                Check { blocking: !proves_nothing(schema), ..passed }
            } else {
                schema_check(CheckStatus::Failed, faults.join("; "))
            }
        }
    };
    Check { ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX), ..check }
}

/// A warning where an output holds what looks like a secret: whoever shows or sends it should know.
fn secrets(site: &Site, output: &Output) -> Option<Check> {
    let text = match output {
        Output::Json { json } => json.to_string(),
        Output::Text { text } => text.clone(),
        // One that cannot be read is no result either, and told of elsewhere.
        Output::File { path, .. } => std::fs::read_to_string(site.session.dir().join(path)).ok()?,
    };
    let hit = secret::find(text.as_bytes())?;
    let reason = format!(
        "the output holds what looks like {}; it is shown without it, and kept whole in the session",
        hit.rule
    );
    let check = Check::blocking("secrets", CheckKind::Secret, CheckStatus::Failed).because(reason);
    Some(Check { blocking: false, ..check })
}

/// The beginning says where, the end what was expected.
pub(super) fn short(fault: &str) -> String {
    let half = FAULT_CHARACTERS / 2;
    let first = fault.char_indices().nth(half).map(|(at, _)| at);
    let last = fault.char_indices().rev().nth(half).map(|(at, _)| at);
    match (first, last) {
        (Some(first), Some(last)) if first < last => {
            format!("{} … {}", &fault[..first], &fault[last..])
        }
        _ => fault.to_owned(),
    }
}

fn at(pointer: &str) -> &str {
    if pointer.is_empty() { "the output" } else { pointer }
}

fn schema_check(status: CheckStatus, reason: String) -> Check {
    Check::blocking("output", CheckKind::Schema, status).because(reason)
}

fn value(site: &Site, output: Option<&Output>, schema: &Value) -> Result<Value, String> {
    let text = match output {
        None => return Err("there is no output".to_owned()),
        Some(Output::Json { json }) => return Ok(json.clone()),
        Some(Output::Text { text }) => text.clone(),
        Some(Output::File { path, .. }) => std::fs::read_to_string(site.session.dir().join(path))
            .map_err(|error| format!("`{path}`: {error}"))?,
    };
    if is_prose(schema) {
        return Ok(Value::String(text));
    }
    serde_json::from_str(&text).map_err(|error| format!("the output is no JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_does_not_repeat_the_whole_output() {
        assert_eq!(short("/a: 1 is not of type string"), "/a: 1 is not of type string");
        let long = format!("/a: \"{}\" is not of type number", "é".repeat(5000));
        let told = short(&long);
        assert!(told.starts_with("/a: \"é") && told.ends_with("is not of type number"), "{told}");
        assert!(told.chars().count() < FAULT_CHARACTERS + 10, "{told}");
    }
}
