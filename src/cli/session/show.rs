//! `atlas session show`: every run of a session, as its journal tells it.

use std::path::PathBuf;

use serde::Serialize;

use super::super::context::Context;
use crate::{
    model::{
        Result,
        journal_line::Line,
        result::{Outside, RunResult},
        run::{Event, Plan, State, event::Output},
    },
    report::{Look, Mark, Place, Verbosity, summary::summary, table::table, words},
    store::session::{SessionDir, runs, worked},
};

/// A run that got as far as a plan.
pub(in crate::cli) struct Run {
    pub(in crate::cli) plan: Plan,
    pub(in crate::cli) state: State,
    pub(in crate::cli) result: RunResult,
    /// The file with the last step's output.
    output: Option<PathBuf>,
}

#[derive(Serialize)]
struct Document<'a> {
    session: &'a str,
    path: String,
    runs: Vec<&'a RunResult>,
}

pub(in crate::cli) fn show(session: &SessionDir, context: &Context) -> Result<()> {
    let lines = session.lines()?;
    let begun = runs(&lines);
    let runs: Vec<Run> = begun.iter().filter_map(|lines| read(session, lines)).collect();
    if runs.len() < begun.len() {
        context.printer.warn("a run that broke off before it had a plan is left out");
    }
    let path = session.path.display().to_string();
    let document = || Document {
        session: session.id.as_str(),
        path: path.clone(),
        runs: runs.iter().map(|run| &run.result).collect(),
    };
    let verbosity = context.printer.verbosity();
    context.give(document, |look| {
        let head = look.parts(&[session.id.to_string(), words::first_line(&path, look)], None);
        let told = runs.iter().map(|run| format!("\n{}", run.told(verbosity, look)));
        std::iter::once(head).chain(told).collect()
    })
}

/// A run as its lines tell it; `None` where it broke off before it had a plan.
pub(in crate::cli) fn read(session: &SessionDir, lines: &[Line]) -> Option<Run> {
    // A resume that took changed sources in made another one.
    let plan = lines.iter().rev().find_map(|line| {
        let Event::Plan { plan, .. } = &line.event else { return None };
        Some((**plan).clone())
    })?;
    let state = State::of(lines.iter().map(|line| &line.event));
    let took = worked(lines);
    let outside = Outside {
        session: Some(session.id.as_str()),
        output: output(session, &plan, &state),
        duration_ms: u64::try_from(took.as_millis()).ok(),
        ..Outside::default()
    };
    let result = RunResult::fold(&plan, &state, &outside);
    let output = output_file(session, &plan, &state);
    Some(Run { plan, state, result, output })
}

/// Where the last step's output lies: in a file of the session.
fn output_file(session: &SessionDir, plan: &Plan, state: &State) -> Option<PathBuf> {
    let step = &plan.steps.last()?.id;
    let file = session.output_file(state.run, step, state.step(step)?);
    file.filter(|file| file.is_file())
}

/// The last step's output, where it lies in a file of its own.
fn output(session: &SessionDir, plan: &Plan, state: &State) -> Option<serde_json::Value> {
    let output = state.step(&plan.steps.last()?.id)?.output.as_ref()?;
    match session.load_output(output).ok()? {
        Output::Text { text } => Some(text.into()),
        Output::Json { json } => Some(json),
        Output::File { .. } => None,
    }
}

impl Run {
    fn told(&self, verbosity: Verbosity, look: Look) -> String {
        let result = &self.result;
        let skill = words::first_line(&self.plan.skill.name, look);
        let head = format!("run {} {skill}", result.run.unwrap_or_default());
        let mut told = look.parts(&[head], None);
        told += &summary((&self.plan, &self.state), result, &Place::default(), (verbosity, look));
        let steps: Vec<[String; 4]> = result
            .steps
            .iter()
            .map(|step| {
                let spend = step.spend.usd_known.map_or_else(String::new, |usd| usd.to_string());
                let attempts = words::count(step.attempts as usize, "attempt");
                [step.id.clone(), word(&step.status), attempts, spend]
            })
            .collect();
        told += &table(["step", "status", "attempts", "spent"], &steps, look);
        told += &self.refused(look);
        if let Some(output) = &self.output {
            let path = words::first_line(&output.to_string_lossy(), look);
            told += &look.line(Mark::Note, &format!("output: {path}"));
        }
        let checks: Vec<[String; 3]> = result
            .checks
            .iter()
            .map(|check| {
                let reason = check.reason.as_deref().unwrap_or_default();
                [check.name.clone(), word(&check.status), words::first_line(reason, look)]
            })
            .collect();
        if !checks.is_empty() {
            told += &table(["check", "status", "reason"], &checks, look);
        }
        told
    }
}

impl Run {
    /// Why attempts were refused, one line each.
    fn refused(&self, look: Look) -> String {
        let mut told = String::new();
        for step in &self.plan.steps {
            let Some(known) = self.state.step(&step.id) else { continue };
            for (attempt, reasons) in (1..).zip(&known.rejections) {
                let why = words::first_line(&reasons.join("; "), look);
                told += &look.line(Mark::Bad, &format!("{} attempt {attempt}: {why}", step.id));
            }
        }
        told
    }
}

/// A status by the name it has everywhere.
fn word(status: &impl Serialize) -> String {
    let name = serde_json::to_value(status).ok();
    name.and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}
