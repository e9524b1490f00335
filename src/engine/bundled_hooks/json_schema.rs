//! `json-schema`: files, or the output, have the form that a schema of the project asks for.

use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::Value;

use super::{Answer, work::Work};
use crate::{
    model::{
        bundled_hook::{globs::Globs, with::is_plain},
        changes::ChangeStatus,
    },
    sys::fs::read_capped,
};

/// A larger schema is none that a person wrote.
const SCHEMA_BYTES: u64 = 4 * 1024 * 1024;
const FILE_BYTES: u64 = 64 * 1024 * 1024;

/// As many faults of one file as say what is wrong with it.
const FAULTS: usize = 5;

pub(super) fn look(work: &Work) -> Result<Answer, String> {
    let validator = validator(work)?;
    let Some(files) = &work.with.files else {
        let output = work.output()?;
        return Ok(Answer::of(faults(&validator, "the output", output.as_bytes())));
    };
    let is_glob = |file: &str| file.contains(['*', '?', '[', '{']);
    let (globs, names): (Vec<&str>, Vec<&str>) =
        files.iter().map(|file| file.value.as_str()).partition(|file| is_glob(file));
    let mut reasons = Vec::new();
    for name in &names {
        reasons.extend(look_at(work, &validator, name)?);
    }
    if !globs.is_empty() {
        let globs = Globs::new(globs)?;
        for change in work.changes()? {
            let is_known = names.contains(&change.path.as_str());
            if change.status != ChangeStatus::Deleted && !is_known && globs.hold(&change.path) {
                reasons.extend(look_at(work, &validator, &change.path)?);
            }
        }
    }
    Ok(Answer::of(reasons))
}

fn look_at(work: &Work, validator: &Validator, name: &str) -> Result<Vec<String>, String> {
    let Some(file) = work.file(name) else {
        return Ok(vec![format!("`{name}` is not there; it has to be written")]);
    };
    let bytes = read_capped(&file, FILE_BYTES);
    let bytes = bytes.map_err(|error| format!("cannot read `{name}`: {error}"))?;
    Ok(faults(validator, &format!("`{name}`"), &bytes))
}

/// The schema, of the skill before the repository: what an agent can write stands behind.
fn validator(work: &Work) -> Result<Validator, String> {
    let named = work.with.schema.as_ref().ok_or("no `schema` is given")?;
    // An absolute one is atlas's own doing, where it takes the schema from a protected revision: a
    // contract cannot name one.
    if !is_plain(named) && !Path::new(&named.value).is_absolute() {
        return Err(format!("`{}` is no path in the skill or the repository", named.value));
    }
    let of_skill = work.env.get_os("ATLAS_SKILL_DIR").map(PathBuf::from);
    let places: Vec<PathBuf> = of_skill.into_iter().chain([work.root()?]).collect();
    let file = places.iter().map(|folder| folder.join(&named.value)).find(|file| file.exists());
    let file = file.ok_or_else(|| {
        format!("there is no schema `{}` in the skill or the repository", named.value)
    })?;
    let bytes = read_capped(&file, SCHEMA_BYTES);
    let bytes = bytes.map_err(|error| format!("cannot read the schema: {error}"))?;
    let schema: Value = serde_json::from_slice(&bytes)
        .map_err(|error| format!("the schema `{}` is no JSON: {error}", named.value))?;
    jsonschema::validator_for(&schema)
        .map_err(|error| format!("the schema `{}` is faulty: {error}", named.value))
}

fn faults(validator: &Validator, name: &str, bytes: &[u8]) -> Vec<String> {
    let value: Value = match serde_json::from_slice(bytes) {
        Ok(value) => value,
        Err(error) => return vec![format!("{name}, line {}: no JSON: {error}", error.line())],
    };
    let fault = |error: jsonschema::ValidationError<'_>| {
        let at = error.instance_path().to_string();
        let at = if at.is_empty() { "the whole" } else { &at };
        format!("{name}, {at}: {}", crate::engine::look::short(&error.to_string()))
    };
    validator.iter_errors(&value).take(FAULTS).map(fault).collect()
}
