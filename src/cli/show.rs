//! `atlas show`: a skill by its stages: header and outline, one section, one file.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{
    Exit,
    context::Context,
    skills::{SkillsArgs, find},
};
use crate::{
    model::{
        Result, Status,
        skill::{Found, Skill, outline::Section, tokens},
        text,
    },
    report::{Look, StreamKind, fault::render_warning, table::table},
    store::skills::{Resource, Resources, load, resource, resources},
};

/// Show what a skill says: its header and outline, one section, or one of its files
///
///   atlas show review-diff
///   atlas show review-diff "Output format"
///   atlas show review-diff --file scripts/collect.sh
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The skill's name, as `atlas list` shows it
    skill: String,
    /// A section by its title, to be shown with all below it
    section: Option<String>,
    /// A file inside the skill's folder, by its path from there
    #[arg(long, value_name = "PATH", conflicts_with = "section")]
    file: Option<PathBuf>,
    #[command(flatten)]
    skills: SkillsArgs,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let found = find(&args.skill, &args.skills, context)?;
    if let Some(path) = &args.file {
        give_file(&found, path, context)?;
        return Ok(Status::Passed.into());
    }
    let skill = load(&found)?;
    match &args.section {
        None => {
            for warning in skill.oddities() {
                context.printer.say(&render_warning(warning, context.printer.look().style));
            }
            let files = resources(&found);
            context.give(|| Document::of(&skill, &files), |look| overview(&skill, &files, look))?;
            if files.are_more {
                let first = files.files.len();
                context.printer.warn(&format!("it has more files; {first} of them are shown"));
            }
        }
        Some(asked) => {
            let (section, body) = skill.section(asked)?;
            let document =
                || SectionDocument { skill: &found.name, section: Part::of(section), text: body };
            context.give(document, |_| shown(body, context))?;
        }
    }
    Ok(Status::Passed.into())
}

fn give_file(found: &Found, path: &Path, context: &Context) -> Result<()> {
    let bytes = resource(found, path)?;
    let readable = String::from_utf8(bytes);
    let document = || FileDocument {
        skill: &found.name,
        path: path.display().to_string(),
        bytes: readable.as_ref().map_or_else(|error| error.as_bytes().len(), String::len),
        text: readable.as_deref().ok(),
    };
    match &readable {
        Ok(text) => context.give(document, |_| shown(text, context)),
        Err(other) => {
            context.give(document, |_| shown(&String::from_utf8_lossy(other.as_bytes()), context))
        }
    }
}

/// Text of the skill's own: a program gets it as it is, a terminal must not obey it.
fn shown(text: &str, context: &Context) -> String {
    let mut shown = match context.printer.result_kind() {
        StreamKind::Terminal => text::sanitize(text).into_owned(),
        StreamKind::Pipe => text.to_owned(),
    };
    if !shown.ends_with('\n') {
        shown.push('\n');
    }
    shown
}

fn overview(skill: &Skill, files: &Resources, look: Look) -> String {
    let inert = |text: &str| text::sanitize_line(text).into_owned();
    let mut shown = look.parts(
        &[
            inert(&skill.found.name),
            skill.found.source.to_string(),
            inert(&skill.found.file.display().to_string()),
        ],
        None,
    );
    let sizes = [
        format!("header {} bytes", skill.header().len()),
        format!("body {} {} tokens", look.about(), tokens(skill.body().len())),
    ];
    shown += &look.parts(&sizes, None);
    let header = text::sanitize(skill.header());
    let header = match header.trim() {
        "" => String::new(),
        header => format!("\n{header}\n"),
    };
    shown + &header + &outline(skill, look) + &listed(&files.files, look)
}

fn outline(skill: &Skill, look: Look) -> String {
    let row = |section: &Section| {
        let indent = "  ".repeat(usize::from(section.level.saturating_sub(1)));
        let size = format!("{} {} tokens", look.about(), tokens(section.whole.len()));
        [size, format!("{indent}{}", section.label)]
    };
    let rows: Vec<_> = skill.outline.sections.iter().map(row).collect();
    below(&rows, |rows| table(["size", "section"], rows, look))
}

fn listed(files: &[Resource], look: Look) -> String {
    let row = |file: &Resource| [format!("{} bytes", file.bytes), file.path.display().to_string()];
    let rows: Vec<_> = files.iter().map(row).collect();
    below(&rows, |rows| table(["size", "file"], rows, look))
}

/// A part of its own after an empty line, or nothing.
fn below<T>(rows: &[T], table: impl Fn(&[T]) -> String) -> String {
    if rows.is_empty() { String::new() } else { format!("\n{}", table(rows)) }
}

#[derive(Serialize)]
struct Document<'a> {
    name: &'a str,
    source: String,
    path: String,
    description: Option<&'a str>,
    header: &'a str,
    header_bytes: usize,
    body_bytes: usize,
    body_tokens: usize,
    sections: Vec<Part<'a>>,
    files: Vec<File>,
    /// Whether there are more files than are named.
    more_files: bool,
    warnings: Vec<&'a str>,
}

#[derive(Serialize)]
struct SectionDocument<'a> {
    skill: &'a str,
    section: Part<'a>,
    text: &'a str,
}

#[derive(Serialize)]
struct FileDocument<'a> {
    skill: &'a str,
    path: String,
    bytes: usize,
    /// Null where it is no UTF-8 text.
    text: Option<&'a str>,
}

#[derive(Serialize)]
struct Part<'a> {
    title: &'a str,
    label: &'a str,
    slug: &'a str,
    level: u8,
    own_bytes: usize,
    bytes: usize,
    tokens: usize,
}

#[derive(Serialize)]
struct File {
    path: String,
    bytes: u64,
}

impl<'a> Document<'a> {
    fn of(skill: &'a Skill, files: &Resources) -> Self {
        let file =
            |file: &Resource| File { path: file.path.display().to_string(), bytes: file.bytes };
        Self {
            name: &skill.found.name,
            source: skill.found.source.to_string(),
            path: skill.found.file.display().to_string(),
            description: skill.front.description.as_deref(),
            header: skill.header(),
            header_bytes: skill.header().len(),
            body_bytes: skill.body().len(),
            body_tokens: tokens(skill.body().len()),
            sections: skill.outline.sections.iter().map(Part::of).collect(),
            files: files.files.iter().map(file).collect(),
            more_files: files.are_more,
            warnings: skill.oddities().map(|spot| spot.message.as_str()).collect(),
        }
    }
}

impl<'a> Part<'a> {
    fn of(section: &'a Section) -> Self {
        Self {
            title: &section.title,
            label: &section.label,
            slug: &section.slug,
            level: section.level,
            own_bytes: section.own.len(),
            bytes: section.whole.len(),
            tokens: tokens(section.whole.len()),
        }
    }
}
