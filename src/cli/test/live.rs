//! `atlas test --live`: how often a skill does what it shall, asked of a model and not remembered.
//!
//! Every try is a run in a repository of its own. What could not be asked is no try: an outage says
//! nothing about a skill.

use std::{path::Path, time::Instant};

use serde::Serialize;

use super::{
    Setup,
    case::{Outcome, Tested, Tried, perform, request, told, unmet},
    rights,
};
use crate::{
    engine::{Scene, Stage, prepare::Purpose},
    model::{
        Request, Result, Status,
        evals::Eval,
        proportion::{Interval, Proportion},
        result::RunResult,
        value::Usd,
    },
    store::evals,
};

/// How often it did what it shall.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Rate {
    /// Tries that passed, of all.
    #[serde(flatten)]
    pub(super) passed: Proportion,
    /// Where the true rate lies, with 95 % confidence.
    pub(super) interval: Interval,
    /// What all of it cost, as far as it was told.
    pub(super) usd: Usd,
}

/// Where a try takes place.
enum Place {
    Recording(Box<Stage>),
    Eval(Scene),
}

/// What is tried.
#[derive(Clone, Copy)]
pub(super) enum Case<'a> {
    /// What was recorded once, asked anew.
    Recorded(&'a Path),
    /// What `evals/evals.json` asks for.
    Eval(&'a Eval),
}

impl Case<'_> {
    pub(super) fn name(&self) -> String {
        match self {
            Self::Recorded(dir) => {
                dir.file_name().unwrap_or_default().to_string_lossy().into_owned()
            }
            Self::Eval(eval) => eval.case(),
        }
    }

    /// The request as it is typed there, and where that is.
    fn place(&self, tested: Tested<'_>, setup: Setup<'_>) -> Result<(Request, Place)> {
        let request = request(tested, setup);
        match self {
            Self::Recorded(dir) => {
                let stage = Stage::make(tested.dir, Some(dir), setup.around)?;
                let purpose = Purpose::Recording { stage: Some(stage.cwd()) };
                let case = &stage.recording.case;
                rights::expect_no_more(case, &request, (&purpose, tested), setup)?;
                Ok((stage.recording.case.asked_again(&request), Place::Recording(Box::new(stage))))
            }
            Self::Eval(eval) => {
                let files = evals::files(tested.dir, eval)?;
                let scene = Scene::of_files(files, setup.around)?;
                Ok((Request { args: vec![eval.prompt.clone()], ..request }, Place::Eval(scene)))
            }
        }
    }

    fn expectations<'a>(&'a self, tested: Tested<'a>) -> &'a [String] {
        let name = self.name();
        let eval = tested.evals.iter().find(|eval| eval.case() == name);
        eval.map_or(&[], |eval| &eval.expectations)
    }
}

/// Tries a case as often as was asked for.
pub(super) fn try_live(tested: Tested<'_>, case: Case<'_>, setup: Setup<'_>) -> Tried {
    let began = Instant::now();
    let mut tried = Tried {
        skill: tested.name.to_owned(),
        case: case.name(),
        outcome: Outcome::Passed,
        notes: Vec::new(),
        live: None,
        ms: 0,
        code: Status::Passed.code(),
    };
    let (mut passed, mut usd) = (Proportion::default(), Usd::ZERO);
    for number in 1..=setup.args.live.runs {
        let result = match once(tested, case, setup) {
            Ok(result) => result,
            Err(fault) => {
                tried.outcome = Outcome::Invalid;
                tried.code = fault.status.code();
                tried.notes.extend(told(fault));
                break;
            }
        };
        usd += result.spend.usd_charged;
        let said = verdict(&result, case.expectations(tested));
        match said {
            Said::Yes => passed.count(1),
            Said::No(why) => {
                passed.count(0);
                tried.notes.push(format!("run {number}: {why}"));
            }
            Said::Nothing(outcome, why) => {
                tried.outcome = outcome;
                tried.notes.push(format!("run {number}: {why}"));
                tried.code = result.exit_code;
                break;
            }
        }
    }
    let reached = passed.share().is_some_and(|share| share >= setup.args.live.threshold.fraction());
    if tried.outcome == Outcome::Passed && !reached {
        tried.outcome = Outcome::Differs;
    }
    tried.live = Some(Rate { passed, interval: passed.interval(), usd });
    tried.ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    tried
}

/// What a run says about the skill.
enum Said {
    Yes,
    No(String),
    /// It says nothing, because there was nobody to ask, or somebody wanted it to end.
    Nothing(Outcome, String),
}

fn verdict(result: &RunResult, expectations: &[String]) -> Said {
    let why = || {
        let reason = result.reason.as_deref().unwrap_or("no reason is known");
        format!("{}: {reason}", result.status)
    };
    match result.status {
        Status::Passed => match unmet(expectations, result).0.as_slice() {
            [] => Said::Yes,
            broken => Said::No(broken.join("; ")),
        },
        Status::Failed
        | Status::Blocked
        | Status::Rejected
        | Status::Inconclusive
        | Status::Limit => Said::No(why()),
        Status::Interrupted => Said::Nothing(Outcome::Interrupted, why()),
        Status::Usage | Status::Unavailable | Status::Invalid | Status::Waiting | Status::Busy => {
            Said::Nothing(Outcome::Invalid, why())
        }
    }
}

fn once(tested: Tested<'_>, case: Case<'_>, setup: Setup<'_>) -> Result<RunResult> {
    let (request, place) = case.place(tested, setup)?;
    let stage = match &place {
        Place::Recording(stage) => stage.cwd(),
        Place::Eval(scene) => scene.root(),
    };
    let purpose = Purpose::Recording { stage: Some(stage) };
    let (mut finished, _) = perform(&request, &purpose, setup.around)?;
    match place {
        Place::Recording(stage) => stage.strike(&mut finished)?,
        Place::Eval(scene) => scene.strike(&mut finished)?,
    };
    Ok(finished.result())
}
