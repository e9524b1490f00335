//! What is wrong with a skill, a contract or a configuration, found by reading alone.
//!
//! A finding is data: which rule, where in the file, what to write instead. Nothing here looks at
//! a disk; what the rules must know of it, they ask [`Surroundings`].

mod body;
mod contract;
mod fields;
mod hidden;
mod hooks;
mod name;
mod resources;
mod rules;

#[cfg(test)]
mod tests;

use std::{ops::Range, path::Path, sync::Arc};

use crate::model::{
    Fault, Spot,
    config::{Config, FlagValues, Layers, resolve},
    skill::Skill,
    yaml::Document,
};
pub use contract::Judged;
pub use name::objection as name_objection;
pub use rules::{
    ALL, CONFIG_BROKEN, CONTRACT_BROKEN, CONTRACT_FOR_NOBODY, FRONT_MATTER_BROKEN, Level, Rule,
    UNREADABLE, page,
};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule that it breaks.
    pub rule: &'static Rule,
    /// Where, what is wrong there, and how to mend it.
    pub spot: Spot,
}

/// How a departure from the open specification counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// As a warning: the skill runs.
    Lenient,
    /// As an error.
    Strict,
}

impl Finding {
    /// How it counts.
    pub fn level(&self, strictness: Strictness) -> Level {
        match (strictness, self.rule.level) {
            (Strictness::Strict, Level::Warning) => Level::Error,
            (Strictness::Strict | Strictness::Lenient, level) => level,
        }
    }
}

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// Nothing, or what nobody may read.
    Nothing,
    /// Something outside of the folder that the path starts from.
    Outside,
    /// A folder.
    Folder,
    /// A file that cannot be started.
    File,
    /// A file that begins with `#!`, yet cannot be started.
    Script,
    /// A file that can be started.
    Program,
    /// It cannot be said from here.
    Unknown,
}

impl Stands {
    /// Whether a file is there.
    pub fn is_file(self) -> bool {
        match self {
            Self::File | Self::Script | Self::Program => true,
            Self::Nothing | Self::Outside | Self::Folder | Self::Unknown => false,
        }
    }
}

/// What the rules must know of the disk.
pub trait Surroundings {
    /// What stands at a path from the skill's folder.
    fn in_skill(&self, path: &str) -> Stands;
    /// What stands at a path from the root of the repository, where hooks run.
    fn in_root(&self, path: &str) -> Stands;
    /// Whether a program of this name is in `PATH`.
    fn has_program(&self, name: &str) -> bool;
    /// The schema that a file of the skill holds.
    ///
    /// # Errors
    /// Why there is none, in words.
    fn schema(&self, path: &str) -> Result<serde_json::Value, String>;
}

/// Everything that is wrong with a skill itself, in the order of its file.
pub fn skill(skill: &Skill, around: &dyn Surroundings) -> Vec<Finding> {
    let page = Page { path: &skill.found.file, text: &skill.text };
    let mut found = Vec::new();
    found.extend(name::file(skill, &page));
    found.extend(fields::read_leniently(skill));
    found.extend(fields::unknown(skill, &page));
    found.extend(name::name(skill, &page));
    found.extend(fields::required(skill, &page));
    found.extend(fields::shapes(skill, &page));
    found.extend(body::size(skill, &page));
    found.extend(resources::resources(skill, &page, around));
    found.extend(hidden::characters(&page));
    found.extend(hidden::comments(skill, &page));
    in_order(found)
}

/// Everything that is wrong with a contract that could be read, in the order of its file; what
/// its skill lacks or has too much of is found in the skill's file.
pub fn contract(judged: &Judged<'_>, around: &dyn Surroundings) -> Vec<Finding> {
    let mut found = contract::contract(judged, around);
    let layers = Layers { contract: Some(judged.document), ..NOTHING };
    found.extend(unfit(&layers, judged.project));
    in_order(found)
}

/// Everything that is wrong with a repository's configuration that could be read.
pub fn config(document: &Document<Config>, around: &dyn Surroundings) -> Vec<Finding> {
    let page = Page { path: &document.path, text: &document.text };
    let mut found = hooks::hooks(&document.value.hooks, &page, around);
    found.extend(unfit(&NOTHING, Some(document)));
    in_order(found)
}

/// A file that could not be read, as findings of this rule: one for each place that its fault
/// names, or one for the file. `otherwise` is what to do where the fault does not say.
pub fn unread(rule: &'static Rule, path: &Path, fault: Fault, otherwise: &str) -> Vec<Finding> {
    let help = |said: Option<String>| Some(said.unwrap_or_else(|| otherwise.to_owned()));
    if fault.spots.is_empty() {
        let message = fault.to_string();
        let help = help(fault.hints.into_iter().next());
        let spot = Spot { path: path.to_owned(), source: "".into(), span: 0..0, message, help };
        return vec![Finding { rule, spot }];
    }
    let told = |spot: Spot| Spot { help: help(spot.help.clone()), ..spot };
    fault.spots.into_iter().map(|spot| Finding { rule, spot: told(spot) }).collect()
}

/// No layer at all.
const NOTHING: Layers<'static> = Layers {
    user: None,
    project: None,
    contract: None,
    env: &std::collections::BTreeMap::new(),
    flags: &FlagValues {
        max_usd: None,
        max_turns: None,
        timeout: None,
        model: None,
        edit: None,
        permission_mode: None,
        allow: Vec::new(),
        require: None,
        judged: None,
        isolation: None,
        load: None,
        jobs: None,
    },
    cores: 1,
};

/// Hooks of several files that do not fit together. What is wrong in the project's file alone is
/// no fault of a contract.
fn unfit(contract: &Layers<'_>, project: Option<&Document<Config>>) -> Vec<Finding> {
    let together = Layers { project, ..*contract };
    let Err(fault) = resolve(&together) else { return Vec::new() };
    let alone = contract.contract.is_some() && resolve(&Layers { project, ..NOTHING }).is_err();
    if alone || fault.spots.is_empty() {
        return Vec::new();
    }
    let help = "`atlas config` lists the hooks and where each stands";
    unread(&rules::HOOKS_UNFIT, Path::new(""), fault, help)
}

fn in_order(mut found: Vec<Finding>) -> Vec<Finding> {
    found.sort_by(|a, b| {
        let place = |finding: &Finding| (finding.spot.span.start, finding.spot.span.end);
        a.spot.path.cmp(&b.spot.path).then(place(a).cmp(&place(b)))
    });
    found.dedup();
    found
}

/// A file that is looked at.
struct Page<'a> {
    path: &'a Path,
    text: &'a Arc<str>,
}

impl Page<'_> {
    fn finding(
        &self,
        rule: &'static Rule,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Finding {
        let spot = Spot {
            path: self.path.to_owned(),
            source: Arc::clone(self.text),
            span,
            message: message.into(),
            help: Some(help.into()),
        };
        Finding { rule, spot }
    }
}
