//! Follows a run: each event that is on disk, and what the agents do meanwhile.

use super::{
    before::{self, History},
    lines::{self, Beside},
    live::LiveView,
    printer::Printer,
    summary::{self, Place},
};
use crate::model::{
    Activity,
    result::RunResult,
    run::{Event, Plan, State},
};

/// One run, as a person at the terminal or in a log follows it.
pub struct Reporter<'a> {
    printer: &'a Printer,
    live: Option<LiveView>,
}

impl<'a> Reporter<'a> {
    /// Follows a run on these streams.
    pub fn new(printer: &'a Printer) -> Self {
        let live = printer.live().map(|live| LiveView::new(live.clone(), printer.look()));
        Self { printer, live }
    }

    /// What it will be, before the first call: its size and price, and what is worth knowing.
    pub fn begins(&self, plan: &Plan, history: Option<History>, notices: &[String]) {
        let look = self.printer.look();
        self.printer.say(&before::headline(plan, history, look));
        self.printer.say(&before::notices(notices, look));
    }

    /// Something worth knowing before the first call that only turned up on the way there.
    pub fn notice(&self, notice: &str) {
        self.printer.say(&before::notices(&[notice.to_owned()], self.printer.look()));
    }

    /// An event is on disk; `state` is what is known after it.
    pub fn event(&mut self, plan: &Plan, state: &State, event: &Event) {
        if let Some(live) = &mut self.live {
            live.event(plan, state, event);
        }
        let beside = if self.live.is_some() { Beside::LiveView } else { Beside::Nothing };
        let told = (self.printer.verbosity(), beside);
        self.printer.say(&lines::told(plan, state, event, told, self.printer.look()));
    }

    /// An agent does something.
    pub fn activity(&mut self, activity: &Activity) {
        if let Some(live) = &mut self.live {
            live.activity(activity);
        }
    }

    /// The run is over: the line after it, the reasons, and what to do next.
    pub fn ends(mut self, plan: &Plan, state: &State, result: &RunResult, place: &Place<'_>) {
        if let Some(live) = self.live.take() {
            live.end();
        }
        let (verbosity, look) = (self.printer.verbosity(), self.printer.look());
        self.printer.say(&summary::summary((plan, state), result, place, (verbosity, look)));
    }
}
