//! One run, from a plan to its end: the session, the locks, the base, the warden, the dispatcher.

use std::{
    cell::{Cell, RefCell},
    path::PathBuf,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::task::{LocalSet, spawn_blocking};
use uuid::Uuid;

use super::{
    claude::{self, Claude},
    dispatcher::{Dispatcher, Observer},
    prepare::{Around, Prepared, Purpose},
    recording::{self, Recording},
    site::Site,
    tree::{HandOver, Wanted, WorkTree},
};
use crate::{
    model::{
        Fault, Request, Result,
        contract::{Isolation, PermissionMode},
        digest::sha256,
        result::{Outside, RunResult},
        run::{Event, Plan, State, event::Output, plan::CallTrust},
    },
    store::{
        day_ledger::{DayLedger, Payer},
        probe::ProbeCache,
        recordings::Draft,
        session::{NewSession, Session},
    },
    sys::{
        fs::{PRIVATE_FILE, ensure_private_dir, write_private},
        lock::{FileLock, Mode},
        signals::{Signals, listen},
        sweep::{Cookie, sweep},
        warden::{Holds, Warden},
    },
};

/// A run that is over.
#[derive(Debug)]
pub struct Finished {
    /// What was planned.
    pub plan: Plan,
    /// What is known of it.
    pub state: State,
    /// The session's name.
    pub session: String,
    /// The session's folder.
    pub dir: PathBuf,
    /// Which run of the session, from 1.
    pub run: u32,
    /// The last step's output, where the journal only names its file.
    pub output: Option<serde_json::Value>,
    /// The file that holds the last step's output.
    pub output_file: Option<PathBuf>,
    /// The version of claude that was called.
    pub claude: String,
    /// The change of a run that worked on a copy.
    pub handed: Option<HandOver>,
    /// The root of the tree that was worked on, which may be gone by now.
    pub root: PathBuf,
    /// The recording that was asked for, short of what came of the run; why there is none.
    pub draft: Result<Option<Draft>>,
    /// How long it took.
    pub elapsed: Duration,
}

impl Finished {
    /// The result.
    pub fn result(&self) -> RunResult {
        RunResult::fold(
            &self.plan,
            &self.state,
            &Outside {
                session: Some(&self.session),
                output: self.output.clone(),
                duration_ms: u64::try_from(self.elapsed.as_millis()).ok(),
                loaded: None,
                claude_version: Some(&self.claude),
            },
        )
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
    let started = Instant::now();
    let signals = listen().map_err(|error| Fault::failed("cannot hear signals").because(error))?;
    let claude = find_claude(&prepared, around).await?;
    let home = prepared.sessions.home()?;
    let elsewhere = home.notice.as_ref().map(ToString::to_string);
    claude.too_old().into_iter().chain(elsewhere).for_each(|notice| observer.notice(&notice));
    let tree_lock = match mode(&prepared.plan) {
        Some(mode) => Some(home.lock_tree(mode, request.wait).await?),
        None => None,
    };
    let version = claude.version.clone();
    let session =
        home.create(&NewSession { clock: around.clock, claude: Some(version.clone()) })?;
    keep_facts(&prepared, &session)?;
    let wanted = wanted(&prepared, &session, around);
    let guarded = guard(&session, tree_lock.as_ref(), around);
    // The warden starts while the base is taken.
    let (tree, guarded) = tokio::join!(WorkTree::take(wanted), guarded);
    let (tree, guarded) = (tree?, guarded?);
    let recording = Recording::begin(&prepared.purpose, request, (&prepared.plan, &tree)).await?;
    let ground = Ground { session, tree, claude, guarded, recording };
    let site = Rc::new(site(prepared.plan, ground, around, &signals));
    let state = LocalSet::new().run_until(journey(&site, request, &signals, observer)).await?;
    clear_up(&site).await;
    let draft = recording::draft(&site, &state, request);
    let handed = site.tree.hand_over(site.session.dir().join("runs/1/changes.patch")).await?;
    drop(tree_lock);
    let site = Rc::into_inner(site).expect("every unit has ended");
    finish(site, state, Told { claude: version, handed, draft, started })
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

/// What a run stands on once nothing can go wrong before its first event.
struct Ground {
    session: Session,
    tree: WorkTree,
    claude: Claude,
    guarded: Guarded,
    recording: Recording,
}

/// The warden, and what makes this process's cookies differ from any other's.
struct Guarded {
    warden: Warden,
    nonce: String,
}

fn wanted(prepared: &Prepared, session: &Session, around: &Around) -> Wanted {
    let copies = around.folders.cache.join("worktrees");
    Wanted {
        repository: prepared.repository.clone(),
        cwd: prepared.plan.cwd.clone(),
        objects: session.stored().objects(),
        copy: (prepared.plan.isolation == Isolation::Worktree)
            .then(|| copies.join(session.id().as_str())),
    }
}

async fn guard(session: &Session, tree: Option<&FileLock>, around: &Around) -> Result<Guarded> {
    let share = |lock: &FileLock| {
        lock.share().map_err(|error| Fault::failed("cannot share a lock").because(error))
    };
    let holds = Holds { session: Some(share(session.lock())?), tree: tree.map(share).transpose()? };
    let nonce = Uuid::new_v4().simple().to_string()[..12].to_owned();
    let cookie = format!("{}/1/{nonce}", session.id());
    let exe = around.own_exe.clone();
    let started = spawn_blocking(move || Warden::start(&exe, &cookie, holds)).await;
    let warden = started.expect("starting the warden does not panic");
    let warden = warden.map_err(|error| Fault::failed("cannot start the warden").because(error))?;
    Ok(Guarded { warden, nonce })
}

async fn find_claude(prepared: &Prepared, around: &Around) -> Result<Claude> {
    if let Purpose::Replay { played, .. } = &prepared.purpose {
        return Ok(played.claude(&around.own_exe));
    }
    let root = prepared.plan.root.as_deref();
    let path = claude::find(&around.env, root)?;
    let cache = ProbeCache::at(&around.folders.cache);
    claude::probe(&path, &around.env, &cache).await
}

/// A run that can change the tree has it alone; one that only reads shares it; one that works on
/// a copy needs none.
fn mode(plan: &Plan) -> Option<Mode> {
    if plan.isolation == Isolation::Worktree {
        return None;
    }
    let reads_only = plan.steps.iter().all(|step| {
        let agent = &step.agent;
        let tools = agent.tools.as_deref().unwrap_or_default();
        let shell = tools.iter().any(|tool| tool == "Bash");
        agent.trust == CallTrust::Isolated
            && !shell
            && matches!(
                agent.permission_mode,
                PermissionMode::Plan | PermissionMode::Default | PermissionMode::DontAsk
            )
    });
    Some(if reads_only { Mode::Shared } else { Mode::Exclusive })
}

fn site(plan: Plan, ground: Ground, around: &Around, signals: &Signals) -> Site {
    let payer = Payer {
        session: ground.session.id().clone(),
        run: 1,
        skill: plan.skill.name.clone(),
        repository: plan.hook_dir().display().to_string(),
    };
    Site {
        plan,
        env: around.env.clone(),
        session: ground.session,
        run: 1,
        claude: Some(ground.claude),
        tree: ground.tree,
        warden: RefCell::new(Some(ground.guarded.warden)),
        day: (!ground.recording.is_replay())
            .then(|| DayLedger::at(&around.folders.state, around.clock, payer)),
        recording: ground.recording,
        keys: around.folders.state.join("keys"),
        stop: signals.subscribe(),
        limit: Cell::new(None),
        nonce: ground.guarded.nonce,
    }
}

async fn journey(
    site: &Rc<Site>,
    request: &Request,
    signals: &Signals,
    observer: &mut dyn Observer,
) -> Result<State> {
    let mut dispatcher = Dispatcher::new(Rc::clone(site), signals, observer, State::default());
    dispatcher
        .append(Event::RunStarted {
            run: site.run,
            request: Box::new(request.clone()),
            atlas: env!("CARGO_PKG_VERSION").to_owned(),
            claude: site.claude.as_ref().map(|claude| claude.version.clone()),
        })
        .await?;
    let plan = Box::new(site.plan.clone());
    let json = serde_json::to_vec(&plan).expect("a plan is JSON");
    let hash = sha256(&json);
    dispatcher.append(Event::Plan { hash, plan }).await?;
    dispatcher.run().await
}

/// Nothing of ours goes on: one sweep over all cookies of the run, then the warden goes home.
async fn clear_up(site: &Site) {
    let cookie = Cookie::Under(site.run_cookie());
    let grace = site.plan.limits.grace.0;
    let _nobody_left = spawn_blocking(move || sweep(&[cookie], grace)).await;
    if let Some(warden) = site.warden.borrow_mut().take() {
        // One that is gone has nothing to do any more.
        let _gone = warden.done();
    }
}

/// What the end of a run is told beside its state.
struct Told {
    claude: String,
    handed: Option<HandOver>,
    draft: Result<Option<Draft>>,
    started: Instant,
}

fn finish(site: Site, state: State, told: Told) -> Result<Finished> {
    let base = site.tree.base().map(str::to_owned);
    site.session.describe(|file| file.base = base)?;
    let last = site.plan.steps.last().and_then(|step| Some((step, state.step(&step.id)?)));
    let output = last.and_then(|(_, known)| known.output.as_ref());
    let loaded = output.map(|output| site.session.stored().load_output(output)).transpose()?;
    Ok(Finished {
        session: site.session.id().to_string(),
        dir: site.session.dir().to_owned(),
        run: site.run,
        output: loaded.and_then(|output| match output {
            Output::Text { text } => Some(serde_json::Value::String(text)),
            Output::Json { json } => Some(json),
            Output::File { .. } => None,
        }),
        output_file: last.and_then(|(step, known)| site.output_file(&step.id, known)),
        plan: site.plan,
        state,
        claude: told.claude,
        handed: told.handed,
        draft: told.draft,
        root: site.tree.root.clone(),
        elapsed: told.started.elapsed(),
    })
}
