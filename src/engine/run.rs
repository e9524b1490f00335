//! One run, from a plan to its end.
//!
//! What differs from run to run is only how it begins: [`run()`] begins anew, [`resume()`] goes on
//! where a run stopped. The ground that they stand on, the way through them and their end are one.

mod branches;
mod closed;
mod finish;
mod ground;
mod journey;
mod known;
mod left;
mod locks;
mod meanwhile;
mod orphans;
mod resume;
mod within;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::task::LocalSet;

pub use finish::{Finished, task};
pub use resume::{NewLimits, Resume, resume};

use super::{
    branches::put_away,
    claude::{self, Claude},
    dispatcher::Observer,
    prepare::{Around, Prepared, Purpose, Since},
    recording::{self, Recording},
    tree::{Copies, Wanted, WorkTree},
};
use crate::{
    model::{
        Fault, Request, Result,
        contract::Isolation,
        digest::sha256,
        run::{Event, Plan, State},
    },
    store::{
        probe::ProbeCache,
        session::{NewSession, Session},
    },
    sys::{
        fs::{PRIVATE_FILE, ensure_private_dir, write_private},
        signals::{Signals, listen},
    },
};
use ground::Ground;
use known::Known;

/// How a run begins.
struct Beginning<'a> {
    /// What shall happen.
    plan: Plan,
    /// What was typed.
    request: &'a Request,
    /// Which run of the session, from 1.
    run: u32,
    /// What is known of it already.
    state: State,
    /// How long it has taken already.
    spent: Duration,
    /// What is written down first.
    events: Vec<Event>,
}

/// What surrounds every run: the process as it was started, its signals, and when that was.
struct Setting<'a> {
    around: &'a Around,
    signals: Signals,
    started: Instant,
}

impl<'a> Setting<'a> {
    fn new(around: &'a Around) -> Result<Self> {
        let started = Instant::now();
        let signals =
            listen().map_err(|error| Fault::failed("cannot hear signals").because(error))?;
        if let Some(earlier) = &around.heard {
            signals.take_over(earlier);
        }
        Ok(Self { around, signals, started })
    }
}

/// Runs what was prepared.
///
/// # Errors
/// No claude to call, a session or a tree that somebody else holds, a journal that can no longer
/// be written. Everything that happens after the session is made and can be written down is no
/// error but an ending.
pub async fn run(
    prepared: Prepared,
    request: &Request,
    around: &Around,
    observer: &mut dyn Observer,
) -> Result<Finished> {
    let setting = Setting::new(around)?;
    orphans::of_others(&prepared.sessions, observer).await;
    let claude = locks::unless_stopped(&setting.signals, find_claude(&prepared, around)).await?;
    let home = prepared.sessions.home()?;
    let elsewhere = home.notice.as_ref().map(ToString::to_string);
    let too_old = claude.as_ref().and_then(Claude::too_old);
    too_old.into_iter().chain(elsewhere).for_each(|notice| observer.notice(&notice));
    let version = claude.as_ref().map(|claude| claude.version.clone());
    let new = NewSession { clock: around.clock, claude: version.clone() };
    let asked = (&prepared, request);
    let known = Known::new(asked, around);
    // A resume takes the session first, too: whoever waits for both must not have the other one. A
    // new session is nobody else's, and is not made for a run that only waits.
    let named = match &request.session {
        Some(_) => Some(within::session(asked, (&home, new.clone()), &setting, observer).await?),
        None => None,
    };
    let lock = locks::of_tree((&home, &prepared.plan), request.wait, &setting, observer).await?;
    let within = match named {
        Some(named) => named,
        None => within::session(asked, (&home, new), &setting, observer).await?,
    };
    let (session, run) = (&within.session, within.run);
    keep_facts(&prepared, session)?;
    let guarded = ground::guard((session, run), lock.as_ref(), around);
    // The warden starts while the base is taken.
    let wanted = wanted(&prepared, (session, run), around);
    let (tree, guarded) = tokio::join!(WorkTree::take(wanted), guarded);
    let (tree, guarded) = (tree?, guarded?);
    let before = within.before(asked, &tree, observer).await?;
    let question = known.question(&prepared.plan, tree.stand(), version.as_deref());
    let reused = question.as_ref().and_then(|key| known.answer(key, request));
    let recording = Recording::begin(&prepared.purpose, request, (&prepared.plan, &tree)).await?;
    let started = Event::RunStarted {
        run,
        request: Box::new(request.clone()),
        atlas: env!("CARGO_PKG_VERSION").to_owned(),
        claude: version,
        stand: tree.stand().map(Box::new),
        before,
    };
    let session = within.session;
    let branches = BTreeMap::new();
    let ground = Ground { session, home, lock, tree, branches, claude, guarded, recording };
    let beginning = Beginning {
        events: first(&prepared, started, reused),
        plan: prepared.plan,
        request,
        run,
        state: State::default(),
        spent: Duration::ZERO,
    };
    let finished = Box::pin(go(beginning, ground, setting, observer)).await?;
    known.keep(question, &finished);
    Ok(finished)
}

