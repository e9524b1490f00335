//! `atlas run`: what was typed, as a request.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

use super::{Exit, context::Context, skills::SkillsArgs};
use crate::{
    model::{
        Fault, Request, Result, Status, TrustRequest,
        check::Require,
        contract::PermissionMode,
        skill::name::SkillName,
        text,
        value::{NotAValue, Span, Usd},
        yaml,
    },
    sys::fs::read_capped,
};

/// The most bytes of an input; claude takes no longer prompt.
const MAX_INPUT: u64 = 10 * 1024 * 1024;

/// How long `--wait` waits that names no end.
const FOREVER: Span = Span::seconds(365 * 24 * 60 * 60);

/// Run a skill, check what came of it, and keep a record
///
///   atlas run review-diff
///   atlas run review-diff -i base=main --max-usd 0.50 --format json
///   atlas run tidy --edit src/lib.rs
///
/// The result goes to stdout, everything else to stderr. The exit code is 0 only when everything
/// that had to hold was seen to hold; `atlas help exit-codes` lists the others.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The skill's name, as `atlas list` shows it
    skill: String,
    /// What the skill is given, in the order of its inputs; its options stand after `--`
    args: Vec<String>,
    /// Give an input by name; `@FILE` is the text of a file, `-` is stdin
    #[arg(short, long = "input", value_name = "NAME=VALUE", value_parser = input)]
    inputs: Vec<(String, String)>,
    /// Write the result to FILE in place of stdout
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Show what would be done, every value with its source, and do nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    skills: SkillsArgs,
    #[command(flatten)]
    agent: AgentArgs,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    proof: ProofArgs,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "The agent")]
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
    /// Bring what was changed in the worktree back into the tree when the run passed
    #[arg(long)]
    apply: bool,
    /// Let at most N calls run at once
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    jobs: Option<u32>,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Limits")]
struct LimitArgs {
    /// Spend at most so many dollars, such as 0.50
    #[arg(long, value_name = "USD", value_parser = str::parse::<Usd>)]
    max_usd: Option<Usd>,
    /// Let one call take at most so many turns
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_turns: Option<u32>,
    /// Take at most so long, such as 90s or 10m
    #[arg(long, value_name = "TIME", value_parser = str::parse::<Span>)]
    timeout: Option<Span>,
    /// Wait for what is busy or used up, at most MAX, in place of ending with 7 or 10
    #[arg(long, value_name = "MAX", num_args = 0..=1, require_equals = true)]
    #[arg(value_parser = str::parse::<Span>)]
    #[expect(
        clippy::option_option,
        reason = "clap's shape of an option whose value may be left out"
    )]
    wait: Option<Option<Span>>,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Checks and trust")]
struct ProofArgs {
    /// What a pass needs: `none`, `checks` or `panel`; with less the run is inconclusive
    #[arg(long, value_name = "WHAT", value_parser = yaml::name::<Require>)]
    require: Option<Require>,
    /// Exit 0 on these statuses too, and show NOT CHECKED
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = status)]
    ok_on: Vec<Status>,
    /// The same as `--ok-on unavailable`
    #[arg(long)]
    if_available: bool,
    /// Trust this repository for this run, whatever it holds or if it holds what HASH names
    #[arg(long, value_name = "HASH", num_args = 0..=1, require_equals = true)]
    #[arg(conflicts_with = "untrusted")]
    #[expect(
        clippy::option_option,
        reason = "clap's shape of an option whose value may be left out"
    )]
    trust: Option<Option<String>>,
    /// Run without anything that needs trust, and show what was skipped
    #[arg(long)]
    untrusted: bool,
}

pub(super) fn run(args: Args, context: &Context) -> Result<Exit> {
    let request = request(&args, context)?;
    Err(Fault::failed(format!("`{}` cannot be run yet", request.skill)))
}

/// What was typed, before it means anything.
fn request(args: &Args, context: &Context) -> Result<Request> {
    let skill = SkillName::parse(&args.skill)?;
    let Args { agent, limits, proof, .. } = args;
    let mut ok_on = proof.ok_on.clone();
    ok_on.extend(proof.if_available.then_some(Status::Unavailable));
    Ok(Request {
        skill: skill.to_string(),
        args: args.args.clone(),
        inputs: inputs(&args.inputs, context)?,
        cwd: context.cwd.clone(),
        skills_dirs: args.skills.dirs.iter().map(|dir| context.cwd.join(dir)).collect(),
        model: agent.model.clone(),
        edit: agent.edit,
        permission_mode: agent.permission_mode,
        allow: agent.allow.clone(),
        worktree: agent.worktree,
        apply: agent.apply,
        jobs: agent.jobs,
        max_usd: limits.max_usd,
        max_turns: limits.max_turns,
        timeout: limits.timeout,
        require: proof.require,
        trust: match (&proof.trust, proof.untrusted) {
            (_, true) => TrustRequest::Without,
            (None, false) => TrustRequest::Stored,
            (Some(None), false) => TrustRequest::ThisRun,
            (Some(Some(hash)), false) => TrustRequest::Hash(hash.clone()),
        },
        wait: limits.wait.map(|wait| wait.unwrap_or(FOREVER)),
        ok_on,
    })
}

/// The inputs with their files read, so that a resume sees what this run saw.
fn inputs(typed: &[(String, String)], context: &Context) -> Result<Vec<(String, String)>> {
    if typed.iter().filter(|(_, value)| value == "-").count() > 1 {
        return Err(Fault::usage("stdin can be read for one input only"));
    }
    let value = |name: &str, value: &str| match value.strip_prefix('@') {
        _ if value == "-" => content(name, "stdin", stdin()),
        Some(file) => content(name, file, read_capped(&context.cwd.join(file), MAX_INPUT)),
        None => Ok(value.to_owned()),
    };
    typed.iter().map(|(name, text)| Ok((name.clone(), value(name, text)?))).collect()
}

fn stdin() -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::stdin().take(MAX_INPUT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_INPUT {
        return Err(std::io::Error::other(format!("over {MAX_INPUT} bytes")));
    }
    Ok(bytes)
}

fn content(name: &str, from: &str, read: std::io::Result<Vec<u8>>) -> Result<String> {
    let from = Path::new(from).display();
    let cannot = || {
        Fault::usage(format!(
            "the input `{}` cannot be read from {from}",
            text::sanitize_line(name)
        ))
    };
    let bytes = read.map_err(|error| cannot().because(error))?;
    String::from_utf8(bytes).map_err(|_| cannot().because("it is not UTF-8 text"))
}

fn input(typed: &str) -> Result<(String, String), NotAValue> {
    match typed.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        Some(_) | None => Err(NotAValue("write NAME=VALUE, NAME=@FILE or NAME=-".to_owned())),
    }
}

fn status(typed: &str) -> Result<Status, NotAValue> {
    let names = || crate::model::TABLE.iter().map(|row| row.name).collect::<Vec<_>>().join(", ");
    Status::from_name(typed).ok_or_else(|| NotAValue(format!("write one of {}", names())))
}
