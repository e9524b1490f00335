//! What trusted files held, kept so that a later change can be shown line by line.
//!
//! Each content lies once under its hash, beside the answers and as private as they are. It only
//! ever serves to show something: what decides is the hash in the answer.

use std::{collections::BTreeSet, fs, path::PathBuf};

use super::{Difference, HashedFile, Subject, TrustStore};
use crate::{
    model::{Fault, Result, digest::sha256},
    store::{folders, text_file::is_absent},
    sys::{
        fs::{PRIVATE_FILE, read_capped, write_private},
        git::unified,
    },
};

/// A larger file is shown as changed, and not how.
const MAX_FILE: u64 = 1024 * 1024;

/// How much is kept of one subject.
const MAX_TOTAL: usize = 16 * 1024 * 1024;

/// What became of a trusted file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its path in the subject.
    pub path: String,
    /// What it held and holds now, as hunks of a unified diff; `None` where that is no text, is
    /// too large, or was not kept.
    pub hunks: Option<String>,
}

impl TrustStore {
    /// How the files of a difference changed, by path.
    ///
    /// # Errors
    /// A file changed while it was looked at.
    pub fn changes(&self, subject: &Subject, difference: &Difference) -> Result<Vec<Change>> {
        let before = self.get(&subject.root)?.map(|record| record.files).unwrap_or_default();
        let Difference { added, removed, changed } = difference;
        let mut paths: Vec<&String> = added.iter().chain(removed).chain(changed).collect();
        paths.sort();
        paths.into_iter().map(|path| self.change(path, &before, subject)).collect()
    }

    fn change(&self, path: &str, before: &[HashedFile], subject: &Subject) -> Result<Change> {
        let find = |files: &[HashedFile]| files.iter().find(|file| file.path == path).cloned();
        let old = match find(before) {
            None => Some(Vec::new()),
            Some(file) => self.content(&file.sha256),
        };
        let new = match find(&subject.files) {
            None => Vec::new(),
            Some(file) => subject.content_of(&file)?,
        };
        let small = |content: &Vec<u8>| content.len() as u64 <= MAX_FILE;
        let hunks = match old.filter(small).zip(Some(new).filter(small)) {
            Some((old, new)) => unified(&old, &new).ok().flatten(),
            None => None,
        };
        let hunks = hunks.map(|hunks| String::from_utf8_lossy(&hunks).into_owned());
        Ok(Change { path: path.to_owned(), hunks })
    }

    /// Keeps what the files of a subject hold. One that is too large is not kept.
    pub(super) fn keep(&self, subject: &Subject) -> Result<()> {
        let folder = self.contents();
        folders::ensure(&folder)?;
        let mut total = 0;
        for file in &subject.files {
            let content = subject.content_of(file)?;
            if content.len() as u64 > MAX_FILE || total + content.len() > MAX_TOTAL {
                continue;
            }
            total += content.len();
            let place = folder.join(&file.sha256);
            if self.content(&file.sha256).is_none() {
                write_private(&place, &content, PRIVATE_FILE)
                    .map_err(|error| Fault::failed("cannot keep what is trusted").because(error))?;
            }
        }
        Ok(())
    }

    /// Removes what no answer is about any more. What cannot be removed harms nobody.
    pub(super) fn forget_unused(&self) -> Result<()> {
        let used: BTreeSet<String> = self
            .list()?
            .into_iter()
            .flat_map(|record| record.files)
            .map(|file| file.sha256)
            .collect();
        let listed = match fs::read_dir(self.contents()) {
            Ok(listed) => listed,
            Err(error) if is_absent(&error) => return Ok(()),
            Err(error) => {
                return Err(Fault::failed("cannot list what was trusted").because(error));
            }
        };
        for entry in listed.filter_map(std::result::Result::ok) {
            if !entry.file_name().to_str().is_some_and(|name| used.contains(name)) {
                let _left_behind = fs::remove_file(entry.path());
            }
        }
        Ok(())
    }

    /// What has this hash, if it was kept and is whole.
    fn content(&self, hash: &str) -> Option<Vec<u8>> {
        let content = read_capped(&self.contents().join(hash), MAX_FILE).ok()?;
        (sha256(&content) == hash).then_some(content)
    }

    fn contents(&self) -> PathBuf {
        self.folder().join("content")
    }
}
