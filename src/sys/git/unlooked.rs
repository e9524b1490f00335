//! What is in a work tree and in no snapshot of it: git keeps what others' repositories hold to
//! themselves, and so does a snapshot. Whoever removes a tree has to know of them.

use std::fs;

use super::{
    GitError, Repository, escape, index::Index, inside::Inside, path::as_path, walk::Walk,
};

impl Repository {
    /// The folders that no snapshot looks into and that hold something: repositories in the
    /// repository, and submodules. [Escaped](escape), sorted, each with a slash at its end.
    pub fn unlooked(&self) -> Result<Vec<String>, GitError> {
        let handle = self.handle()?;
        let index = Index::load(&handle)?;
        let root = self.root();
        let inside =
            Inside::open(root).map_err(|error| GitError::io("cannot read", root, error))?;
        let walked = Walk { inside: &inside, root, index: &index, exclude: &[] }.run(&handle)?;
        let holds = |path: &[u8]| {
            fs::read_dir(root.join(as_path(path))).is_ok_and(|mut entries| entries.next().is_some())
        };
        let submodules = walked.submodules.iter().map(|place| &index.entries[*place].path);
        let submodules = submodules.filter(|path| holds(path));
        let mut found: Vec<String> = submodules.map(|path| escape(path) + "/").collect();
        found.extend(walked.repositories.iter().map(|path| escape(path)));
        found.sort_unstable();
        Ok(found)
    }
}
