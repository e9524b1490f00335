//! One call to claude, from its reservation to its commit.
//!
//! The order is what makes a call safe to pay for: the process exists and the warden knows it,
//! then the charge is durable, and only then claude gets its prompt. A crash before that has spent
//! nothing; a crash after it finds the reservation in the journal. What claude said is durable
//! before anything looks at it, so that no crash in a check pays for the same answer twice.

mod clocks;
mod day;
mod files;
mod keys;
mod loaded;
mod place;
mod reach;
mod settle;
mod source;
mod watch;

use std::{
    path::Path,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::sync::watch::Receiver;
use uuid::Uuid;

pub(crate) use files::CallFiles;
pub(crate) use reach::{Around, reach};

use super::{
    child_env::Child,
    claude::Claude,
    frame,
    hook::edit::{self, EditOrder},
    recording,
    site::Site,
    unit::{HungUp, Line},
};
use crate::{
    model::{
        Fault,
        call::{
            Basis, CallEnd, CallOutcome, CallSpec, ContextUse, Failure, Spend, Talk,
            Unavailability, argv, meter::ASSUMED_WINDOW,
        },
        judges::JudgeFile,
        run::{
            Event, Stand,
            event::{CallEnded, CallStarted, DayEntry},
            plan::{CallTrust, StepPlan},
            state::Opening,
        },
        value::{Span, Usd},
    },
    sys::{
        process::{Group, ProcessId, Program},
        signals::Stop,
    },
};

/// One call, as the dispatcher orders it.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// The step.
    pub step: StepPlan,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The conversation that goes on.
    pub resume: Option<String>,
    /// What the agent is told beyond the plan.
    pub told: Told,
    /// The files that judge the work, as they were before the first call.
    pub judges: Vec<JudgeFile>,
    /// How long to wait first.
    pub after: Span,
    /// What is left for it.
    pub left: Left,
    /// How urgently it has to end.
    pub stop: Receiver<Stop>,
}

/// What an agent is told beyond the plan: what became known only in this run.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// How a conversation that goes on begins.
    pub opening: Opening,
    /// Why the last attempt was refused.
    pub reasons: Vec<String>,
    /// What a conversation that begins has to know.
    pub brief: String,
    /// What others did while the run stood still, for every conversation that has not heard it.
    pub meanwhile: String,
    /// The tree before an earlier attempt that was left half done.
    pub half_done: Option<Stand>,
}

impl Told {
    /// Nothing beyond the plan.
    pub(crate) fn nothing() -> Self {
        Self {
            opening: Opening::GoOn,
            reasons: Vec::new(),
            brief: String::new(),
            meanwhile: String::new(),
            half_done: None,
        }
    }
}

impl Order {
    /// The unit's part of its cookie.
    fn unit(&self) -> String {
        format!("{}/{}", self.step.id, self.attempt)
    }
}

/// What is left for a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Left {
    /// Money.
    pub usd: Option<Usd>,
    /// Turns.
    pub turns: u32,
    /// What the conversation has cost so far.
    pub conversation_cost: Usd,
    /// The context window that an earlier result named.
    pub window: Option<u64>,
}

/// Makes the call. Every way out has told of the call's end, except when nobody listens any more.
pub(crate) async fn call(site: Rc<Site>, line: Line, mut order: Order) {
    let started = Instant::now();
    recording::begins(&site, &order);
    let before = order.told.half_done.take();
    order.told.meanwhile += &frame::half_done(&site, &order.step.id, before).await;
    let _nobody_listens = match make(&site, &line, &order).await {
        Ok(()) => Ok(()),
        Err(NotMade::HungUp) => Err(HungUp),
        Err(NotMade::Because(outcome)) => {
            line.commit(Event::CallEnded(Box::new(unspent(&order, outcome, started)))).await
        }
    };
}

/// Tells of a call that could not even be ordered.
pub(crate) async fn not_made(line: &Line, order: &Order, why: &Fault) {
    let outcome = CallOutcome::Failed { failure: Failure::NotStarted, reason: why.to_string() };
    let ended = unspent(order, outcome, Instant::now());
    let _nobody_listens = line.commit(Event::CallEnded(Box::new(ended))).await;
}

/// Why no call was made; nothing was spent then.
enum NotMade {
    HungUp,
    Because(CallOutcome),
}

