//! `atlas session`: what was run here, and what came of it.

mod clean;
pub(super) mod diff;
mod salvage;
pub(super) mod show;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use serde::Serialize;

use self::{
    clean::{Mode, Wish},
    diff::Shown,
};
use super::{Exit, context::Context};
use crate::{
    model::{
        Result, SessionId, Status,
        config::SessionsIn,
        session_id::resolve,
        value::{Bytes, Span, Usd},
    },
    report::{Look, table::table, words},
    store::{
        config, copies,
        session::{Listed, SessionDir, Sessions},
    },
    sys::{disk::usage, git},
};

/// Where a replay leaves its session, below the user's cache folder.
const REPLAYS: &str = "replays";

/// List, show, compare and remove sessions: what was run here, and what came of it
///
/// Without a subcommand it lists them.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    List(ListArgs),
    Show(ShowArgs),
    Diff(DiffArgs),
    Rm(RmArgs),
    Gc(GcArgs),
    Salvage(SalvageArgs),
}

/// List the sessions of this repository, the newest first
#[derive(Debug, clap::Args)]
struct ListArgs {}

/// Show a session: each run with its steps, checks, spend and changes
///
///   atlas session show           the newest
///   atlas session show abcd      by its last four letters, or by a beginning of its name
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
struct ShowArgs {
    /// The session; the newest where none is named
    session: Option<String>,
    /// The newest session
    #[arg(long, conflicts_with = "session")]
    last: bool,
}

/// Show what a session changed since its base, as a patch that `git apply` takes
///
/// The trees are those that the journal names, so what happened after the session is no part of it.
#[derive(Debug, clap::Args)]
struct DiffArgs {
    /// The session; the newest where none is named
    session: Option<String>,
    /// The newest session
    #[arg(long, conflicts_with = "session")]
    last: bool,
    /// List the files, with how many lines came and went
    #[arg(long)]
    stat: bool,
}

/// Remove sessions
///
/// What they came to is added to `totals.json`, so that no count falls. A session that somebody
/// holds is never removed.
#[derive(Debug, clap::Args)]
struct RmArgs {
    /// The sessions
    #[arg(required = true)]
    sessions: Vec<String>,
    /// Remove their copies of the tree too, even where work in them stands nowhere else
    #[arg(long)]
    discard: bool,
    /// Say what would go, and remove nothing
    #[arg(long)]
    dry_run: bool,
}

/// Remove what nobody needs any more
///
/// Always: what broke off while it was made or removed, and copies of the tree whose work changed
/// nothing, stands in the tree, or is merged. Sessions only where a limit is given; never one that
/// somebody holds, that can be resumed, that cannot be read, or whose copy has to stay. What goes
/// is added to `totals.json`, so that no count falls.
#[derive(Debug, clap::Args)]
struct GcArgs {
    /// Remove sessions in which nothing happened for so long: 30d, 12h
    #[arg(long, value_name = "AGE")]
    older_than: Option<Span>,
    /// Remove the oldest sessions until the others take no more than this: 500M, 2G
    #[arg(long, value_name = "SIZE")]
    max_size: Option<Bytes>,
    /// Remove the copy of this session, whatever is in it
    #[arg(long, value_name = "SESSION")]
    discard: Vec<String>,
    /// Say what would go, and remove nothing
    #[arg(long)]
    dry_run: bool,
}

