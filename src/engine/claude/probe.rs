//! What a claude binary is and can do, asked once and remembered by path, size and time.

use std::{path::Path, time::Duration};

use tokio::sync::watch;

use super::Claude;
use crate::{
    engine::child_env::{Child, child_env},
    model::{Fault, Result},
    store::probe::ProbeCache,
    sys::{
        env::Env,
        process::{End, Exit, Program, RunLimits, run},
        signals::Stop,
    },
};

/// Below this version, leftovers of the shell tool survive an interrupt, and the changelog still
/// closes holes in trust: atlas warns.
pub const OLDEST: (u32, u32, u32) = (2, 1, 221);

/// `--help` takes 0.1 s; a binary that needs a hundred times that is no claude.
const PATIENCE: RunLimits = RunLimits {
    timeout: Duration::from_secs(10),
    grace: Duration::from_secs(1),
    keep_bytes: 256 * 1024,
    leak_grace: Duration::from_millis(200),
};

/// Asks the binary for its version and its flags, unless the cache knows this very file.
pub async fn probe(path: &Path, env: &Env, cache: &ProbeCache) -> Result<Claude> {
    if let Some(known) = cache.lookup(path) {
        return Ok(Claude {
            path: path.to_owned(),
            args: Vec::new(),
            version: known.version,
            flags: known.flags,
        });
    }
    let said = ask(path, env, "--version").await?;
    let version = said.split_whitespace().next().unwrap_or_default().to_owned();
    if version_number(&version).is_none() {
        return Err(unusable(path, &format!("`--version` said `{}`", said.trim())));
    }
    let flags = flags(&ask(path, env, "--help").await?);
    cache.remember(path, &version, &flags);
    Ok(Claude { path: path.to_owned(), args: Vec::new(), version, flags })
}

async fn ask(path: &Path, env: &Env, flag: &str) -> Result<String> {
    let program = Program {
        path: path.to_owned(),
        args: vec![flag.into()],
        cwd: "/".into(),
        env: child_env(env, Child::Claude, &[], &[]),
    };
    let (_keep_going, stop) = watch::channel(Stop::Running);
    match run(&program, Vec::new(), PATIENCE, stop).await {
        Ok(done) if done.end == End::Exited(Exit::Code(0)) => Ok(done.stdout.text()),
        Ok(done) => {
            let why = match done.end {
                End::Exited(exit) => exit.to_string(),
                End::TimedOut | End::Stopped => "no answer within ten seconds".to_owned(),
            };
            Err(unusable(path, &format!("`{flag}`: {why}")))
        }
        Err(error) => Err(unusable(path, &error.to_string())),
    }
}

fn unusable(path: &Path, why: &str) -> Fault {
    Fault::unavailable(format!("`{}` is no claude that can be used", path.display()))
        .because(why)
        .hint("run `atlas doctor`, or name another one with ATLAS_CLAUDE")
}

/// The three numbers of a version such as `2.1.328`.
pub fn version_number(version: &str) -> Option<(u32, u32, u32)> {
    let mut numbers = version.split(['.', '-']).map(str::parse::<u32>);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// Every long option in a help text.
fn flags(help: &str) -> Vec<String> {
    let words = help.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    let mut flags: Vec<String> =
        words.filter(|word| word.len() > 2 && word.starts_with("--")).map(str::to_owned).collect();
    flags.sort();
    flags.dedup();
    flags
}
