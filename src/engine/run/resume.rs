//! Going on with a run where it stopped.
//!
//! What was typed and what was planned are those of the run; only limits may be new. Whatever is
//! different from how the run left it is found before anything is written: files that the plan was
//! made from, work that is gone from the tree, and what others did meanwhile.

use std::{path::PathBuf, sync::Arc};

use super::{
    Beginning, Finished, Setting, branches, closed, copy_of, finish, go,
    ground::{self, Ground},
    left::Left,
    locks, meanwhile, orphans, planned, real_claude,
};
use crate::{
    engine::{
        claude::Claude,
        dispatcher::Observer,
        judges,
        prepare::{self, Around, Purpose},
        recording::Recording,
        tree::{Again, Lost, WorkTree},
    },
    model::{
        Fault, Request, Result, Status,
        contract::Isolation,
        run::{Event, Plan, state::RunEnd},
        text,
        value::{Span, Usd},
    },
    store::session::{Home, Recovered, Session, SessionDir, Sessions},
    sys::{
        clock::Clock,
        fs::read_capped,
        git::{self, Place, Repository},
    },
};

/// What is asked of a resume.
#[derive(Debug)]
pub struct Resume {
    /// The session whose last run goes on.
    pub session: SessionDir,
    /// Where it was found.
    pub sessions: Sessions,
    /// The root of the tree that the user stands in.
    pub root: PathBuf,
    /// What counts in place of the run's own limits.
    pub limits: NewLimits,
    /// Whether files that the plan was made from may have changed; then the plan is made anew.
    pub accept_changes: bool,
    /// Whether work that is gone from the tree is brought back.
    pub reapply: bool,
    /// How long to wait for what is busy, and for a quota.
    pub wait: Option<Span>,
}

/// Limits that count from now on, for the run with all its resumes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NewLimits {
    /// Money.
    pub usd: Option<Usd>,
    /// Turns.
    pub turns: Option<u32>,
    /// Time.
    pub time: Option<Span>,
}

/// The largest input that is read again.
const MAX_INPUT: u64 = 10 * 1024 * 1024;

/// Goes on with the last run of a session. A run that has ended for good is told again.
///
/// # Errors
/// Those of [`run()`](super::run()); besides, whatever changed meanwhile and was not accepted.
pub async fn resume(
    asked: Resume,
    around: &Around,
    observer: &mut dyn Observer,
) -> Result<Finished> {
    let setting = Setting::new(around)?;
    let home = asked.sessions.home()?;
    let taken = take(&home, (&asked.session, asked.wait), around.clock, observer);
    let (session, recovered) = locks::unless_stopped(&setting.signals, taken).await?;
    if let Some(torn) = &recovered.torn {
        let name = torn.file_name().unwrap_or_default().to_string_lossy();
        observer.notice(&format!("the journal's broken last line was put aside as {name}"));
    }
    let mut left = Left::of(session.stored(), &recovered.lines)?;
    drop(recovered);
    orphans::of_session(&session, asked.sessions.root(), observer).await;
    if left.state.end.as_ref().is_some_and(RunEnd::is_for_good) {
        observer.notice("this run has ended: there is nothing to go on with");
        return finish::again(&session, left);
    }
    expect_here(&left.plan, &asked)?;
    let mut differences = settle_sources(&mut left, &asked, (&session, around)).await?;
    let accepted = !differences.is_empty();
    let planned_anew = accepted || asked.limits != NewLimits::default();
    let closed = closed::calls(session.stored(), &left);
    let turns = closed.iter().map(|call| call.spend.turns).sum::<u32>();
    asked.limits.set(&mut left.plan, left.state.ledger.turns.saturating_add(turns));
    left.plan.pace.wait = asked.wait.or(left.plan.pace.wait);

    let claude = real_claude(&left.plan, around);
    let claude = locks::unless_stopped(&setting.signals, claude).await?;
    let too_old = claude.as_ref().and_then(Claude::too_old);
    if let Some(notice) = too_old {
        observer.notice(&notice);
    }
    let wait = asked.wait.or(left.request.wait);
    let lock = locks::of_tree((&home, &left.plan), wait, &setting, observer).await?;
    let (tree, lost) = take_up(&left, &session, around).await?;
    let missing =
        if asked.reapply { meanwhile::Missing::Reapply } else { meanwhile::Missing::Refuse };
    let (branches, again) = branches::take_up(&left, &session, around).await?;
    let stored = session.stored();
    differences.extend(again);
    differences.extend(meanwhile::settle((&tree, lost), stored, &left, missing).await?);

    let run = left.state.run;
    let guarded = ground::guard((&session, run), lock.as_ref(), around).await?;
    let base = tree.stand().filter(|_| lost == Lost::Base).map(Box::new);
    closed::settle(&left, &closed, &ground::day((&session, run), &left.plan, around)).await;
    let mut events = vec![Event::RunResumed { differences, accepted, base, closed }];
    events.extend(planned_anew.then(|| planned(&left.plan)));
    let recording = Recording::Off;
    let ground = Ground { session, home, lock, tree, branches, claude, guarded, recording };
    let Left { request, plan, state, spent, .. } = left;
    let beginning = Beginning { plan, request: &request, run, state, spent, events };
    Box::pin(go(beginning, ground, setting, observer)).await
}