/// Copy what is good of a session whose journal is damaged into a new one
///
/// The old session is only read.
#[derive(Debug, clap::Args)]
struct SalvageArgs {
    /// The session
    session: String,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let sessions = sessions(context)?;
    let named = |query: &Option<String>| match query {
        Some(query) => find(query, &sessions, context),
        None => sessions.last(),
    };
    match &args.command {
        None | Some(Command::List(ListArgs {})) => list(&sessions, context)?,
        Some(Command::Show(args)) => show::show(&named(&args.session)?, context)?,
        Some(Command::Diff(args)) => {
            let shown = if args.stat { Shown::Files } else { Shown::Patch };
            diff::diff(&named(&args.session)?, shown, context)?;
        }
        Some(Command::Rm(args)) => {
            let named = args.sessions.iter().map(|query| sessions.find(query));
            let named = named.collect::<Result<Vec<_>>>()?;
            let discarded = named.iter().filter(|_| args.discard);
            let wish = Wish {
                mode: mode(args.dry_run),
                older_than: None,
                max_size: None,
                discard: discarded.map(|session| session.id.clone()).collect(),
                named,
            };
            clean::rm(&wish, &sessions, context)?;
        }
        Some(Command::Gc(args)) => {
            let discard = args.discard.iter().map(|query| Ok(sessions.find(query)?.id));
            let wish = Wish {
                mode: mode(args.dry_run),
                named: Vec::new(),
                older_than: args.older_than,
                max_size: args.max_size,
                discard: discard.collect::<Result<_>>()?,
            };
            clean::gc(&wish, &sessions, context)?;
        }
        Some(Command::Salvage(args)) => {
            salvage::salvage(&sessions.find(&args.session)?, &sessions, context)?;
        }
    }
    Ok(Status::Passed.into())
}

fn mode(dry_run: bool) -> Mode {
    if dry_run { Mode::DryRun } else { Mode::ForReal }
}

/// A session of this project, or one that a replay left.
pub(super) fn find(query: &str, sessions: &Sessions, context: &Context) -> Result<SessionDir> {
    let unknown = match sessions.find(query) {
        Ok(session) => return Ok(session),
        Err(fault) => fault,
    };
    // Where several answer, a replay is not meant.
    if sessions.list()?.iter().any(|listed| listed.session.id.answers_to(query)) {
        return Err(unknown);
    }
    let replays = context.folders()?.cache.join(REPLAYS);
    let Ok(entries) = fs::read_dir(&replays) else { return Err(unknown) };
    let kept: Vec<SessionDir> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let id = path.file_name()?.to_str()?.parse().ok()?;
            Some(SessionDir { id, path })
        })
        .collect();
    let ids: Vec<SessionId> = kept.iter().map(|session| session.id.clone()).collect();
    match resolve(query, &ids) {
        Ok(id) => {
            let found = kept.iter().find(|session| session.id == *id).cloned();
            Ok(found.expect("the name came from this list"))
        }
        Err(_) => Err(unknown.hint(format!("those of replays lie in {}", replays.display()))),
    }
}

/// The sessions of this project, where the user keeps them.
pub(super) fn sessions(context: &Context) -> Result<Sessions> {
    let folders = context.folders()?;
    let project = context.project();
    let sessions = match &project.place {
        Ok(git::Place::Bare { git_dir }) => Sessions::of_bare(git_dir, &folders.state),
        Ok(git::Place::Repository(_) | git::Place::Outside | git::Place::Unsupported { .. })
        | Err(_) => Sessions::at(&project.root, &folders.state),
    };
    let user = config::user(&folders)?;
    let kept = user.and_then(|user| user.value.sessions).map(|kept| kept.value);
    Ok(match kept {
        Some(SessionsIn::State) => sessions.kept_outside(),
        Some(SessionsIn::Repository) | None => sessions,
    })
}

fn list(sessions: &Sessions, context: &Context) -> Result<()> {
    let listed = sessions.list()?;
    if listed.is_empty() {
        context.printer.say("no sessions here yet; `atlas run <SKILL>` makes one\n");
    }
    let beside = Beside::of(context);
    context.give(
        || Document { sessions: listed.iter().map(|listed| Row::of(listed, &beside)).collect() },
        |look| lines(&listed, &beside, look),
    )
}

/// What a list knows beside the sessions themselves.
struct Beside {
    now: Timestamp,
    /// Copies of the tree that are still there, by the name of their session.
    copies: BTreeMap<String, PathBuf>,
}

