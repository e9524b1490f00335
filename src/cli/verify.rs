//! `atlas verify`: work that was done elsewhere, judged as if a run had made it.

use std::path::{Path, PathBuf};

use super::{
    Exit,
    context::Context,
    run::{
        self, Asked, LimitArgs, ProofArgs, Wanted,
        outlets::OutletArgs,
        recorded::RecordArgs,
        request::{inputs, read_text, trust},
        typed::input,
    },
    skills::SkillsArgs,
};
use crate::model::{
    Fault, GivenWork, Request, Result, Status, VerifyRequest, skill::name::SkillName, text,
};

/// Judge work that was done elsewhere by a skill's contract
///
///   atlas verify review-diff review.json --base main
///   make notes | atlas verify release-notes -
///
/// The output schema, the post hooks and the reviewers look at FILE as if the
/// skill had made it; no agent is asked to do anything. Reviewers are asked
/// unless `--no-verify` says otherwise. The result goes to stdout, and the
/// exit code says how it went; `atlas help exit-codes` lists them.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The skill whose contract judges, as `atlas list` shows it
    skill: String,
    /// The work; `-` is stdin
    file: PathBuf,
    /// Count the tree's change since REV as part of the work
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Give an input by name, as for `atlas run`; `@FILE` is the text of a file
    #[arg(short, long = "input", value_name = "NAME=VALUE", value_parser = input)]
    inputs: Vec<(String, String)>,
    #[command(flatten)]
    outlets: OutletArgs,
    /// Show what would be done, every value with its source, and do nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    skills: SkillsArgs,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    proof: ProofArgs,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let recorded = RecordArgs::default();
    let wanted = Wanted::of_dry_run(args.dry_run);
    let asked = Asked { outlets: &args.outlets, wanted, recorded: &recorded };
    let request = request(args, context);
    run::go(&args.outlets.reporting(request, context)?, &asked, context)
}

fn request(args: &Args, context: &Context) -> Result<Request> {
    let skill = SkillName::parse(&args.skill)?;
    let stdin = args.file == Path::new("-");
    if let Some((name, _)) = args.inputs.iter().find(|(_, value)| stdin && value == "-") {
        let name = text::sanitize_line(name).into_owned();
        return Err(Fault::usage(format!(
            "stdin is the work, and cannot be the input `{name}` too"
        )));
    }
    let work = work(args, stdin, context)?;
    let (inputs, unread) = inputs(&args.inputs, context);
    let proof = &args.proof;
    let mut ok_on = proof.ok_on.clone();
    ok_on.extend(proof.if_available.then_some(Status::Unavailable));
    Ok(Request {
        skill: skill.to_string(),
        inputs,
        input_files: run::request::input_files(&args.inputs, context),
        unread,
        cwd: context.cwd.clone(),
        skills_dirs: args.skills.skills_dirs(context),
        plugin_dirs: args.skills.plugin_dirs(context),
        max_usd: args.limits.max_usd,
        max_turns: args.limits.max_turns,
        timeout: args.limits.timeout,
        require: proof.require,
        // Whoever asks for a judgement asks for reviewers.
        verify: match run::request::verify(proof) {
            VerifyRequest::AsContract => VerifyRequest::On(None),
            said @ (VerifyRequest::On(_) | VerifyRequest::Off) => said,
        },
        canary: proof.canary,
        work: Some(work),
        trust: trust(proof),
        wait: args.limits.wait(),
        ok_on,
        ..Request::default()
    })
}

fn work(args: &Args, stdin: bool, context: &Context) -> Result<GivenWork> {
    let file = (!stdin).then(|| args.file.clone());
    let shown = text::sanitize_line(&args.file.to_string_lossy()).into_owned();
    let read = read_text(file.as_ref().map(|file| context.cwd.join(file)).as_deref());
    let text = read.map_err(|why| Fault::usage(format!("the work in `{shown}` {why}")))?;
    if text.trim().is_empty() {
        return Err(Fault::usage(format!("there is no work in `{shown}`: it is empty")));
    }
    Ok(GivenWork { file, text, base: args.base.clone(), ..GivenWork::default() })
}
