//! What a run stands on once nothing can go wrong before its first event.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    time::Duration,
};

use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::Setting;
use crate::{
    engine::{
        branches::Trees,
        claude::Claude,
        prepare::Around,
        recording::Recording,
        site::{Site, TokensUsed, Writers},
        tree::WorkTree,
    },
    model::{Fault, Result, run::Plan},
    store::{
        day_ledger::{DayLedger, Payer},
        session::{Home, Session},
    },
    sys::{
        lock::FileLock,
        warden::{Holds, Warden},
    },
};

/// Everything that a run needs and that somebody has to let go of at its end.
pub(super) struct Ground {
    pub(super) session: Session,
    pub(super) home: Home,
    /// The working tree's lock, where the run needs it.
    pub(super) lock: Option<FileLock>,
    pub(super) tree: WorkTree,
    /// Copies of it that branches go on in, by their paths.
    pub(super) branches: BTreeMap<String, WorkTree>,
    /// What calls are made with; none where the run makes none.
    pub(super) claude: Option<Claude>,
    pub(super) guarded: Guarded,
    pub(super) recording: Recording,
}

/// The warden, and what makes this process's cookies differ from any other's.
pub(super) struct Guarded {
    warden: Warden,
    nonce: String,
}

/// Starts the warden of a run, with its share of the locks.
pub(super) async fn guard(
    (session, run): (&Session, u32),
    tree: Option<&FileLock>,
    around: &Around,
) -> Result<Guarded> {
    let share = |lock: &FileLock| {
        lock.share().map_err(|error| Fault::failed("cannot share a lock").because(error))
    };
    let holds = Holds { session: Some(share(session.lock())?), tree: tree.map(share).transpose()? };
    let nonce = Uuid::new_v4().simple().to_string()[..12].to_owned();
    let cookie = format!("{}/{run}/{nonce}", session.id());
    let exe = around.own_exe.clone();
    let started = spawn_blocking(move || Warden::start(&exe, &cookie, holds)).await;
    let warden = started.expect("starting the warden does not panic");
    let warden = warden.map_err(|error| Fault::failed("cannot start the warden").because(error))?;
    Ok(Guarded { warden, nonce })
}

/// The user's ledger of days, on behalf of a run.
pub(super) fn day((session, run): (&Session, u32), plan: &Plan, around: &Around) -> DayLedger {
    let payer = Payer {
        session: session.id().clone(),
        run,
        skill: plan.skill.name.clone(),
        repository: plan.hook_dir().display().to_string(),
    };
    DayLedger::at(&around.folders.state, around.clock, payer)
}

/// The site of a run on this ground, and the lock that is let go of before the run is told.
pub(super) fn site(
    (plan, run, spent): (Plan, u32, Duration),
    ground: Ground,
    setting: &Setting<'_>,
) -> (Site, Option<FileLock>) {
    let around = setting.around;
    let day = day((&ground.session, run), &plan, around);
    let site = Site {
        plan,
        env: around.env.clone(),
        clock: around.clock,
        session: ground.session,
        run,
        spent,
        claude: ground.claude,
        home: ground.home,
        trees: Trees::new(ground.tree, ground.branches),
        warden: RefCell::new(Some(ground.guarded.warden)),
        day: (!ground.recording.is_replay()).then_some(day),
        recording: ground.recording,
        keys: around.folders.state.join("keys"),
        cache: around.folders.cache.clone(),
        tasks: around.folders.cache.join("tasks"),
        stop: setting.signals.subscribe(),
        limit: Cell::new(None),
        exe: around.own_exe.clone(),
        panels: RefCell::default(),
        writers: Writers::default(),
        tokens: TokensUsed::default(),
        rates: RefCell::default(),
        nonce: ground.guarded.nonce,
    };
    (site, ground.lock)
}
