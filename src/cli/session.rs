//! `atlas session`: what was run here, and what came of it.

mod show;

use std::fs;

use serde::Serialize;

use super::{Exit, context::Context};
use crate::{
    model::{Result, SessionId, Status, config::SessionsIn, session_id::resolve, value::Usd},
    report::{Look, table::table, words},
    store::{
        config,
        session::{Listed, SessionDir, Sessions},
    },
    sys::git,
};

/// Where a replay leaves its session, below the user's cache folder.
const REPLAYS: &str = "replays";

/// List and show sessions: what was run here, and what came of it
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

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let sessions = sessions(context)?;
    match &args.command {
        None | Some(Command::List(ListArgs {})) => list(&sessions, context)?,
        Some(Command::Show(args)) => {
            let session = match &args.session {
                Some(query) => find(query, &sessions, context)?,
                None => sessions.last()?,
            };
            show::show(&session, context)?;
        }
    }
    Ok(Status::Passed.into())
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
    context.give(
        || Document { sessions: listed.iter().map(Row::of).collect() },
        |look| lines(&listed, look),
    )
}

fn lines(listed: &[Listed], look: Look) -> String {
    if listed.is_empty() {
        return String::new();
    }
    let rows: Vec<[String; 5]> = listed
        .iter()
        .map(|listed| {
            let row = Row::of(listed);
            [
                row.id.to_owned(),
                row.skill.unwrap_or_default().to_owned(),
                row.state(),
                row.usd_charged.map(|usd| usd.to_string()).unwrap_or_default(),
                words::first_line(row.reason.as_deref().unwrap_or_default(), look),
            ]
        })
        .collect();
    table(["session", "skill", "status", "charged", "reason"], &rows, look)
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
    /// The process that works on it just now.
    held_by: Option<u32>,
    error: Option<String>,
}

impl<'a> Row<'a> {
    fn of(listed: &'a Listed) -> Self {
        let summary = listed.summary.as_ref().ok().and_then(Option::as_ref);
        let ended = summary.and_then(|summary| summary.ended.as_ref());
        let error = listed.summary.as_ref().err().map(ToString::to_string);
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
            held_by: listed.held_by.map(|process| process.pid),
            error,
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