/// The session, once nobody else holds it.
pub(super) async fn take(
    home: &Home,
    (session, wait): (&SessionDir, Option<Span>),
    clock: Clock,
    observer: &mut dyn Observer,
) -> Result<(Session, Recovered)> {
    match (home.resume(session, clock), wait) {
        (Err(busy), Some(wait)) if busy.status == Status::Busy => {
            observer.notice(&format!("{}: waiting for it", busy.message));
            home.wait_for(session, wait).await?;
            home.resume(session, clock)
        }
        (taken, _) => taken,
    }
}

/// A copied checkout has copies of its sessions, whose runs are not its own.
fn expect_here(plan: &Plan, asked: &Resume) -> Result<()> {
    let same = match &plan.root {
        Some(root) => match (root.canonicalize(), asked.root.canonicalize()) {
            (Ok(one), Ok(other)) => one == other,
            _ => false,
        },
        None => orphans::is_at_home(&asked.session, asked.sessions.root()),
    };
    if same {
        return Ok(());
    }
    let id = &asked.session.id;
    Err(Fault::invalid(format!("session {id} belongs to another tree"))
        .because(format!("its run worked in {}", plan.root.as_ref().unwrap_or(&plan.cwd).display()))
        .hint("go there, or begin anew with `atlas run`"))
}

/// Files that the plan was made from, and that are not what they were. Where that is accepted, the
/// plan is made anew from what was typed; what finished steps did stands all the same.
async fn settle_sources(
    left: &mut Left,
    asked: &Resume,
    (session, around): (&Session, &Around),
) -> Result<Vec<String>> {
    if let (Some(protected), Some(repository)) = (&left.plan.protected, repository(&left.plan)?) {
        prepare::protected::again(protected, &repository, around)?;
    }
    let mut changed = prepare::changed(&left.plan.sources);
    changed.extend(changed_judges(left, session, around).await);
    if changed.is_empty() {
        return Ok(changed);
    }
    if !asked.accept_changes {
        let mut fault = Fault::invalid("what the run was planned from has changed");
        fault.causes.extend(changed);
        return Err(fault
            .hint("go on with what is there now: `--accept-changes`; finished steps stay finished")
            .hint("or begin anew with `atlas run`"));
    }
    let request = with_inputs_read_again(&left.request)?;
    let prepared = prepare::prepare(&request, around, &Purpose::Work)?;
    // Where the work is does not change under it.
    left.plan = Plan {
        isolation: left.plan.isolation,
        delivery: left.plan.delivery.clone(),
        ..prepared.plan
    };
    left.request = request;
    Ok(changed)
}

/// Files that judge the work, and that are not what they were before the first call. Those that
/// are sources as well are told once.
async fn changed_judges(left: &Left, session: &Session, around: &Around) -> Vec<String> {
    let root = match left.plan.isolation {
        Isolation::Worktree => copy_of((session, left.state.run), around),
        Isolation::None => left.plan.hook_dir().to_owned(),
    };
    if !root.exists() {
        return Vec::new();
    }
    let changed = judges::changed(&root, left.state.judges.files()).await;
    let other = changed
        .iter()
        .map(|file| root.join(&file.path))
        .filter(|path| left.plan.sources.iter().all(|source| source.path != *path));
    other.map(|path| format!("what checks the work was changed: {}", path.display())).collect()
}

fn with_inputs_read_again(request: &Request) -> Result<Request> {
    let mut request = request.clone();
    for (name, path) in &request.input_files {
        let cannot = || {
            let name = text::sanitize_line(name);
            Fault::usage(format!("the input `{name}` cannot be read from {}", path.display()))
        };
        let bytes = read_capped(path, MAX_INPUT).map_err(|error| cannot().because(error))?;
        let value =
            String::from_utf8(bytes).map_err(|_| cannot().because("it is not UTF-8 text"))?;
        for (_, old) in request.inputs.iter_mut().filter(|(known, _)| known == name) {
            old.clone_from(&value);
        }
    }
    Ok(request)
}

impl NewLimits {
    /// The turns of tasks are those of each; `used` are those that all have used.
    fn set(self, plan: &mut Plan, used: u32) {
        let limits = &mut plan.limits;
        limits.usd = self.usd.or(limits.usd);
        limits.turns = self.turns.unwrap_or(limits.turns);
        limits.time = self.time.unwrap_or(limits.time);
        if let (Some(turns), Some(_)) = (self.turns, &plan.tasks) {
            let mut all = used;
            for task in plan.steps.iter_mut().filter_map(|step| step.sub_agent.as_mut()) {
                task.turns = turns;
                all = all.saturating_add(turns);
            }
            plan.limits.turns = all;
        }
    }
}

/// The run's own tree.
async fn take_up(left: &Left, session: &Session, around: &Around) -> Result<(WorkTree, Lost)> {
    let (plan, state) = (&left.plan, &left.state);
    Again {
        repository: repository(plan)?.map(Arc::new),
        cwd: plan.cwd.clone(),
        objects: session.stored().objects(),
        copy: (plan.isolation == Isolation::Worktree)
            .then(|| copy_of((session, left.state.run), around)),
        base: state.base.clone(),
        seen: state.stand.clone(),
    }
    .take()
    .await
}

pub(super) fn repository(plan: &Plan) -> Result<Option<Repository>> {
    let Some(root) = &plan.root else { return Ok(None) };
    let gone = || Fault::invalid(format!("{} is no repository any more", root.display()));
    match git::discover(root).map_err(|error| gone().because(error))? {
        Place::Repository(repository) => Ok(Some(repository)),
        Place::Outside | Place::Bare { .. } => Err(gone()),
        Place::Unsupported { reason, .. } => Err(gone().because(reason)),
    }
}
