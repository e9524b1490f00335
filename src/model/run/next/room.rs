//! Which calls may start now: the one place where every call is let in, or has to wait.
//!
//! Phases propose calls in the order in which they should start. One is let in if there is a free
//! place (`jobs`, and what the service takes at present), if what it reserves fits what is left of
//! every limit, and if it need not wait for another to fill the prompt cache. One that has to wait
//! is proposed again after the next event. Only where nothing runs that could make room does a
//! limit, or a service that answers nobody, end the run: whoever has begun goes on to its end.

mod stagger;

use super::super::pace::Closed;
use crate::model::{
    call::{LimitKind, QuotaUse, Unavailability},
    run::{Effect, Event, Plan, State, plan::StepPlan},
    value::Usd,
};

/// More calls need not be proposed than could be told apart: those that are let in now, and as
/// many as decide whether one goes ahead of them.
pub(super) fn window(plan: &Plan, state: &State) -> usize {
    let free = plan.pace.jobs.saturating_sub(state.pace.under_way());
    usize::try_from(free).unwrap_or(usize::MAX).saturating_add(stagger::ENOUGH)
}

/// Without a login, or without claude, no call can go on: what runs is ended at once.
pub(super) fn nobody_to_ask(state: &State) -> Option<Effect> {
    let Closed { why, reason } = state.pace.closed()?;
    match why {
        Unavailability::Missing | Unavailability::Login => {
            let (why, reason) = (why.clone(), reason.clone());
            Some(Effect::Stop(Box::new(Event::Unavailable { why, reason })))
        }
        Unavailability::Quota { .. } | Unavailability::Overloaded | Unavailability::Network => None,
    }
}

/// What of the proposed can be done now.
pub(super) fn admit(plan: &Plan, state: &State, proposed: Vec<Effect>) -> Vec<Effect> {
    let proposed = each_once(proposed);
    let calls: Vec<&str> = proposed.iter().filter_map(called).collect();
    let mut room = Room::new(plan, state, &calls);
    let lets_in = proposed.iter().map(|effect| match (called(effect), effect) {
        (Some(step), _) => room.lets_in(step),
        (None, Effect::Run { .. }) => room.lets_in_command(),
        (None, _) => Answer::Yes(None),
    });
    let answers: Vec<Answer> = lets_in.collect();
    let nobody_asks = calls.is_empty();
    let limit = room.limit;
    let mut admitted: Vec<Effect> = proposed.into_iter().zip(answers).filter_map(granted).collect();
    if nobody_asks {
        return admitted;
    }
    if let Some(wait) = await_quota(plan, state) {
        admitted.push(wait);
    }
    if admitted.is_empty() && !state.pace.is_awaiting() && !state.anything_running() {
        admitted.extend(nobody_answers(state).or_else(|| limit.map(Effect::record)));
    }
    admitted
}

/// Branches that begin together want the same look at the tree.
fn each_once(proposed: Vec<Effect>) -> Vec<Effect> {
    let mut once: Vec<Effect> = Vec::with_capacity(proposed.len());
    for effect in proposed {
        let known = matches!(effect, Effect::Check { .. }) && once.contains(&effect);
        if !known {
            once.push(effect);
        }
    }
    once
}

fn called(effect: &Effect) -> Option<&str> {
    match effect {
        Effect::Call { step, .. } => Some(step),
        Effect::Record(_)
        | Effect::Check { .. }
        | Effect::Freeze
        | Effect::RunHook { .. }
        | Effect::TakeWork { .. }
        | Effect::Plant { .. }
        | Effect::Decide { .. }
        | Effect::Branch { .. }
        | Effect::Merge { .. }
        | Effect::Run { .. }
        | Effect::Cancel { .. }
        | Effect::Stop(_)
        | Effect::AwaitQuota { .. } => None,
    }
}

/// Whether an effect can be performed now; a call with this much money.
enum Answer {
    Yes(Option<Usd>),
    NotYet,
}

fn granted((effect, answer): (Effect, Answer)) -> Option<Effect> {
    match (effect, answer) {
        (Effect::Call { step, attempt, resume, reasons, after, .. }, Answer::Yes(grant)) => {
            Some(Effect::Call { step, attempt, resume, reasons, after, grant })
        }
        (other, Answer::Yes(_)) => Some(other),
        (_, Answer::NotYet) => None,
    }
}

/// A run that waits for quotas waits once, for all its calls.
fn await_quota(plan: &Plan, state: &State) -> Option<Effect> {
    plan.pace.wait.filter(|_| !state.pace.is_awaiting())?;
    match &state.pace.closed()?.why {
        Unavailability::Quota { window, resets_at } => {
            Some(Effect::AwaitQuota { window: window.clone(), resets_at: (*resets_at)? })
        }
        Unavailability::Missing
        | Unavailability::Login
        | Unavailability::Overloaded
        | Unavailability::Network => None,
    }
}

