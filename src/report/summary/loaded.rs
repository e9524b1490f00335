//! What of the skill reached the agent, stage by stage.

use crate::{
    model::{result::RunResult, run::Plan, value::Tokens},
    report::{
        look::{Look, Mark},
        printer::Verbosity,
    },
};

/// The line about it: where the agent chose what to read, or where somebody wants to know.
pub(super) fn loaded(plan: &Plan, result: &RunResult, verbosity: Verbosity, look: Look) -> String {
    let context = result.context.as_ref();
    let Some(loaded) = context.and_then(|context| context.bytes_by_stage) else {
        return String::new();
    };
    let in_files: u64 = plan.steps.iter().map(|step| step.stages.in_files()).sum();
    let chosen = in_files > 0 || loaded.resources > 0;
    if !chosen && verbosity < Verbosity::Verbose {
        return String::new();
    }
    let about = |bytes: u64| format!("{} {}", look.about(), Tokens::estimate(bytes));
    let mut stages = vec![format!("header {}", about(loaded.header))];
    if loaded.outline > 0 {
        stages.push(format!("outline {}", about(loaded.outline)));
    }
    // A section that was read twice counts twice.
    let of = if in_files >= loaded.sections.max(1) {
        format!(" of {}", about(in_files))
    } else {
        String::new()
    };
    stages.push(format!("sections {}{of}", about(loaded.sections)));
    if loaded.resources > 0 {
        stages.push(format!("resources {}", about(loaded.resources)));
    }
    look.line(Mark::Note, &format!("of the skill, in tokens: {}", stages.join(", ")))
}