/// The way of every run, from its first event to its end.
async fn go(
    beginning: Beginning<'_>,
    ground: Ground,
    setting: Setting<'_>,
    observer: &mut dyn Observer,
) -> Result<Finished> {
    let Beginning { plan, request, run, state, spent, events } = beginning;
    let (site, lock) = ground::site((plan, run, spent), ground, &setting);
    let site = Rc::new(site);
    let way = Box::pin(journey::journey(&site, (state, events), &setting.signals, observer));
    let state = LocalSet::new().run_until(way).await;
    let state = state.map_err(|fault| match site.trees.own().copy() {
        Some(copy) => fault.hint(format!("what was done so far is in {}", copy.display())),
        None => fault,
    })?;
    journey::clear_up(&site).await;
    let draft = recording::draft(&site, &state, request);
    let copies = match &state.end {
        Some(end) if end.is_for_good() => Copies::Remove,
        Some(_) | None => Copies::Keep,
    };
    put_away(&site, &state, copies).await;
    let handed = site.trees.own().hand_over(site.run_dir().join("changes.patch"), copies).await;
    drop(lock);
    let site = Rc::into_inner(site).expect("every unit has ended");
    finish::finish(site, state, finish::Told { handed, draft, started: setting.started })
}

/// The plan as an event, which makes it durable with the first call.
fn planned(plan: &Plan) -> Event {
    let plan = Box::new(plan.clone());
    let json = serde_json::to_vec(&plan).expect("a plan is JSON");
    Event::Plan { hash: sha256(&json), plan }
}

/// What is written down first.
fn first(prepared: &Prepared, started: Event, reused: Option<Event>) -> Vec<Event> {
    let known = frozen(prepared).into_iter().chain(reused);
    [started, planned(&prepared.plan)].into_iter().chain(known).collect()
}

/// What judges work that was done since the plan was made is held to what it was then.
fn frozen(prepared: &Prepared) -> Option<Event> {
    match prepared.base {
        Since::Taken(_) => Some(Event::JudgesFrozen { files: prepared.plan.judges.clone() }),
        Since::Now | Since::Staged | Since::Revision(_) => None,
    }
}

/// The claude that is called; none where nobody is asked anything.
async fn find_claude(prepared: &Prepared, around: &Around) -> Result<Option<Claude>> {
    match &prepared.purpose {
        Purpose::Replay { played, .. } => Ok(Some(played.claude(&around.own_exe))),
        Purpose::Work | Purpose::Recording { .. } => real_claude(&prepared.plan, around).await,
    }
}

/// The claude that the plan's calls are made with; none where it makes no call.
async fn real_claude(plan: &Plan, around: &Around) -> Result<Option<Claude>> {
    if !plan.asks_somebody() {
        return Ok(None);
    }
    let path = claude::find(&around.env, plan.root.as_deref())?;
    let cache = ProbeCache::at(&around.folders.cache);
    claude::probe(&path, &around.env, &cache).await.map(Some)
}

/// The facts that the agent is given, whole, for hooks and people.
fn keep_facts(prepared: &Prepared, session: &Session) -> Result<()> {
    if prepared.facts.is_empty() {
        return Ok(());
    }
    let dir = session.dir().join("given");
    let kept = ensure_private_dir(&dir).and_then(|()| {
        let mut facts = prepared.facts.iter();
        facts.try_for_each(|(name, text)| {
            write_private(&dir.join(name), text.as_bytes(), PRIVATE_FILE)
        })
    });
    kept.map_err(|error| Fault::failed("cannot keep the facts of the repository").because(error))
}

fn wanted(prepared: &Prepared, (session, run): (&Session, u32), around: &Around) -> Wanted {
    let copies = prepared.plan.isolation == Isolation::Worktree;
    let copy = copies.then(|| copy_of((session, run), around));
    Wanted {
        repository: prepared.repository.clone(),
        cwd: prepared.plan.cwd.clone(),
        objects: session.stored().objects(),
        since: prepared.base.clone(),
        copy,
    }
}

/// Where the copy of the tree is, for a run that works on one: that of a session's first run has
/// the session's name, a later one the number of its run besides.
fn copy_of((session, run): (&Session, u32), around: &Around) -> PathBuf {
    let name = match run {
        0 | 1 => session.id().to_string(),
        _ => format!("{}-{run}", session.id()),
    };
    around.folders.cache.join("worktrees").join(name)
}
