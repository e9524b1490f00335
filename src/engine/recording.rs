//! What a run has to do with recordings: nothing, making one, or being played from one.
//!
//! A replay takes the one path of every call; only the program differs. So everything here stands
//! beside the call: what it is asked is written down by parts, and what it changed is kept.

mod draft;
mod play;
mod replay;
mod scene;

use std::{cell::RefCell, collections::BTreeSet, fs, path::PathBuf};

use super::{
    call::{CallFiles, Order},
    prepare::Purpose,
    site::Site,
    tree::{Origin, WorkTree},
};
use crate::{
    model::{
        Fault, Request, Result,
        call::CallEnd,
        contract::Fact,
        digest::sha256,
        prompt,
        recording::{Asked, Note, PartsOf, Place, Places, parts},
        run::Plan,
    },
    store::recordings,
    sys::{
        fs::{PRIVATE_FILE, write_private},
        git::{Snapshot, is_commit_id},
    },
};

pub(crate) use draft::draft;
pub use draft::expected;
pub(crate) use play::STALE;
pub use play::{COMMAND, play};
pub use replay::{Played, Stage};
pub use scene::Scene;

/// The file beside a prompt that says what is asked, for who plays a recording.
const ASKED: &str = "parts.json";

/// The input that names the commit which the work is compared with.
const BASE_INPUT: &str = "base";

/// What a run has to do with recordings.
#[derive(Debug)]
pub(crate) enum Recording {
    /// Nothing.
    Off,
    /// It makes one.
    Record(Box<Recorder>),
    /// It is played from one; the arguments as typed.
    Replay(Vec<String>),
}

/// What is kept of a run while it goes on.
#[derive(Debug)]
pub(crate) struct Recorder {
    origin: Origin,
    args: Vec<String>,
    calls: RefCell<Vec<Kept>>,
    /// Calls that were begun and are not kept, by step and attempt.
    broken_off: RefCell<BTreeSet<(String, u32)>>,
}

impl Recorder {
    fn new(origin: Origin, args: Vec<String>) -> Self {
        Self { origin, args, calls: RefCell::default(), broken_off: RefCell::default() }
    }
}

/// One call that is over.
#[derive(Debug)]
struct Kept {
    note: Note,
    stream: PathBuf,
    /// Where the call's own lines begin: one that was made again within its attempt goes on there.
    from: u64,
    change: Vec<u8>,
}

/// A call that is about to be made.
#[derive(Debug)]
pub(crate) struct Before {
    asked: Asked,
    tree: Snapshot,
    from: u64,
}

impl Recording {
    /// Takes what has to be taken before the first call, and refuses what no recording can hold
    /// before it costs anything.
    pub(crate) async fn begin(
        purpose: &Purpose,
        request: &Request,
        (plan, tree): (&Plan, &WorkTree),
    ) -> Result<Self> {
        let args = request.args.clone();
        match purpose {
            Purpose::Work => Ok(Self::Off),
            Purpose::Replay { .. } => Ok(Self::Replay(args)),
            Purpose::Recording { .. } => {
                let base = plan.inputs.get(BASE_INPUT).map(|base| base.trim().to_owned());
                let base = base.filter(|base| !base.is_empty());
                if let Some(id) = base.as_ref().filter(|base| is_commit_id(base)) {
                    return Err(Fault::invalid("a commit cannot be recorded by its id")
                        .because(format!("no other repository has a commit `{id}`"))
                        .hint("name a branch, or a place such as HEAD~1"));
                }
                let counts_commits = plan.facts.iter().any(|known| known.fact == Fact::Commits);
                let base = match base {
                    None if counts_commits => tree.last_tag().await?,
                    base => base,
                };
                let origin = tree.origin(base).await?;
                recordings::expect_fit(&origin.files)?;
                Ok(Self::Record(Box::new(Recorder::new(origin, args))))
            }
        }
    }

    /// Whether nothing is recorded and nothing played.
    pub(crate) fn is_off(&self) -> bool {
        match self {
            Self::Off => true,
            Self::Record(_) | Self::Replay(_) => false,
        }
    }

    /// Whether calls are played.
    pub(crate) fn is_replay(&self) -> bool {
        match self {
            Self::Replay(_) => true,
            Self::Off | Self::Record(_) => false,
        }
    }
}

