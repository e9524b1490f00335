//! What was typed, as a request; inputs are read here, so that a resume sees what this run saw.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

use super::{Args, ProofArgs};
use crate::{
    cli::context::Context,
    model::{Fault, Request, Result, Status, TrustRequest, skill::name::SkillName, text},
    sys::fs::read_capped,
};

/// The most bytes of an input; claude takes no longer prompt.
const MAX_INPUT: u64 = 10 * 1024 * 1024;

/// What was typed, before it means anything.
pub(super) fn request(args: &Args, context: &Context) -> Result<Request> {
    let skill = SkillName::parse(&args.skill)?;
    let Args { agent, limits, proof, .. } = args;
    let mut ok_on = proof.ok_on.clone();
    ok_on.extend(proof.if_available.then_some(Status::Unavailable));
    Ok(Request {
        skill: skill.to_string(),
        args: args.words.clone(),
        inputs: inputs(&args.inputs, context)?,
        input_files: input_files(&args.inputs, context),
        session: args.session.clone(),
        continues: args.continues,
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
        trust: trust(proof),
        wait: limits.wait(),
        ok_on,
    })
}

/// A hash says more than a bare `--trust` beside it.
fn trust(proof: &ProofArgs) -> TrustRequest {
    let hashes: Vec<String> = proof.trust.iter().filter(|hash| !hash.is_empty()).cloned().collect();
    match (proof.untrusted, proof.trust.is_empty(), hashes.is_empty()) {
        (true, _, _) => TrustRequest::Without,
        (false, true, _) => TrustRequest::Stored,
        (false, false, true) => TrustRequest::ThisRun,
        (false, false, false) => TrustRequest::Hashes(hashes),
    }
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

/// Where inputs were read from, so that a resume sees that such a file has changed.
fn input_files(typed: &[(String, String)], context: &Context) -> Vec<(String, PathBuf)> {
    let file = |(name, value): &(String, String)| {
        Some((name.clone(), context.cwd.join(value.strip_prefix('@')?)))
    };
    typed.iter().filter_map(file).collect()
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
