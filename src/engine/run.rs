//! One run, from a plan to its end: the session, the locks, the base, the warden, the dispatcher.

use std::{
    cell::{Cell, RefCell},
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use sha2::{Digest as _, Sha256};
use tokio::task::{LocalSet, spawn_blocking};
use uuid::Uuid;

use super::{
    claude::{self, Claude},
    dispatcher::{Dispatcher, Observer},
    look::SESSIONS,
    prepare::{Around, Prepared},
    site::{Site, WorkTree},
};
use crate::{
    model::{
        Fault, Request, Result,
        contract::PermissionMode,
        run::{Event, Plan, State, event::Output, plan::CallTrust},
    },
    store::{
        day_ledger::{DayLedger, Payer},
        probe::ProbeCache,
        session::{NewSession, Session},
    },
    sys::{
        git::{Repository, Snapshot},
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
    /// How long it took.
    pub elapsed: Duration,
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
    let tree_lock = home.lock_tree(mode(&prepared.plan), request.wait).await?;
    let version = claude.version.clone();
    let session =
        home.create(&NewSession { clock: around.clock, claude: Some(version.clone()) })?;
    let (base, warden) = begin(&prepared, &session, &tree_lock, around).await?;
    let site = Rc::new(site(prepared, session, claude, around, (base, warden), &signals));
    let state = LocalSet::new().run_until(journey(&site, request, &signals, observer)).await?;
    clear_up(&site).await;
    drop(tree_lock);
    let site = Rc::into_inner(site).expect("every unit has ended");
    finish(site, state, version, started)
}

/// The warden starts while the base is taken: both only look.
async fn begin(
    prepared: &Prepared,
    session: &Session,
    tree_lock: &FileLock,
    around: &Around,
) -> Result<(Option<Snapshot>, Guarded)> {
    let share = |lock: &FileLock| {
        lock.share().map(Some).map_err(|error| Fault::failed("cannot share a lock").because(error))
    };
    let holds = Holds { session: share(session.lock())?, tree: share(tree_lock)? };
    let nonce = Uuid::new_v4().simple().to_string()[..12].to_owned();
    let cookie = format!("{}/1/{nonce}", session.id());
    let exe = around.own_exe.clone();
    let warden = spawn_blocking(move || Warden::start(&exe, &cookie, holds));
    let base = base(prepared.repository.clone(), session.stored().objects());
    let (warden, base) = tokio::join!(warden, base);
    let warden = warden.expect("starting the warden does not panic");
    let warden = warden.map_err(|error| Fault::failed("cannot start the warden").because(error))?;
    Ok((base?, Guarded { warden, nonce }))
}

/// The warden, and what makes this process's cookies differ from any other's.
struct Guarded {
    warden: Warden,
    nonce: String,
}

async fn base(repository: Option<Arc<Repository>>, objects: PathBuf) -> Result<Option<Snapshot>> {
    let Some(repository) = repository else { return Ok(None) };
    let take = move || repository.snapshot(&objects, &[Path::new(SESSIONS)]);
    let snapshot = spawn_blocking(take).await.expect("taking a snapshot does not panic");
    snapshot.map(Some).map_err(|error| {
        let fault = Fault::invalid("cannot take the base of the run").because(&error);
        match error.hint() {
            Some(hint) => fault.hint(hint),
            None => fault,
        }
    })
}

async fn find_claude(prepared: &Prepared, around: &Around) -> Result<Claude> {
    let root = prepared.plan.root.as_deref();
    let path = claude::find(&around.env, root)?;
    let cache = ProbeCache::at(&around.folders.cache);
    claude::probe(&path, &around.env, &cache).await
}

/// A run that can change the tree has it alone; one that only reads shares it.
fn mode(plan: &Plan) -> Mode {
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
    if reads_only { Mode::Shared } else { Mode::Exclusive }
}

fn site(
    prepared: Prepared,
    session: Session,
    claude: Claude,
    around: &Around,
    (base, guarded): (Option<Snapshot>, Guarded),
    signals: &Signals,
) -> Site {
    let root = prepared.plan.hook_dir().display().to_string();
    let day = DayLedger::at(
        &around.folders.state,
        around.clock,
        Payer {
            session: session.id().clone(),
            run: 1,
            skill: prepared.plan.skill.name.clone(),
            repository: root,
        },
    );
    Site {
        tree: WorkTree {
            root: prepared.plan.root.clone(),
            cwd: prepared.plan.cwd.clone(),
            repository: prepared.repository,
            base,
        },
        plan: prepared.plan,
        env: around.env.clone(),
        session,
        run: 1,
        claude: Some(claude),
        warden: RefCell::new(Some(guarded.warden)),
        day,
        keys: around.folders.state.join("keys"),
        stop: signals.subscribe(),
        limit: Cell::new(None),
        nonce: guarded.nonce,
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
    let hash = Sha256::digest(&json).iter().map(|byte| format!("{byte:02x}")).collect();
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

fn finish(mut site: Site, state: State, claude: String, started: Instant) -> Result<Finished> {
    let base = site.tree.base.as_ref().map(|base| base.tree.clone());
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
        claude,
        elapsed: started.elapsed(),
    })
}
