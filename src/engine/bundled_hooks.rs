//! The hooks that come with atlas, so that nobody needs a shell or an interpreter to have them.
//!
//! Each is a program like any other hook: it is started, gets JSON at its stdin, and answers by an
//! exit code. The program is atlas itself.

mod added;
mod answer;
mod clean;
mod commit;
mod json_schema;
mod links;
mod markers;
mod paths;
mod quotes;
mod secrets;
mod size;
mod tests_pass;
mod work;

use crate::{
    model::bundled_hook::{BundledHook, With},
    sys::env::Env,
};
pub use answer::Answer;
use work::{Told, Work};

/// What a hook is started with.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its options, as JSON; nothing is none.
    pub options: &'a str,
    /// What stands at its stdin, as JSON.
    pub told: &'a [u8],
    /// The environment that it was started with.
    pub env: &'a Env,
}

/// Runs the hook of this name on what it is told.
pub fn look(asked: &Asked<'_>) -> Answer {
    let Some(hook) = BundledHook::from_name(asked.name) else {
        return Answer::CouldNotLook(format!("there is no bundled hook `{}`", asked.name));
    };
    let work = match work(asked) {
        Ok(work) => work,
        Err(why) => return Answer::CouldNotLook(why),
    };
    let answer = match hook {
        BundledHook::CleanTree => clean::look(&work),
        BundledHook::CommitConventions => commit::look(&work),
        BundledHook::DiffSize => size::look(&work),
        BundledHook::JsonSchema => json_schema::look(&work),
        BundledHook::LinksAlive => links::look(&work),
        BundledHook::NoConflictMarkers => markers::look(&work),
        BundledHook::NoSecrets => secrets::look(&work),
        BundledHook::PathsAllowed => paths::look(&work),
        BundledHook::QuotesStand => quotes::look(&work),
        BundledHook::TestsPass => tests_pass::look(&work),
    };
    answer.unwrap_or_else(Answer::CouldNotLook)
}

fn work(asked: &Asked<'_>) -> Result<Work, String> {
    let options = if asked.options.is_empty() { "{}" } else { asked.options };
    let with: With = serde_json::from_str(options)
        .map_err(|error| format!("its options are faulty: {error}"))?;
    let told: Told = serde_json::from_slice(asked.told)
        .map_err(|error| format!("it was told nothing: {error}"))?;
    Work::new(told, with, asked.env)
}
