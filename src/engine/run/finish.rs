//! What is left of a run for whoever asked for it.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use super::left::Left;
use crate::{
    engine::{
        made::{self, RunOutput},
        site::Site,
        tree::HandOver,
    },
    model::{
        Result,
        result::{Outside, RunResult},
        run::{Plan, State, plan::StepPlan},
        spawn::TaskResult,
    },
    store::{
        recordings::Draft,
        session::{Session, SessionDir},
    },
};

/// A run that is over.
#[derive(Debug)]
pub struct Finished {
    /// What was planned.
    pub plan: Plan,
    /// What is known of it.
    pub state: State,
    /// The session's name.
    pub session: String,
    /// The session's folder.
    pub dir: PathBuf,
    /// What is kept in it.
    pub stored: SessionDir,
    /// Which run of the session, from 1.
    pub run: u32,
    /// The last step's output, where the journal only names its file; of tasks, all their results.
    pub output: Option<serde_json::Value>,
    /// The file that holds the last step's output.
    pub output_file: Option<PathBuf>,
    /// The version of claude that was called; none where it was not looked for.
    pub claude: Option<String>,
    /// The change of a run that worked on a copy.
    pub handed: Option<HandOver>,
    /// The root of the tree that was worked on, which may be gone by now.
    pub root: PathBuf,
    /// The recording that was asked for, short of what came of the run; why there is none.
    pub draft: Result<Option<Draft>>,
    /// Whether its calls were played from a recording.
    pub replayed: bool,
    /// How long it took.
    pub elapsed: Duration,
}

impl Finished {
    /// The result.
    pub fn result(&self) -> RunResult {
        RunResult::fold(
            &self.plan,
            &self.state,
            &Outside {
                session: Some(&self.session),
                output: self.output.clone(),
                duration_ms: u64::try_from(self.elapsed.as_millis()).ok(),
                claude_version: self.claude.as_deref(),
            },
        )
    }
}

/// What the end of a run is told beside its state.
pub(super) struct Told {
    pub(super) handed: Option<HandOver>,
    pub(super) draft: Result<Option<Draft>>,
    pub(super) started: Instant,
}

/// Describes the session, and gathers what came of the run.
pub(super) fn finish(site: Site, state: State, told: Told) -> Result<Finished> {
    let base = site.trees.own().base().map(str::to_owned);
    site.session.describe(|file| file.base = file.base.take().or(base))?;
    let RunOutput { value, file } = made(site.session.stored(), &site.plan, &state)?;
    Ok(Finished {
        session: site.session.id().to_string(),
        dir: site.session.dir().to_owned(),
        stored: site.session.stored().clone(),
        run: site.run,
        output: value,
        output_file: file,
        plan: site.plan,
        state,
        claude: site.claude.map(|claude| claude.version),
        handed: told.handed,
        draft: told.draft,
        replayed: site.recording.is_replay(),
        root: site.trees.own().root.clone(),
        elapsed: site.spent + told.started.elapsed(),
    })
}

/// A run that has ended before, told again: whoever asked may have been killed before it heard.
pub(super) fn again(session: &Session, left: Left) -> Result<Finished> {
    session.describe(|_| ())?;
    let RunOutput { value, file } = made(session.stored(), &left.plan, &left.state)?;
    Ok(Finished {
        session: session.id().to_string(),
        dir: session.dir().to_owned(),
        stored: session.stored().clone(),
        run: left.state.run,
        output: value,
        output_file: file,
        claude: left.state.claude.clone(),
        handed: None,
        draft: Ok(None),
        // The session of a replay is nobody's to go on with.
        replayed: false,
        root: left.plan.hook_dir().to_owned(),
        elapsed: left.spent,
        plan: left.plan,
        state: left.state,
    })
}

/// What came of each task, in the order of the tasks.
///
/// # Errors
/// An output that a task left in a file is not what it was.
fn tasks(stored: &SessionDir, plan: &Plan, state: &State) -> Result<Vec<TaskResult>> {
    plan.steps.iter().map(|step| task(stored, step, state)).collect()
}

/// What came of one task.
pub fn task(stored: &SessionDir, step: &StepPlan, state: &State) -> Result<TaskResult> {
    let output = state.step(&step.id).and_then(|known| known.output.as_ref());
    let output = output.map(|output| stored.load_output(output)).transpose()?;
    Ok(TaskResult::fold(step, state, output.as_ref()))
}

/// What the run made, and the file that holds it; of tasks, all their results.
fn made(stored: &SessionDir, plan: &Plan, state: &State) -> Result<RunOutput> {
    if plan.tasks.is_none() {
        return made::by_run(stored, plan, state);
    }
    let results = tasks(stored, plan, state)?;
    let value = serde_json::to_value(results).expect("results are JSON");
    Ok(RunOutput { value: Some(value), file: None })
}
