//! One skill over many repositories: each is a run of its own, by the same way as a single one.

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use super::{Args, around, follow, outlets::OutletArgs, perform};
use crate::{
    cli::{Exit, context::Context, global::Format},
    engine::prepare::{self, Purpose},
    model::{
        Fault, Request, Result, Status,
        config::defaults,
        repositories::{Shard, listed, name},
        result::{ManyResults, RunResult},
        secret,
    },
    report,
    sys::{
        fs::read_capped,
        pool::{self, After},
        signals::Heard,
    },
};

/// No list of repositories is larger.
const MAX_LIST: u64 = 16 * 1024 * 1024;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Many repositories")]
pub(in crate::cli) struct ManyArgs {
    /// Run in the repository PATH; may be given several times. Each is a session of its own, and
    /// needs trust of its own
    #[arg(long = "repo", value_name = "PATH", group = "repositories")]
    #[arg(conflicts_with_all = ["record", "replay", "session", "dry_run", "report"])]
    paths: Vec<PathBuf>,
    /// Run in the repositories that FILE names, one a line, from the folder of that file; at
    /// most `--jobs` runs at once
    #[arg(long = "repos", value_name = "FILE", group = "repositories")]
    #[arg(conflicts_with_all = ["record", "replay", "session", "dry_run", "report"])]
    list: Option<PathBuf>,
    /// Begin no other repository once one did not pass
    #[arg(long, requires = "repositories")]
    fail_fast: bool,
    /// Take the share I of N of the repositories, told by their names alone
    #[arg(long, value_name = "I/N", requires = "repositories")]
    shard: Option<Shard>,
}

/// A repository as it was named, and where it is.
struct Repository {
    name: String,
    folder: PathBuf,
}

impl ManyArgs {
    /// Whether more than the repository around the user is meant.
    pub(in crate::cli) fn are_given(&self) -> bool {
        !self.paths.is_empty() || self.list.is_some()
    }

    /// The repositories of this share, each once.
    ///
    /// # Errors
    /// The list cannot be read, or some are no folders: all of them.
    fn repositories(&self, context: &Context) -> Result<Vec<Repository>> {
        let given =
            self.paths.iter().map(|path| (path.to_string_lossy().into_owned(), &context.cwd));
        let mut named: Vec<(String, PathBuf)> =
            given.map(|(path, from)| (name(&path).to_owned(), from.join(&path))).collect();
        if let Some(file) = &self.list {
            named.extend(read(&context.cwd.join(file))?);
        }
        let mut found: Vec<Repository> = Vec::new();
        let mut missing = Vec::new();
        for (name, path) in named {
            match path.canonicalize() {
                Ok(folder) if folder.is_dir() => {
                    if found.iter().all(|known| known.folder != folder) {
                        found.push(Repository { name, folder });
                    }
                }
                Ok(_) => missing.push(format!("{} is not a folder", path.display())),
                Err(error) => missing.push(format!("{}: {error}", path.display())),
            }
        }
        if !missing.is_empty() {
            let mut fault = Fault::usage("not all repositories are there");
            fault.causes.extend(missing);
            return Err(fault);
        }
        if found.is_empty() {
            return Err(Fault::usage("no repository is named"));
        }
        if let Some(shard) = self.shard {
            found.retain(|repository| shard.takes(&repository.name));
        }
        Ok(found)
    }
}

fn read(file: &Path) -> Result<Vec<(String, PathBuf)>> {
    let cannot = || Fault::usage(format!("`--repos {}` cannot be read", file.display()));
    let bytes = read_capped(file, MAX_LIST).map_err(|error| cannot().because(error))?;
    let text = String::from_utf8(bytes).map_err(|_| cannot().because("it is not UTF-8 text"))?;
    let folder = file.parent().unwrap_or(file);
    Ok(listed(&text).into_iter().map(|path| (name(path).to_owned(), folder.join(path))).collect())
}

/// Runs the skill in each of them, and gives one table or one document.
pub(super) fn run(args: &Args, request: &Request, context: &Context) -> Result<Exit> {
    args.outlets.expect_writable(context)?;
    let repositories = args.many.repositories(context)?;
    let one = |repository: &Repository, heard: &Heard| {
        let mut within = context.within(&repository.folder, &repository.name);
        within.heard = Some(heard.clone());
        one(repository, request, &within)
    };
    let fail_fast = args.many.fail_fast;
    let after = |result: &RunResult| match (result.status, result.waived) {
        (Status::Interrupted, _) => After::Enough,
        (Status::Passed, _) | (_, true) => After::GoOn,
        (_, false) if fail_fast => After::Enough,
        (_, false) => After::GoOn,
    };
    let done = pool::each(&repositories, at_once(request), one, after)
        .map_err(|error| Fault::failed("cannot hear signals").because(error))?;
    let mut not_begun = Vec::new();
    let mut results = Vec::new();
    for (repository, result) in repositories.into_iter().zip(done) {
        match result {
            Some(result) => results.push(result),
            None => not_begun.push(repository.name),
        }
    }
    give(args, &ManyResults::new(results, not_begun), context)
}

/// As many as there are calls at once in a single run.
fn at_once(request: &Request) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let usual = cores.min(usize::try_from(defaults::JOBS).unwrap_or(cores));
    request.jobs.map_or(usual, |jobs| usize::try_from(jobs).unwrap_or(usize::MAX))
}

/// A fault of one repository keeps no other from being run.
fn one(repository: &Repository, request: &Request, context: &Context) -> RunResult {
    let request = Request { cwd: repository.folder.clone(), ..request.clone() };
    let result = followed(&request, context).unwrap_or_else(|fault| {
        context.printer.fault(&fault);
        let waived = request.ok_on.contains(&fault.status);
        let result =
            RunResult { skill: Some(request.skill.clone()), ..RunResult::of_fault(&fault) };
        if waived {
            RunResult { waived, exit_code: Status::Passed.code(), ..result }
        } else {
            result
        }
    });
    RunResult { repository: Some(repository.name.clone()), ..result }
}

/// Nobody is asked for trust: two questions at once are one too many.
fn followed(request: &Request, context: &Context) -> Result<RunResult> {
    let around = around(context)?;
    let prepared = prepare::prepare(request, &around, &Purpose::Work)?;
    let outlets = OutletArgs::default();
    let (follower, finished) = perform(prepared, request, &outlets, (&around, context))?;
    follow::tell(follower, &finished, context);
    Ok(finished.result())
}

fn give(args: &Args, many: &ManyResults, context: &Context) -> Result<Exit> {
    let text = |look| report::many::many(many, look);
    match (&args.outlets.output, context.format) {
        (None, Format::Json) => context.printer.result(&report::json(many))?,
        (None, Format::Text) => context.printer.result(&text(context.look()))?,
        (Some(file), Format::Json) => {
            let json = report::json(many);
            drop(follow::write(&context.cwd.join(file), &secret::redact(&json))?);
        }
        (Some(file), Format::Text) => {
            let plain =
                report::Look { width: None, style: report::fault::Style::Plain, ..context.look() };
            drop(follow::write(&context.cwd.join(file), &text(plain))?);
        }
    }
    Ok(Exit(many.exit_code))
}
