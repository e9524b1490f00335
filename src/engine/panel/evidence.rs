//! What atlas sees of the evidence that reviewers name: quotes looked up, commands run.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::{Path, PathBuf},
};

use crate::{
    engine::{child_env::Child, leftovers, site::Site, unit::Line},
    model::{
        panel::{
            EvidenceCommand,
            answer::{Expect, Issue},
            canary::Planted,
            quote,
            weigh::{Asked, Evidence, Said},
        },
        run::Event,
    },
    sys::{
        capture::KEEP_BYTES,
        fs::read_capped,
        process::{End, Exit, Program, RunLimits, run},
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
    /// Which time the end was reached, from 0.
    pub(super) round: u32,
    /// The tree on which evidence of this round was looked at before, where it was.
    pub(super) judged: Option<String>,
}

/// Why nothing can be concluded: something about the evidence was to be seen, and was not.
#[derive(Debug)]
pub(super) enum Unseen {
    /// The run was stopped while a command ran.
    Stopped,
    /// A command changed the tree, so the work that was judged is not there any more.
    Changed(String),
    /// The tree cannot be read, so nobody knows whether a command changed it.
    Unreadable(String),
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped => f.write_str("the run was stopped while evidence was looked at"),
            Self::Changed(name) => write!(
                f,
                "the tree changed before the command `{name}` of `evidence` had run, or by it: what the \
                 reviewers judged is not what is there now"
            ),
            Self::Unreadable(why) => write!(f, "the tree cannot be looked at: {why}"),
        }
    }
}

/// Looks up every quote, and runs each command that somebody named, once. What commands say is about
/// the work, so they prove nothing about a copy of it.
///
/// # Errors
/// What would have to be seen first. Evidence that is merely left out would count for those who
/// confirm.
pub(super) async fn look(
    site: &Site,
    line: &Line,
    (asked, ground): (&[Asked], &Ground),
) -> Result<Evidence, Unseen> {
    let mut quotes = BTreeMap::new();
    let mut named = BTreeSet::new();
    for Asked { reviewer, said } in asked {
        let Said::Answer { review } = said else { continue };
        let stand = review.issues.iter().map(|issue| stands(site, issue, ground));
        quotes.insert(reviewer.clone(), stand.collect());
        named.extend(review.issues.iter().filter_map(|issue| issue.command.as_deref()));
    }
    if ground.planted.is_some() {
        return Ok(Evidence { quotes, commands: BTreeMap::new() });
    }
    Ok(Evidence { quotes, commands: commands(site, line, (&named, ground)).await? })
}

fn stands(site: &Site, issue: &Issue, ground: &Ground) -> bool {
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
            let bytes = inside(site, file).and_then(|path| read_capped(&path, FILE_BYTES).ok());
            let Some(bytes) = bytes else { return false };
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let faulty = planted.and_then(|planted| planted.in_file(file, &text));
            (text, faulty)
        }
    };
    !quote::places(&faulty.unwrap_or(text), wanted).is_empty()
}

/// A reviewer names files of the tree, and no others: what itself and others said lies in the
/// sessions, and would prove any quote.
fn inside(site: &Site, file: &str) -> Option<PathBuf> {
    let root = site.trees.own().root.canonicalize().ok()?;
    let real = root.join(file).canonicalize().ok()?;
    let sessions = site.sessions().into_iter().filter_map(|folder| folder.canonicalize().ok());
    let is_said = sessions.into_iter().any(|folder| real.starts_with(folder));
    let is_of_the_tree = real.starts_with(&root) && !is_said;
    (Path::new(file).is_relative() && is_of_the_tree).then_some(real)
}

/// How the contract's commands behave, those that somebody named. One that could not run proves
/// nothing.
async fn commands(
    site: &Site,
    line: &Line,
    (named, ground): (&BTreeSet<&str>, &Ground),
) -> Result<BTreeMap<String, Expect>, Unseen> {
    let panel = site.plan.panel.as_ref().expect("the plan asked for a panel");
    let mut behaved = BTreeMap::new();
    let mut judged = ground.judged.clone();
    for command in panel.evidence.iter().filter(|command| named.contains(command.name.as_str())) {
        expect_judged(site, line, (ground.round, &mut judged, command)).await?;
        let seen = behave(site, command).await;
        expect_judged(site, line, (ground.round, &mut judged, command)).await?;
        behaved.extend(seen?.map(|seen| (command.name.clone(), seen)));
    }
    Ok(behaved)
}

/// Whether the tree is the one that evidence of this round is looked at on. That it is another is
/// written down as well: what is judged has to be asked about anew.
async fn expect_judged(
    site: &Site,
    line: &Line,
    (round, judged, command): (u32, &mut Option<String>, &EvidenceCommand),
) -> Result<(), Unseen> {
    let Some(now) = tree(site).await? else { return Ok(()) };
    if judged.as_ref() == Some(&now) {
        return Ok(());
    }
    let told = line.commit(Event::TreeJudged { round, tree: now.clone() }).await;
    match judged.replace(now) {
        None => told.map_err(|_| Unseen::Stopped),
        Some(_) => Err(Unseen::Changed(command.name.clone())),
    }
}

/// The tree as it is now; none where changes are not tracked.
async fn tree(site: &Site) -> Result<Option<String>, Unseen> {
    let seen = site.trees.own().changes().await;
    let seen = seen.map_err(|fault| Unseen::Unreadable(fault.to_string()))?;
    Ok(seen.and_then(|(changes, _)| changes.tree))
}

/// Runs one command; nothing that it started is left to change the tree afterwards.
async fn behave(site: &Site, command: &EvidenceCommand) -> Result<Option<Expect>, Unseen> {
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
    leftovers::end(site.cookie(&unit), limits.grace, site.stop.clone()).await;
    let Ok(done) = done else { return Ok(None) };
    match done.end {
        End::Exited(Exit::Code(0)) => Ok(Some(Expect::Passes)),
        // 126 and 127 are what a shell says of a program that it could not start.
        End::Exited(Exit::Code(126 | 127) | Exit::Signal(_)) | End::TimedOut => Ok(None),
        End::Exited(Exit::Code(_)) => Ok(Some(Expect::Fails)),
        End::Stopped => Err(Unseen::Stopped),
    }
}
