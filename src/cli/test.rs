//! `atlas test`: plays the recordings of skills and compares what comes of them, or asks anew.

mod case;
mod compare;
mod live;
mod rights;
mod shown;

use std::path::PathBuf;

use serde::Serialize;

use self::{
    case::{Outcome, Tested, Tried, try_recording},
    live::{Case, try_live},
    shown::{junit, lines},
};
use super::{
    Exit,
    context::Context,
    global::Asked,
    run::around,
    skills::{SkillsArgs, find, roots},
};
use crate::{
    engine::prepare::Around,
    model::{Fault, Result, Status, evals::Eval, text, value::Share},
    store::{
        evals::evals,
        recordings::{FOLDER, cases},
    },
};

/// Play recorded runs of skills and compare what comes of them
///
/// Plays all cases of the skill, or of every skill that has recordings or an `evals/evals.json`.
///
/// Hooks and schemas run for real on what the recorded calls made, so this finds out for nothing
/// what a change to a contract or a hook does. A recording that only words of the skill have left
/// behind still plays and is shown as stale. A recording called `eval-ID` is also held against what
/// the eval with that id expects, as far as code can tell.
///
/// With `--live` every case and every eval is asked of claude, which costs what a run costs, and
/// the share that passes counts.
///
/// Exits 0 when every case is as expected, 4 when one differs or passes too rarely, 8 when one does
/// not fit.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The skill's name, as `atlas list` shows it
    skill: Option<String>,
    /// Let a stale recording fail
    #[arg(long)]
    strict: bool,
    /// Record every case anew through claude, which costs what a run costs, and show what differs
    #[arg(long)]
    update: bool,
    /// Trust this repository for these runs, whatever it holds
    #[arg(long)]
    trust: bool,
    #[command(flatten)]
    live: LiveArgs,
    #[command(flatten)]
    skills: SkillsArgs,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Asking anew")]
struct LiveArgs {
    /// Ask claude anew, and count how often that passes
    #[arg(long, conflicts_with_all = ["update", "strict"])]
    live: bool,
    /// Ask so often for each case
    #[arg(long, value_name = "N", default_value = "1", requires = "live")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// The share of them that has to pass, such as 80% or 0.8
    #[arg(long, value_name = "SHARE", default_value = "100%", requires = "live")]
    #[arg(value_parser = str::parse::<Share>)]
    threshold: Share,
}

#[derive(Debug, Serialize)]
struct Document<'a> {
    cases: &'a [Tried],
}

/// What every case stands on.
#[derive(Clone, Copy)]
struct Setup<'a> {
    args: &'a Args,
    context: &'a Context,
    around: &'a Around,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let around = around(context)?;
    let setup = Setup { args, context, around: &around };
    let mut done: Vec<Tried> = Vec::new();
    for (skill, dir) in skills(args, context)? {
        let evals = evals(&dir)?;
        let tested = Tested { name: &skill, dir: &dir, evals: &evals };
        for tried in of_skill(tested, setup) {
            let interrupted = tried.outcome == Outcome::Interrupted;
            done.push(tried);
            if interrupted {
                return end(args, &done, context);
            }
        }
    }
    if done.is_empty() {
        let what = args.skill.as_ref().map_or("no skill here".to_owned(), |name| {
            format!("the skill `{}`", text::sanitize_line(name))
        });
        let verb = if args.skill.is_some() { "has no" } else { "has a" };
        return Err(Fault::invalid(format!("{what} {verb} recording"))
            .hint("make one with `atlas run <SKILL> --record <SKILL FOLDER>/recordings/<CASE>`"));
    }
    end(args, &done, context)
}

/// Each case of a skill when its turn comes: first the recordings, then the evals without one.
fn of_skill<'a>(tested: Tested<'a>, setup: Setup<'a>) -> impl Iterator<Item = Tried> + 'a {
    let recorded = cases(tested.dir);
    let names: Vec<String> = recorded.iter().map(|dir| Case::Recorded(dir).name()).collect();
    let unrecorded = tested.evals.iter().filter(move |eval| !names.contains(&eval.case()));
    let live = setup.args.live.live;
    let played = recorded.into_iter().map(move |dir| {
        if live {
            return try_live(tested, Case::Recorded(&dir), setup);
        }
        try_recording(tested, &dir, setup)
    });
    let asked = unrecorded.map(move |eval| {
        if live { try_live(tested, Case::Eval(eval), setup) } else { skipped(tested, eval) }
    });
    played.chain(asked)
}

/// An eval that nobody can look at without a model.
fn skipped(tested: Tested<'_>, eval: &Eval) -> Tried {
    let record = tested.dir.join(FOLDER).join(eval.case());
    let (skill, dir) = (text::sanitize_line(tested.name), record.display().to_string());
    let note = format!(
        "nothing is recorded for it: `atlas run {skill} <PROMPT> --record {dir}`, or `--live`"
    );
    Tried {
        skill: tested.name.to_owned(),
        case: eval.case(),
        outcome: Outcome::Skipped,
        notes: vec![note],
        live: None,
        ms: 0,
        code: Status::Passed.code(),
    }
}

fn end(args: &Args, done: &[Tried], context: &Context) -> Result<Exit> {
    match context.asked {
        Asked::Junit => context.printer.result(&junit(done, args.strict))?,
        Asked::Text
        | Asked::Json
        | Asked::Jsonl
        | Asked::Sarif
        | Asked::Github
        | Asked::Gitlab
        | Asked::Csv
        | Asked::Markdown => {
            context.give(|| Document { cases: done }, |look| lines(done, look))?;
        }
    }
    Ok(exit(done, args.strict))
}

fn skills(args: &Args, context: &Context) -> Result<Vec<(String, PathBuf)>> {
    if let Some(name) = &args.skill {
        let found = find(name, &args.skills, context)?;
        return Ok(vec![(found.name, found.dir)]);
    }
    let listing = roots(&args.skills, context)?.list();
    let entries = listing.entries.into_iter().filter(|entry| entry.shadowed_by.is_none());
    Ok(entries.map(|entry| (entry.found.name, entry.found.dir)).collect())
}

fn exit(done: &[Tried], strict: bool) -> Exit {
    let codes = done.iter().map(|case| match case.outcome {
        Outcome::Stale if strict => Status::Rejected.code(),
        Outcome::Passed | Outcome::Updated | Outcome::Stale | Outcome::Skipped => {
            Status::Passed.code()
        }
        Outcome::Differs => Status::Rejected.code(),
        Outcome::Invalid | Outcome::Interrupted => case.code,
    });
    Exit(codes.max().unwrap_or_default())
}
