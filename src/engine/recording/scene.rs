//! A small repository that a run has for itself, as if the user stood there.
//!
//! Only the tree is made up. Skill, contract, configuration and trust are those of where the user
//! stands.

use std::{
    fs,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::{
    engine::{prepare::Around, run::Finished},
    model::{Fault, Result},
    store::recordings::{RepoFile, RepoKind},
    sys::{
        fs::ensure_private_dir,
        git::{FileKind, GitError, Rebuild, RebuiltFile},
    },
};

/// So many sessions of such runs are kept.
const KEPT: usize = 20;

/// A repository that is gone when this is dropped.
#[derive(Debug)]
pub struct Scene {
    dir: TempDir,
    kept: PathBuf,
}

impl Scene {
    /// A repository with these files, all of them committed.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn of_files(files: Vec<RepoFile>, around: &Around) -> Result<Self> {
        let files: Vec<RebuiltFile> = files.into_iter().map(file).collect();
        let rebuild = Rebuild {
            files: &files,
            branch: "main",
            base_name: None,
            ahead: 0,
            log: &["What there is to work with".to_owned()],
            head: &[],
            staged: &[],
            worktree: &[],
        };
        let failed = |error| Fault::failed("cannot make a place for the run").because(error);
        let scene = Self::empty(around)?;
        scene.fill(&rebuild)?.map_err(failed)?;
        Ok(scene)
    }

    /// A folder for a repository.
    pub(super) fn empty(around: &Around) -> Result<Self> {
        // Beside where its session will be kept, so that this can be moved there.
        let kept = around.folders.cache.join("replays");
        let failed = |error: std::io::Error| {
            Fault::failed("cannot make a place for the replay").because(error)
        };
        ensure_private_dir(&kept).map_err(failed)?;
        let dir = tempfile::Builder::new().prefix(".tree-").tempdir_in(&kept).map_err(failed)?;
        Ok(Self { dir, kept })
    }

    /// Makes the repository; what it is made of may be faulty.
    pub(super) fn fill(&self, rebuild: &Rebuild<'_>) -> Result<Result<(), GitError>> {
        let root = self.root();
        fs::create_dir(&root)
            .map_err(|error| Fault::failed("cannot make the replay's tree").because(error))?;
        Ok(rebuild.make(&root).map(drop))
    }

    /// Its root.
    pub fn root(&self) -> PathBuf {
        // The name is a part of nothing that is compared, but people see it.
        self.dir.path().join("repository")
    }

    /// Keeps the session, as one of the last few; the repository goes. Says where the session is.
    ///
    /// # Errors
    /// The session cannot be moved.
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

/// A stored file, as one of a repository that is made anew.
pub(super) fn file(file: RepoFile) -> RebuiltFile {
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
