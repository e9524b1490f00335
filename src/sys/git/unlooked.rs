//! What is in a work tree and in no snapshot of it: git keeps what others' repositories hold to
//! themselves, and so does a snapshot. Whoever removes a tree has to know of them.

use std::{fs, path::Path};

use super::{
    GitError, Repository, escape, index::Index, inside::Inside, path::as_path, walk::Walk,
};

impl Repository {
    /// The folders that no snapshot looks into and that hold work: repositories in the repository, and
    /// submodules that are not as the tree says. [Escaped](escape), sorted, each with a slash at its end.
    pub fn unlooked(&self) -> Result<Vec<String>, GitError> {
        let handle = self.handle()?;
        let index = Index::load(&handle)?;
        let root = self.root();
        let inside =
            Inside::open(root).map_err(|error| GitError::io("cannot read", root, error))?;
        let walked = Walk { inside: &inside, root, index: &index, exclude: &[] }.run(&handle)?;
        let mut found = Vec::new();
        for entry in walked.submodules.iter().map(|place| &index.entries[*place]) {
            if holds_work(&root.join(as_path(&entry.path)), entry.oid) {
                found.push(escape(&entry.path) + "/");
            }
        }
        found.extend(walked.repositories.iter().map(|path| escape(path)));
        found.sort_unstable();
        Ok(found)
    }
}

/// Whether a submodule stands on another commit than the tree around it says, or holds anything that
/// is in no commit.
fn holds_work(folder: &Path, commit: git2::Oid) -> bool {
    let Ok(repository) = git2::Repository::open(folder) else {
        return fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    };
    let head = repository.head().ok().and_then(|head| head.target());
    let is_clean = repository.statuses(None).is_ok_and(|all| {
        all.iter().all(|file| file.status().is_ignored() || file.status().is_empty())
    });
    head != Some(commit) || !is_clean
}
