//! What the user's day has to do with a call: its money is set aside before the call begins, held
//! while it is under way, and settled with what the session's own ledger charges for it.

use std::time::Duration;

use super::{NotMade, Order, not_started, wait};
use crate::{
    engine::{site::Site, unit::Line},
    model::{
        Activity,
        call::{CallOutcome, LimitKind},
        run::event::CallEnded,
        value::{Tokens, Usd},
    },
    store::day_ledger::{NotReserved, Reservation, Wanted},
};

/// How often the day is asked again where others hold what is left of it.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// A replay spends nothing, so it sets nothing aside.
pub(super) async fn reserve(
    site: &Site,
    line: &Line,
    order: &Order,
) -> Result<Option<Reservation>, NotMade> {
    let Some(day) = &site.day else { return Ok(None) };
    // An atlas in a call of another one would wait for that call, which waits for it.
    let may_wait = site.env.get("ATLAS_DEPTH").is_none();
    let wanted = Wanted { least: order.step.reserve, most: order.left.usd, may_wait };
    loop {
        match day.reserve(site.plan.limits.usd_per_day, wanted).await {
            Ok(reservation) => return Ok(Some(reservation)),
            Err(NotReserved::Held) => {
                line.show(waiting(order));
                wait(site, order, ASK_AGAIN).await?;
            }
            Err(NotReserved::OverLimit(over)) => {
                let (limit, reason) = (LimitKind::UsdPerDay, over.to_string());
                return Err(NotMade::Because(CallOutcome::Limit { limit, reason }));
            }
            Err(NotReserved::Fault(fault)) => return Err(not_started(fault)),
        }
    }
}

fn waiting(order: &Order) -> Activity {
    Activity {
        step: order.step.id.clone(),
        doing: "waits for money of today that other calls hold".to_owned(),
        tokens: Tokens(0),
        usd_estimate: None,
    }
}

/// What the call may cost at most: the least of what the run and the day have for it.
pub(super) fn cap(order: &Order, reservation: Option<&Reservation>) -> Option<Usd> {
    order.left.usd.into_iter().chain(reservation.and_then(|it| it.cap)).min()
}

/// A call that never began has cost nothing.
pub(super) async fn give_back(site: &Site, reservation: Option<&Reservation>) {
    if let (Some(day), Some(reservation)) = (&site.day, reservation) {
        // Where this fails the day stays charged with the reservation, the safe side.
        let _charged = day.settle(&reservation.entry, Some(Usd::ZERO)).await;
    }
}

/// Settles what a call held, and says whose limit it was that ended it.
pub(super) async fn settle(
    site: &Site,
    order: &Order,
    reservation: Option<&Reservation>,
    ended: &mut CallEnded,
) {
    let (Some(day), Some(reservation)) = (&site.day, reservation) else { return };
    if let CallOutcome::Limit { limit: limit @ LimitKind::Usd, reason } = &mut ended.outcome
        && let Some(cap) = reservation.cap.filter(|cap| order.left.usd.is_none_or(|usd| *cap < usd))
    {
        *limit = LimitKind::UsdPerDay;
        *reason = format!("the {cap} that were left for today are spent");
    }
    let charged = site.rates.borrow().charge(ended, order.step.reserve);
    if let Err(fault) = day.settle(&reservation.entry, Some(charged)).await {
        // Then the day stays charged with the reservation, which is the safe side.
        ended.warnings.push(format!("the day's ledger keeps the reservation: {fault}"));
    }
}