impl Beside {
    fn of(context: &Context) -> Self {
        let copies = match &context.project().place {
            Ok(git::Place::Repository(repository)) => copies::names(repository),
            Ok(git::Place::Bare { .. } | git::Place::Outside | git::Place::Unsupported { .. })
            | Err(_) => Vec::new(),
        };
        Self { now: context.clock.now(), copies: copies.into_iter().collect() }
    }
}

fn lines(listed: &[Listed], beside: &Beside, look: Look) -> String {
    if listed.is_empty() {
        return String::new();
    }
    let rows: Vec<[String; 7]> = listed
        .iter()
        .map(|listed| {
            let row = Row::of(listed, beside);
            [
                row.id.to_owned(),
                row.skill.unwrap_or_default().to_owned(),
                row.state(),
                row.usd_charged.map(|usd| usd.to_string()).unwrap_or_default(),
                words::age(row.age_s),
                row.size(),
                words::first_line(row.reason.as_deref().unwrap_or_default(), look),
            ]
        })
        .collect();
    table(["session", "skill", "status", "charged", "age", "size", "reason"], &rows, look)
}

#[derive(Serialize)]
struct Document<'a> {
    sessions: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    path: String,
    skill: Option<&'a str>,
    runs: u32,
    /// How the last run ended; null where it did not, or nobody can tell.
    status: Option<Status>,
    exit_code: Option<u8>,
    reason: Option<String>,
    last: Option<String>,
    usd_charged: Option<Usd>,
    /// How long ago something last happened in it, in seconds.
    age_s: u64,
    /// What it takes on the disk, in bytes, without its copy.
    bytes: u64,
    /// The copy of the tree that its run left.
    copy: Option<&'a Path>,
    copy_bytes: Option<u64>,
    /// The process that works on it just now.
    held_by: Option<u32>,
    error: Option<String>,
}

impl<'a> Row<'a> {
    fn of(listed: &'a Listed, beside: &'a Beside) -> Self {
        let summary = listed.summary.as_ref().ok().and_then(Option::as_ref);
        let ended = summary.and_then(|summary| summary.ended.as_ref());
        let error = listed.summary.as_ref().err().map(ToString::to_string);
        let at = summary.map_or_else(|| listed.session.id.begun(), |summary| summary.last);
        let copy = beside.copies.get(listed.session.id.as_str());
        Self {
            id: listed.session.id.as_str(),
            path: listed.session.path.display().to_string(),
            skill: summary.map(|summary| summary.skill.as_str()),
            runs: summary.map_or(0, |summary| summary.runs),
            status: ended.map(|ended| ended.status),
            exit_code: ended.map(|ended| ended.exit_code),
            reason: ended.map(|ended| ended.reason.clone()).or_else(|| error.clone()),
            last: summary.map(|summary| summary.last.to_string()),
            usd_charged: summary.map(|summary| summary.usd),
            age_s: u64::try_from(beside.now.duration_since(at).as_secs()).unwrap_or_default(),
            bytes: usage(&listed.session.path),
            copy: copy.map(PathBuf::as_path),
            copy_bytes: copy.map(|copy| usage(copy)),
            held_by: listed.held_by.map(|process| process.pid),
            error,
        }
    }

    fn size(&self) -> String {
        let own = Bytes(self.bytes);
        match self.copy_bytes {
            Some(copy) => format!("{own} + {} copy", Bytes(copy)),
            None => own.to_string(),
        }
    }

    fn state(&self) -> String {
        match (self.held_by, self.status, &self.error, self.runs) {
            (Some(pid), ..) => format!("running ({pid})"),
            (None, Some(status), ..) => status.to_string(),
            (None, None, Some(_), _) => "unreadable".to_owned(),
            (None, None, None, 0) => "empty".to_owned(),
            (None, None, None, _) => "broken off".to_owned(),
        }
    }
}
