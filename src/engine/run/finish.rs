//! What is left of a run for whoever asked for it.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use crate::{
    engine::{site::Site, tree::HandOver},
    model::{
        Result,
        result::{Outside, RunResult},
        run::{Plan, State, event::Output},
    },
    store::recordings::Draft,
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
    /// Which run of the session, from 1.
    pub run: u32,
    /// The last step's output, where the journal only names its file.
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
    let base = site.tree.base().map(str::to_owned);
    site.session.describe(|file| file.base = base)?;
    let last = site.plan.steps.last().and_then(|step| Some((step, state.step(&step.id)?)));
    let output = last.and_then(|(_, known)| known.output.as_ref());
    let loaded = output.map(|output| site.session.stored().load_output(output)).transpose()?;
    Ok(Finished {
        session: site.session.id().to_string(),
        dir: site.session.dir().to_owned(),
        run: site.run,
        output: loaded.and_then(|output| match output {
            Output::Text { text } => Some(serde_json::Value::String(text)),
            Output::Json { json } => Some(json),
            Output::File { .. } => None,
        }),
        output_file: last.and_then(|(step, known)| site.output_file(&step.id, known)),
        plan: site.plan,
        state,
        claude: site.claude.map(|claude| claude.version),
        handed: told.handed,
        draft: told.draft,
        root: site.tree.root.clone(),
        elapsed: told.started.elapsed(),
    })
}
