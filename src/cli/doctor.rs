//! `atlas doctor`: whether everything that a run needs is there, and what to do where it is not.

mod claude;
mod files;
mod leftovers;
mod project;
mod repair;

use serde::Serialize;

use super::{Exit, context::Context};
use crate::{
    model::{Fault, Result, Status},
    report::{Look, look::Mark, words},
};

/// Check that everything a run needs is there, and say what to do where it is not
///
/// Asks no model and spends nothing. Ends with 0, with 7 where there is no claude or no login, or
/// with 8 where a configuration or a contract is faulty, or stops every run until it is trusted.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Mend what can be mended without a loss, and say what was done: folders are made and closed
    /// to others, completions put where your shell looks, leftovers removed; nothing else
    #[arg(long)]
    fix: bool,
}

/// How something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Grade {
    /// As it should be.
    Ok,
    /// A run goes ahead, with less.
    Warn,
    /// A run cannot do without.
    Fail,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Finding {
    name: &'static str,
    status: Grade,
    /// What is there.
    found: String,
    /// What to do, where something should be done.
    advice: Vec<String>,
    /// How the whole ends because of this.
    #[serde(skip)]
    ends: Status,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let mended = if args.fix { repair::repair(context)? } else { Vec::new() };
    let findings = examine(context)?;
    let status = status(&findings);
    let document = || Document { status, mended: &mended, checks: &findings };
    context.give(document, |look| {
        let mended = mended.iter().map(|done| look.line(Mark::Note, &format!("mended: {done}")));
        mended.chain(findings.iter().map(|finding| finding.told(look))).collect()
    })?;
    Ok(status.into())
}

/// How the whole ends. What is faulty has to be mended before anything else can be told.
fn status(findings: &[Finding]) -> Status {
    let mut ends = findings.iter().map(|finding| finding.ends).filter(|it| *it != Status::Passed);
    let first = ends.clone().next().unwrap_or(Status::Passed);
    ends.find(|ends| *ends == Status::Invalid).unwrap_or(first)
}

/// Looks at everything.
fn examine(context: &Context) -> Result<Vec<Finding>> {
    let folders = context.folders()?;
    let mut findings = claude::look(context, &folders)?;
    findings.extend(files::look(context, &folders));
    findings.extend(leftovers::look(context, &folders));
    findings.extend(project::look(context, &folders));
    Ok(findings)
}

#[derive(Serialize)]
struct Document<'a> {
    status: Status,
    mended: &'a [String],
    checks: &'a [Finding],
}

impl Finding {
    fn ok(name: &'static str, found: impl Into<String>) -> Self {
        let found = found.into();
        Self { name, status: Grade::Ok, found, advice: Vec::new(), ends: Status::Passed }
    }

    fn warn(name: &'static str, found: impl Into<String>) -> Self {
        Self { status: Grade::Warn, ..Self::ok(name, found) }
    }

    /// Something that a run cannot do without.
    fn fail(name: &'static str, fault: &Fault) -> Self {
        Self {
            status: Grade::Fail,
            advice: fault.hints.clone(),
            ends: fault.status,
            ..Self::ok(name, fault.with_places())
        }
    }

    fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice.push(advice.into());
        self
    }

    fn told(&self, look: Look) -> String {
        let mark = match self.status {
            Grade::Ok => Mark::Good,
            Grade::Warn => Mark::Warning,
            Grade::Fail => Mark::Bad,
        };
        let found = words::block(&self.found, 8, look);
        let mut told = look.line(mark, &format!("{}: {found}", self.name));
        for advice in &self.advice {
            told.extend(["  ", &look.line(Mark::Hint, &words::block(advice, 2, look))]);
        }
        told
    }
}
