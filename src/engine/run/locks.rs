//! What a run takes before it has a session: the working tree, and the time that this may take.

use super::Setting;
use crate::{
    engine::dispatcher::Observer,
    model::{
        Fault, Result, Status,
        contract::Isolation,
        run::{Plan, plan::StepPlan},
        value::Span,
    },
    store::session::Home,
    sys::{
        lock::{FileLock, Mode},
        signals::{Caught, Signals, Stop, asked},
    },
};

/// The lock on the tree, where the plan needs one. Where the tree is busy, `wait` says how long
/// that may last.
pub(super) async fn of_tree(
    (home, plan): (&Home, &Plan),
    wait: Option<Span>,
    setting: &Setting<'_>,
    observer: &mut dyn Observer,
) -> Result<Option<FileLock>> {
    let Some(mode) = mode(plan) else { return Ok(None) };
    let lock = lock_tree(home, mode, wait, observer);
    Ok(Some(unless_stopped(&setting.signals, lock).await?))
}

/// What comes before the session may take long, and leaves nothing to wind down.
pub(super) async fn unless_stopped<T>(
    signals: &Signals,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let mut stop = signals.subscribe();
    tokio::select! {
        biased;
        () = asked(&mut stop, Stop::Polite) => {
            Err(Fault::interrupted(signals.first().map_or(130, Caught::exit_code)))
        }
        done = work => done,
    }
}

/// Whoever waits is told for whom.
async fn lock_tree(
    home: &Home,
    mode: Mode,
    wait: Option<Span>,
    observer: &mut dyn Observer,
) -> Result<FileLock> {
    match home.lock_tree(mode, None).await {
        Err(busy) if busy.status == Status::Busy && wait.is_some() => {
            observer.notice(&format!("{}: waiting for it", busy.message));
            home.lock_tree(mode, wait).await
        }
        taken => taken,
    }
}

/// A run that can change the tree has it alone; one that only reads shares it; one that works on
/// a copy, or whose sub-agents have folders of their own, needs none.
fn mode(plan: &Plan) -> Option<Mode> {
    let elsewhere = |step: &StepPlan| step.sub_agent.as_ref().is_some_and(|own| own.cwd.is_none());
    let apart = plan.tasks.is_some() && plan.steps.iter().all(elsewhere);
    if plan.isolation == Isolation::Worktree || apart {
        return None;
    }
    // Of a program nobody knows what it does.
    let reads_only = plan.work.is_some()
        || (plan.commands.is_empty()
            && plan
                .steps
                .iter()
                .filter(|step| !elsewhere(step))
                .all(|step| step.agent.only_reads()));
    Some(if reads_only { Mode::Shared } else { Mode::Exclusive })
}
