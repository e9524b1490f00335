//! The `ATLAS_*` variables that are settings; every other one is somebody else's.

use std::collections::BTreeMap;

use crate::model::{
    Fault, Result,
    sourced::{Source, Sourced},
    value::NotAValue,
};

/// One variable that is a setting.
#[derive(Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// The flag that does the same, for help.
    pub flag: &'static str,
    /// The key that does the same in a file.
    pub key: &'static str,
    /// One line for help.
    pub meaning: &'static str,
}

pub(super) const MAX_USD: &str = "ATLAS_MAX_USD";
pub(super) const MAX_TURNS: &str = "ATLAS_MAX_TURNS";
pub(super) const TIMEOUT: &str = "ATLAS_TIMEOUT";
pub(super) const MODEL: &str = "ATLAS_MODEL";
pub(super) const REQUIRE: &str = "ATLAS_REQUIRE";
pub(super) const JOBS: &str = "ATLAS_JOBS";
/// Set by every continuous integration service; not atlas's own.
pub(super) const CI: &str = "CI";

/// Every `ATLAS_*` variable that is a setting.
pub const VARIABLES: &[Variable] = &[
    row(MAX_USD, "--max-usd", "limits.usd", "money of a run, such as 0.50"),
    row(MAX_TURNS, "--max-turns", "limits.turns", "turns of one call"),
    row(TIMEOUT, "--timeout", "limits.time", "time of a run, such as 10m"),
    row(MODEL, "--model", "agent.model", "the model that works"),
    row(REQUIRE, "--require", "require", "what a pass needs"),
    row(JOBS, "--jobs", "jobs", "how many calls run at once"),
];

const fn row(
    name: &'static str,
    flag: &'static str,
    key: &'static str,
    meaning: &'static str,
) -> Variable {
    Variable { name, flag, key, meaning }
}

/// The value of a variable; one that is set to nothing is not set.
pub(super) fn read<T>(
    env: &BTreeMap<String, String>,
    name: &str,
    parse: impl Fn(&str) -> Result<T, NotAValue>,
) -> Result<Option<Sourced<T>>> {
    let Some(text) = env.get(name).filter(|text| !text.is_empty()) else { return Ok(None) };
    let value = parse(text).map_err(|why| {
        let flag = VARIABLES.iter().find(|it| it.name == name).map_or("flag", |it| it.flag);
        Fault::invalid(format!("the environment variable {name} is faulty"))
            .because(why)
            .hint(format!("unset it, or give it what `{flag}` takes"))
    })?;
    Ok(Some(Sourced::new(value, Source::Env(name.to_owned()))))
}

/// A whole number above 0.
pub(super) fn count(text: &str) -> Result<u32, NotAValue> {
    let number = text.trim().parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| NotAValue(format!("`{text}` is no whole number above 0")))
}

/// Whether a continuous integration service is above us.
pub(super) fn is_ci(env: &BTreeMap<String, String>) -> bool {
    env.get(CI).is_some_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}
