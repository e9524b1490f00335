//! The schemas that outputs have to satisfy, read from the files that hold them.

use std::path::Path;

use serde_json::Value;

use crate::{
    model::{
        Fault, Result,
        config::Settings,
        contract::{Output, every},
        skill::Skill,
    },
    sys::fs::read_capped,
};

/// A schema is far smaller.
const MAX_BYTES: u64 = 1024 * 1024;

/// The schema of the run's output.
pub(super) fn of_run(skill: &Skill, settings: &Settings) -> Result<Option<Value>> {
    settings.output.as_ref().map(|output| read(skill, &output.value)).transpose()
}

/// The schemas of the steps' outputs, in the order of [`every`] step.
pub(super) fn of_steps(skill: &Skill, settings: &Settings) -> Result<Vec<Option<Value>>> {
    let all = every(&settings.steps.value);
    let outputs = all.iter().map(|step| step.output.as_ref());
    outputs.map(|output| output.map(|output| read(skill, &output.value)).transpose()).collect()
}

fn read(skill: &Skill, output: &Output) -> Result<Value> {
    let schema = match output {
        Output::Schema(schema) => schema.clone(),
        Output::File(path) => file(&skill.found.dir, path)?,
    };
    // A schema that is none would make every output look wrong after it was paid for.
    match jsonschema::validator_for(&schema) {
        Ok(_) => Ok(schema),
        Err(error) => Err(Fault::invalid("the output's schema is faulty").because(error)),
    }
}

fn file(skill: &Path, path: &str) -> Result<Value> {
    let faulty =
        |why: String| Fault::invalid(format!("the schema `{path}` is faulty")).because(why);
    let real = skill.join(path).canonicalize().map_err(|error| faulty(error.to_string()))?;
    let inside = skill.canonicalize().is_ok_and(|skill| real.starts_with(skill));
    if !inside {
        return Err(faulty("it leads out of the skill's folder".to_owned()));
    }
    let bytes = read_capped(&real, MAX_BYTES).map_err(|error| faulty(error.to_string()))?;
    serde_json::from_slice(&bytes).map_err(|error| faulty(error.to_string()))
}
