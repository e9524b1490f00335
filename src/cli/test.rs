//! `atlas test`: plays the recordings of skills and compares what comes of them.

mod compare;

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use super::{
    Exit,
    context::Context,
    run::{
        around,
        recorded::{Setting, replay},
        runtime,
    },
    skills::{SkillsArgs, find, roots},
};
use crate::{
    engine::{
        self, Observer, Site, Stage, expected,
        prepare::{Around, Purpose},
    },
    model::{
        Activity, Fault, Request, Result, Status, TrustRequest,
        result::RunResult,
        run::{Event, State},
        text,
    },
    report::{Look, Mark},
    store::recordings::{self, Draft, Recording, cases},
};

/// Play recorded runs of skills and compare what comes of them
///
/// Plays all cases of the skill, or of every skill that has recordings.
///
/// Hooks and schemas run for real on what the recorded calls made, so this finds out for nothing
/// what a change to a contract or a hook does. A recording that only words of the skill have left
/// behind still plays and is shown as stale.
///
/// Exits 0 when every case is as expected, 4 when one differs, 8 when one does not fit.
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
    skills: SkillsArgs,
}

/// What came of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    /// As expected.
    Passed,
    /// As expected, from a prompt whose words have changed since.
    Stale,
    /// Recorded anew.
    Updated,
    /// Not as expected.
    Differs,
    /// It could not be played.
    Invalid,
    /// Somebody asked it to end; no other case is played then.
    Interrupted,
}

#[derive(Debug, Serialize)]
struct Tried {
    skill: String,
    case: String,
    outcome: Outcome,
    /// What is stale, why it could not be played, or what differs.
    notes: Vec<String>,
    /// The exit code of a case that could not be played to its end.
    #[serde(skip)]
    code: u8,
}

#[derive(Debug, Serialize)]
struct Document<'a> {
    cases: &'a [Tried],
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let around = around(context)?;
    let mut done = Vec::new();
    for (skill, dir) in skills(args, context)? {
        for case in cases(&dir) {
            let tried = try_case(args, (&skill, &dir, &case), (context, &around));
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

fn end(args: &Args, done: &[Tried], context: &Context) -> Result<Exit> {
    context.give(|| Document { cases: done }, |look| lines(done, look))?;
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
        Outcome::Passed | Outcome::Updated | Outcome::Stale => Status::Passed.code(),
        Outcome::Differs => Status::Rejected.code(),
        Outcome::Invalid | Outcome::Interrupted => case.code,
    });
    Exit(codes.max().unwrap_or_default())
}

/// A fault of one case keeps no other from being played.
fn try_case(
    args: &Args,
    (skill, dir, case): (&str, &Path, &Path),
    (context, around): (&Context, &Around),
) -> Tried {
    let name = case.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let request = Request {
        skill: skill.to_owned(),
        cwd: context.cwd.clone(),
        skills_dirs: args.skills.skills_dirs(context),
        plugin_dirs: args.skills.plugin_dirs(context),
        trust: if args.trust { TrustRequest::ThisRun } else { TrustRequest::Stored },
        ..Request::default()
    };
    let made = Stage::make(dir, Some(case), around).and_then(|stage| {
        let play = if args.update { update } else { compare };
        play(&request, stage, (context, around))
    });
    let (outcome, notes, code) = match made {
        Ok(Played { outcome, notes, code }) => (outcome, notes, code),
        Err(fault) => (Outcome::Invalid, vec![fault.to_string()], fault.status.code()),
    };
    Tried { skill: skill.to_owned(), case: name, outcome, notes, code }
}

/// Hears what a person would: what is stale in a recording.
#[derive(Default)]
struct Listener {
    warnings: Vec<String>,
}

impl Observer for Listener {
    fn notice(&mut self, _notice: &str) {}

    fn event(&mut self, _site: &Site, _state: &State, event: &Event) {
        if let Event::CallEnded(call) = event {
            let known = std::mem::take(&mut self.warnings);
            let stale = call.warnings.iter().filter(|warning| warning.contains(STALE));
            self.warnings = known.iter().chain(stale).cloned().collect();
            self.warnings.dedup();
        }
    }

    fn activity(&mut self, _activity: &Activity) {}
}

/// How a call says that its recording is stale.
const STALE: &str = "the recording is stale";

