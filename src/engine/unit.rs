//! How the units of a run talk to the dispatcher: by messages, and in no other way.

use tokio::sync::{mpsc, oneshot};

use crate::model::{Activity, run::Event};

/// What a unit says.
#[derive(Debug)]
pub(crate) enum FromUnit {
    /// Something happened.
    Event(Box<Event>),
    /// Something happened that must be durable before the unit goes on.
    Commit(Box<Event>, oneshot::Sender<()>),
    /// Something for the screen.
    Activity(Activity),
}

/// A unit's line to the dispatcher.
#[derive(Clone, Debug)]
pub(crate) struct Line(mpsc::UnboundedSender<FromUnit>);

/// The dispatcher has given up, so nothing more can be written down and nothing more may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HungUp;

impl Line {
    /// A line and its other end.
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<FromUnit>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    /// Tells of an event; nobody hears it once the dispatcher is gone, and nobody needs to.
    pub(crate) fn tell(&self, event: Event) {
        let _gone = self.0.send(FromUnit::Event(Box::new(event)));
    }

    /// Tells of an event and waits until no crash can undo it.
    pub(crate) async fn commit(&self, event: Event) -> Result<(), HungUp> {
        let (done, durable) = oneshot::channel();
        self.0.send(FromUnit::Commit(Box::new(event), done)).map_err(|_| HungUp)?;
        durable.await.map_err(|_| HungUp)
    }

    /// Shows what goes on.
    pub(crate) fn show(&self, activity: Activity) {
        let _gone = self.0.send(FromUnit::Activity(activity));
    }
}
