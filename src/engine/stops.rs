//! Ends single steps while the run goes on: branches that another one has made superfluous.

use std::{collections::BTreeMap, rc::Rc};

use tokio::{sync::watch, task::JoinSet};

use super::site::Site;
use crate::{
    model::run::{Plan, path, plan::Tried},
    sys::signals::Stop,
};

/// What tells such steps to end.
#[derive(Debug, Default)]
pub(crate) struct Stops(BTreeMap<String, Rc<watch::Sender<Stop>>>);

impl Stops {
    /// What a step has to listen to. One that nothing else can make superfluous listens to the run.
    pub(crate) fn of(
        &mut self,
        step: &str,
        (site, units): (&Rc<Site>, &mut JoinSet<()>),
    ) -> watch::Receiver<Stop> {
        if !is_one_of_several(&site.plan, step) {
            return site.stop.clone();
        }
        let (sender, receiver) = watch::channel(*site.stop.borrow());
        let sender = Rc::new(sender);
        self.0.insert(step.to_owned(), Rc::clone(&sender));
        units.spawn_local(pass_on(site.stop.clone(), sender));
        receiver
    }

    /// Asks what runs for a step to end; nothing where it has ended already.
    pub(crate) fn end(&mut self, step: &str) {
        if let Some(sender) = self.0.remove(step) {
            raise(&sender, Stop::Polite);
        }
    }
}

/// Whether the first of several steps is enough where this one is.
fn is_one_of_several(plan: &Plan, step: &str) -> bool {
    let places = plan.places();
    let mut below = step;
    while let Some((parent, _)) = path::split(below) {
        if places.tried(parent) == Tried::UntilOnePasses {
            return true;
        }
        below = parent;
    }
    false
}

/// Whoever ends the run ends the step, as urgently.
async fn pass_on(mut run: watch::Receiver<Stop>, step: Rc<watch::Sender<Stop>>) {
    loop {
        tokio::select! {
            () = step.closed() => return,
            changed = run.changed() => {
                if changed.is_err() {
                    return;
                }
                let urgency = *run.borrow();
                raise(&step, urgency);
            }
        }
    }
}

fn raise(sender: &watch::Sender<Stop>, urgency: Stop) {
    sender.send_if_modified(|stop| {
        let more = *stop < urgency;
        if more {
            *stop = urgency;
        }
        more
    });
}
