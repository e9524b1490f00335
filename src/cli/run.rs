//! `atlas run`: what was typed, as a request.

pub(super) mod follow;
mod many;
pub(super) mod outlets;
pub(super) mod recorded;
pub(super) mod request;
mod results;
pub(super) mod typed;
mod waive;
mod word;

use std::num::NonZeroUsize;

use self::{
    follow::{Follower, end},
    many::ManyArgs,
    outlets::OutletArgs,
    recorded::{RecordArgs, Setting},
    typed::{branch_name, input, status, timeout},
    word::{PartArgs, WordArgs},
};
use super::{Exit, context::Context, skills::SkillsArgs, trust};
use crate::{
    engine::{
        self,
        prepare::{Around, Prepared},
        run::Finished,
    },
    model::{
        Fault, Request, Result, Status,
        check::Require,
        contract::PermissionMode,
        run::plan::Stagger,
        value::{Span, Usd},
        yaml,
    },
    report::{History, explain::DryRun, fault, flow, words},
};

/// Run a skill, check what came of it, and keep a record
///
///   atlas run review-diff
///   atlas run review-diff -i base=main --max-usd 0.50 --format json
///   atlas run tidy src/lib.rs --edit
///
/// The result goes to stdout, everything else to stderr. The exit code is 0
/// only when everything that had to hold was seen to hold;
/// `atlas help exit-codes` lists the others.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The skill's name, as `atlas list` shows it
    skill: String,
    /// What the skill is given, in the order of its inputs; its options stand after `--`
    #[arg(value_name = "ARGS")]
    words: Vec<String>,
    /// Give an input by name; `@FILE` is the text of a file, `-` is stdin
    #[arg(short, long = "input", value_name = "NAME=VALUE", value_parser = input)]
    inputs: Vec<(String, String)>,
    #[command(flatten)]
    pub(super) outlets: OutletArgs,
    /// Make one more run of a session, by its name, a beginning of it or its last four letters
    #[arg(long, value_name = "SESSION", conflicts_with_all = ["record", "replay"])]
    session: Option<String>,
    /// Let the first step go on in the conversation of the session's last run
    #[arg(long = "continue", requires = "session")]
    continues: bool,
    /// Show what would be done, every value with its source, and do nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Print the steps as a Mermaid graph, and do nothing
    #[arg(long, conflicts_with = "dry_run")]
    graph: bool,
    #[command(flatten)]
    part: PartArgs,
    #[command(flatten)]
    skills: SkillsArgs,
    #[command(flatten)]
    agent: AgentArgs,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    proof: ProofArgs,
    #[command(flatten)]
    word: WordArgs,
    #[command(flatten)]
    pub(super) many: ManyArgs,
    #[command(flatten)]
    recorded: RecordArgs,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "The agent")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
struct AgentArgs {
    /// The model that works, as `claude --model` takes it
    #[arg(long)]
    model: Option<String>,
    /// Let the agent change files
    #[arg(long)]
    edit: bool,
    /// What claude does where it would ask
    #[arg(long, value_name = "MODE", value_parser = yaml::name::<PermissionMode>)]
    permission_mode: Option<PermissionMode>,
    /// Let the agent do what a rule says without asking, such as `Bash(cargo test *)`
    #[arg(long, value_name = "RULE")]
    allow: Vec<String>,
    /// Work in a worktree of its own, made from the tree as it is
    #[arg(long)]
    worktree: bool,
    /// Take what is staged for the tree, in a worktree made from it; `GIT_INDEX_FILE` names the
    /// index, as in a hook of `git commit FILE`
    #[arg(long, conflicts_with_all = ["apply", "branch", "record", "replay"])]
    index: bool,
    /// Bring what was changed in the worktree back into the tree when the run passed
    #[arg(long)]
    apply: bool,
    /// Commit what was changed in the worktree to a new branch when the run passed; without a NAME
    /// it is `atlas/SESSION`
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true)]
    #[arg(conflicts_with = "apply", value_parser = branch_name)]
    #[expect(
        clippy::option_option,
        reason = "clap's shape of an option whose value may be left out"
    )]
    branch: Option<Option<String>>,
    #[command(flatten)]
    pace: PaceArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct PaceArgs {
    /// Let at most N calls run at once
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) jobs: Option<u32>,
    /// Start calls that begin alike all at once, in place of one ahead of the others
    #[arg(long)]
    no_stagger: bool,
}

