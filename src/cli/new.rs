//! `atlas new`: something to begin with, which runs and passes every check as it is.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde::Serialize;

use super::{
    Exit,
    context::Context,
    environment,
    skills::{SkillsArgs, find},
};
use crate::{
    model::{
        Fault, Result, Status,
        contract::draft,
        lint::name_objection,
        skill::{Found, name::SkillName, source::Source},
        text,
    },
    report::Mark,
    store::{
        contracts::{self, replacement},
        scaffold::{self, NewSkill},
        skills::load,
    },
};

/// The most characters of a description that the open specification allows.
const MAX_DESCRIPTION: usize = 1024;

/// What stands above a copy of a skill's own contract.
const REPLACES: &str =
    "# In this repository, in the place of the skill's own contract; it began as a copy of that.\n";

/// Make a skill, or a contract for one, to begin with
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Skill(SkillArgs),
    Contract(ContractArgs),
}

/// Make a skill with a contract, a schema, a check and a recording to fill
///
///   atlas new skill release-notes
///   atlas new skill release-notes --personal --description "Writes the release notes."
///
/// It runs as it is. It is made in `.claude/skills` of the repository, where Claude Code finds it
/// too.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
struct SkillArgs {
    /// The name: letters, digits and single hyphens
    name: String,
    /// What it does and when to use it
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Make it in `~/.claude/skills`, for all repositories
    #[arg(long, conflicts_with = "dir")]
    personal: bool,
    /// Make it in this folder of skills
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Make a contract for a skill that has none
///
///   atlas new contract --for release-notes
///
/// It is made beside the SKILL.md, or for a skill of a plugin or of atlas itself in
/// `.claude/contracts/` of the repository, where it begins as a copy of the one that it replaces.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
struct ContractArgs {
    /// The skill's name, as `atlas list` shows it
    #[arg(long = "for", value_name = "SKILL")]
    skill: String,
    /// Make it in `.claude/contracts/` in any case: it stands in the place of the skill's own here
    #[arg(long)]
    here: bool,
    #[command(flatten)]
    skills: SkillsArgs,
}

#[derive(Serialize)]
struct Document {
    path: String,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    match &args.what {
        What::Skill(args) => skill(args, context)?,
        What::Contract(args) => contract(args, context)?,
    }
    Ok(Status::Passed.into())
}

fn skill(args: &SkillArgs, context: &Context) -> Result<()> {
    let name = &args.name;
    SkillName::parse(name)?;
    if let Some(objection) = name_objection(name) {
        let shown = text::sanitize_line(name);
        let message = format!("`{shown}` is no name for a skill: {objection}");
        return Err(Fault::usage(message).hint("write one such as `release-notes`"));
    }
    let description = args.description.as_deref().map(str::trim);
    if let Some(length) = description.map(|text| text.chars().count())
        && !(1..=MAX_DESCRIPTION).contains(&length)
    {
        let message = format!("a description has 1 to {MAX_DESCRIPTION} characters, not {length}");
        return Err(Fault::usage(message));
    }
    let folder = scaffold::skill(&skills_folder(args, context)?, NewSkill { name, description })?;
    made(&folder, context)?;
    let next = [
        format!("say in {} what it shall do", shown(&folder.join("SKILL.md"), context)),
        format!("atlas run {name}"),
        format!("atlas test {name} --update   records a run, to be played for nothing ever after"),
    ];
    hints(&next, context);
    Ok(())
}

fn skills_folder(args: &SkillArgs, context: &Context) -> Result<PathBuf> {
    if let Some(dir) = &args.dir {
        return Ok(context.cwd.join(dir));
    }
    if !args.personal {
        return Ok(context.project().root.join(".claude/skills"));
    }
    let home = context.env.get_os(environment::HOME);
    let home = home.ok_or_else(|| Fault::usage("`--personal` needs the variable HOME"))?;
    Ok(Path::new(home).join(".claude/skills"))
}

fn contract(args: &ContractArgs, context: &Context) -> Result<()> {
    let found = find(&args.skill, &args.skills, context)?;
    let path = contract_place(args, &found, context)?;
    let own = contracts::own_text(&found.dir)?.filter(|_| !path.starts_with(&found.dir));
    let text = match own {
        Some(own) => format!("{REPLACES}{own}"),
        None => draft(&load(&found)?),
    };
    scaffold::file(&path, &text)?;
    made(&path, context)?;
    let next = [
        format!("say in {} what must hold", shown(&path, context)),
        format!("atlas check {}", shown(&path, context)),
        format!("atlas run {} --dry-run", found.name),
    ];
    hints(&next, context);
    Ok(())
}

/// What others keep up to date is not written into.
fn contract_place(args: &ContractArgs, found: &Found, context: &Context) -> Result<PathBuf> {
    let own = match found.source {
        Source::Plugin(_) | Source::ProjectPlugin(_) | Source::Bundled => false,
        Source::Flag
        | Source::Variable
        | Source::Personal
        | Source::Project
        | Source::Agents
        | Source::Repository => !args.here,
    };
    if own {
        return Ok(found.dir.join(contracts::FILE));
    }
    let path = replacement(&found.name);
    let path = path.ok_or_else(|| Fault::invalid("no contract can be named like this skill"))?;
    Ok(context.project().root.join(path))
}

fn made(path: &Path, context: &Context) -> Result<()> {
    let document = || Document { path: path.display().to_string() };
    context.give(document, |_| format!("{}\n", shown(path, context)))
}

fn hints(hints: &[String], context: &Context) {
    for hint in hints {
        context.printer.say(&context.printer.look().line(Mark::Hint, &text::sanitize_line(hint)));
    }
}

/// A path from where the user stands, if it lies below that.
fn shown(path: &Path, context: &Context) -> String {
    let real = context.cwd.canonicalize();
    let cwd = real.as_deref().unwrap_or(&context.cwd);
    let path = path.strip_prefix(cwd).or_else(|_| path.strip_prefix(&context.cwd)).unwrap_or(path);
    text::sanitize_line(&path.to_string_lossy()).into_owned()
}