impl From<HungUp> for NotMade {
    fn from(_: HungUp) -> Self {
        Self::HungUp
    }
}

async fn make(site: &Site, line: &Line, order: &Order) -> Result<(), NotMade> {
    wait(site, order, jittered(order.after)).await?;
    let claude = site.claude.as_ref().ok_or_else(no_claude)?;
    let claude_session = order.resume.clone().unwrap_or_else(|| Uuid::new_v4().to_string());
    let files = files::prepare(site, order, &claude_session).map_err(not_started)?;
    let key = if site.recording.is_replay() {
        None
    } else {
        let attempt = (order.step.id.as_str(), order.attempt);
        let edits = EditOrder::of(site, attempt, &order.judges);
        keys::hand_over(site, &order.step.agent, edits.as_ref()).map_err(not_started)?
    };
    let place = place::place(site, &order.step).map_err(not_started)?;
    let before = recording::before(site, order, (&files, &claude_session)).await;
    let before = before.map_err(not_started)?;
    let reservation = day::reserve(site, line, order).await?;

    let launch = Launch {
        files: &files,
        place: place.path(),
        key: key.as_ref(),
        claude_session: &claude_session,
        cap: day::cap(order, reservation.as_ref()),
        day: reservation.as_ref().map(|reservation| &reservation.entry),
    };
    let group = match start(site, claude, order, &launch) {
        Ok(group) => group,
        Err(not_made) => {
            day::give_back(site, reservation.as_ref()).await;
            return Err(not_made);
        }
    };
    line.commit(Event::CallStarted(call_started(order, group.id(), &launch))).await?;

    let seen = watch::watch(site, line, order, group, &files).await;
    let end = seen.end;
    let mut ended = settle::settle(site, order, seen, &files);
    day::settle(site, order, reservation.as_ref(), &mut ended).await;
    if let Err(fault) = recording::after(site, &files, before, end).await {
        ended.warnings.push(format!("the call cannot be recorded: {fault}"));
    }
    drop((key, place));
    line.commit(Event::CallEnded(Box::new(ended))).await?;
    Ok(())
}

async fn wait(site: &Site, order: &Order, time: Duration) -> Result<(), NotMade> {
    let mut stop = order.stop.clone();
    tokio::select! {
        biased;
        _ = stop.wait_for(|stop| *stop != Stop::Running) => Err(NotMade::Because(stopped(site))),
        () = tokio::time::sleep(time) => Ok(()),
    }
}

/// Up to a quarter more, so that calls which were refused together do not come back together.
fn jittered(after: Span) -> Duration {
    let quarter = u64::try_from(after.0.as_millis()).unwrap_or(u64::MAX) / 4;
    let extra = u64::from(Uuid::new_v4().as_bytes()[0]) * quarter / 255;
    after.0 + Duration::from_millis(extra)
}

fn stopped(site: &Site) -> CallOutcome {
    match site.stop_reason() {
        CallEnd::Limited(limit) => CallOutcome::Limit { limit, reason: "not started".to_owned() },
        _ => CallOutcome::Interrupted,
    }
}

fn no_claude() -> NotMade {
    NotMade::Because(CallOutcome::Unavailable {
        why: Unavailability::Missing,
        reason: "no claude was found".to_owned(),
    })
}

fn not_started(reason: impl std::fmt::Display) -> NotMade {
    NotMade::Because(CallOutcome::Failed {
        failure: Failure::NotStarted,
        reason: reason.to_string(),
    })
}

/// What one launch adds to the order.
struct Launch<'a> {
    files: &'a files::CallFiles,
    /// The folder that it works in.
    place: &'a Path,
    key: Option<&'a keys::HandedOver>,
    claude_session: &'a str,
    /// What the call may cost at most: the least of what the run and the day have left.
    cap: Option<Usd>,
    day: Option<&'a DayEntry>,
}

/// The process, under guard, waiting for its prompt.
fn start(
    site: &Site,
    claude: &Claude,
    order: &Order,
    launch: &Launch<'_>,
) -> Result<Group, NotMade> {
    let program = program(site, claude, order, launch);
    let group = Group::spawn(&program).map_err(|error| not_started(error.to_string()))?;
    guard(site, &group.id(), &order.unit())?;
    Ok(group)
}

