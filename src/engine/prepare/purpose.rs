//! What a run is for, and what follows from that: whose word counts, and where the work happens.

use std::path::PathBuf;

use super::{Around, Files, Ground, kept};
use crate::{
    engine::recording::Played,
    model::{
        Request, Result,
        config::{Config, Settings},
        contract::Contract,
        yaml::{Document, Named},
    },
    store::session::Sessions,
    sys::env::Env,
};

/// What a run is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Its own sake.
    Work,
    /// A recording. Hooks of the user's own would be missing wherever it is replayed.
    Recording {
        /// The folder made from an older recording that this one shall replace.
        stage: Option<PathBuf>,
    },
    /// A replay. Only the contract and the flags have a say, since nobody else's configuration was
    /// there when it was recorded.
    Replay {
        /// The folder that was made from the recording.
        stage: PathBuf,
        /// The recording.
        played: Played,
    },
}

impl Purpose {
    /// Whether the configuration around the user has a say. In a replay it has none, so it needs
    /// nobody's trust there either.
    pub(super) fn is_configured(&self) -> bool {
        match self {
            Self::Work | Self::Recording { .. } => true,
            Self::Replay { .. } => false,
        }
    }
}

/// The files that have a say, as far as they are trusted.
pub(super) struct Said<'a> {
    pub(super) user: Option<Document<Config>>,
    pub(super) project: Option<Document<Config>>,
    pub(super) contract: Option<&'a Document<Contract>>,
}

/// The settings of a run for this purpose.
pub(super) fn settings(
    purpose: &Purpose,
    request: &Request,
    around: &Around,
    said: Said<'_>,
) -> Result<Settings> {
    let Said { user, project, contract } = said;
    let (user, project) = match purpose {
        Purpose::Work => (user, project),
        Purpose::Recording { .. } => (user.map(without_hooks), project.map(without_hooks)),
        Purpose::Replay { .. } => {
            let around = Around { env: Env::default(), ..around.clone() };
            let files = Files { user: None, project: None, contract };
            return super::settings(request, &around, files);
        }
    };
    let files = Files { user: user.as_ref(), project: project.as_ref(), contract };
    super::settings(request, around, files)
}

/// A configuration whose hooks do not apply.
pub(super) fn without_hooks(document: Document<Config>) -> Document<Config> {
    let value = Config { hooks: Named::default(), ..document.value };
    Document { value, ..document }
}

/// Where the work happens.
pub(super) struct Work {
    /// The request as if it had been typed there.
    pub(super) request: Request,
    pub(super) ground: Ground,
    pub(super) sessions: Sessions,
}

/// The place of a run for this purpose, whose user stands on `ground`.
pub(super) fn place(
    purpose: &Purpose,
    request: &Request,
    around: &Around,
    (ground, settings): (Ground, &Settings),
) -> Result<Work> {
    match purpose {
        Purpose::Work | Purpose::Recording { stage: None } => {
            let sessions = kept(ground.sessions.clone(), settings);
            Ok(Work { request: request.clone(), ground, sessions })
        }
        Purpose::Recording { stage: Some(stage) } | Purpose::Replay { stage, .. } => {
            let ground = Ground::find(stage, around)?;
            let sessions = ground.sessions.clone();
            let request = Request { cwd: stage.clone(), ..request.clone() };
            Ok(Work { request, ground, sessions })
        }
    }
}
