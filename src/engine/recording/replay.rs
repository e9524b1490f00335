//! The place of a replay: a small repository made from a recording, as if the user stood there.
//!
//! Only the tree is the recording's. Skill, contract, configuration and trust are those of where
//! the user stands: whoever mends them sees what the mended ones make of the recorded calls.

use std::{
    fs,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::{
    engine::{claude::Claude, prepare::Around, run::Finished},
    model::{Fault, Result},
    store::recordings::{Recording, RepoFile, RepoKind, cases},
    sys::{
        fs::ensure_private_dir,
        git::{FileKind, GitError, Rebuild, RebuiltFile},
    },
};

use super::COMMAND;

/// So many sessions of replays are kept.
const KEPT: usize = 20;

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
    dir: TempDir,
    kept: PathBuf,
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
        // Beside where its session will be kept, so that this can be moved there.
        let kept = around.folders.cache.join("replays");
        let failed = |error: std::io::Error| {
            Fault::failed("cannot make a place for the replay").because(error)
        };
        ensure_private_dir(&kept).map_err(failed)?;
        let dir = tempfile::Builder::new().prefix(".tree-").tempdir_in(&kept).map_err(failed)?;
        let stage = Self { recording, dir, kept };
        stage.fill()?;
        Ok(stage)
    }

    /// What the run is told.
    pub fn played(&self) -> Played {
        Played { dir: self.recording.dir.clone(), claude: self.recording.case.claude.clone() }
    }

    /// Where the user stands in the replay.
    pub fn cwd(&self) -> PathBuf {
        self.root().join(&self.recording.case.folder)
    }

    fn root(&self) -> PathBuf {
        // The name is a part of nothing that is compared, but people see it.
        self.dir.path().join("repository")
    }

    fn fill(&self) -> Result<()> {
        let Recording { case, .. } = &self.recording;
        let root = self.root();
        fs::create_dir(&root)
            .map_err(|error| Fault::failed("cannot make the replay's tree").because(error))?;
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
        let made = rebuild.make(&root).map(drop);
        made.map_err(|error: GitError| {
            let dir = self.recording.dir.display();
            Fault::invalid(format!("the recording `{dir}` is faulty")).because(error)
        })
    }

    /// Keeps the session, as one of the last few; the repository goes. Says where the session is.
    pub fn strike(self, finished: &mut Finished) -> Result<PathBuf> {
        let failed = |error: std::io::Error| {
            Fault::failed("cannot keep the replay's session").because(error)
        };
        let place = self.kept.join(&finished.session);
        fs::rename(&finished.dir, &place).map_err(failed)?;
        let moved = |file: &PathBuf| match file.strip_prefix(&finished.dir) {
            Ok(inside) => place.join(inside),
            Err(_) => file.clone(),
        };
        finished.output_file = finished.output_file.as_ref().map(moved);
        if let Some(handed) = &mut finished.handed {
            handed.patch = handed.patch.as_ref().map(moved);
        }
        finished.dir.clone_from(&place);
        forget_old(&self.kept);
        self.dir.close().map_err(failed)?;
        Ok(place)
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

fn file(file: RepoFile) -> RebuiltFile {
    RebuiltFile {
        path: file.path.as_os_str().as_bytes().to_vec(),
        kind: match file.kind {
            RepoKind::Plain => FileKind::Plain,
            RepoKind::Executable => FileKind::Executable,
            RepoKind::Link => FileKind::Link,
        },
        bytes: file.bytes,
    }
}

/// Sessions are named by their time, so the first names are the oldest.
fn forget_old(kept: &Path) {
    let Ok(listed) = fs::read_dir(kept) else { return };
    let is_session = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default();
        !name.as_bytes().starts_with(b".")
    };
    let mut sessions: Vec<PathBuf> =
        listed.filter_map(|entry| Some(entry.ok()?.path())).filter(is_session).collect();
    sessions.sort();
    let too_many = sessions.len().saturating_sub(KEPT);
    for old in &sessions[..too_many] {
        // Another replay may do the same at this moment.
        let _gone = fs::remove_dir_all(old);
    }
}
