//! A run that never began, for a reason that the caller waived by `--ok-on`.
//!
//! It exits 0, and says everywhere that nothing was checked: it must never look like a pass.

use super::{
    follow::write,
    outlets::{OutletArgs, token},
};
use crate::{
    cli::{Exit, context::Context},
    model::{Fault, Request, Result, Status, result::RunResult},
    report::{About, Told, report, summary},
};

/// Tells the fault, and that it was waived.
pub(super) fn waive(
    fault: &Fault,
    request: &Request,
    outlets: &OutletArgs,
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
    let told = Told::of(&result, &About::default());
    let exit = outlets.write_reports(&told, &[], (result.exit_code, context));
    if let Some(form) = context.asked.form() {
        let document = report(form, &told, &[], &token());
        match &outlets.output {
            Some(file) => drop(write(&context.cwd.join(file), &document)?),
            None => context.printer.result(&document)?,
        }
    }
    Ok(exit)
}
