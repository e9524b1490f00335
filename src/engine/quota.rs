//! Waits for a plan's quota to start anew.

use std::{rc::Rc, time::Duration};

use super::{site::Site, unit::Line};
use crate::{
    model::{call::Unavailability, run::Event},
    sys::{pause::sleep_awake, signals::Stop},
};

/// The date is looked at again this often: while the machine sleeps, no clock of ours goes on.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Waits until the quota starts anew, or says at once that this is too long.
pub(crate) async fn await_reset(
    site: Rc<Site>,
    line: Line,
    (window, resets_at): (Option<String>, i64),
) {
    let longest = site.plan.pace.wait.unwrap_or_default();
    let mut left = until(&site, resets_at);
    if left > longest.0 {
        let reason = format!("the plan's quota is used up for longer than `--wait={longest}`");
        let why = Unavailability::Quota { window, resets_at: Some(resets_at) };
        return line.tell(Event::Unavailable { why, reason });
    }
    let mut stop = site.stop.clone();
    while !left.is_zero() {
        let nap = left.min(LOOK_AGAIN);
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop != Stop::Running) => return,
            () = sleep_awake(nap) => {}
        }
        left = left.saturating_sub(nap).min(until(&site, resets_at));
    }
    line.tell(Event::QuotaReset);
}

fn until(site: &Site, resets_at: i64) -> Duration {
    let left = resets_at.saturating_sub(site.clock.now().as_second());
    Duration::from_secs(u64::try_from(left).unwrap_or(0))
}
