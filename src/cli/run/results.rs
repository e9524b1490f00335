//! Results of tasks, written while others still run.

use crate::{
    engine::{
        Site,
        run::{Finished, task},
    },
    model::{
        Fault, Result,
        run::{
            Plan, State,
            plan::{StepPlan, TaskOrder},
        },
    },
    report::{Printer, answer},
    store::session::SessionDir,
};

/// Writes each result once.
pub(in crate::cli) struct Results<'a> {
    printer: &'a Printer,
    /// For each task in order, whether its result is written; empty before the first.
    written: Vec<bool>,
    /// The first whose result is not written yet, where they are written in order.
    next: usize,
    /// What went wrong on the way; the run goes on, since it is paid for.
    trouble: Option<Fault>,
}

impl<'a> Results<'a> {
    pub(super) fn new(printer: &'a Printer) -> Self {
        Self { printer, written: Vec::new(), next: 0, trouble: None }
    }

    /// Writes what can be written now that this task has ended.
    pub(super) fn write(&mut self, site: &Site, state: &State, ended: &str) {
        let Some(tasks) = site.plan.tasks else { return };
        let (stored, steps) = (site.session.stored(), &site.plan.steps);
        self.written.resize(steps.len(), false);
        match tasks.order {
            TaskOrder::AsTheyCome => {
                let place = site.plan.places().among(ended).and_then(|it| usize::try_from(it).ok());
                let found = place.and_then(|place| Some((place, steps.get(place)?)));
                if let Some((place, step)) = found.filter(|(place, _)| !self.written[*place]) {
                    self.one((stored, place), step, state);
                }
            }
            TaskOrder::AsGiven => {
                let has_ended = |step: &StepPlan| {
                    state.step(&step.id).is_some_and(|known| known.status.is_some())
                };
                while let Some(step) = steps.get(self.next).filter(|step| has_ended(step)) {
                    self.one((stored, self.next), step, state);
                    self.next += 1;
                }
            }
        }
    }

    /// Writes what is not written yet: tasks that ended in an earlier process, and those that did
    /// not end.
    pub(super) fn finish(mut self, finished: &Finished) -> Result<()> {
        let Plan { steps, .. } = &finished.plan;
        self.written.resize(steps.len(), false);
        for (place, step) in steps.iter().enumerate() {
            if !self.written[place] {
                self.one((&finished.stored, place), step, &finished.state);
            }
        }
        self.trouble.map_or(Ok(()), Err)
    }

    fn one(&mut self, (stored, place): (&SessionDir, usize), step: &StepPlan, state: &State) {
        self.written[place] = true;
        let written = task(stored, step, state).and_then(|result| {
            let line = answer::line(&result, self.printer.result_kind());
            self.printer.result_beside(&line)
        });
        if let Err(fault) = written {
            self.trouble.get_or_insert(fault);
        }
    }
}