impl PaceArgs {
    /// Whether calls that begin alike wait for the first of them.
    pub(super) fn stagger(&self) -> Stagger {
        if self.no_stagger { Stagger::Off } else { Stagger::On }
    }
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct LimitArgs {
    /// Spend at most so many dollars, such as 0.50
    #[arg(long, value_name = "USD", value_parser = str::parse::<Usd>)]
    #[arg(allow_hyphen_values = true)]
    pub(super) max_usd: Option<Usd>,
    /// Let one call take at most so many turns
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) max_turns: Option<u32>,
    /// Take at most so long, such as 90s or 10m; a bare number is seconds
    #[arg(long, value_name = "TIME", value_parser = timeout)]
    pub(super) timeout: Option<Span>,
    /// Wait for a tree or a session that is busy, in place of ending with 10, and for a plan's
    /// quota to start anew, in place of ending with 7; at most MAX
    #[arg(long, value_name = "MAX", num_args = 0..=1, require_equals = true)]
    #[arg(value_parser = str::parse::<Span>)]
    #[expect(
        clippy::option_option,
        reason = "clap's shape of an option whose value may be left out"
    )]
    wait: Option<Option<Span>>,
}

/// How old a verdict may be that `--reuse` takes without saying so.
const FRESH: Span = Span::seconds(24 * 60 * 60);

/// How long `--wait` waits that names no end.
const FOREVER: Span = Span::seconds(365 * 24 * 60 * 60);

impl LimitArgs {
    /// How long to wait for what is busy, and for a quota.
    pub(super) fn wait(&self) -> Option<Span> {
        self.wait.map(|wait| wait.unwrap_or(FOREVER))
    }
}

/// More reviewers are rarely worth their price, and never so many.
const MOST_REVIEWERS: i64 = 99;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Checks and trust")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct ProofArgs {
    /// What a pass needs: `none`, `checks` or `panel`; with less the run is inconclusive
    #[arg(long, value_name = "WHAT", value_parser = yaml::name::<Require>)]
    pub(super) require: Option<Require>,
    /// Put the finished work before reviewers who try to disprove it, N of them
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=MOST_REVIEWERS))]
    #[expect(
        clippy::option_option,
        reason = "clap's shape of an option whose value may be left out"
    )]
    verify: Option<Option<u32>>,
    /// Let the reviewers judge a copy with a planted fault too; whoever misses it proves nothing
    #[arg(long, conflicts_with = "no_verify")]
    pub(super) canary: bool,
    /// Leave out the reviewers that the contract asks for
    #[arg(long, conflicts_with = "verify")]
    no_verify: bool,
    /// Exit 0 on these statuses too, and show NOT CHECKED
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = status)]
    pub(super) ok_on: Vec<Status>,
    /// The same as `--ok-on unavailable`
    #[arg(long)]
    pub(super) if_available: bool,
    /// Trust what is there for this run, whatever it is or if it is what HASH names; repeat
    /// for a skill from outside the repository, which is a content of its own
    #[arg(long, value_name = "HASH", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = request::WHATEVER, action = clap::ArgAction::Append)]
    #[arg(value_parser = request::trusted, conflicts_with = "untrusted")]
    trust: Vec<request::Trusted>,
    /// Run without anything that needs trust, and show what was skipped
    #[arg(long)]
    untrusted: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let asked = Asked {
        outlets: &args.outlets,
        wanted: if args.graph { Wanted::Graph } else { Wanted::of_dry_run(args.dry_run) },
        recorded: &args.recorded,
    };
    let request = request::request(args, context);
    let request = asked.outlets.reporting(request, context)?;
    if args.many.are_given() {
        return many::run(args, &request, context);
    }
    go(&request, &asked, context)
}

/// How far a run goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// To its end.
    Run,
    /// To its plan, which is shown.
    Plan,
    /// To its plan, of which the steps are shown as a graph.
    Graph,
}

impl Wanted {
    pub(super) fn of_dry_run(dry_run: bool) -> Self {
        if dry_run { Self::Plan } else { Self::Run }
    }
}

/// What a command wants of a run, beside what it is about.
pub(super) struct Asked<'a> {
    /// Where the result goes.
    pub(super) outlets: &'a OutletArgs,
    /// How far it goes.
    pub(super) wanted: Wanted,
    /// What the run has to do with recordings.
    pub(super) recorded: &'a RecordArgs,
}