/// Counts a call as broken off until it is kept.
pub(crate) fn begins(site: &Site, order: &Order) {
    if let Recording::Record(recorder) = &site.recording {
        recorder.broken_off.borrow_mut().insert((order.step.id.clone(), order.attempt));
    }
}

/// Writes down what a call is asked, where anybody wants to know.
pub(crate) async fn before(
    site: &Site,
    order: &Order,
    (files, claude_session): (&CallFiles, &str),
) -> Result<Option<Before>> {
    let args = match &site.recording {
        Recording::Off => return Ok(None),
        Recording::Record(recorder) => &recorder.args,
        Recording::Replay(args) => args,
    };
    let tree = site.trees.of(&order.step.id).recorded().await?;
    let told = format!("{}{}", order.told.brief, order.told.meanwhile);
    let told = (!told.is_empty()).then_some(told);
    let reasons: Vec<String> = order.told.reasons.iter().cloned().chain(told).collect();
    let asked = Asked {
        step: order.step.id.clone(),
        attempt: order.attempt,
        role: site.plan.role(&order.step.id).to_owned(),
        prompt: sha256(&prompt::stdin(&files.prompt)),
        parts: parts(PartsOf {
            plan: &site.plan,
            step: &order.step,
            args,
            reasons: &reasons,
            tree: &tree.tree,
            places: &hidden(site, &order.step.id, claude_session),
        }),
        places: places(site, &order.step.id, claude_session),
    };
    let json = serde_json::to_vec(&asked).expect("parts are JSON");
    write_private(&files.dir.join(ASKED), &json, PRIVATE_FILE)
        .map_err(|error| Fault::failed("could not write what a call is asked").because(error))?;
    let from = fs::metadata(files.dir.join("stream.jsonl")).map_or(0, |found| found.len());
    Ok(Some(Before { asked, tree, from }))
}

/// Keeps what a call changed. A call that cannot be played again keeps the run from being
/// recorded, which its end says.
pub(crate) async fn after(
    site: &Site,
    files: &CallFiles,
    before: Option<Before>,
    end: CallEnd,
) -> Result<()> {
    let (Recording::Record(recorder), Some(before)) = (&site.recording, before) else {
        return Ok(());
    };
    let exit = match end {
        CallEnd::Exited(code) => code,
        CallEnd::Lingered => 0,
        CallEnd::Killed(_)
        | CallEnd::NeverStarted
        | CallEnd::Limited(_)
        | CallEnd::LoginRefused
        | CallEnd::Interrupted => return Ok(()),
    };
    let tree = site.trees.of(&before.asked.step);
    let now = tree.recorded().await?;
    let change = tree.recorded_change(before.tree, now).await?;
    let call = (before.asked.step.clone(), before.asked.attempt);
    recorder.broken_off.borrow_mut().remove(&call);
    let mut calls = recorder.calls.borrow_mut();
    calls.retain(|kept| {
        let Asked { step, attempt, .. } = &kept.note.asked;
        (step, *attempt) != (&before.asked.step, before.asked.attempt)
    });
    calls.push(Kept {
        note: Note { asked: before.asked, exit },
        stream: files.dir.join("stream.jsonl"),
        from: before.from,
        change,
    });
    Ok(())
}

/// What placeholders stand for in a call.
fn places(site: &Site, step: &str, claude_session: &str) -> Places {
    Places::new(all_places(site, step, claude_session))
}

/// What is replaced by placeholders: besides, where the user stood when the work is on a copy.
fn hidden(site: &Site, step: &str, claude_session: &str) -> Places {
    let own = site.plan.root.iter().map(|root| (Place::Repository, root.display().to_string()));
    Places::new(all_places(site, step, claude_session).into_iter().chain(own))
}

fn all_places(site: &Site, step: &str, claude_session: &str) -> Vec<(Place, String)> {
    let home = site.env.get("HOME").map(|home| (Place::Home, home.to_owned()));
    let mut all = vec![
        (Place::Repository, site.trees.once_of(step).root.display().to_string()),
        (Place::Session, site.session.dir().display().to_string()),
        (Place::Skill, site.plan.skill.dir.display().to_string()),
        (Place::Conversation, claude_session.to_owned()),
    ];
    all.extend(home);
    all.extend(site.panels.borrow().values().map(|fence| (Place::Fence, fence.clone())));
    let temporary = site.env.get("TMPDIR").filter(|dir| *dir != "/tmp");
    all.extend(temporary.map(|dir| (Place::Temporary, dir.to_owned())));
    all
}
