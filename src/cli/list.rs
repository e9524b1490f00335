//! `atlas list`: the skills that can be run here.

mod trust;

use serde::Serialize;

use super::{
    Exit,
    context::Context,
    skills::{SkillsArgs, roots},
};
use crate::{
    model::{Result, Status, skill::source::Source, text},
    report::{Look, Symbols, table::table},
    store::{
        skills::{Entry, Listing},
        trust::Standing,
    },
};

/// On a terminal with fewer columns the description needs the room of the header's size.
const ROOMY: u16 = 100;

/// List the skills that can be run here
///
/// Looks in `--skills-dir`, `ATLAS_SKILLS_PATH`, `~/.claude/skills`, and in `.claude/skills`,
/// `.agents/skills` and `skills` of the project, in plugins, and at those that come with atlas. Of
/// two skills with one name the first is meant; the others are shown as shadowed. What the contract
/// of a skill asks for applies only once it is trusted: `atlas trust`.
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
    let standings = trust::standings(&listing.entries, context)?;
    let rows: Vec<Row<'_>> =
        listing.entries.iter().zip(standings).map(|(entry, trust)| Row { entry, trust }).collect();
    context.give(|| document(&rows, &listing), |look| lines(&rows, look))?;
    Ok(Status::Passed.into())
}

/// A skill, and how it stands with trust.
struct Row<'a> {
    entry: &'a Entry,
    trust: Standing,
}

fn lines(rows: &[Row<'_>], look: Look) -> String {
    if rows.is_empty() {
        return String::new();
    }
    if look.width.is_some_and(|width| width < ROOMY) && look.symbols == Symbols::Unicode {
        let rows: Vec<_> = rows.iter().map(|row| row.narrow(look)).collect();
        return table(["name", "source", "body", "description"], &rows, look);
    }
    let rows: Vec<_> = rows.iter().map(|row| row.wide(look)).collect();
    table(["name", "source", "trust", "header", "body", "description"], &rows, look)
}

impl Row<'_> {
    fn wide(&self, look: Look) -> [String; 6] {
        let Self { entry, trust } = self;
        let (header, body) = match &entry.header {
            Ok(header) => (
                format!("{} bytes", header.bytes),
                format!("{} {} tokens", look.about(), entry.body_tokens),
            ),
            Err(_) => (String::new(), String::new()),
        };
        let (name, source) = (entry.found.name.clone(), entry.found.source.to_string());
        [name, source, trust::word(*trust).to_owned(), header, body, description(entry)]
    }

    fn narrow(&self, look: Look) -> [String; 4] {
        let [name, source, trust, _, body, said] = self.wide(look);
        let source = match self.trust {
            Standing::Trusted => source,
            Standing::Changed | Standing::Untrusted => format!("{source} ({trust})"),
        };
        [name, source, body, said]
    }
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
    skills: Vec<Listed<'a>>,
    warnings: &'a [String],
}

#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    description: Option<&'a str>,
    source: String,
    trust: &'static str,
    path: String,
    header_bytes: Option<usize>,
    body_tokens: Option<usize>,
    shadowed_by: Option<String>,
    error: Option<String>,
}

fn document<'a>(rows: &[Row<'a>], listing: &'a Listing) -> Document<'a> {
    Document { skills: rows.iter().map(Listed::of).collect(), warnings: &listing.warnings }
}

impl<'a> Listed<'a> {
    fn of(row: &Row<'a>) -> Self {
        let entry = row.entry;
        let header = entry.header.as_ref();
        Self {
            name: &entry.found.name,
            description: header.ok().and_then(|header| header.summary.as_deref()),
            source: entry.found.source.to_string(),
            trust: trust::word(row.trust),
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
        let rows = [Row { entry: &entry, trust: Standing::Untrusted }];
        for (width, shown) in [(Some(99), false), (Some(100), true), (None, true)] {
            let lines = lines(&rows, Look { width, ..Look::PLAIN });
            assert_eq!(lines.contains("header"), shown, "{width:?}: {lines}");
            assert_eq!(lines.contains("project (untrusted)"), !shown, "{width:?}: {lines}");
        }
    }
}
