//! What atlas sees of the evidence that reviewers name: quotes looked up, commands run.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use tokio::task::spawn_blocking;

use crate::{
    engine::{child_env::Child, site::Site},
    model::panel::{
        EvidenceCommand,
        answer::{Expect, Issue},
        canary::Planted,
        quote,
        weigh::{Asked, Evidence, Said},
    },
    sys::{
        capture::KEEP_BYTES,
        fs::read_capped,
        process::{End, Exit, Program, RunLimits, run},
        sweep::sweep,
    },
};

/// Larger files are not quoted from.
const FILE_BYTES: u64 = 16 * 1024 * 1024;

/// What quotes are looked up in, beside the tree.
pub(super) struct Ground {
    /// The output.
    pub(super) output: String,
    /// The fault that the copy has which is judged; it stands in no file.
    pub(super) planted: Option<Planted>,
}

/// Looks up every quote, and runs each command that somebody named, once. What commands say is about
/// the work, so they prove nothing about a copy of it.
pub(super) async fn look(site: &Site, asked: &[Asked], ground: &Ground) -> Evidence {
    let mut quotes = BTreeMap::new();
    let mut named = BTreeSet::new();
    for Asked { reviewer, said } in asked {
        let Said::Answer { review } = said else { continue };
        let stand = review.issues.iter().map(|issue| stands(&site.trees.own().root, issue, ground));
        quotes.insert(reviewer.clone(), stand.collect());
        named.extend(review.issues.iter().filter_map(|issue| issue.command.as_deref()));
    }
    if ground.planted.is_some() {
        return Evidence { quotes, commands: BTreeMap::new() };
    }
    Evidence { quotes, commands: commands(site, &named).await }
}

fn stands(root: &Path, issue: &Issue, ground: &Ground) -> bool {
    let Some(wanted) = issue.quote.as_deref().filter(|words| quote::says_something(words)) else {
        return false;
    };
    let planted = ground.planted.as_ref();
    let (text, faulty) = match issue.file.as_deref() {
        None => {
            let faulty = planted.and_then(|planted| planted.in_output(&ground.output));
            (ground.output.clone(), faulty)
        }
        Some(file) => {
            let bytes = inside(root, file).and_then(|path| read_capped(&path, FILE_BYTES).ok());
            let Some(bytes) = bytes else { return false };
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let faulty = planted.and_then(|planted| planted.in_file(file, &text));
            (text, faulty)
        }
    };
    !quote::places(&faulty.unwrap_or(text), wanted).is_empty()
}

/// A reviewer names files of the tree, and no others.
fn inside(root: &Path, file: &str) -> Option<PathBuf> {
    let root = root.canonicalize().ok()?;
    let real = root.join(file).canonicalize().ok()?;
    (Path::new(file).is_relative() && real.starts_with(&root)).then_some(real)
}

/// How the contract's commands behave, those that somebody named. One that changes the tree it
/// judges proves nothing, and neither does one that could not run.
async fn commands(site: &Site, named: &BTreeSet<&str>) -> BTreeMap<String, Expect> {
    let panel = site.plan.panel.as_ref().expect("the plan asked for a panel");
    let mut behaved = BTreeMap::new();
    for command in panel.evidence.iter().filter(|command| named.contains(command.name.as_str())) {
        let before = tree(site).await;
        let Some(seen) = behave(site, command).await else { continue };
        if tree(site).await == before {
            behaved.insert(command.name.clone(), seen);
        }
    }
    behaved
}

async fn tree(site: &Site) -> Option<String> {
    let (changes, _) = site.trees.own().changes().await.ok().flatten()?;
    changes.tree
}

/// Runs one command; nothing that it started is left to change the tree afterwards.
async fn behave(site: &Site, command: &EvidenceCommand) -> Option<Expect> {
    let unit = format!("evidence/{}", command.name);
    let mut words = command.command.iter();
    let program = Program {
        path: words.next().map(PathBuf::from).unwrap_or_default(),
        args: words.map(Into::into).collect(),
        cwd: site.trees.own().root.clone(),
        env: site.child_env(Child::Hook, &unit, None, &[]),
    };
    let limits = RunLimits {
        timeout: crate::model::config::defaults::HOOK_TIMEOUT.0,
        grace: site.plan.limits.grace.0,
        keep_bytes: KEEP_BYTES,
        leak_grace: std::time::Duration::from_millis(200),
    };
    let done = run(&program, Vec::new(), limits, site.stop.clone()).await;
    let (cookie, grace) = (site.cookie(&unit), limits.grace);
    let _nobody_left = spawn_blocking(move || sweep(&[cookie], grace)).await;
    match done.ok()?.end {
        End::Exited(Exit::Code(0)) => Some(Expect::Passes),
        // 126 and 127 are what a shell says of a program that it could not start.
        End::Exited(Exit::Code(126 | 127) | Exit::Signal(_)) | End::TimedOut | End::Stopped => None,
        End::Exited(Exit::Code(_)) => Some(Expect::Fails),
    }
}
