//! Events on their way into the journal, into the state, and to who watches.

use std::pin::Pin;

use super::Dispatcher;
use crate::{
    model::{
        Result,
        run::{Event, StepStatus},
    },
    store::{journal::Stamp, scratch},
};

/// Events that the state knows and that are perhaps not written down yet, so that nobody has seen them.
#[derive(Default)]
pub(super) struct Unshown {
    events: Vec<Event>,
    /// Ends once the last of them is written, and so are all before it.
    written: Option<Pin<Box<dyn Future<Output = Result<Stamp>>>>>,
}

impl Dispatcher<'_> {
    /// Writes down a decision. What a step leaves in the scratch pad is confirmed by the event that
    /// ends it.
    pub(super) async fn record(&mut self, mut event: Event) -> Result<()> {
        if let Event::StepEnded { step, status: StepStatus::Passed, .. } = &event {
            self.keep(step).await?;
        }
        let Event::StepEnded { scratch, .. } = &mut event else { return self.append(event).await };
        *scratch = scratch::mark(self.site.session.stored(), self.state.scratch.as_ref())?;
        // The next step waits for its own start to be written, and with it for this; to wait for each
        // would be felt in a fan-out.
        self.unshown.written = Some(Box::pin(self.site.session.journal.append(&event)));
        self.take_in(&event);
        self.unshown.events.push(event);
        Ok(())
    }

    /// Waits until all that was decided is written down, and shows it.
    pub(super) async fn confirm(&mut self) -> Result<()> {
        if let Some(written) = self.unshown.written.take() {
            written.await?;
            self.show();
        }
        Ok(())
    }

    /// Writes an event down and takes it in.
    pub(crate) async fn append(&mut self, event: Event) -> Result<()> {
        self.site.session.journal.append(&event).await?;
        self.told(&event);
        Ok(())
    }

    /// Takes in and shows an event that is written down, as is then everything before it.
    pub(super) fn told(&mut self, event: &Event) {
        self.show();
        self.take_in(event);
        self.observer.event(&self.site, &self.state, event);
    }

    fn show(&mut self) {
        self.unshown.written = None;
        for event in std::mem::take(&mut self.unshown.events) {
            self.observer.event(&self.site, &self.state, &event);
        }
    }

    fn take_in(&mut self, event: &Event) {
        self.state.apply(event);
        if let Event::CallEnded(_) | Event::RunResumed { .. } = event {
            self.site.rates.replace(self.state.ledger.rates.clone());
        }
        self.site.trees.follow(&self.state);
        self.keep_time();
    }
}
