//! What every command stands on: made once from the process, or by a test from something else.

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use anstream::ColorChoice;
use serde::Serialize;

use super::global::{Asked, Color, Format, Glimpse, Global};
use crate::{
    model::{Fault, Result, text},
    report::{self, Host, Look, Printer, PrinterOptions, StreamKind, Symbols, Verbosity},
    store::folders::Folders,
    sys::{
        clock::Clock,
        env::Env,
        git::{self, GitError, Place},
        signals::Heard,
    },
};

/// The version of every JSON document that a command other than `run` gives.
const SCHEMA_VERSION: u32 = 1;

pub(super) struct Context {
    /// The variables that atlas was started with.
    pub(super) env: Env,
    /// Where everything is relative to: the current folder, or that of `-C`.
    pub(super) cwd: PathBuf,
    /// The time of day.
    pub(super) clock: Clock,
    /// The two streams.
    pub(super) printer: Printer,
    /// How results are given.
    pub(super) format: Format,
    /// The same as it was asked for, which for a report of findings may be more.
    pub(super) asked: Asked,
    /// What was heard of signals before a run listens itself, where it is one of many.
    pub(super) heard: Option<Heard>,
    symbols: Symbols,
    color: Color,
    project: OnceLock<Project>,
}

/// What atlas is used on.
pub(super) struct Project {
    /// The root of the work tree, or the current folder where there is none.
    pub(super) root: PathBuf,
    /// What stands around the current folder.
    pub(super) place: Result<Place, GitError>,
}

impl Context {
    pub(super) fn new(global: &Global, env: Env) -> Result<Self> {
        let symbols = if global.plain { Symbols::Words } else { Symbols::Unicode };
        let verbosity = match (global.quiet, global.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, _) => Verbosity::Verbose,
        };
        Ok(Self {
            cwd: folder(global.start_in.as_ref())?,
            clock: Clock::System,
            printer: printer(global.color, symbols, verbosity, &env),
            format: global.format.plain(),
            asked: global.format,
            heard: None,
            project: OnceLock::new(),
            symbols,
            color: global.color,
            env,
        })
    }

    /// The same in another folder, for one of many: what is said there names it.
    pub(super) fn within(&self, folder: &Path, name: &str) -> Self {
        let verbosity = self.printer.verbosity();
        let printer = printer(self.color, self.symbols, verbosity, &self.env);
        Self {
            env: self.env.clone(),
            cwd: folder.to_owned(),
            clock: self.clock,
            printer: printer.speaking_for(name),
            format: self.format,
            asked: self.asked,
            heard: self.heard.clone(),
            symbols: self.symbols,
            color: self.color,
            project: OnceLock::new(),
        }
    }

    /// The folders of this user.
    pub(super) fn folders(&self) -> Result<Folders> {
        Folders::find(&self.env)
    }

    /// The project around the current folder.
    pub(super) fn project(&self) -> &Project {
        self.project.get_or_init(|| {
            let place = git::discover(&self.cwd);
            let root = match &place {
                Ok(Place::Repository(repository)) => repository.root().to_owned(),
                Ok(Place::Unsupported { root, .. }) | Err(GitError::NotOwned { path: root }) => {
                    root.clone()
                }
                Ok(Place::Outside | Place::Bare { .. }) | Err(_) => self.cwd.clone(),
            };
            Project { root, place }
        })
    }

    /// How text on stdout is drawn. What a program reads does not depend on the kind of terminal.
    pub(super) fn look(&self) -> Look {
        let look = self.printer.result_look();
        match self.printer.result_kind() {
            StreamKind::Terminal => look,
            StreamKind::Pipe => Look { symbols: self.symbols, ..look },
        }
    }

    /// Gives the result: the document to a program, the text to a person.
    pub(super) fn give<D: Serialize>(
        &self,
        document: impl FnOnce() -> D,
        shown: impl FnOnce(Look) -> String,
    ) -> Result<()> {
        match self.format {
            Format::Json => {
                let json = report::json(&Versioned::of(&document())?);
                match self.printer.result_kind() {
                    StreamKind::Terminal => self.printer.result(&text::sanitize(&json)),
                    StreamKind::Pipe => self.printer.result(&json),
                }
            }
            Format::Text => self.printer.result(&shown(self.look())),
        }
    }
}

/// A printer for a command line that could not be read.
pub(super) fn early_printer(glimpse: Glimpse, env: &Env) -> Printer {
    printer(glimpse.color, Symbols::Unicode, Verbosity::Normal, env)
}

fn printer(color: Color, symbols: Symbols, verbosity: Verbosity, env: &Env) -> Printer {
    let color = match color {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    };
    let term = env.get("TERM").map(str::to_owned);
    let host = match env.get("GITHUB_ACTIONS") {
        Some("true") => Host::GitHub,
        Some(_) | None => Host::Anybody,
    };
    Printer::of_process(&PrinterOptions { verbosity, color, symbols, term, host })
}

fn folder(asked: Option<&PathBuf>) -> Result<PathBuf> {
    let here = || {
        std::env::current_dir().map_err(|error| {
            Fault::failed("the current folder cannot be read")
                .because(error)
                .hint("go to a folder that exists, or name one with `-C DIR`")
        })
    };
    let Some(asked) = asked else { return here() };
    match asked.canonicalize() {
        Ok(folder) if folder.is_dir() => Ok(folder),
        Ok(_) => Err(Fault::usage(format!("`-C {}` is not a folder", asked.display()))),
        Err(error) => {
            Err(Fault::usage(format!("`-C {}` cannot be entered", asked.display())).because(error))
        }
    }
}

/// A document with the version of its shape in front.
#[derive(Serialize)]
struct Versioned {
    schema_version: u32,
    #[serde(flatten)]
    fields: serde_json::Map<String, serde_json::Value>,
}

impl Versioned {
    fn of(document: &impl Serialize) -> Result<Self> {
        match serde_json::to_value(document).map_err(|error| Fault::failed(error.to_string()))? {
            serde_json::Value::Object(fields) => {
                Ok(Self { schema_version: SCHEMA_VERSION, fields })
            }
            other => Err(Fault::failed(format!("a document is an object, not {other}"))),
        }
    }
}
