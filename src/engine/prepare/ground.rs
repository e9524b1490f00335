//! What a run stands on: the tree, its repository, and where the configuration is read.

use std::path::{Path, PathBuf};

use super::{Around, protected, staged, trust::Trusted};
use crate::{
    model::{
        Fault, Request, Result,
        config::{Config, SessionsIn, Settings},
        skill::Skill,
        yaml::Document,
    },
    store::session::Sessions,
    sys::git::{self, Place, Repository},
};

/// What the run stands on.
pub(super) struct Ground {
    /// The work tree's root, or where the user stood.
    pub(super) root: PathBuf,
    pub(super) repository: Option<Repository>,
    pub(super) sessions: Sessions,
    pub(super) notices: Vec<String>,
    /// The configuration of the revision that has the say in place of the checkout.
    pub(super) protected: Option<protected::Laid>,
}

impl Ground {
    /// What a run stands on, with the request as it means there.
    pub(super) fn of(request: &Request, around: &Around) -> Result<(Request, Self)> {
        let mut ground = Self::find(&request.cwd, around)?;
        if request.index {
            ground.repository = Some(staged::repository(ground.repository, around)?);
        }
        ground.protected = protected::lay_out(request, ground.repository.as_ref(), around)?;
        let Some(laid) = &ground.protected else { return Ok((request.clone(), ground)) };
        let request = protected::redirected(request, laid, &ground.root);
        ground.notices.push(laid.notice());
        Ok((request, ground))
    }

    /// Where the configuration is read: the root, or the folder that stands for it.
    pub(super) fn config(&self) -> &Path {
        self.protected.as_ref().map_or(&self.root, |laid| &laid.folder)
    }

    /// Lets every command run the files of the revision, where one has the say.
    pub(super) fn take_commands(
        &mut self,
        user: &mut Option<Document<Config>>,
        trusted: &mut Trusted,
        (skill, around): (&Skill, &Around),
    ) -> Result<()> {
        let (Some(laid), Some(repository)) = (&mut self.protected, &self.repository) else {
            return Ok(());
        };
        let said = protected::Said {
            user: user.as_mut(),
            project: trusted.project.as_mut(),
            contract: trusted.contract.as_mut(),
            skill: &skill.found.dir,
        };
        laid.plan.scripts = protected::take(said, (laid, repository), around)?;
        Ok(())
    }

    pub(super) fn find(cwd: &Path, around: &Around) -> Result<Self> {
        let state = &around.folders.state;
        let place = git::discover(cwd).map_err(|error| {
            let fault = Fault::invalid("cannot read the repository").because(&error);
            match error.hint() {
                Some(hint) => fault.hint(hint),
                None => fault,
            }
        })?;
        Ok(match place {
            Place::Repository(repository) => Self {
                root: repository.root().to_owned(),
                sessions: Sessions::at(repository.root(), state),
                repository: Some(repository),
                notices: Vec::new(),
                protected: None,
            },
            Place::Outside => Self {
                root: cwd.to_owned(),
                sessions: Sessions::at(cwd, state),
                repository: None,
                notices: Vec::new(),
                protected: None,
            },
            Place::Bare { git_dir } => Self {
                sessions: Sessions::of_bare(&git_dir, state),
                root: cwd.to_owned(),
                repository: None,
                notices: vec!["a bare repository has no tree: changes are not tracked".to_owned()],
                protected: None,
            },
            Place::Unsupported { root, reason } => Self {
                sessions: Sessions::at(&root, state),
                notices: vec![format!("changes are not tracked: {reason}")],
                root,
                repository: None,
                protected: None,
            },
        })
    }
}

/// The sessions of a run, where the user wants them to be.
pub(super) fn kept(sessions: Sessions, settings: &Settings) -> Sessions {
    match settings.sessions.value {
        SessionsIn::Repository => sessions,
        SessionsIn::State => sessions.kept_outside(),
    }
}