/// How playing a case went.
struct Played {
    outcome: Outcome,
    notes: Vec<String>,
    code: u8,
}

impl Played {
    fn new(outcome: Outcome, notes: Vec<String>) -> Self {
        Self { outcome, notes, code: Status::Invalid.code() }
    }

    /// A case that somebody asked to end.
    fn interrupted(result: &RunResult) -> Option<Self> {
        let code = result.exit_code;
        let stopped = result.status == Status::Interrupted;
        stopped.then_some(Self { outcome: Outcome::Interrupted, notes: Vec::new(), code })
    }
}

fn compare(
    request: &Request,
    stage: Stage,
    (context, around): (&Context, &Around),
) -> Result<Played> {
    if stage.recording.case.calls.is_empty() {
        let skill = text::sanitize_line(&request.skill);
        let note = format!("nothing is recorded yet; `atlas test {skill} --update` does it");
        return Ok(Played::new(Outcome::Invalid, vec![note]));
    }
    let then = stage.recording.expected()?;
    let Setting { request, purpose, stage } = replay(request, stage);
    let prepared = engine::prepare::prepare(&request, around, &purpose)?;
    let mut listener = Listener::default();
    let run = engine::run::run(prepared, &request, around, &mut listener);
    let mut finished = runtime()?.block_on(run)?;
    let now = expected(&finished, &context.env);
    if let Some(stage) = stage {
        stage.strike(&mut finished)?;
    }
    let result = finished.result();
    if let Some(interrupted) = Played::interrupted(&result) {
        return Ok(interrupted);
    }
    if result.status == Status::Invalid {
        return Ok(Played::new(Outcome::Invalid, result.reason.into_iter().collect()));
    }
    let differences = compare::differences(&then, &now);
    Ok(match (differences.is_empty(), listener.warnings.is_empty()) {
        (false, _) => Played::new(Outcome::Differs, differences),
        (true, false) => Played::new(Outcome::Stale, listener.warnings),
        (true, true) => Played::new(Outcome::Passed, Vec::new()),
    })
}

fn update(
    request: &Request,
    stage: Stage,
    (context, around): (&Context, &Around),
) -> Result<Played> {
    let recording: &Recording = &stage.recording;
    let then = recording.expected().unwrap_or(Value::Null);
    let dir = recording.dir.clone();
    let left_out = recording.case.left_out.clone();
    let request = recording.case.asked_again(request);
    let purpose = Purpose::Recording { stage: Some(stage.cwd()) };
    let prepared = engine::prepare::prepare(&request, around, &purpose)?;
    let mut listener = Listener::default();
    let run = engine::run::run(prepared, &request, around, &mut listener);
    let mut finished = runtime()?.block_on(run)?;
    let now = expected(&finished, &context.env);
    stage.strike(&mut finished)?;
    if let Some(interrupted) = Played::interrupted(&finished.result()) {
        return Ok(interrupted);
    }
    let draft = finished.draft?.ok_or_else(|| Fault::failed("nothing was recorded"))?;
    let mut draft = Draft { expected: now.clone(), ..draft };
    draft.case.left_out.extend(left_out);
    recordings::write(&dir, &draft)?;
    Ok(Played::new(Outcome::Updated, compare::differences(&then, &now)))
}

fn lines(done: &[Tried], look: Look) -> String {
    done.iter().map(|case| line(case, look)).collect()
}

fn line(case: &Tried, look: Look) -> String {
    let (mark, said) = match case.outcome {
        Outcome::Passed => (Mark::Good, ""),
        Outcome::Stale => (Mark::Warning, " is stale"),
        Outcome::Updated if case.notes.is_empty() => (Mark::Good, " recorded anew, no difference"),
        Outcome::Updated => (Mark::Again, " recorded anew"),
        Outcome::Differs => (Mark::Bad, " differs"),
        Outcome::Invalid => (Mark::Bad, " cannot be played"),
        Outcome::Interrupted => (Mark::Warning, " was interrupted"),
    };
    let mut lines = look.line(mark, &format!("{}/{}{said}", case.skill, case.case));
    for note in &case.notes {
        lines.push_str("  ");
        lines.push_str(&text::sanitize_line(note));
        lines.push('\n');
    }
    lines
}
