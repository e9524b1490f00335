//! `atlas list`: the skills that can be run here.

use serde::Serialize;

use super::{
    Exit,
    context::Context,
    skills::{SkillsArgs, roots},
};
use crate::{
    model::{Result, Status, skill::source::Source, text},
    report::{Look, Symbols, table::table},
    store::skills::{Entry, Listing},
};

/// On a terminal with fewer columns the description needs the room of the header's size.
const ROOMY: u16 = 100;

/// List the skills that can be run here
///
/// Looks in `--skills-dir`, `ATLAS_SKILLS_PATH`, `~/.claude/skills`, and in `.claude/skills`,
/// `.agents/skills` and `skills` of the project, and at those that come with atlas. Of two skills
/// with one name the first is meant; the others are shown as shadowed.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    skills: SkillsArgs,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let roots = roots(&args.skills, context)?;
    let listing = roots.list();
    for warning in &listing.warnings {
        context.printer.warn(&text::sanitize_line(warning));
    }
    if listing.entries.iter().all(|entry| entry.found.source == Source::Bundled) {
        context
            .printer
            .say("no skills of your own here; a skill is a folder with a SKILL.md in one of:\n");
        for dir in roots.missing() {
            context.printer.say(&format!("  {}\n", text::sanitize_line(&dir.to_string_lossy())));
        }
    }
    context.give(|| document(&listing), |look| lines(&listing, look))?;
    Ok(Status::Passed.into())
}

fn lines(listing: &Listing, look: Look) -> String {
    if listing.entries.is_empty() {
        return String::new();
    }
    let rows = listing.entries.iter().map(|entry| row(entry, look));
    if look.width.is_some_and(|width| width < ROOMY) && look.symbols == Symbols::Unicode {
        let rows: Vec<_> =
            rows.map(|[name, source, _, body, said]| [name, source, body, said]).collect();
        return table(["name", "source", "body", "description"], &rows, look);
    }
    let rows: Vec<_> = rows.collect();
    table(["name", "source", "header", "body", "description"], &rows, look)
}

fn row(entry: &Entry, look: Look) -> [String; 5] {
    let (header, body) = match &entry.header {
        Ok(header) => (
            format!("{} bytes", header.bytes),
            format!("{} {} tokens", look.about(), entry.body_tokens),
        ),
        Err(_) => (String::new(), String::new()),
    };
    [entry.found.name.clone(), entry.found.source.to_string(), header, body, description(entry)]
}

fn description(entry: &Entry) -> String {
    let said = match &entry.header {
        Ok(header) => header.summary.clone().unwrap_or_default(),
        Err(fault) => format!("broken: {fault}"),
    };
    match &entry.shadowed_by {
        Some(by) => format!("shadowed by {}: {said}", by.display()),
        None => said,
    }
}

#[derive(Serialize)]
struct Document<'a> {
    skills: Vec<Row<'a>>,
    warnings: &'a [String],
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    description: Option<&'a str>,
    source: String,
    path: String,
    header_bytes: Option<usize>,
    body_tokens: Option<usize>,
    shadowed_by: Option<String>,
    error: Option<String>,
}

fn document(listing: &Listing) -> Document<'_> {
    let skills = listing.entries.iter().map(Row::of).collect();
    Document { skills, warnings: &listing.warnings }
}

impl<'a> Row<'a> {
    fn of(entry: &'a Entry) -> Self {
        let header = entry.header.as_ref();
        Self {
            name: &entry.found.name,
            description: header.ok().and_then(|header| header.summary.as_deref()),
            source: entry.found.source.to_string(),
            path: entry.found.file.display().to_string(),
            header_bytes: header.ok().map(|header| header.bytes),
            body_tokens: header.ok().map(|_| entry.body_tokens),
            shadowed_by: entry.shadowed_by.as_ref().map(|by| by.display().to_string()),
            error: header.err().map(ToString::to_string),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::Fault, model::skill::Found};

    #[test]
    fn a_narrow_terminal_has_room_for_the_description() {
        let found = Found {
            name: "review".to_owned(),
            source: Source::Project,
            dir: "/r/review".into(),
            file: "/r/review/SKILL.md".into(),
        };
        let header = Err(Fault::invalid("it is broken"));
        let entry = Entry { found, header, body_tokens: 0, shadowed_by: None };
        let listing = Listing { entries: vec![entry], warnings: Vec::new() };
        for (width, shown) in [(Some(99), false), (Some(100), true), (None, true)] {
            let lines = lines(&listing, Look { width, ..Look::PLAIN });
            assert_eq!(lines.contains("header"), shown, "{width:?}: {lines}");
        }
    }
}
