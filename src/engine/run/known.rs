//! What earlier runs found out about the same question, and what this one adds.

use super::Finished;
use crate::{
    engine::prepare::{Around, Prepared, Purpose, Since},
    model::{
        Request, reuse,
        run::{Event, Plan, Stand},
    },
    store::verdicts::Verdicts,
    sys::clock::Clock,
};

/// The verdicts of this user, where a run may take or leave one.
pub(super) struct Known {
    verdicts: Option<Verdicts>,
    clock: Clock,
}

impl Known {
    /// What is played from a recording, or made for one, answers nobody's question; one more run of
    /// a session knows what came before it.
    pub(super) fn new((prepared, request): (&Prepared, &Request), around: &Around) -> Self {
        let begins_here = match prepared.base {
            Since::Now | Since::Staged => request.work.is_none() && request.session.is_none(),
            Since::Revision(_) | Since::Taken(_) => false,
        };
        let asks = prepared.purpose == Purpose::Work && begins_here;
        Self { verdicts: asks.then(|| Verdicts::at(&around.folders.state)), clock: around.clock }
    }

    /// What names the question that a run asks; none where nobody can tell on what tree.
    pub(super) fn question(
        &self,
        plan: &Plan,
        stand: Option<Stand>,
        claude: Option<&str>,
    ) -> Option<String> {
        let stand = stand.filter(|_| self.verdicts.is_some())?;
        Some(reuse::key(plan, &stand.tree, claude))
    }

    /// The answer that is known already, where the request takes one.
    pub(super) fn answer(&self, key: &str, request: &Request) -> Option<Event> {
        let found = self.verdicts.as_ref()?.find(key, request.reuse?, self.clock.now())?;
        Some(Event::Reused(Box::new(found)))
    }

    /// Keeps what a run found out.
    pub(super) fn keep(&self, question: Option<String>, finished: &Finished) {
        if let (Some(verdicts), Some(key)) = (&self.verdicts, question) {
            verdicts.keep(&key, finished.result(), self.clock.now());
        }
    }
}
