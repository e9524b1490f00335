//! One case of `atlas test`: played, or recorded anew, and compared with what is expected.

use std::{path::Path, time::Instant};

use serde::Serialize;
use serde_json::Value;

use super::{Setup, compare, live::Rate, rights};
use crate::{
    cli::run::{
        recorded::{Setting, replay},
        runtime,
    },
    engine::{
        self, Observer, Site, Stage, expected,
        prepare::{Around, Purpose},
        run::Finished,
    },
    model::{
        Activity, Fault, Request, Result, Status, TrustRequest,
        evals::{Eval, Expectation},
        result::RunResult,
        run::{Event, State},
        text,
    },
    store::recordings::{self, Draft, Recording},
};

/// What came of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    /// As expected.
    Passed,
    /// As expected, from a prompt whose words have changed since.
    Stale,
    /// Recorded anew.
    Updated,
    /// Nothing is recorded that could be looked at without a model.
    Skipped,
    /// Not as expected.
    Differs,
    /// It could not be played.
    Invalid,
    /// Somebody asked it to end; no other case is played then.
    Interrupted,
}

/// A case, and what came of it.
#[derive(Debug, Serialize)]
pub(super) struct Tried {
    pub(super) skill: String,
    pub(super) case: String,
    pub(super) outcome: Outcome,
    /// What is stale, why it could not be played, or what differs.
    pub(super) notes: Vec<String>,
    /// What came of asking a model, once or more often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) live: Option<Rate>,
    /// How long it took, in milliseconds.
    #[serde(skip)]
    pub(super) ms: u64,
    /// The exit code of a case that could not be played to its end.
    #[serde(skip)]
    pub(super) code: u8,
}

/// A skill that is tested.
#[derive(Clone, Copy)]
pub(super) struct Tested<'a> {
    pub(super) name: &'a str,
    pub(super) dir: &'a Path,
    /// What its `evals/evals.json` asks for.
    pub(super) evals: &'a [Eval],
}

/// Plays a recording. A fault of one case keeps no other from being played.
pub(super) fn try_recording(tested: Tested<'_>, case: &Path, setup: Setup<'_>) -> Tried {
    let began = Instant::now();
    let name = case.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let request = request(tested, setup);
    let eval = tested.evals.iter().find(|eval| eval.case() == name);
    let made = Stage::make(tested.dir, Some(case), setup.around).and_then(|stage| {
        if setup.args.update {
            return update(&request, stage, (tested, setup));
        }
        compare(&request, stage, eval, setup)
    });
    let Played { outcome, notes, code } = made.unwrap_or_else(|fault| Played {
        outcome: Outcome::Invalid,
        code: fault.status.code(),
        notes: told(fault),
    });
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Tried { skill: tested.name.to_owned(), case: name, outcome, notes, live: None, ms, code }
}

/// A fault, and of the ways out of it those that there are here.
pub(super) fn told(fault: Fault) -> Vec<String> {
    let mut notes = vec![fault.to_string()];
    let asks_for_trust = fault.hints.iter().any(|hint| hint.starts_with("`atlas trust`"));
    notes.extend(fault.hints.into_iter().filter(|hint| !hint.starts_with("`--")));
    if asks_for_trust {
        notes.push("`atlas test --trust` trusts all of it, for this time".to_owned());
    }
    notes
}

/// What every run of the skill here asks for.
pub(super) fn request(tested: Tested<'_>, Setup { args, context, .. }: Setup<'_>) -> Request {
    Request {
        skill: tested.name.to_owned(),
        cwd: context.cwd.clone(),
        skills_dirs: args.skills.skills_dirs(context),
        plugin_dirs: args.skills.plugin_dirs(context),
        trust: if args.trust { TrustRequest::ThisRun } else { TrustRequest::Stored },
        ..Request::default()
    }
}

/// Lets a run take place.
pub(super) fn perform(
    request: &Request,
    purpose: &Purpose,
    around: &Around,
) -> Result<(Finished, Vec<String>)> {
    let prepared = engine::prepare::prepare(request, around, purpose)?;
    let mut listener = Listener::default();
    let run = engine::run::run(prepared, request, around, &mut listener);
    let finished = runtime()?.block_on(run)?;
    Ok((finished, listener.warnings))
}

/// What of these expectations does not hold, and which ones only a reader could judge.
pub(super) fn unmet(expectations: &[String], result: &RunResult) -> (Vec<String>, Vec<String>) {
    let (mut broken, mut unread) = (Vec::new(), Vec::new());
    for sentence in expectations {
        match Expectation::read(sentence) {
            Some(expected) if expected.holds(result) => {}
            Some(_) => broken.push(format!("not so: {sentence}")),
            None => unread.push(format!("only a reader can judge: {sentence}")),
        }
    }
    (broken, unread)
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
    eval: Option<&Eval>,
    Setup { context, around, .. }: Setup<'_>,
) -> Result<Played> {
    if stage.recording.case.calls.is_empty() {
        let skill = text::sanitize_line(&request.skill);
        let note = format!("nothing is recorded yet; `atlas test {skill} --update` does it");
        return Ok(Played::new(Outcome::Invalid, vec![note]));
    }
    let then = stage.recording.expected()?;
    let Setting { request, purpose, stage } = replay(request, stage);
    let (mut finished, warnings) = perform(&request, &purpose, around)?;
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
    let (broken, unread) = unmet(eval.map_or(&[], |eval| &eval.expectations), &result);
    let mut differences = compare::differences(&then, &now);
    differences.extend(broken);
    Ok(match (differences.is_empty(), warnings.is_empty()) {
        (false, _) => Played::new(Outcome::Differs, differences),
        (true, false) => Played::new(Outcome::Stale, warnings),
        (true, true) => Played::new(Outcome::Passed, unread),
    })
}

fn update(
    request: &Request,
    stage: Stage,
    (tested, setup): (Tested<'_>, Setup<'_>),
) -> Result<Played> {
    let Setup { context, around, .. } = setup;
    let recording: &Recording = &stage.recording;
    let then = recording.expected().unwrap_or(Value::Null);
    let dir = recording.dir.clone();
    let left_out = recording.case.left_out.clone();
    let purpose = Purpose::Recording { stage: Some(stage.cwd()) };
    rights::expect_no_more(&recording.case, request, (&purpose, tested), setup)?;
    let request = recording.case.asked_again(request);
    let (mut finished, _) = perform(&request, &purpose, around)?;
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
