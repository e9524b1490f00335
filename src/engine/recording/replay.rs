//! The place of a replay: a small repository made from a recording, as if the user stood there.
//!
//! Only the tree is the recording's. Skill, contract, configuration and trust are those of where
//! the user stands: whoever mends them sees what the mended ones make of the recorded calls.

use std::path::{Path, PathBuf};

use super::{
    COMMAND,
    scene::{Scene, file},
};
use crate::{
    engine::{claude::Claude, prepare::Around, run::Finished},
    model::{Fault, Result},
    store::recordings::{Recording, cases},
    sys::git::{GitError, Rebuild, RebuiltFile},
};

/// A recording that is being played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// Its folder.
    pub dir: PathBuf,
    /// The version of claude that was recorded.
    pub claude: String,
}

impl Played {
    /// The program that plays it, in claude's place.
    pub(crate) fn claude(&self, own_exe: &Path) -> Claude {
        Claude {
            path: own_exe.to_owned(),
            args: vec![COMMAND.into(), "--recording".into(), self.dir.clone().into()],
            version: self.claude.clone(),
            flags: Vec::new(),
        }
    }
}

/// A repository made from a recording; gone when this is dropped.
#[derive(Debug)]
pub struct Stage {
    /// The recording.
    pub recording: Recording,
    scene: Scene,
}

impl Stage {
    /// Makes the repository of the case in `named`, or of the skill's first one.
    ///
    /// # Errors
    /// There is no such recording, or its repository cannot be made.
    pub fn make(skill: &Path, named: Option<&Path>, around: &Around) -> Result<Self> {
        let case = match named {
            Some(dir) => dir.to_owned(),
            None => cases(skill).into_iter().next().ok_or_else(|| no_case(skill))?,
        };
        let recording = Recording::open(&case)?;
        let stage = Self { recording, scene: Scene::empty(around)? };
        stage.fill()?;
        stage.expect_inside()?;
        Ok(stage)
    }

    /// A link in the recorded tree may lead anywhere; a run that stood there would work in a real one.
    fn expect_inside(&self) -> Result<()> {
        let real = |path: PathBuf| path.canonicalize();
        match (real(self.cwd()), real(self.scene.root())) {
            (Ok(cwd), Ok(root)) if cwd.starts_with(&root) => Ok(()),
            _ => {
                let dir = self.recording.dir.display();
                let folder = &self.recording.case.folder;
                Err(Fault::invalid(format!("the recording `{dir}` is faulty"))
                    .because(format!("its folder `{folder}` is none of its repository")))
            }
        }
    }

    /// What the run is told.
    pub fn played(&self) -> Played {
        Played { dir: self.recording.dir.clone(), claude: self.recording.case.claude.clone() }
    }

    /// Where the user stands in the replay.
    pub fn cwd(&self) -> PathBuf {
        self.scene.root().join(&self.recording.case.folder)
    }

    fn fill(&self) -> Result<()> {
        let Recording { case, .. } = &self.recording;
        let files: Vec<RebuiltFile> = self.recording.files()?.into_iter().map(file).collect();
        let patch = |name| self.recording.patch(name);
        let (head, staged, worktree) =
            (patch("head.patch")?, patch("staged.patch")?, patch("worktree.patch")?);
        let rebuild = Rebuild {
            files: &files,
            branch: &case.git.branch,
            base_name: case.git.base.as_deref(),
            ahead: case.git.ahead,
            log: &case.git.log,
            head: &head,
            staged: &staged,
            worktree: &worktree,
        };
        self.scene.fill(&rebuild)?.map_err(|error: GitError| {
            let dir = self.recording.dir.display();
            Fault::invalid(format!("the recording `{dir}` is faulty")).because(error)
        })
    }

    /// Keeps the session, as one of the last few; the repository goes. Says where the session is.
    pub fn strike(self, finished: &mut Finished) -> Result<PathBuf> {
        self.scene.strike(finished)
    }
}

fn no_case(skill: &Path) -> Fault {
    let name = skill.file_name().unwrap_or_default().to_string_lossy();
    Fault::invalid(format!("the skill `{name}` has no recording"))
        .because(format!("there is no case in `{}`", skill.join("recordings").display()))
        .hint(format!(
            "make one with `atlas run {name} --record {}/recordings/first`",
            skill.display()
        ))
}
