//! `atlas stats`: what all runs came to.

use std::{num::NonZeroU32, path::PathBuf};

use jiff::SignedDuration;

use super::{
    Exit,
    context::Context,
    global::{Asked, Format},
    run::{follow::write, outlets::expect_place},
    session::sessions,
};
use crate::{
    model::{
        Fault, Result, Status, secret,
        stats::{self, Cell, Place, Stats, week_of},
        text,
    },
    report::{self, Look, Mark, StreamKind, json, page, stats::csv::csv},
    store::session::{Counted, known_places},
};

/// Count the runs of this repository: how many passed, what they took, cost and loaded
///
/// Of all sessions, removed ones too: by skill, model and week, with the hooks that refuse most and
/// what reviewers' votes were worth. Reads descriptions of sessions; changes nothing.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Count every repository in which you are known to have run something
    #[arg(long)]
    all: bool,
    /// Count only this skill (repeatable)
    #[arg(long, value_name = "SKILL")]
    skill: Vec<String>,
    /// Count only runs by this model, in full or its beginning (repeatable)
    #[arg(long, value_name = "MODEL")]
    model: Vec<String>,
    /// Count only this week and the N − 1 before it
    #[arg(long, value_name = "N")]
    weeks: Option<NonZeroU32>,
    /// Give a page for a browser that needs nothing else
    #[arg(long)]
    html: bool,
    /// Write to FILE in place of stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    if let Some(file) = &args.output {
        expect_place(&context.cwd.join(file))?;
    }
    if args.html && context.asked != Asked::Text {
        return Err(Fault::usage("`--html` and `--format` ask for two things at once"));
    }
    let to_terminal =
        args.output.is_none() && context.printer.result_kind() == StreamKind::Terminal;
    if args.html && to_terminal {
        return Err(Fault::usage("a page is for a browser, and this is a terminal")
            .hint("name a file: `atlas stats --html -o stats.html`"));
    }
    let since = since(args, context)?;
    let (cells, places) = counted(args, since.as_deref(), context)?;
    let stats = Stats::of(&cells, places, since);
    let given = given(args, &stats, &cells, context);
    match &args.output {
        Some(file) => {
            let written = write(&context.cwd.join(file), &given)?;
            let line = context.printer.look().line(Mark::Note, &written.display().to_string());
            context.printer.say(&line);
        }
        // A policy that names hashes has to stay as it is; the page is inert already.
        None if args.html => context.printer.result_bytes(given.as_bytes())?,
        None => context.printer.result(&given)?,
    }
    Ok(Status::Passed.into())
}

fn given(args: &Args, stats: &Stats, cells: &[Cell], context: &Context) -> String {
    let look = if args.output.is_some() { Look::PLAIN } else { context.look() };
    match (context.asked, context.format) {
        _ if args.html => page::stats(stats),
        (Asked::Csv, _) => csv(cells),
        (_, Format::Json) => {
            let json = json(stats);
            text::sanitize(&secret::redact(&json)).into_owned()
        }
        (_, Format::Text) => secret::redact(&report::stats::stats(stats, look)).into_owned(),
    }
}

/// The first week that counts.
fn since(args: &Args, context: &Context) -> Result<Option<String>> {
    let Some(weeks) = args.weeks else { return Ok(None) };
    let back = SignedDuration::from_hours((i64::from(weeks.get()) - 1) * 7 * 24);
    let first = context.clock.now().checked_sub(back);
    let first = first.map_err(|_| Fault::usage(format!("`--weeks {weeks}` is too far back")))?;
    Ok(Some(week_of(first)))
}

/// What was asked for of what is there, and where it is.
fn counted(args: &Args, since: Option<&str>, context: &Context) -> Result<(Vec<Cell>, Vec<Place>)> {
    let here = sessions(context)?.count()?;
    let mut counted = vec![here];
    if args.all {
        let (known, unread) = known_places(&context.folders()?.state);
        for place in unread {
            context.printer.warn(&format!("not counted: {}", text::sanitize_line(&place)));
        }
        let here = counted[0].place.path.clone();
        counted.extend(known.into_iter().filter(|it| it.place.path != here));
        counted.retain(|it| it.place.runs > 0 || it.place.path == here);
    }
    let mut cells = Vec::new();
    let mut places = Vec::new();
    for Counted { cells: found, mut place } in counted {
        let wanted = found.iter().filter(|cell| is_wanted(cell, args, since));
        place.runs = 0;
        for cell in wanted {
            place.runs += cell.tally.runs;
            stats::add(&mut cells, cell);
        }
        places.push(place);
    }
    Ok((cells, places))
}

fn is_wanted(cell: &Cell, args: &Args, since: Option<&str>) -> bool {
    let by =
        |named: &[String], is: &dyn Fn(&String) -> bool| named.is_empty() || named.iter().any(is);
    by(&args.skill, &|skill| *skill == cell.skill)
        && by(&args.model, &|model| {
            cell.model.split(" + ").any(|it| it.starts_with(model.as_str()))
        })
        && since.is_none_or(|since| cell.week.as_str() >= since)
}
