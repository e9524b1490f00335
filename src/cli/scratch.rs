//! `atlas scratch`: what steps, hooks and people leave in a session for later steps.

use std::io::Read as _;

use serde::Serialize;
use serde_json::Value;

use super::{
    Exit,
    context::Context,
    session::{find, sessions},
};
use crate::{
    model::{
        Fault, Result, Status,
        scratch::{By, Entry, Note, ROOM, Summary, VALUE_BYTES, not_a_key},
        text,
    },
    report::{Look, StreamKind, table::table, words},
    store::{
        scratch,
        session::{LastRun, SessionDir, last_run},
    },
};

/// Leave notes in a session for later steps, and read what others left
///
/// A note is a key and any JSON. Agents and hooks of a run are given its session by the variable
/// `ATLAS_SESSION`; everybody else names one by `--session`, or means the newest. Nothing is ever
/// overwritten: of several notes with one key the newest counts.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Add(AddArgs),
    Get(GetArgs),
    List(ListArgs),
    Summary(SummaryArgs),
}

/// Which session is meant.
#[derive(Debug, clap::Args)]
struct Of {
    /// The session, in place of that of `ATLAS_SESSION`, or of the newest
    #[arg(long, value_name = "SESSION")]
    session: Option<String>,
}

/// Add a note
///
///   atlas scratch add branch main
///   atlas scratch add failed '{"tests": 3}'
///   cargo metadata | atlas scratch add metadata -
///
/// What is no JSON is taken as a text, unless it begins as JSON does: with `{`, `[` or `"`.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
struct AddArgs {
    /// What the note is about
    key: String,
    /// What is to be said, as JSON or as a text; `-` reads it from stdin
    #[arg(allow_negative_numbers = true)]
    value: String,
    /// Take the value as a text, whatever it looks like
    #[arg(long)]
    text: bool,
    /// The step that it is from, in place of that of `ATLAS_STEP`
    #[arg(long)]
    step: Option<String>,
    #[command(flatten)]
    of: Of,
}

/// Print the newest value of a key: a text as it is, anything else as JSON
#[derive(Debug, clap::Args)]
struct GetArgs {
    /// What the note is about
    key: String,
    /// The newest of this step
    #[arg(long)]
    step: Option<String>,
    #[command(flatten)]
    of: Of,
}

/// List all notes in the order in which they were written
#[derive(Debug, clap::Args)]
struct ListArgs {
    /// Only those of this step
    #[arg(long)]
    step: Option<String>,
    #[command(flatten)]
    of: Of,
}

/// Show what a step is told: the newest of each key, the newest first, and what did not fit
#[derive(Debug, clap::Args)]
struct SummaryArgs {
    /// How much room there is
    #[arg(long, value_name = "BYTES", default_value_t = ROOM)]
    room: usize,
    #[command(flatten)]
    of: Of,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    match &args.command {
        Command::Add(args) => add(args, context)?,
        Command::Get(args) => get(args, context)?,
        Command::List(args) => list(args, context)?,
        Command::Summary(args) => {
            let summary = Summary::of(&scratch::read(&session(&args.of, context)?)?, args.room);
            context.give(|| &summary, |_| text::sanitize(&summary.text()).into_owned())?;
        }
    }
    Ok(Status::Passed.into())
}

/// The session that is named, else the one that this process was started in, else the newest.
fn session(of: &Of, context: &Context) -> Result<SessionDir> {
    let given = || context.env.get("ATLAS_SESSION").filter(|session| !session.is_empty());
    match of.session.as_deref().or_else(given) {
        Some(folder) if folder.contains('/') => SessionDir::at(folder.as_ref()),
        Some(query) => find(query, &sessions(context)?, context),
        None => sessions(context)?.last(),
    }
}

fn add(args: &AddArgs, context: &Context) -> Result<()> {
    if let Some(why) = not_a_key(&args.key) {
        return Err(Fault::usage("this is no key for a scratch pad").because(why));
    }
    let value = value(args)?;
    let session = session(&args.of, context)?;
    let entry =
        Entry { at: context.clock.now(), key: args.key.clone(), value, by: by(args, context) };
    scratch::add(&session, &entry)
}

fn value(args: &AddArgs) -> Result<Value> {
    let typed = match args.value.as_str() {
        "-" => stdin()?,
        typed => typed.to_owned(),
    };
    if args.text {
        return Ok(Value::String(typed));
    }
    match serde_json::from_str(&typed) {
        Ok(value) => Ok(value),
        Err(error) if typed.trim_start().starts_with(['{', '[', '"']) => {
            Err(Fault::usage("the value begins like JSON and is none")
                .because(error)
                .hint("`--text` takes it as a text"))
        }
        Err(_) => Ok(Value::String(typed)),
    }
}