fn program(site: &Site, claude: &Claude, order: &Order, launch: &Launch<'_>) -> Program {
    let system_file = launch.files.system.to_string_lossy();
    let settings_file = launch.key.map(|key| key.settings().to_string_lossy().into_owned());
    let skill = &site.plan.skill_of(&order.step.id).dir;
    let session = site.session.stored();
    let around =
        Around { cwd: launch.place, skill, sections: &session.skill(), sessions: &site.sessions() };
    let reach = reach(&site.plan, &order.step, around);
    let edit_order = launch.key.and_then(|key| key.edit_order.as_ref());
    let args = argv(&CallSpec {
        agent: &order.step.agent,
        system_file: &system_file,
        claude_session: launch.claude_session,
        talk: talk(site, order),
        schema: order.step.form(),
        max_turns: order.left.turns,
        max_usd: launch.cap,
        read_rules: &reach.rules,
        folders: &reach.folders,
        denied: &reach.denied,
        settings_file: settings_file.as_deref(),
        hook_events: edit_order.is_some(),
    });
    // What is played needs no login.
    let child = if site.recording.is_replay() { Child::Hook } else { Child::Claude };
    let mut env = site.child_env(child, &order.unit(), Some(&order.step.id), &[]);
    if child == Child::Claude {
        env.extend(keys::cloud_env(&site.env));
    }
    if launch.key.is_some_and(|key| key.key_aside) {
        env.retain(|(name, _)| name != keys::API_KEY);
    }
    env.extend(edit_order.map(|order| (edit::ORDER.into(), order.clone())));
    env.extend(claude_settings(order).map(|(name, value)| (name.into(), value.into())));
    Program {
        path: claude.path.clone(),
        args: claude.args.iter().cloned().chain(args.into_iter().map(Into::into)).collect(),
        cwd: launch.place.to_owned(),
        env,
    }
}

/// A reviewer's conversation, and that of a sub-agent, is nobody's to go on with.
fn talk(site: &Site, order: &Order) -> Talk {
    let step = site.plan.step(&order.step.id).filter(|step| step.sub_agent.is_none());
    match (&order.resume, step) {
        (Some(_), _) => Talk::GoesOn,
        (None, Some(_)) => Talk::Begins,
        (None, None) => Talk::Once,
    }
}

/// What every call tells claude about itself: it retries little, since atlas does; it does not
/// replace itself in the middle of a run; an isolated one keeps its work in the foreground.
fn claude_settings(order: &Order) -> impl Iterator<Item = (&'static str, &'static str)> {
    let isolated = order.step.agent.trust == CallTrust::Isolated;
    [("CLAUDE_CODE_MAX_RETRIES", "1"), ("DISABLE_AUTOUPDATER", "1")]
        .into_iter()
        .chain(isolated.then_some(("CLAUDE_CODE_DISABLE_BACKGROUND_TASKS", "1")))
}

/// A warden that is gone could not end the call after us, so the call must not begin.
fn guard(site: &Site, id: &ProcessId, unit: &str) -> Result<(), NotMade> {
    let cookie = format!("{}/{unit}", site.run_cookie());
    match site.warden.borrow_mut().as_mut() {
        Some(warden) => warden
            .guard(id, &cookie)
            .map_err(|error| not_started(format!("the warden is gone: {error}"))),
        None => Err(not_started("there is no warden")),
    }
}

fn call_started(order: &Order, id: ProcessId, launch: &Launch<'_>) -> CallStarted {
    CallStarted {
        step: order.step.id.clone(),
        attempt: order.attempt,
        pid: id.pid,
        start: id.start,
        claude_session: launch.claude_session.to_owned(),
        resumed: order.resume.is_some(),
        reservation: order.step.reserve,
        cap: launch.cap,
        stream: launch.files.stream,
        day: launch.day.cloned(),
    }
}

fn unspent(order: &Order, outcome: CallOutcome, started: Instant) -> CallEnded {
    CallEnded {
        step: order.step.id.clone(),
        attempt: order.attempt,
        outcome,
        spend: Spend { usd: Some(Usd::ZERO), basis: Basis::Unknown, ..Spend::default() },
        conversation_cost: None,
        context: ContextUse {
            window: order.left.window.unwrap_or(ASSUMED_WINDOW),
            window_assumed: order.left.window.is_none(),
            peak: 0,
        },
        loaded: None,
        quota: None,
        model: None,
        output: None,
        warnings: Vec::new(),
        ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    }
}
