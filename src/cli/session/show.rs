//! `atlas session show`: every run of a session, as its journal tells it.

use std::path::PathBuf;

use serde::Serialize;

use super::super::context::Context;
use crate::{
    engine::made,
    model::{
        Result,
        journal_line::Line,
        result::{Outside, RunResult},
        run::{Event, Plan, State},
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
        Some((**plan).clone().grown())
    })?;
    let state = State::of(lines.iter().map(|line| &line.event));
    let took = worked(lines);
    let made = made::by_run(session, &plan, &state).unwrap_or_default();
    let outside = Outside {
        session: Some(session.id.as_str()),
        output: made.value.clone(),
        duration_ms: u64::try_from(took.as_millis()).ok(),
        ..Outside::default()
    };
    let result = RunResult::fold(&plan, &state, &outside);
    let output = made.file.filter(|file| file.is_file());
    Some(Run { plan, state, result, output })
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
        for leaf in self.plan.leaves(&self.state) {
            let Some(known) = self.state.step(&leaf.path) else { continue };
            for (attempt, reasons) in (1..).zip(&known.rejections) {
                let why = words::first_line(&reasons.join("; "), look);
                let step = words::first_line(&leaf.path, look);
                told += &look.line(Mark::Bad, &format!("{step} attempt {attempt}: {why}"));
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
