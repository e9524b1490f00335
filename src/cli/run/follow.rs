//! A run as the command line follows it to its end: what is shown, what is written, the exit code.

use std::path::{Path, PathBuf};

use super::{
    outlets::{OutletArgs, token},
    results::Results,
};
use crate::{
    cli::{
        Exit,
        context::Context,
        global::{Asked, Format},
    },
    engine::{HandOver, Observer, Site, run::Finished},
    model::{
        Activity, Fault, Result,
        check::{Check, CheckStatus},
        run::{Event, Point, State, state::Stage},
        secret, text,
    },
    report::{
        About, Form, Mark, Printer, Reporter, StreamKind, Told, answer, form::last_line, report,
        summary::Place,
    },
    sys::fs::write_result,
};

/// Shows a run while it goes on.
pub(in crate::cli) struct Follower<'a> {
    pub(in crate::cli) reporter: Reporter<'a>,
    events: Events<'a>,
    /// Where results of tasks are written as they come: to stdout, where it gets nothing else.
    results: Option<Results<'a>>,
}

/// The events as lines of JSON, for whoever wants them.
struct Events<'a> {
    /// Where each is written at once.
    stream: Option<&'a Printer>,
    /// Whether they are needed again at the end.
    keeping: bool,
    kept: Vec<String>,
    /// Why the first one that could not be written could not be.
    fault: Option<Fault>,
}

impl<'a> Follower<'a> {
    pub(in crate::cli) fn new(outlets: &OutletArgs, context: &'a Context) -> Self {
        let lines = context.asked == Asked::Jsonl;
        let streams = lines && outlets.output.is_none();
        let events = Events {
            stream: streams.then_some(&context.printer),
            keeping: outlets.keeps_events() || (lines && !streams),
            kept: Vec::new(),
            fault: None,
        };
        let at_once = outlets.output.is_none() && context.asked.form().is_none();
        let results = at_once.then(|| Results::new(&context.printer));
        Self { reporter: Reporter::new(&context.printer), events, results }
    }
}

impl Events<'_> {
    fn take(&mut self, event: &Event) {
        if self.stream.is_none() && !self.keeping {
            return;
        }
        let json = serde_json::to_string(event).expect("an event is JSON");
        let mut line = secret::redact(&json).into_owned();
        line.push('\n');
        if let Some(printer) = self.stream {
            let written = write_line(&line, printer);
            self.fault = self.fault.take().or(written.err());
        }
        if self.keeping {
            self.kept.push(line);
        }
    }
}

/// JSON has no line break within, and no control character; for a terminal that is not enough.
fn write_line(line: &str, printer: &Printer) -> Result<()> {
    match printer.result_kind() {
        StreamKind::Terminal => printer.result(&text::sanitize(line)),
        StreamKind::Pipe => printer.result(line),
    }
}

impl Observer for Follower<'_> {
    fn notice(&mut self, notice: &str) {
        self.reporter.notice(notice);
    }

    fn event(&mut self, site: &Site, state: &State, event: &Event) {
        self.events.take(event);
        self.reporter.event(&site.plan, state, event);
        if let (Some(results), Event::StepEnded { step, .. }) = (&mut self.results, event) {
            results.write(site, state, step);
        }
    }

    fn activity(&mut self, activity: &Activity) {
        self.reporter.activity(activity);
    }
}

/// The result to whoever reads it, the last words to the person, the exit code to the caller.
pub(in crate::cli) fn end(
    outlets: &OutletArgs,
    context: &Context,
    follower: Follower<'_>,
    finished: &Finished,
) -> Result<Exit> {
    let result = finished.result();
    let output = outlets.output.as_deref();
    let Follower { reporter, events, results } = follower;
    let mut place = Place {
        output: finished.output_file.as_deref(),
        written: None,
        replayed: finished.replayed,
    };
    let told = Told::of(&result, &About { plan: Some(&finished.plan), place });
    let exit = outlets.write_reports(&told, &events.kept, (result.exit_code, context));
    let answer = match (context.asked.form(), events.stream) {
        (Some(Form::Json) | None, _) => given(finished, output, context),
        (Some(Form::Jsonl), Some(_)) => Some(last_line(&told)),
        (Some(form), _) => Some(report(form, &told, &events.kept, &token())),
    };
    let written = match (&answer, output) {
        (Some(answer), Some(file)) => Some(write(&context.cwd.join(file), answer)),
        (Some(_) | None, _) => None,
    };
    place.written = written.as_ref().and_then(|written| written.as_deref().ok());
    last_words(reporter, finished, &place, context);
    match (results.filter(|_| finished.plan.tasks.is_some()), &answer, output) {
        (Some(results), _, _) => results.finish(finished)?,
        (None, Some(answer), None) => write_line(answer, &context.printer)?,
        (None, _, Some(_)) | (None, None, None) => {}
    }
    if let Some(fault) = events.fault {
        return Err(fault);
    }
    // The run is told first: its answer is paid for and lies in the session.
    match written {
        Some(Err(fault)) => Err(kept_elsewhere(fault, finished)),
        Some(Ok(_)) | None => Ok(exit),
    }
}

/// The last words to the person alone, where the result goes elsewhere.
pub(super) fn tell(follower: Follower<'_>, finished: &Finished, context: &Context) {
    let output = finished.output_file.as_deref();
    let place = Place { output, written: None, replayed: finished.replayed };
    last_words(follower.reporter, finished, &place, context);
}

fn last_words(reporter: Reporter<'_>, finished: &Finished, place: &Place<'_>, context: &Context) {
    reporter.ends(&finished.plan, &finished.state, &finished.result(), place);
    if let Some(handed) = &finished.handed {
        tell_where(handed, finished, context);
    }
}

/// The result as text or as its document, for stdout or a file.
fn given(finished: &Finished, output: Option<&Path>, context: &Context) -> Option<String> {
    let format = match context.format {
        Format::Text => answer::Format::Text,
        Format::Json => answer::Format::Json,
    };
    let reader = match output {
        Some(_) => StreamKind::Pipe,
        None => context.printer.result_kind(),
    };
    let result = finished.result();
    match (finished.plan.tasks, format) {
        (Some(_), answer::Format::Text) => Some(answer::lines(&result, reader)),
        (Some(_), answer::Format::Json) | (None, _) => answer::answer(&result, format, reader),
    }
}

fn kept_elsewhere(fault: Fault, finished: &Finished) -> Fault {
    match &finished.output_file {
        Some(file) => fault.hint(format!("the session has it: {}", file.display())),
        None => fault,
    }
}

/// Work on a copy is nowhere to be seen unless somebody says where it is.
fn tell_where(handed: &HandOver, finished: &Finished, context: &Context) {
    let look = context.printer.look();
    let say = |mark: Mark, text: String| context.printer.say(&look.line(mark, &text));
    if let Some(patch) = &handed.patch {
        let (mark, text) = way_to(patch, finished);
        say(mark, text);
    }
    if let Some(trouble) = &handed.trouble {
        let trouble = trouble.to_string();
        let trouble = text::sanitize_line(&trouble);
        let copy = handed.copy.as_ref();
        let there = copy.map(|copy| format!("; what was changed is in {}", copy.display()));
        say(Mark::Warning, format!("{trouble}{}", there.unwrap_or_default()));
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

pub(in crate::cli) fn write(file: &Path, answer: &str) -> Result<PathBuf> {
    write_result(file, answer.as_bytes())
        .map_err(|error| Fault::failed("cannot write the result").because(error))?;
    Ok(file.to_owned())
}
