//! The stored answers: one file for each trusted path, which only the user can write.

use std::{
    fs,
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{HashedFile, Subject, own, subject::shown};
use crate::{
    model::{Fault, Result, digest::sha256},
    store::{
        folders::{self, Folders},
        text_file::{Shared, is_absent},
    },
    sys::{
        fs::{PRIVATE_FILE, read_capped, write_atomic},
        git,
    },
};

/// A person's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The format of this file.
    pub version: u32,
    /// The trusted folder, without symbolic links; bytes that are no text are escaped.
    pub path: String,
    /// Which folder it was.
    pub identity: Identity,
    /// The hash of all that was trusted.
    pub digest: String,
    /// Whether it is trusted whatever it holds.
    pub always: bool,
    /// The files that were trusted.
    pub files: Vec<HashedFile>,
    /// When, as RFC 3339.
    pub at: String,
}

/// Which folder something is, whatever its path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The number of the repository's own folder, or of the folder itself where it has none.
    pub inode: u64,
    /// When that was made, in seconds, where the file system knows: a number is used again.
    pub created: Option<String>,
}

/// The stored answers.
#[derive(Clone, Debug)]
pub struct TrustStore {
    folder: PathBuf,
}

const VERSION: u32 = 1;
const MAX_BYTES: u64 = 16 * 1024 * 1024;

impl TrustStore {
    /// The answers in the user's state folder; none need exist.
    pub fn new(folders: &Folders) -> Self {
        Self { folder: folders.state.join("trust") }
    }

    /// The answer for this folder.
    ///
    /// # Errors
    /// It cannot be read, or somebody else could have written it.
    pub fn get(&self, root: &Path) -> Result<Option<Record>> {
        let Some(record) = self.read(&self.file_of(root))? else { return Ok(None) };
        Ok((record.path == shown(root)).then_some(record))
    }

    /// Trusts a subject: exactly as it is, or with `always` its path whatever it holds.
    ///
    /// # Errors
    /// The answer cannot be stored, or somebody else can write at a path that shall be trusted
    /// whatever it holds.
    pub fn trust(&self, subject: &Subject, scope: Scope, at: Timestamp) -> Result<Record> {
        if let (Scope::Always, Some(path)) = (scope, own::foreign(subject)) {
            return Err(Fault::invalid(format!("{} is not only yours", subject.root.display()))
                .because(format!("somebody else can write {}", path.display()))
                .hint("trust what it holds now, without `--always`")
                .hint(format!(
                    "or take that right away: `chmod -R go-w {}`",
                    shown(&subject.root)
                )));
        }
        self.keep(subject)?;
        let mut files = subject.files.clone();
        files.extend(self.elsewhere(subject));
        let record = Record {
            version: VERSION,
            path: shown(&subject.root),
            identity: subject.identity.clone(),
            digest: subject.digest.clone(),
            always: scope == Scope::Always,
            files,
            at: at.to_string(),
        };
        folders::ensure(&self.folder)?;
        let text = serde_json::to_vec_pretty(&record).expect("a record is plain data");
        write_atomic(&self.file_of(&subject.root), &text, PRIVATE_FILE)
            .map_err(|error| Fault::failed("cannot store that this is trusted").because(error))?;
        self.forget_unused()?;
        Ok(record)
    }

    /// What was trusted for whoever stands elsewhere in the repository stays trusted.
    fn elsewhere(&self, subject: &Subject) -> Vec<HashedFile> {
        let Ok(Some(before)) = self.get(&subject.root) else { return Vec::new() };
        let is_elsewhere = |file: &HashedFile| {
            !subject.is_about(file) && !subject.files.iter().any(|here| here.path == file.path)
        };
        let stays = before.identity == subject.identity;
        before.files.into_iter().filter(|file| stays && is_elsewhere(file)).collect()
    }

    /// Takes an answer back; false if there was none. The folder need not exist any more.
    ///
    /// # Errors
    /// The answer cannot be removed.
    pub fn revoke(&self, root: &Path) -> Result<bool> {
        match fs::remove_file(self.file_of(root)) {
            Ok(()) => self.forget_unused().map(|()| true),
            Err(error) if is_absent(&error) => Ok(false),
            Err(error) => Err(Fault::failed("cannot take trust back").because(error)),
        }
    }

    /// All answers, by path. One that cannot be read trusts nothing, so it is left out.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn list(&self) -> Result<Vec<Record>> {
        let listed = match fs::read_dir(&self.folder) {
            Ok(listed) => listed,
            Err(error) if is_absent(&error) => return Ok(Vec::new()),
            Err(error) => return Err(Fault::failed("cannot list what is trusted").because(error)),
        };
        let paths = listed.filter_map(Result::ok).map(|entry| entry.path());
        let records = paths.filter(|path| path.extension().is_some_and(|it| it == "json"));
        let mut records: Vec<Record> =
            records.filter_map(|path| self.read(&path).ok().flatten()).collect();
        records.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(records)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    fn file_of(&self, root: &Path) -> PathBuf {
        let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let name = sha256(root.as_os_str().as_bytes());
        self.folder.join(format!("{name}.json"))
    }

    fn read(&self, file: &Path) -> Result<Option<Record>> {
        let unusable = || {
            Fault::invalid(format!("cannot use the stored trust {}", file.display()))
                .hint("`atlas trust` asks again and stores a new answer")
        };
        for place in [self.folder.as_path(), file] {
            match fs::metadata(place) {
                Ok(found) => {
                    if let Some(shared) = Shared::of(&found) {
                        return Err(unusable().because(shared.why()).hint(shared.remedy(place)));
                    }
                }
                Err(error) if is_absent(&error) => return Ok(None),
                Err(error) => return Err(unusable().because(error)),
            }
        }
        let bytes = read_capped(file, MAX_BYTES).map_err(|error| unusable().because(error))?;
        let record: Record =
            serde_json::from_slice(&bytes).map_err(|error| unusable().because(error))?;
        if record.version == VERSION {
            return Ok(Some(record));
        }
        Err(unusable().because(format!("its format is {}, this is {VERSION}", record.version)))
    }
}

impl Record {
    /// The trusted folder.
    pub fn root(&self) -> PathBuf {
        let bytes = git::unescape(&self.path).unwrap_or_else(|| self.path.clone().into_bytes());
        std::ffi::OsString::from_vec(bytes).into()
    }
}

/// How far trust goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// This content; any change asks again.
    Content,
    /// This path, whatever it holds.
    Always,
}
