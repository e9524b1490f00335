//! What units say, on its way into the journal.

use super::Dispatcher;
use crate::{engine::unit::FromUnit, model::Result, store::journal::Wish};

/// At most so many events are written before the next decision.
const TOGETHER: usize = 64;

impl Dispatcher<'_> {
    /// Takes in what units have said by now. What they want on disk goes there together: of a
    /// fan-out many end while the disk is busy with the first, and the rest shares one sync.
    pub(super) async fn take(&mut self, first: FromUnit) -> Result<()> {
        let mut writing = Vec::new();
        let mut said = Some(first);
        while let Some(message) = said {
            let (event, wish, durable) = match message {
                FromUnit::Activity(activity) => {
                    self.observer.activity(&activity);
                    break;
                }
                FromUnit::Event(event) => (event, Wish::Written, None),
                FromUnit::Commit(event, durable) => (event, Wish::Durable, Some(durable)),
            };
            let written = self.site.session.journal.hand_over(&event, wish);
            writing.push((event, written, durable));
            said = if writing.len() < TOGETHER { self.inbox.try_recv().ok() } else { None };
        }
        for (event, written, durable) in writing {
            written.await?;
            self.told(&event);
            // The unit may have been stopped meanwhile; the event stands all the same.
            let _gone = durable.map(|durable| durable.send(()));
        }
        Ok(())
    }
}
