//! A run as the command line follows it to its end: what is shown, what is written, the exit code.

use std::path::{Path, PathBuf};

use crate::{
    cli::{Exit, context::Context, global::Format},
    engine::{HandOver, Observer, Site, run::Finished},
    model::{
        Activity, Fault, Result,
        check::{Check, CheckStatus},
        run::{Event, Point, State, state::Stage},
        text,
    },
    report::{Mark, Printer, Reporter, StreamKind, answer, summary::Place},
    sys::fs::write_result,
};

/// Shows a run while it goes on.
pub(in crate::cli) struct Follower<'a> {
    pub(in crate::cli) reporter: Reporter<'a>,
}

impl<'a> Follower<'a> {
    pub(in crate::cli) fn new(printer: &'a Printer) -> Self {
        Self { reporter: Reporter::new(printer) }
    }
}

impl Observer for Follower<'_> {
    fn notice(&mut self, notice: &str) {
        self.reporter.notice(notice);
    }

    fn event(&mut self, site: &Site, state: &State, event: &Event) {
        self.reporter.event(&site.plan, state, event);
    }

    fn activity(&mut self, activity: &Activity) {
        self.reporter.activity(activity);
    }
}

/// The result to whoever reads it, the last words to the person, the exit code to the caller.
pub(in crate::cli) fn end(
    output: Option<&Path>,
    context: &Context,
    follower: Follower<'_>,
    finished: &Finished,
) -> Result<Exit> {
    let result = finished.result();
    let format = match context.format {
        Format::Text => answer::Format::Text,
        Format::Json => answer::Format::Json,
    };
    let reader = match output {
        Some(_) => StreamKind::Pipe,
        None => context.printer.result_kind(),
    };
    let answer = answer::answer(&result, format, reader);
    let written = match (&answer, output) {
        (Some(answer), Some(file)) => Some(write(&context.cwd.join(file), answer)),
        (Some(_) | None, _) => None,
    };
    let place = Place {
        output: finished.output_file.as_deref(),
        written: written.as_ref().and_then(|written| written.as_deref().ok()),
        replayed: finished.replayed,
    };
    follower.reporter.ends(&finished.plan, &finished.state, &result, &place);
    if let Some(handed) = &finished.handed {
        tell_where(handed, finished, context);
    }
    if let (Some(answer), None) = (&answer, output) {
        context.printer.result(answer)?;
    }
    // The run is told first: its answer is paid for and lies in the session.
    match written {
        Some(Err(fault)) => Err(kept_elsewhere(fault, finished)),
        Some(Ok(_)) | None => Ok(Exit(result.exit_code)),
    }
}

fn kept_elsewhere(fault: Fault, finished: &Finished) -> Fault {
    match &finished.output_file {
        Some(file) => fault.hint(format!("the session has it: {}", file.display())),
        None => fault,
    }
}

/// What the result is to be written to is looked at before anything is spent.
pub(in crate::cli) fn writable(output: Option<&Path>, context: &Context) -> Result<()> {
    let Some(file) = output else { return Ok(()) };
    let file = context.cwd.join(file);
    let folder = file.parent().unwrap_or(&file);
    if folder.is_dir() && !file.is_dir() {
        return Ok(());
    }
    let what = if file.is_dir() { "it is a folder" } else { "its folder does not exist" };
    Err(Fault::usage(format!("the result cannot be written to {}", file.display())).because(what))
}

/// Work on a copy is nowhere to be seen unless somebody says where it is.
fn tell_where(handed: &HandOver, finished: &Finished, context: &Context) {
    let look = context.printer.look();
    let say = |mark: Mark, text: String| context.printer.say(&look.line(mark, &text));
    if let Some(patch) = &handed.patch {
        let (mark, text) = way_to(patch, finished);
        say(mark, text);
    }
    if let (Some(trouble), Some(copy)) = (&handed.trouble, &handed.copy) {
        let trouble = trouble.to_string();
        let trouble = text::sanitize_line(&trouble);
        say(Mark::Warning, format!("{trouble}; what was changed is in {}", copy.display()));
    } else if let (Some(copy), true) = (&handed.copy, handed.left_out.is_empty()) {
        say(Mark::Note, format!("the worktree stays for a resume: {}", copy.display()));
    } else if let Some(copy) = &handed.copy {
        let files = handed.left_out.join(", ");
        say(Mark::Warning, format!("not in the patch: {files}; they are in {}", copy.display()));
    }
}

/// How the user comes by the change.
fn way_to(patch: &Path, finished: &Finished) -> (Mark, String) {
    let patch = patch.display();
    if !is_handed_over(&finished.state) {
        let with = "`--apply` or `--branch`";
        let text = format!("bring the change in: `git apply {patch}`, or run with {with}");
        return (Mark::Hint, text);
    }
    let text = match finished.plan.delivery.branch(&finished.session) {
        Some(branch) => format!("the change is on the branch `{branch}`: `git merge {branch}`"),
        None => format!("the change is kept in {patch}"),
    };
    (Mark::Note, text)
}

fn is_handed_over(state: &State) -> bool {
    let passed = |check: &Check| check.status == CheckStatus::Passed;
    match state.checks.get(&Point::HandOver) {
        Some(Stage::Ended(checks)) => checks.iter().all(passed),
        Some(Stage::Idle | Stage::Running) | None => false,
    }
}

pub(super) fn write(file: &Path, answer: &str) -> Result<PathBuf> {
    write_result(file, answer.as_bytes())
        .map_err(|error| Fault::failed("cannot write the result").because(error))?;
    Ok(file.to_owned())
}
