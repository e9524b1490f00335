//! Where a run takes place: everything that its units share and none of them changes.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::sync::watch;
use uuid::Uuid;

use super::{
    branches::Trees,
    child_env::{Child, child_env},
    claude::Claude,
    own_bin,
    recording::Recording,
    tree,
};
use crate::{
    model::{
        call::{CallEnd, LimitKind},
        run::{Plan, ledger::Rates, path, state::StepState},
    },
    store::{
        day_ledger::DayLedger,
        session::{Home, Session},
    },
    sys::{
        clock::Clock,
        env::Env,
        signals::Stop,
        sweep::{COOKIE, Cookie},
        warden::Warden,
    },
};

/// A run's surroundings.
#[derive(Debug)]
pub struct Site {
    /// What shall happen.
    pub plan: Plan,
    /// The environment that atlas was started with.
    pub env: Env,
    /// What time it is.
    pub clock: Clock,
    /// Where the run is kept.
    pub session: Session,
    /// Which run of the session, from 1.
    pub run: u32,
    /// How long the run took before this process took it up.
    pub spent: Duration,
    /// The claude to call; `None` where the run needs none.
    pub claude: Option<Claude>,
    /// Where sessions of the user's tree are made, and that tree's lock.
    pub home: Home,
    /// The trees that are worked on.
    pub(crate) trees: Trees,
    /// What ends everything should atlas die.
    pub warden: RefCell<Option<Warden>>,
    /// The money of the user's day; `None` where nothing is spent.
    pub day: Option<DayLedger>,
    /// What the run has to do with recordings.
    pub(crate) recording: Recording,
    /// Where files with keys may lie: private, and outside of every repository.
    pub keys: PathBuf,
    /// The user's cache folder.
    pub cache: PathBuf,
    /// Where sub-agents get folders of their own: private, and outside of every repository.
    pub tasks: PathBuf,
    /// How urgently everything has to end.
    pub stop: watch::Receiver<Stop>,
    /// Set before `stop` is raised for another reason than a signal.
    pub limit: Cell<Option<LimitKind>>,
    /// The program of atlas itself, which agents and hooks find in their `PATH`.
    pub exe: PathBuf,
    /// What fences the work for each round's panel.
    pub panels: RefCell<BTreeMap<u32, String>>,
    /// Calls that may write: how many run, and how many have begun.
    pub writers: Writers,
    /// Tokens of all calls of the run, those under way included.
    pub tokens: TokensUsed,
    /// What the last calls that ended cost.
    pub rates: RefCell<Rates>,
    /// What makes the cookies of this process differ from those of any other.
    pub nonce: String,
}

/// Counts tokens while they are used: calls side by side use up one limit, and none of them can wait
/// for the others to end.
#[derive(Debug, Default)]
pub struct TokensUsed(Cell<u64>);

impl TokensUsed {
    /// Begins at what calls that ended have used.
    pub fn begin_at(&self, tokens: u64) {
        self.0.set(tokens);
    }

    /// One call has used `now` where it had used `before`.
    pub fn replace(&self, before: u64, now: u64) {
        self.0.set(self.0.get().saturating_sub(before).saturating_add(now));
    }

    /// How many were used.
    pub fn get(&self) -> u64 {
        self.0.get()
    }
}

/// Counts calls that may write.
#[derive(Debug, Default)]
pub struct Writers {
    running: Cell<u32>,
    begun: Cell<u32>,
}

impl Writers {
    /// One more, for as long as the result lives.
    pub fn one(&self) -> impl Drop + use<'_> {
        self.running.set(self.running.get() + 1);
        self.begun.set(self.begun.get() + 1);
        OneWriter(self)
    }

    /// What has to be the same later for nobody to have written in between; `None` while somebody
    /// may be writing.
    pub fn nobody(&self) -> Option<u32> {
        (self.running.get() == 0).then(|| self.begun.get())
    }
}

struct OneWriter<'a>(&'a Writers);

impl Drop for OneWriter<'_> {
    fn drop(&mut self) {
        self.0.running.set(self.0.running.get().saturating_sub(1));
    }
}

impl Site {
    /// What fences the work that a panel judges: new for each round, and never told to a child
    /// before the work is done.
    pub fn panel_nonce(&self, round: u32) -> String {
        let fresh = || Uuid::new_v4().simple().to_string();
        self.panels.borrow_mut().entry(round).or_insert_with(fresh).clone()
    }

    /// The start of every cookie of this process; the warden and the last sweep go by it.
    pub fn run_cookie(&self) -> String {
        format!("{}/{}/{}", self.session.id(), self.run, self.nonce)
    }

    /// Where sessions are: this one, and in the tree those of other times.
    pub fn sessions(&self) -> Vec<PathBuf> {
        let here = self.session.dir().parent().map(Path::to_owned);
        let in_tree = self.plan.root.as_ref().unwrap_or(&self.plan.cwd).join(tree::SESSIONS);
        here.into_iter().chain([in_tree]).collect()
    }

    /// The folder of this run within the session.
    pub fn run_dir(&self) -> PathBuf {
        self.session.dir().join("runs").join(self.run.to_string())
    }

    /// The cookie of one unit.
    pub fn cookie(&self, unit: &str) -> Cookie {
        Cookie::Exact(format!("{}/{unit}", self.run_cookie()))
    }

    /// Where children find programs: the user's path with atlas itself in front.
    pub fn path(&self) -> Option<OsString> {
        let path = self.env.get_os("PATH")?;
        Some(own_bin::path(self.session.dir(), &self.exe, path).unwrap_or_else(|| path.to_owned()))
    }

    /// A child's environment: what it may see of ours, and where it stands.
    pub fn child_env(
        &self,
        child: Child,
        unit: &str,
        step: Option<&str>,
        passed_on: &[String],
    ) -> Vec<(OsString, OsString)> {
        let depth = self.env.get("ATLAS_DEPTH").and_then(|depth| depth.parse::<u32>().ok());
        let depth = (depth.unwrap_or(0) + 1).to_string();
        let cookie = format!("{}/{unit}", self.run_cookie());
        let run = self.run.to_string();
        let skill = self.plan.skill_of(step.unwrap_or(path::ROOT));
        let mut ours: Vec<(&str, &OsStr)> = vec![
            (COOKIE, cookie.as_ref()),
            ("ATLAS_SESSION", self.session.dir().as_os_str()),
            ("ATLAS_RUN", run.as_ref()),
            ("ATLAS_SKILL", skill.name.as_ref()),
            ("ATLAS_SKILL_DIR", skill.dir.as_os_str()),
            ("ATLAS_DEPTH", depth.as_ref()),
        ];
        ours.extend(step.map(|step| ("ATLAS_STEP", OsStr::new(step))));
        let path = self.path();
        ours.extend(path.as_deref().map(|path| ("PATH", path)));
        child_env(&self.env, child, passed_on, &ours)
    }

    /// The file that holds the output of a step's last attempt.
    pub fn output_file(&self, step: &str, known: &StepState) -> Option<PathBuf> {
        self.session.stored().output_file(self.run, step, known)
    }

    /// Why a unit that was asked to stop has to.
    pub fn stop_reason(&self) -> CallEnd {
        self.limit.get().map_or(CallEnd::Interrupted, CallEnd::Limited)
    }
}
