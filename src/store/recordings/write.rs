//! Writing a recording: nothing that looks like a secret, and all of it or nothing.

use std::{
    fs::{self, Permissions},
    io,
    os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _},
    path::{Path, PathBuf},
};

use super::{
    EXPECTED, Recording, RepoFile, RepoKind,
    repo::{REPO, expect_small},
};
use crate::{
    model::{
        Fault, Result,
        recording::{CASE, Call, Case},
        secret,
    },
    sys::fs::write_private,
};

/// The mode of a file that goes into a repository.
const SHARED_FILE: u32 = 0o644;

/// A recording that is not on disk yet.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What `case.yaml` will say.
    pub case: Case,
    /// The files of the base.
    pub repo: Vec<RepoFile>,
    /// Patches beside it, by name; an empty one is not written.
    pub patches: Vec<(&'static str, Vec<u8>)>,
    /// Streams and changes of the calls, in the order of `case.calls`.
    pub calls: Vec<(Vec<u8>, Vec<u8>)>,
    /// The result that a replay has to have.
    pub expected: serde_json::Value,
}

/// Refuses a folder that holds anything but a recording, before any money is spent on one.
pub fn expect_place(dir: &Path) -> Result<()> {
    match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(taken(dir).because(error)),
        Ok(mut listed) => match listed.next() {
            None => Ok(()),
            Some(_) => Recording::open(dir).map(drop).map_err(|_| {
                taken(dir).because("it holds other files").hint("name a folder that does not exist")
            }),
        },
    }
}

fn taken(dir: &Path) -> Fault {
    Fault::usage(format!("`--record {}` cannot hold a recording", dir.display()))
}

/// Writes the recording to `dir`, in place of an older one.
///
/// # Errors
/// The repository is no small one, something looks like a secret, or the disk failed; then `dir`
/// is as it was.
pub fn write(dir: &Path, draft: &Draft) -> Result<()> {
    expect_place(dir)?;
    expect_small(&draft.repo)?;
    let files = files(draft)?;
    expect_no_secret(&files)?;
    let failed = |error: io::Error| Fault::failed("cannot write the recording").because(error);
    let above = dir.parent().filter(|above| !above.as_os_str().is_empty());
    let above = above.unwrap_or(Path::new("."));
    fs::create_dir_all(above).map_err(failed)?;
    let fresh = tempfile::Builder::new().prefix(".recording-").tempdir_in(above).map_err(failed)?;
    // A temporary folder is private; a recording is for everybody who has the skill.
    fs::set_permissions(fresh.path(), Permissions::from_mode(0o755)).map_err(failed)?;
    for file in &files {
        put(fresh.path(), file).map_err(failed)?;
    }
    let aside = fresh.path().with_extension("old");
    let is_there = dir.exists();
    if is_there {
        fs::rename(dir, &aside).map_err(failed)?;
    }
    if let Err(error) = fs::rename(fresh.path(), dir) {
        // What was there goes back where it was.
        let _back = is_there.then(|| fs::rename(&aside, dir));
        return Err(failed(error));
    }
    let _moved_away = fresh.keep();
    if is_there {
        fs::remove_dir_all(&aside).map_err(failed)?;
    }
    Ok(())
}

/// Refuses what no recording can hold: large repositories, and what looks like a secret.
pub fn expect_fit(repo: &[RepoFile]) -> Result<()> {
    expect_small(repo)?;
    expect_no_secret(repo)
}

fn files(draft: &Draft) -> Result<Vec<RepoFile>> {
    let plain = |path: PathBuf, bytes: Vec<u8>| RepoFile { path, kind: RepoKind::Plain, bytes };
    let text = serde_yaml::to_string(&draft.case)
        .map_err(|error| Fault::failed("cannot write `case.yaml`").because(error))?;
    let expected = format!("{:#}\n", draft.expected);
    let mut files =
        vec![plain(CASE.into(), text.into_bytes()), plain(EXPECTED.into(), expected.into_bytes())];
    let base = Path::new(REPO);
    files.extend(
        draft.repo.iter().map(|file| RepoFile { path: base.join(&file.path), ..file.clone() }),
    );
    let patches = draft.patches.iter().filter(|(_, bytes)| !bytes.is_empty());
    files.extend(patches.map(|(name, bytes)| plain(name.into(), bytes.clone())));
    for (call, (stream, change)) in draft.case.calls.iter().zip(&draft.calls) {
        let path = |ending: &str| call_file(call, ending);
        files.push(plain(path("jsonl"), stream.clone()));
        if !change.is_empty() {
            files.push(plain(path("patch"), change.clone()));
        }
    }
    Ok(files)
}

fn call_file(call: &Call, ending: &str) -> PathBuf {
    Path::new("calls").join(format!("{}.{ending}", call.stem()))
}

fn expect_no_secret(files: &[RepoFile]) -> Result<()> {
    let hits = files.iter().filter_map(|file| {
        let hit = secret::find(&file.bytes)?;
        Some(format!("`{}`, line {}: {}", file.path.display(), hit.line, hit.rule))
    });
    let causes: Vec<String> = hits.collect();
    if causes.is_empty() {
        return Ok(());
    }
    let mut fault = Fault::invalid("the recording would hold what looks like a secret")
        .hint("nothing was written; take the secret out of the repository and record again");
    fault.causes = causes;
    Err(fault)
}

fn put(root: &Path, file: &RepoFile) -> io::Result<()> {
    let path = root.join(&file.path);
    if let Some(above) = path.parent() {
        fs::create_dir_all(above)?;
    }
    match file.kind {
        RepoKind::Link => {
            let target = std::ffi::OsStr::from_bytes(&file.bytes);
            std::os::unix::fs::symlink(target, path)
        }
        RepoKind::Plain => write_private(&path, &file.bytes, SHARED_FILE),
        RepoKind::Executable => write_private(&path, &file.bytes, 0o755),
    }
}
