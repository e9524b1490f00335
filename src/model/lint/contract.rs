//! A contract, and how it fits its skill.

use std::ops::Range;

use super::{
    Finding, Page, Surroundings,
    hooks::{self, When},
    rules::{SCHEMA_BROKEN, SECTION_MISSING, SECTION_UNUSED},
};
use crate::model::{
    config::Config,
    contract::{Contract, Leaf, Output, every},
    skill::{Skill, outline::Section},
    yaml::{Document, Spanned},
};

/// A contract that is looked at, with what it has to fit.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// The contract.
    pub document: &'a Document<Contract>,
    /// Its skill, if that can be read.
    pub skill: Option<&'a Skill>,
    /// The configuration of the repository, if there is one that can be read.
    pub project: Option<&'a Document<Config>>,
}

pub(super) fn contract(judged: &Judged<'_>, around: &dyn Surroundings) -> Vec<Finding> {
    let Judged { document, skill, .. } = judged;
    let page = Page { path: &document.path, text: &document.text };
    let mut found: Vec<Finding> = Vec::new();
    if let Some(skill) = skill {
        found.extend(sections(&document.value, skill, &page));
    }
    found.extend(schemas(&document.value, &page, around));
    found.extend(hooks::hooks(&document.value.hooks, &page, around));
    found.extend(commands(&document.value, &page, around));
    found
}

/// Sections that a step names and the skill lacks, and those that the skill has and no step uses.
fn sections(contract: &Contract, skill: &Skill, page: &Page<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut used: Vec<Range<usize>> = Vec::new();
    for step in every(&contract.steps) {
        let Some(Leaf::Section(name)) = step.leaf() else { continue };
        match skill.section(name) {
            Ok((section, _)) => used.push(section.whole.clone()),
            Err(fault) => {
                let hint = fault.hints.first().cloned();
                let help = hint.unwrap_or_else(|| "name a section of the skill".to_owned());
                let span = name.span.clone();
                found.push(page.finding(&SECTION_MISSING, span, fault.message, help));
            }
        }
    }
    if used.is_empty() {
        return found;
    }
    let skills = Page { path: &skill.found.file, text: &skill.text };
    for section in unused(skill, &used) {
        let start = skill.body_start + section.own.start;
        let end = start + super::name::first_line(&skill.text[start..]);
        let message = format!("no step of the contract uses the section `{}`", section.label);
        let help = format!("give it a step, `- {{ section: {} }}`, or remove it", section.label);
        found.push(skills.finding(&SECTION_UNUSED, start..end, message, help));
    }
    found
}

/// The uppermost sections that nobody reads. What stands before the first section of level 2 is
/// the header, which every step is given.
fn unused<'a>(skill: &'a Skill, used: &[Range<usize>]) -> Vec<&'a Section> {
    let apart = |a: &Range<usize>, b: &Range<usize>| a.end <= b.start || b.end <= a.start;
    let mut found: Vec<&Section> = Vec::new();
    for section in &skill.outline.sections {
        let below = found.iter().any(|upper| !apart(&upper.whole, &section.whole));
        let in_header = section.own.start < skill.outline.header_end;
        if !in_header && !below && used.iter().all(|used| apart(used, &section.whole)) {
            found.push(section);
        }
    }
    found
}

fn schemas(contract: &Contract, page: &Page<'_>, around: &dyn Surroundings) -> Vec<Finding> {
    let all = every(&contract.steps);
    let of_steps = all.iter().filter_map(|step| step.output.as_ref());
    let outputs = contract.output.iter().chain(of_steps);
    outputs.filter_map(|output| schema(output, page, around)).collect()
}

fn schema(output: &Spanned<Output>, page: &Page<'_>, around: &dyn Surroundings) -> Option<Finding> {
    let schema = match &output.value {
        Output::Schema(schema) => Ok(schema.clone()),
        Output::File(path) => around.schema(path),
    };
    let faulty = |error| format!("not a JSON Schema: {error}");
    let valid = |schema| jsonschema::validator_for(&schema).map(drop).map_err(faulty);
    let message = schema.and_then(valid).err()?;
    let help = "name a JSON Schema in the skill's folder, or write one here";
    Some(page.finding(&SCHEMA_BROKEN, output.span.clone(), message, help))
}

/// Whatever a contract starts besides hooks.
fn commands(contract: &Contract, page: &Page<'_>, around: &dyn Surroundings) -> Vec<Finding> {
    let all = every(&contract.steps);
    let steps = all.iter().filter_map(|step| match step.leaf() {
        Some(Leaf::Run { argv, .. }) => Some(argv),
        Some(Leaf::Section(_) | Leaf::Skill(_) | Leaf::Prompt(_)) | None => None,
    });
    let evidence = contract.verify.iter().flat_map(|verify| verify.evidence.commands.iter());
    let all = steps.chain(evidence.map(|(_, argv)| argv));
    all.flat_map(|argv| hooks::command(argv, When::After, page, around)).collect()
}
