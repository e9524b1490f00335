//! The folder that a call works in.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::{
    engine::site::Site,
    model::{
        Fault, Result,
        run::plan::{StepPlan, SubAgentPlan},
    },
    sys::fs::ensure_private_dir,
};

/// Where a call works.
#[derive(Debug)]
pub(super) enum Place {
    /// In a folder that is there.
    There(PathBuf),
    /// In an empty folder of its own, which is gone with this.
    Own(TempDir),
}

impl Place {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::There(path) => path,
            Self::Own(dir) => dir.path(),
        }
    }
}

/// A step works in the run's tree, a sub-agent where its task says, else in a folder that holds
/// nothing of anybody's. The warden hears of that before there is anything in it.
pub(super) fn place(site: &Site, step: &StepPlan) -> Result<Place> {
    match &step.sub_agent {
        None => Ok(Place::There(site.trees.of(&step.id).cwd.clone())),
        Some(SubAgentPlan { cwd: Some(cwd), .. }) => Ok(Place::There(cwd.clone())),
        Some(SubAgentPlan { cwd: None, .. }) => {
            let made = ensure_private_dir(&site.tasks).and_then(|()| {
                let dir = tempfile::Builder::new().prefix("task-").tempdir_in(&site.tasks)?;
                if let Some(warden) = site.warden.borrow_mut().as_mut() {
                    warden.remove(dir.path())?;
                }
                Ok(dir)
            });
            made.map(Place::Own).map_err(|error| {
                Fault::failed("could not make a folder for the task").because(error)
            })
        }
    }
}