/// From a request to an exit code.
pub(super) fn go(request: &Request, asked: &Asked<'_>, context: &Context) -> Result<Exit> {
    let ended = match follow(request, asked, context) {
        Err(fault) if request.ok_on.contains(&fault.status) => {
            waive::waive(&fault, request, asked.outlets, context)
        }
        ended => ended,
    };
    ended.inspect_err(|fault| asked.outlets.report_fault(fault, Some(&request.skill), context))
}

fn follow(request: &Request, asked: &Asked<'_>, context: &Context) -> Result<Exit> {
    asked.outlets.expect_writable(context)?;
    let around = around(context)?;
    let Setting { request, purpose, stage } =
        recorded::setting(asked.recorded, request, (context, &around))?;
    let (request, prepared) = match asked.wanted {
        Wanted::Run => trust::question::prepare(request, &around, &purpose, context)?,
        Wanted::Plan => {
            let prepared = engine::prepare::prepare(&request, &around, &purpose)?;
            warn(&prepared, context);
            return dry_run(&prepared, &around, context);
        }
        Wanted::Graph => {
            let graph = flow::mermaid(&engine::prepare::prepare(&request, &around, &purpose)?.plan);
            context.give(|| serde_json::json!({ "graph": graph }), |_| graph.clone())?;
            return Ok(Status::Passed.into());
        }
    };
    let (follower, mut finished) = perform(prepared, &request, asked.outlets, (&around, context))?;
    recorded::strike(stage, &mut finished, context)?;
    let exit = end(asked.outlets, context, follower, &finished)?;
    recorded::write(asked.recorded, &finished, context)?;
    Ok(exit)
}

/// Runs what was prepared, and shows it meanwhile. The last words are yet to be said.
fn perform<'a>(
    prepared: Prepared,
    request: &Request,
    outlets: &OutletArgs,
    (around, context): (&Around, &'a Context),
) -> Result<(Follower<'a>, Finished)> {
    warn(&prepared, context);
    let mut follower = Follower::new(outlets, context);
    let unfinished = unfinished(&prepared, context).into_iter();
    let notices: Vec<String> = prepared.notices.iter().cloned().chain(unfinished).collect();
    let history = prepared.history.as_ref();
    let history = history.map(|known| History { usual: known.usual, runs: known.runs });
    follower.reporter.begins(&prepared.plan, history, &notices);
    let run = engine::run::run(prepared, request, around, &mut follower);
    let finished = runtime()?.block_on(run)?;
    Ok((follower, finished))
}

fn warn(prepared: &Prepared, context: &Context) {
    let style = context.printer.look().style;
    for warning in &prepared.warnings {
        context.printer.say(&fault::render_warning(warning, style));
    }
}

/// The newest run here that is not finished, and how it goes on.
fn unfinished(prepared: &Prepared, context: &Context) -> Option<String> {
    let listed = prepared.sessions.unfinished()?;
    let summary = listed.summary.ok().flatten()?;
    let how = match summary.ended {
        Some(end) => end.status.to_string(),
        None => "broken off".to_owned(),
    };
    let look = context.printer.look();
    let (id, skill) = (words::short(listed.session.id.as_str()), summary.skill);
    let dot = look.separator();
    Some(format!("not finished: {skill}{dot}{how}; go on with `atlas resume {id}`"))
}

/// What a run goes on in.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Fault::failed("cannot start the runtime").because(error))
}

pub(super) fn around(context: &Context) -> Result<Around> {
    let own_exe = std::env::current_exe()
        .map_err(|error| Fault::failed("cannot find the program of atlas itself").because(error))?;
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    Ok(Around {
        env: context.env.clone(),
        folders: context.folders()?,
        clock: context.clock,
        cores: u32::try_from(cores).unwrap_or(u32::MAX),
        own_exe,
        heard: context.heard.clone(),
    })
}

pub(super) fn dry_run(prepared: &Prepared, around: &Around, context: &Context) -> Result<Exit> {
    let shown = DryRun {
        plan: &prepared.plan,
        commands: &engine::explain::commands(prepared, around),
        environment: &engine::explain::environment(around),
        notices: &prepared.notices,
        keys: &engine::explain::keys(prepared, around),
    };
    context.give(|| shown.json(), |look| shown.text(look))?;
    Ok(Status::Passed.into())
}
