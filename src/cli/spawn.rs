//! `atlas spawn`: tasks for sub-agents, side by side.

use std::{
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use super::{
    Exit,
    context::Context,
    run::{
        LimitArgs, PaceArgs, around, dry_run,
        follow::{Follower, end},
        outlets::OutletArgs,
        runtime,
    },
};
use crate::{
    engine::{self, prepare::TaskRequest},
    model::{
        Fault, Request, Result,
        run::plan::TaskOrder,
        spawn::{self, Tasks},
        text,
    },
    sys::fs::read_capped,
};

/// What stands in the place of a skill's name.
const NAME: &str = "spawn";

/// The largest file of tasks.
const MAX_TASKS: u64 = 64 * 1024 * 1024;

/// Give tasks to sub-agents, each with a fresh context of its own
///
///   atlas spawn "Name three rivers" "Name three lakes"
///   atlas spawn -f tasks.jsonl --ordered > results.jsonl
///   jq -c '{task: .question}' questions.json | atlas spawn -f - --max-usd 1.00
///
/// Each sub-agent knows its task and nothing else: no CLAUDE.md, no skills, no
/// settings, no other task. Results go to stdout as they come, one JSON object a
/// line. atlas waits for all of them, and the exit code is the worst one.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// What a sub-agent shall do, each in words of its own
    #[arg(value_name = "TASK", required_unless_present = "file")]
    tasks: Vec<String>,
    /// Read tasks from FILE, one JSON object a line; `-` is stdin
    #[arg(short, long, value_name = "FILE", conflicts_with = "tasks")]
    file: Option<PathBuf>,
    /// Write results in the order of the tasks, each once those before it are there
    #[arg(long)]
    ordered: bool,
    #[command(flatten)]
    outlets: OutletArgs,
    /// Show what would be done, every value with its source, and do nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// The model for tasks that name none, as `claude --model` takes it
    #[arg(long)]
    model: Option<String>,
    /// Let sub-agents do what a rule says without asking, such as `Bash(cargo test *)`
    #[arg(long, value_name = "RULE")]
    allow: Vec<String>,
    #[command(flatten)]
    pace: PaceArgs,
    #[command(flatten)]
    limits: LimitArgs,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let ended = follow(args, context);
    ended.inspect_err(|fault| args.outlets.report_fault(fault, Some(NAME), context))
}

fn follow(args: &Args, context: &Context) -> Result<Exit> {
    args.outlets.expect_writable(context)?;
    let around = around(context)?;
    let request = TaskRequest {
        request: request(args, context),
        tasks: tasks(args, context)?,
        order: if args.ordered { TaskOrder::AsGiven } else { TaskOrder::AsTheyCome },
    };
    let prepared = engine::prepare::prepare_tasks(&request, &around)?;
    if args.dry_run {
        return dry_run(&prepared, &around, context);
    }
    let mut follower = Follower::new(&args.outlets, context);
    follower.reporter.begins(&prepared.plan, None, &prepared.notices);
    let run = engine::run::run(prepared, &request.request, &around, &mut follower);
    let finished = runtime()?.block_on(run)?;
    end(&args.outlets, context, follower, &finished)
}

fn request(args: &Args, context: &Context) -> Request {
    Request {
        skill: NAME.to_owned(),
        cwd: context.cwd.clone(),
        model: args.model.clone(),
        allow: args.allow.clone(),
        jobs: args.pace.jobs,
        stagger: args.pace.stagger(),
        max_usd: args.limits.max_usd,
        max_turns: args.limits.max_turns,
        timeout: args.limits.timeout,
        wait: args.limits.wait(),
        ..Request::default()
    }
}

fn tasks(args: &Args, context: &Context) -> Result<Tasks> {
    let Some(file) = &args.file else { return spawn::from_words(&args.tasks) };
    let shown = text::sanitize_line(&file.display().to_string()).into_owned();
    let cannot = |error: io::Error| {
        Fault::usage(format!("the tasks cannot be read from {shown}")).because(error)
    };
    let bytes = if file == Path::new("-") {
        let mut bytes = Vec::new();
        let read = io::stdin().lock().take(MAX_TASKS + 1).read_to_end(&mut bytes);
        read.map_err(cannot)?;
        if bytes.len() as u64 > MAX_TASKS {
            return Err(Fault::usage(format!("stdin holds more than {MAX_TASKS} bytes of tasks")));
        }
        bytes
    } else {
        read_capped(&context.cwd.join(file), MAX_TASKS).map_err(cannot)?
    };
    let text = String::from_utf8(bytes)
        .map_err(|_| Fault::invalid(format!("the tasks of {shown} are no UTF-8 text")))?;
    spawn::read(file, &text)
}