fn nobody_answers(state: &State) -> Option<Effect> {
    let Closed { why, reason } = state.pace.closed()?.clone();
    Some(Effect::record(Event::Unavailable { why, reason }))
}

/// The room that is left, call by call.
struct Room<'a> {
    plan: &'a Plan,
    state: &'a State,
    /// How much more may run at once, calls and commands.
    jobs: u32,
    /// How many more calls the service takes.
    places: u32,
    /// Calls that could still be let in, for all that `jobs` allows: they share the money.
    sharers: u32,
    /// What is left of the money; `None` where no limit holds.
    money: Option<Usd>,
    stagger: stagger::Stagger<'a>,
    /// The first limit that kept a call out.
    limit: Option<Event>,
}

impl<'a> Room<'a> {
    fn new(plan: &'a Plan, state: &'a State, calls: &[&str]) -> Self {
        let busy = u32::try_from(state.running_steps()).unwrap_or(u32::MAX);
        let jobs = plan.pace.jobs.max(1).saturating_sub(busy);
        let places = match state.pace.closed() {
            None => state.pace.limit().saturating_sub(state.pace.under_way()),
            Some(_) => 0,
        };
        let wanted = u32::try_from(calls.len()).unwrap_or(u32::MAX);
        let sharers = jobs.min(wanted);
        let money = plan.limits.usd.map(|limit| limit.saturating_sub(state.ledger.committed()));
        let stagger = stagger::Stagger::new(plan, state, calls);
        Self { plan, state, jobs, places, sharers, money, stagger, limit: None }
    }

    /// A command costs nothing, and asks nobody.
    fn lets_in_command(&mut self) -> Answer {
        if self.jobs == 0 {
            return Answer::NotYet;
        }
        self.jobs -= 1;
        Answer::Yes(None)
    }

    fn lets_in(&mut self, step: &str) -> Answer {
        let Some(call) = self.plan.call(step) else { return Answer::Yes(None) };
        if self.jobs == 0 || self.places == 0 || self.stagger.holds_back(call) {
            return Answer::NotYet;
        }
        if let Some(limit) = self.exhausted(call) {
            self.limit.get_or_insert(limit);
            return Answer::NotYet;
        }
        let grant = self.share(call);
        self.jobs -= 1;
        self.places -= 1;
        self.sharers = self.sharers.saturating_sub(1);
        self.stagger.started(call);
        Answer::Yes(grant)
    }

    /// Calls side by side share what is left equally, none gets less than it reserves, and all of
    /// them together never have more than there is.
    fn share(&mut self, call: &StepPlan) -> Option<Usd> {
        let money = self.money.as_mut()?;
        let own = call.sub_agent.as_ref().and_then(|own| own.usd).or(call.limits.usd);
        let share = money.shared_by(self.sharers).max(call.reserve);
        let grant = own.map_or(share, |own| share.min(own));
        *money = money.saturating_sub(grant);
        Some(grant)
    }

    /// Which limit leaves no room for a call.
    fn exhausted(&self, call: &StepPlan) -> Option<Event> {
        let (limits, ledger) = (&self.plan.limits, &self.state.ledger);
        let reached = |limit, reason| Some(Event::LimitReached { limit, reason });
        if let (Some(limit), Some(left)) = (limits.usd, self.money)
            && call.reserve > left
        {
            let (id, reserve, spent) = (&call.id, call.reserve, limit.saturating_sub(left));
            let reason = format!("{spent} of {limit} is spent, and `{id}` reserves {reserve}");
            return reached(LimitKind::Usd, reason);
        }
        if let Some(limit) = limits.tokens.filter(|limit| ledger.tokens.counted() >= limit.0) {
            return reached(LimitKind::Tokens, format!("{limit} tokens are used up"));
        }
        if let Some(reason) = ledger.quota.as_ref().and_then(|quota| self.over_quota(quota)) {
            return reached(LimitKind::Quota, reason);
        }
        let turns = limits.turns;
        if ledger.turns >= turns {
            return reached(LimitKind::Turns, format!("{turns} turns are used up"));
        }
        None
    }

    /// What is left of a plan's quota is the user's own to spend.
    fn over_quota(&self, quota: &QuotaUse) -> Option<String> {
        let limit = self.plan.limits.quota;
        let window = quota.window.as_deref().unwrap_or("current");
        (quota.used > limit.fraction()).then(|| {
            format!("{:.0}% of the {window} quota is used, {limit} is allowed", quota.used * 100.0)
        })
    }
}
