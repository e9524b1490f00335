//! How often planted faults are seen: by the panel, and by each reviewer and model.

use std::collections::BTreeMap;

use super::canary::Catch;
use crate::model::{
    proportion::Proportion,
    run::{Event, Point},
};

/// Catch rates, folded from events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catches {
    /// Of all planted faults that a panel judged, those that it would have refused.
    pub panels: Proportion,
    /// The same by reviewer and model. Whoever did not answer is not counted.
    pub by: BTreeMap<(String, String), Proportion>,
}

impl Catches {
    /// What the events of a session come to, or of several, one after the other.
    ///
    /// A run that was resumed may say the same of a round twice; its last word counts.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut catches = Self::default();
        let mut judged: BTreeMap<u32, (bool, &[Catch])> = BTreeMap::new();
        for event in events {
            match event {
                Event::RunStarted { .. } => catches.count(std::mem::take(&mut judged)),
                Event::CanaryJudged { at: Point::Canary { round, .. }, caught, by } => {
                    judged.insert(*round, (*caught, by));
                }
                _ => {}
            }
        }
        catches.count(judged);
        catches
    }

    /// Adds those of another session.
    pub fn add(&mut self, other: &Self) {
        self.panels += other.panels;
        for (who, seen) in &other.by {
            *self.by.entry(who.clone()).or_default() += *seen;
        }
    }

    fn count(&mut self, judged: BTreeMap<u32, (bool, &[Catch])>) {
        for (caught, by) in judged.into_values() {
            self.panels.count(u64::from(caught));
            for catch in by {
                let who = (catch.reviewer.clone(), catch.model.clone());
                self.by.entry(who).or_default().count(u64::from(catch.caught));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Request;

    fn started(run: u32) -> Event {
        Event::RunStarted {
            run,
            request: Box::new(Request::default()),
            atlas: "0".into(),
            claude: None,
            stand: None,
            before: None,
        }
    }

    fn judged(round: u32, by: &[(&str, bool)]) -> Event {
        let catch = |(reviewer, caught): &(&str, bool)| Catch {
            reviewer: (*reviewer).to_owned(),
            model: "haiku".to_owned(),
            caught: *caught,
        };
        Event::CanaryJudged {
            at: Point::Canary { round, asked: 2 },
            caught: by.iter().all(|(_, caught)| *caught),
            by: by.iter().map(catch).collect(),
        }
    }

    #[test]
    fn each_fault_counts_once_and_only_for_those_who_answered() {
        let events = [
            started(1),
            judged(0, &[("facts", true), ("logic", false)]),
            // A resume says it again, and another round is about another fault.
            judged(0, &[("facts", true), ("logic", true)]),
            judged(1, &[("facts", false)]),
            started(2),
            judged(0, &[("facts", true), ("logic", false)]),
        ];
        let mut catches = Catches::of(&events);
        let rate = |catches: &Catches, who: &str| {
            let seen = catches.by[&(who.to_owned(), "haiku".to_owned())];
            (seen.hits, seen.of)
        };
        assert_eq!(catches.panels, Proportion { hits: 1, of: 3 });
        assert_eq!((rate(&catches, "facts"), rate(&catches, "logic")), ((2, 3), (1, 2)));
        catches.add(&Catches::of(&events[4..]));
        assert_eq!(catches.panels, Proportion { hits: 1, of: 4 });
        assert_eq!((rate(&catches, "facts"), rate(&catches, "logic")), ((3, 4), (1, 3)));
    }
}
