//! What came of the tasks: one JSON object each, for whoever reads stdout.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Deserialize, Serialize};

use crate::model::{
    result::StepSpend,
    run::{State, StepStatus, event::Output, plan::StepPlan, state::StepState},
};

/// What came of one task; a published format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "One line of what `atlas spawn` writes")]
pub struct TaskResult {
    /// The task's id.
    pub id: String,
    /// How it ended; `cancelled` where it was not started, or not to its end.
    pub status: StepStatus,
    /// What it said: a text, or the answer to its schema. Trust it only where `status` is passed.
    pub output: Option<serde_json::Value>,
    /// Why, for anything but a pass.
    pub reason: Option<String>,
    /// How many attempts were begun.
    pub attempts: u32,
    /// What its calls cost.
    pub spend: StepSpend,
    /// How long its calls took, in milliseconds.
    pub duration_ms: u64,
}

impl TaskResult {
    /// The result of the task that a step is, as far as it has come. `output` is what it said,
    /// read from its file where it lies in one.
    pub fn fold(step: &StepPlan, state: &State, output: Option<&Output>) -> Self {
        let fresh = StepState::default();
        let known = state.step(&step.id).unwrap_or(&fresh);
        let (status, reason) = match &known.status {
            Some((status, reason)) => (*status, reason.clone()),
            None => (StepStatus::Cancelled, None),
        };
        let not_started = || "not started".to_owned();
        let reason = reason.or_else(|| (known.attempt == 0).then(not_started));
        Self {
            id: step.id.clone(),
            status,
            output: output.and_then(said),
            reason,
            attempts: known.attempt,
            spend: StepSpend::of(known),
            duration_ms: known.ms,
        }
    }

    /// The published JSON Schema of one line.
    pub fn schema() -> serde_json::Value {
        let settings = SchemaSettings::draft2020_12().for_serialize();
        settings.into_generator().into_root_schema_for::<Self>().to_value()
    }
}

fn said(output: &Output) -> Option<serde_json::Value> {
    match output {
        Output::Text { text } => Some(text.clone().into()),
        Output::Json { json } => Some(json.clone()),
        Output::File { .. } => None,
    }
}
