//! Takes in work that was done elsewhere, in the place of a call.

use std::rc::Rc;

use super::{output, site::Site, unit::Line};
use crate::model::{
    Result,
    call::{CallOutcome, Failure},
    run::{
        Event,
        event::{Output, WorkTaken},
        plan::StepPlan,
    },
};

/// Keeps the work as the output of the step's attempt. From then on nobody asks where it came from.
pub(crate) async fn take(site: Rc<Site>, line: Line, step: StepPlan, attempt: u32) {
    let (outcome, output) = match keep(&site, &step, attempt) {
        Ok(output) => (CallOutcome::Succeeded, Some(output)),
        Err(fault) => {
            let reason = format!("the work could not be kept: {fault}");
            (CallOutcome::Failed { failure: Failure::NotStarted, reason }, None)
        }
    };
    let taken = WorkTaken { step: step.id, attempt, outcome, output };
    let _nobody_listens = line.commit(Event::WorkTaken(taken)).await;
}

/// Where a form is expected, a text that is one is taken as it; any other is left for the schema to
/// refuse.
fn keep(site: &Site, step: &StepPlan, attempt: u32) -> Result<Output> {
    let work = site.plan.work.as_ref().expect("the plan has work to take in");
    let dir = site.session.attempt_dir(site.run, &step.id, attempt)?;
    let form = step.form().and_then(|_| serde_json::from_str(&work.text).ok());
    let said = match form {
        Some(json) => Output::Json { json },
        None => Output::Text { text: work.text.clone() },
    };
    output::keep(site, &dir, said)
}
