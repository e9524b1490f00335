//! How much of the skill a step's prompt holds, and what waits in files.
//!
//! The author's own headings cut a body, never one that came in with an argument: each piece gets
//! its arguments after the place of the cut is known and before anything is written.

use std::ops::Range;

use super::Given;
use crate::model::{
    config::Settings,
    contract::Load,
    run::plan::{AgentPlan, Plan},
    skill::{
        arguments::Arguments,
        outline,
        stages::{SectionFile, Stages, covers, file_name, one_line},
        substitute::{Places, SESSION_ID, Substituted, substitute},
        tokens,
    },
};

/// A body up to this size is given whole where nobody decided, in tokens.
const WHOLE_TOKENS: usize = 5_000;

/// Where nobody decided, a body in one piece is given whole: its one file would be read anyway.
const FEWEST_FILES: usize = 2;

/// The tool that reads a section.
const READ: &str = "Read";

/// What of the skill one step is told.
pub(super) enum Part<'a> {
    /// All of it.
    Whole,
    /// The header; the sections lie in files.
    Staged,
    /// The header and the section at this place of the body.
    Section(Range<usize>),
    /// The header and these words of the contract.
    Prompt(&'a str),
}

/// What one step is told, with its arguments in place.
pub(super) struct Told {
    /// The instructions, and which arguments they have no place for.
    pub(super) filled: Substituted,
    /// What of the skill that is.
    pub(super) stages: Stages,
}

/// How a step that is the whole skill gets it.
pub(super) fn whole_skill(given: &Given<'_>, agent: &AgentPlan) -> Part<'static> {
    let parts = given.skill.outline.parts().len();
    let staged = reads(agent)
        && match given.settings.load.value {
            Load::Whole => false,
            Load::Staged => parts > 0,
            Load::Auto => tokens(given.skill.body().len()) > WHOLE_TOKENS && parts >= FEWEST_FILES,
        };
    if staged { Part::Staged } else { Part::Whole }
}

/// Why a skill that shall be staged is given whole after all, for people.
pub fn not_staged(settings: &Settings, plan: &Plan) -> Option<String> {
    let load = &settings.load;
    let step = plan.steps.first()?;
    let wished = load.value == Load::Staged && settings.steps.value.is_empty();
    if !wished || !step.stages.files.is_empty() {
        return None;
    }
    let why = if reads(&step.agent) {
        "it has no section after its header"
    } else {
        "its agent has no tool `Read`"
    };
    Some(format!("the skill is given whole, though {} says `load: staged`: {why}", load.source))
}

/// An agent that cannot read a file could never get at a section.
fn reads(agent: &AgentPlan) -> bool {
    agent.tools.as_ref().is_none_or(|tools| tools.iter().any(|tool| tool == READ))
}

/// The text for one step.
pub(super) fn told(given: &Given<'_>, arguments: &Arguments, part: &Part<'_>) -> Told {
    let skill = given.skill;
    let (front, body) = skill.text.split_at(skill.body_start);
    let header = &body[..skill.outline.header_end];
    // What stands in the header is not told twice.
    let before = |section: &Range<usize>| &header[..section.start.min(header.len())];
    let (front, header, gap, own) = match part {
        Part::Whole => ("", header, "", &body[header.len()..]),
        Part::Staged => (front, header, "", ""),
        Part::Section(section) => (front, before(section), "\n\n", &body[section.clone()]),
        Part::Prompt(words) => (front, header, "\n\n", *words),
    };
    let fill = Fill { given, arguments };
    let filled = fill.places(&format!("{header}{gap}{own}"));
    // The contract's own words are none of the skill's.
    let sections = match part {
        Part::Whole | Part::Section(_) => fill.places(own).text.len() as u64,
        Part::Staged | Part::Prompt(_) => 0,
    };
    let files = match part {
        Part::Staged => files(&fill),
        Part::Whole | Part::Section(_) | Part::Prompt(_) => Vec::new(),
    };
    let header = (front.len() + fill.places(header).text.len()) as u64;
    Told {
        filled: Substituted { text: format!("{front}{}", filled.text), ..filled },
        stages: Stages { header, sections, files },
    }
}

fn files(fill: &Fill<'_>) -> Vec<SectionFile> {
    let skill = fill.given.skill;
    let parts = skill.outline.parts();
    let covers = covers(&skill.outline, &parts);
    let title = |title: &str| one_line(&fill.places(title).text);
    let frozen = |(place, (part, covers)): (usize, (&outline::Part, &Vec<&str>))| {
        let label = &skill.outline.sections[part.section].label;
        SectionFile {
            title: title(label),
            covers: covers.iter().map(|below| title(below)).collect(),
            name: file_name(place, parts.len(), label),
            text: fill.places(&skill.body()[part.bytes.clone()]).text,
        }
    };
    parts.iter().zip(&covers).enumerate().map(frozen).collect()
}

/// What is put into a text.
struct Fill<'a> {
    given: &'a Given<'a>,
    arguments: &'a Arguments,
}

impl Fill<'_> {
    fn places(&self, text: &str) -> Substituted {
        let given = self.given;
        let project = given.root.as_deref().unwrap_or(&given.request.cwd);
        let places = Places {
            skill_dir: &given.skill.found.dir.to_string_lossy(),
            // Left in place until a call knows its conversation.
            session_id: SESSION_ID,
            project_dir: &project.to_string_lossy(),
        };
        substitute(text, self.arguments, places)
    }
}
