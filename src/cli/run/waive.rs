//! A run that never began, for a reason that the caller waived by `--ok-on`.
//!
//! It exits 0, and says everywhere that nothing was checked: it must never look like a pass.

use std::path::Path;

use super::follow::write;
use crate::{
    cli::{Exit, context::Context, global::Format},
    model::{Fault, Request, Result, Status, result::RunResult},
    report::{self, summary},
};

/// Tells the fault, and that it was waived.
pub(super) fn waive(
    fault: &Fault,
    request: &Request,
    output: Option<&Path>,
    context: &Context,
) -> Result<Exit> {
    let result = RunResult {
        skill: Some(request.skill.clone()),
        exit_code: Status::Passed.code(),
        waived: true,
        ..RunResult::of_fault(fault)
    };
    context.printer.say(&summary::not_checked(&result, context.printer.look()));
    context.printer.fault(fault);
    if context.format == Format::Json {
        let document = report::json(&result);
        match output {
            Some(file) => drop(write(&context.cwd.join(file), &document)?),
            None => context.printer.result(&document)?,
        }
    }
    Ok(Exit(result.exit_code))
}
