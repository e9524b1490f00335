//! What was typed, as a request; inputs are read here, so that a resume sees what this run saw.

use std::{
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use super::{AgentArgs, Args, ProofArgs};
use crate::{
    cli::context::Context,
    model::{
        Delivery, Request, Result, Status, TrustRequest, VerifyRequest, skill::name::SkillName,
        text, value::NotAValue,
    },
    sys::fs::read_capped,
};

/// The most bytes of an input; claude takes no longer prompt.
const MAX_INPUT: u64 = 10 * 1024 * 1024;

/// How long a SHA-256 is in hexadecimal digits.
const HASH_DIGITS: usize = 64;

/// What was typed, before it means anything.
pub(super) fn request(args: &Args, context: &Context) -> Result<Request> {
    let skill = SkillName::parse(&args.skill)?;
    let Args { agent, limits, proof, .. } = args;
    let mut ok_on = proof.ok_on.clone();
    ok_on.extend(proof.if_available.then_some(Status::Unavailable));
    let (inputs, unread) = inputs(&args.inputs, context);
    Ok(Request {
        skill: skill.to_string(),
        args: args.words.clone(),
        inputs,
        input_files: input_files(&args.inputs, context),
        unread,
        session: args.session.clone(),
        continues: args.continues,
        cwd: context.cwd.clone(),
        skills_dirs: args.skills.skills_dirs(context),
        plugin_dirs: args.skills.plugin_dirs(context),
        model: agent.model.clone(),
        edit: agent.edit,
        permission_mode: agent.permission_mode,
        allow: agent.allow.clone(),
        contract: None,
        worktree: agent.worktree,
        index: agent.index,
        delivery: delivery(agent),
        jobs: agent.pace.jobs,
        stagger: agent.pace.stagger(),
        max_usd: limits.max_usd,
        max_turns: limits.max_turns,
        timeout: limits.timeout,
        require: proof.require,
        verify: verify(proof),
        canary: proof.canary,
        work: None,
        part: args.part.part(),
        trust: trust(proof),
        wait: limits.wait(),
        reuse: args.word.reuse.map(|age| age.unwrap_or(super::FRESH)),
        config_from: args.word.config_from.clone(),
        ok_on,
    })
}

fn delivery(agent: &AgentArgs) -> Delivery {
    match (&agent.branch, agent.apply) {
        (Some(name), _) => Delivery::Branch { name: name.clone() },
        (None, true) => Delivery::Tree,
        (None, false) => Delivery::Patch,
    }
}

/// What is said of the panel.
pub(in crate::cli) fn verify(proof: &ProofArgs) -> VerifyRequest {
    match (proof.no_verify, proof.verify) {
        (true, _) => VerifyRequest::Off,
        (false, Some(number)) => VerifyRequest::On(number),
        (false, None) => VerifyRequest::AsContract,
    }
}

/// What one `--trust` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trusted {
    /// Whatever is there.
    Whatever,
    /// What this hash names.
    Hash(String),
}

/// Stands for a `--trust` without a value; nobody types it.
pub(super) const WHATEVER: &str = "\u{1}";

/// Reads what stands after `--trust=`. Nothing at all is no wish to trust whatever is there: it is
/// what a script says whose variable is empty.
pub(super) fn trusted(typed: &str) -> Result<Trusted, NotAValue> {
    if typed == WHATEVER {
        return Ok(Trusted::Whatever);
    }
    if typed.len() == HASH_DIGITS && typed.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(Trusted::Hash(typed.to_owned()));
    }
    Err(NotAValue(format!("write the {HASH_DIGITS} digits that `atlas trust` shows")))
}

/// A hash says more than a bare `--trust` beside it.
pub(in crate::cli) fn trust(proof: &ProofArgs) -> TrustRequest {
    let hash = |trusted: &Trusted| match trusted {
        Trusted::Whatever => None,
        Trusted::Hash(hash) => Some(hash.clone()),
    };
    let hashes: Vec<String> = proof.trust.iter().filter_map(hash).collect();
    match (proof.untrusted, proof.trust.is_empty(), hashes.is_empty()) {
        (true, _, _) => TrustRequest::Without,
        (false, true, _) => TrustRequest::Stored,
        (false, false, true) => TrustRequest::ThisRun,
        (false, false, false) => TrustRequest::Hashes(hashes),
    }
}

/// A name and a text: an input's value, or why it has none.
pub(in crate::cli) type Told = (String, String);

/// The inputs with their files read, and those that could not be read, each with its reason.
pub(in crate::cli) fn inputs(typed: &[Told], context: &Context) -> (Vec<Told>, Vec<Told>) {
    let (mut inputs, mut unread) = (Vec::new(), Vec::new());
    let mut stdin_is_for: Option<&str> = None;
    for (name, typed) in typed {
        let value = match (typed.strip_prefix('@'), stdin_is_for) {
            (None, Some(first)) if typed == "-" => {
                Err(format!("cannot be read: stdin is read for `{}`", text::sanitize_line(first)))
            }
            (None, None) if typed == "-" => {
                stdin_is_for = Some(name);
                content("stdin", stdin())
            }
            (Some(file), _) => content(file, read_capped(&context.cwd.join(file), MAX_INPUT)),
            (None, _) => Ok(typed.clone()),
        };
        match value {
            Ok(value) => inputs.push((name.clone(), value)),
            Err(why) => unread.push((name.clone(), why)),
        }
    }
    (inputs, unread)
}

/// Where inputs were read from, so that a resume sees that such a file has changed.
pub(in crate::cli) fn input_files(typed: &[Told], context: &Context) -> Vec<(String, PathBuf)> {
    let file =
        |(name, value): &Told| Some((name.clone(), context.cwd.join(value.strip_prefix('@')?)));
    typed.iter().filter_map(file).collect()
}

/// The text of a file, or of stdin where there is none; else why it cannot be read.
pub(in crate::cli) fn read_text(file: Option<&Path>) -> Result<String, String> {
    match file {
        Some(file) => content(&file.to_string_lossy(), read_capped(file, MAX_INPUT)),
        None => content("stdin", stdin()),
    }
}

fn stdin() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().take(MAX_INPUT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_INPUT {
        return Err(io::Error::other(format!("over {MAX_INPUT} bytes")));
    }
    Ok(bytes)
}

fn content(from: &str, read: io::Result<Vec<u8>>) -> Result<String, String> {
    let bytes = read.map_err(|error| format!("cannot be read: {error}"))?;
    let from = text::sanitize_line(from);
    String::from_utf8(bytes).map_err(|_| format!("cannot be read: {from} is not UTF-8 text"))
}
