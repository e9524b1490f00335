//! The way through a run: its first events, the dispatcher's loop, and nothing of ours left after.

use std::rc::Rc;

use crate::{
    engine::{
        dispatcher::{Dispatcher, Observer},
        leftovers,
        site::Site,
    },
    model::{
        Result,
        run::{Event, State},
    },
    sys::{signals::Signals, sweep::Cookie},
};

/// Writes the first events down, then goes on until the run has ended.
pub(super) async fn journey(
    site: &Rc<Site>,
    (state, events): (State, Vec<Event>),
    signals: &Signals,
    observer: &mut dyn Observer,
) -> Result<State> {
    let mut dispatcher = Dispatcher::new(Rc::clone(site), signals, observer, state);
    for event in events {
        dispatcher.append(event).await?;
    }
    dispatcher.run().await
}

/// Nothing of ours goes on: one sweep over all cookies of the run, then the warden goes home.
pub(super) async fn clear_up(site: &Site) {
    let cookie = Cookie::Under(site.run_cookie());
    leftovers::end(cookie, site.plan.limits.grace.0, site.stop.clone()).await;
    if let Some(warden) = site.warden.borrow_mut().take() {
        // One that is gone has nothing to do any more.
        let _gone = warden.done();
    }
}
