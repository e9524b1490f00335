//! `atlas config`: every setting with its value and where that was said.

mod explain;

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Exit, context::Context, trust};
use crate::{
    model::{
        Result, Status,
        config::{Config, FlagValues, Layers, Row, Settings, resolve},
        yaml::Document,
    },
    report::{Look, table::table},
    store::{
        config,
        trust::{Subject, TrustStore, Verdict},
    },
};

/// Show every setting with its value and where that was said
///
/// The layers, each above the one before: built-in, your `config.yaml`, `.claude/atlas.yaml` of
/// the repository where it is trusted, the skill's contract, `ATLAS_*` variables, flags. Of limits
/// the lowest of all files counts.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Explain(explain::Args),
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let settings = settings(context)?;
    match &args.command {
        Some(Command::Explain(args)) => explain::run(args, &settings, context)?,
        None => {
            let rows = settings.rows();
            context.give(|| document(&rows), |look| lines(&rows, look))?;
        }
    }
    Ok(Status::Passed.into())
}

/// What holds here for every skill: all layers but a contract and flags.
pub(super) fn settings(context: &Context) -> Result<Settings> {
    let user = config::user(&context.folders()?)?;
    let project = project(context)?;
    let text = |(name, value): (&std::ffi::OsStr, &std::ffi::OsStr)| {
        Some((name.to_str()?.to_owned(), value.to_str()?.to_owned()))
    };
    let env: BTreeMap<String, String> = context.env.iter().filter_map(text).collect();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    resolve(&Layers {
        user: user.as_ref(),
        project: project.as_ref(),
        contract: None,
        env: &env,
        flags: &FlagValues::default(),
        cores: u32::try_from(cores).unwrap_or(u32::MAX),
    })
}

/// The repository's file, if it is trusted: nothing of it counts for a run otherwise.
fn project(context: &Context) -> Result<Option<Document<Config>>> {
    let root = &context.project().root;
    let Some(project) = config::project(root)? else { return Ok(None) };
    for warning in &project.warnings {
        context.printer.warn(warning);
    }
    let subject = Subject::of_repository(root, &context.cwd)?;
    let store = TrustStore::new(&context.folders()?);
    let document = project.document;
    Ok(match trust::verdict(&subject, &store, context)? {
        Verdict::Trusted(_) | Verdict::NothingToTrust => Some(document),
        Verdict::Untrusted(_) => {
            context.printer.warn(&format!(
                "{} is not trusted, so it does not count; see `atlas trust`",
                config::PROJECT_FILE
            ));
            None
        }
    })
}

fn lines(rows: &[Row], look: Look) -> String {
    let row = |row: &Row| [row.key.clone(), row.source.to_string(), row.value.clone()];
    let rows: Vec<[String; 3]> = rows.iter().map(row).collect();
    table(["key", "source", "value"], &rows, look)
}

#[derive(Serialize)]
struct Shown<'a> {
    settings: Vec<Setting<'a>>,
}

#[derive(Serialize)]
struct Setting<'a> {
    key: &'a str,
    value: serde_json::Value,
    source: String,
}

fn document(rows: &[Row]) -> Shown<'_> {
    Shown { settings: rows.iter().map(Setting::of).collect() }
}

impl<'a> Setting<'a> {
    fn of(row: &'a Row) -> Self {
        let value = serde_json::from_str(&row.value).unwrap_or(serde_json::Value::Null);
        Self { key: &row.key, value, source: row.source.to_string() }
    }
}