/// A line's end belongs to the program that printed the value, not to the value.
fn stdin() -> Result<String> {
    let mut typed = String::new();
    // Spaces and escapes make JSON longer than what is kept of it, though hardly so much.
    let most = VALUE_BYTES as u64 * 16;
    let read = std::io::stdin().take(most + 1).read_to_string(&mut typed);
    let refused = Fault::usage("the value cannot be read from stdin");
    match read {
        Ok(size) if size as u64 > most => {
            return Err(refused.because(format!("it has more than {most} bytes")));
        }
        Ok(_) => {}
        Err(error) => return Err(refused.because(error)),
    }
    if typed.ends_with('\n') {
        typed.pop();
    }
    Ok(typed)
}

/// Who writes, as the environment of agents and hooks tells.
fn by(args: &AddArgs, context: &Context) -> By {
    // An agent may name another session; it is no unit of that one.
    if args.of.session.is_some() {
        return By { step: args.step.clone(), ..By::default() };
    }
    let told = |name| context.env.get(name).map(str::to_owned);
    // Session, run and nonce come before the unit itself.
    let unit = told("ATLAS_UNIT").and_then(|cookie| Some(cookie.splitn(4, '/').nth(3)?.to_owned()));
    By {
        run: told("ATLAS_RUN").and_then(|run| run.parse().ok()),
        step: args.step.clone().or_else(|| told("ATLAS_STEP")),
        unit,
    }
}

fn get(args: &GetArgs, context: &Context) -> Result<()> {
    let session = session(&args.of, context)?;
    let pad = scratch::read(&session)?;
    let Some(note) = pad.newest(&args.key, args.step.as_deref()) else {
        return Err(Fault::failed(format!("there is no note on `{}`", args.key.escape_debug()))
            .hint("`atlas scratch list` shows all that there are"));
    };
    let shown = match &note.entry.value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let last = last_run(&session).unwrap_or_default();
    context.give(
        || Row::of(note, &last),
        |_| match context.printer.result_kind() {
            StreamKind::Terminal => format!("{}\n", text::sanitize(&shown)),
            StreamKind::Pipe => format!("{shown}\n"),
        },
    )
}

fn list(args: &ListArgs, context: &Context) -> Result<()> {
    let session = session(&args.of, context)?;
    let pad = scratch::read(&session)?;
    // Whoever reads notes wants them even where the journal cannot be read.
    let last = last_run(&session).unwrap_or_default();
    let of_step =
        |note: &&Note| args.step.is_none() || note.entry.by.step.as_deref() == args.step.as_deref();
    let rows: Vec<Row> =
        pad.notes().iter().filter(of_step).map(|note| Row::of(note, &last)).collect();
    if pad.unreadable > 0 {
        let count = pad.unreadable;
        context.printer.warn(&format!("{count} lines of the scratch pad could not be read"));
    }
    if rows.is_empty() {
        context.printer.say("no notes here yet; `atlas scratch add KEY VALUE` makes one\n");
    }
    context.give(
        || Document { session: session.id.as_str(), notes: &rows, unreadable: pad.unreadable },
        |look| lines(&rows, look),
    )
}

fn lines(rows: &[Row], look: Look) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let rows: Vec<[String; 4]> = rows
        .iter()
        .map(|row| {
            let mark = match row.standing {
                Standing::Confirmed => "",
                Standing::Unconfirmed => " (unconfirmed)",
            };
            let from = row.unit.or(row.step).unwrap_or_default();
            [
                row.at.clone(),
                format!("{}{mark}", words::first_line(from, look)),
                words::first_line(row.key, look),
                words::first_line(&row.value.to_string(), look),
            ]
        })
        .collect();
    table(["at", "from", "key", "value"], &rows, look)
}

#[derive(Serialize)]
struct Document<'a> {
    session: &'a str,
    notes: &'a [Row<'a>],
    unreadable: usize,
}

/// Whether a step that ended stands behind a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Standing {
    Confirmed,
    /// Its run was broken off before the step that it is from had ended.
    Unconfirmed,
}

#[derive(Serialize)]
struct Row<'a> {
    key: &'a str,
    value: &'a Value,
    at: String,
    run: Option<u32>,
    step: Option<&'a str>,
    unit: Option<&'a str>,
    standing: Standing,
}

impl Standing {
    fn of(note: &Note, last: &LastRun) -> Self {
        let confirmed = last.scratch.as_ref().is_some_and(|mark| note.end <= mark.bytes);
        if last.broken_off && note.entry.by.run == Some(last.run) && !confirmed {
            Self::Unconfirmed
        } else {
            Self::Confirmed
        }
    }
}

impl<'a> Row<'a> {
    fn of(note: &'a Note, last: &LastRun) -> Self {
        let standing = Standing::of(note, last);
        let Entry { at, key, value, by } = &note.entry;
        let at = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let (step, unit) = (by.step.as_deref(), by.unit.as_deref());
        Self { key, value, at, run: by.run, step, unit, standing }
    }
}
