//! A repository made from files and patches: the same bytes give the same commits, on every
//! machine and every day.

use std::{
    fs,
    io::ErrorKind,
    os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _},
    path::{Component, Path},
};

use git2::{Diff, Index, IndexEntry, IndexTime, Oid, RepositoryInitOptions, Signature, Time, Tree};

use super::{
    Applied, FileKind, GitError, Place, Repository, Snapshot, discover,
    path::as_path,
    trees::{borrow_objects, list},
};

/// The moment of the first commit, in seconds since 1970: the beginning of 2026.
const BEGINNING: i64 = 1_767_225_600;

/// From commit to commit.
const HOUR: i64 = 3600;

/// What a repository is made of.
#[derive(Clone, Copy, Debug)]
pub struct Rebuild<'a> {
    /// The files of the base.
    pub files: &'a [RebuiltFile],
    /// HEAD's branch.
    pub branch: &'a str,
    /// The full name of a branch or tag that stays at the base.
    pub base_name: Option<&'a str>,
    /// How many commits HEAD is ahead of the base.
    pub ahead: usize,
    /// The messages of the commits, the oldest first; none leaves HEAD without a commit.
    pub log: &'a [String],
    /// From the base to HEAD.
    pub head: &'a [u8],
    /// From HEAD to the index.
    pub staged: &'a [u8],
    /// From the index to the work tree.
    pub worktree: &'a [u8],
}

/// A file to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RebuiltFile {
    /// The path from the root, as bytes.
    pub path: Vec<u8>,
    /// What kind of file.
    pub kind: FileKind,
    /// Its content; for a link, where it leads.
    pub bytes: Vec<u8>,
}

impl Rebuild<'_> {
    /// Makes the repository in the empty folder `dir`.
    ///
    /// # Errors
    /// A patch does not fit, a path is none that git takes, or the file system failed.
    pub fn make(&self, dir: &Path) -> Result<Repository, GitError> {
        let failed = GitError::git("cannot make the repository of a recording");
        let handle = self.init(dir).map_err(failed)?;
        let trees = self.trees(&handle);
        let work = trees.map_err(GitError::git("cannot make the files of a recording"))?;
        write_files(&handle, work, dir)?;
        match discover(dir)? {
            Place::Repository(repository) => Ok(repository),
            _ => Err(GitError::Worktree { dir: dir.to_owned(), reason: "it is no repository" }),
        }
    }

    fn init(&self, dir: &Path) -> Result<git2::Repository, git2::Error> {
        let mut options = RepositoryInitOptions::new();
        let branch = if self.branch == "HEAD" { "main" } else { self.branch };
        options.no_reinit(true).external_template(false).initial_head(branch);
        let handle = git2::Repository::init_opts(dir, &options)?;
        let mut config = handle.config()?;
        // What the user's own configuration says must not change a byte.
        config.set_bool("core.autocrlf", false)?;
        config.set_bool("core.fileMode", true)?;
        config.set_str("core.hooksPath", "/dev/null")?;
        config.set_bool("commit.gpgSign", false)?;
        config.set_str("user.name", "A recording")?;
        config.set_str("user.email", "recording@example.org")?;
        Ok(handle)
    }

    /// Makes the commits and the index; the work tree's own tree is what remains to be written.
    fn trees(&self, handle: &git2::Repository) -> Result<Oid, git2::Error> {
        let base = handle.find_tree(self.base_tree(handle)?)?;
        let head = handle.find_tree(patched(handle, &base, self.head)?)?;
        self.commit(handle, &base, &head)?;
        let staged = handle.find_tree(patched(handle, &head, self.staged)?)?;
        let mut index = handle.index()?;
        index.read_tree(&staged)?;
        index.write()?;
        patched(handle, &staged, self.worktree)
    }

    fn base_tree(&self, handle: &git2::Repository) -> Result<Oid, git2::Error> {
        let mut index = Index::new()?;
        for file in self.files {
            let id = handle.blob(&file.bytes)?;
            index.add(&entry(&file.path, file.kind.mode(), id))?;
        }
        index.write_tree_to(handle)
    }

    fn commit(
        &self,
        handle: &git2::Repository,
        base: &Tree<'_>,
        head: &Tree<'_>,
    ) -> Result<(), git2::Error> {
        let mut last = None;
        for (place, message) in self.log.iter().enumerate() {
            let is_head = place + 1 == self.log.len();
            let tree = if is_head { head } else { base };
            let moment = BEGINNING + HOUR * i64::try_from(place).unwrap_or_default();
            let who =
                Signature::new("A recording", "recording@example.org", &Time::new(moment, 0))?;
            let parent = last.map(|id| handle.find_commit(id)).transpose()?;
            let parents: Vec<_> = parent.iter().collect();
            let id = handle.commit(Some("HEAD"), &who, &who, message, tree, &parents)?;
            if place + 1 + self.ahead == self.log.len() {
                self.name_base(handle, id)?;
            }
            last = Some(id);
        }
        Ok(())
    }
}

impl Rebuild<'_> {
    /// Of a remote's branch the remote's own default is made too: that is where a base is looked
    /// for that nobody names.
    fn name_base(&self, handle: &git2::Repository, base: Oid) -> Result<(), git2::Error> {
        let own = format!("refs/heads/{}", self.branch);
        let Some(name) = self.base_name.filter(|name| *name != own) else { return Ok(()) };
        handle.reference(name, base, true, "")?;
        let remote = name.strip_prefix("refs/remotes/").and_then(|rest| rest.split_once('/'));
        if let Some((remote, _)) = remote {
            let default = format!("refs/remotes/{remote}/HEAD");
            handle.reference_symbolic(&default, name, true, "")?;
        }
        Ok(())
    }
}

fn entry(path: &[u8], mode: u32, id: Oid) -> IndexEntry {
    let never = IndexTime::new(0, 0);
    IndexEntry {
        ctime: never,
        mtime: never,
        dev: 0,
        ino: 0,
        mode,
        uid: 0,
        gid: 0,
        file_size: 0,
        id,
        flags: 0,
        flags_extended: 0,
        path: path.to_vec(),
    }
}

/// The tree with a patch applied to it.
fn patched(handle: &git2::Repository, tree: &Tree<'_>, patch: &[u8]) -> Result<Oid, git2::Error> {
    if patch.is_empty() {
        return Ok(tree.id());
    }
    let diff = Diff::from_buffer(patch)?;
    handle.apply_to_tree(tree, &diff, None)?.write_tree_to(handle)
}

fn write_files(handle: &git2::Repository, tree: Oid, dir: &Path) -> Result<(), GitError> {
    for blob in list(handle, &tree.to_string())? {
        let content = handle.find_blob(blob.oid);
        let content = content.map_err(GitError::git("cannot read a file of a recording"))?;
        let inner = as_path(&blob.path);
        // libgit2 takes a path that begins with a slash for one below a folder without a name.
        if !inner.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(GitError::io("cannot write", inner, ErrorKind::InvalidFilename));
        }
        let path = dir.join(inner);
        write_file(&path, FileKind::of(blob.mode), content.content())
            .map_err(|error| GitError::io("cannot write", path, error))?;
    }
    Ok(())
}

fn write_file(path: &Path, kind: FileKind, content: &[u8]) -> std::io::Result<()> {
    if let Some(above) = path.parent() {
        fs::create_dir_all(above)?;
    }
    match kind {
        FileKind::Link => std::os::unix::fs::symlink(std::ffi::OsStr::from_bytes(content), path),
        FileKind::Plain | FileKind::Executable | FileKind::Submodule => {
            let mode = if kind == FileKind::Executable { 0o755 } else { 0o644 };
            let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path)?;
            std::io::Write::write_all(&mut file, content)?;
            file.set_permissions(fs::Permissions::from_mode(mode))
        }
    }
}

impl Repository {
    /// Applies a patch to the work tree as it is: all of it or nothing. The index is not touched.
    ///
    /// New objects go to `objects`, and those that the patch makes to the repository itself: this
    /// is for repositories that were [made](Rebuild::make).
    pub fn patch_work_tree(&self, objects: &Path, patch: &[u8]) -> Result<Applied, GitError> {
        if patch.is_empty() {
            return Ok(Applied::Whole { done: Vec::new() });
        }
        let before = self.snapshot(objects, &[])?;
        let handle = self.handle()?;
        let after = {
            let _bridge = borrow_objects(&handle, objects)?;
            let made = || {
                let tree = handle.find_tree(Oid::from_str(&before.tree)?)?;
                patched(&handle, &tree, patch)
            };
            made().map_err(GitError::git("the recorded change does not fit the tree"))?
        };
        let after = Snapshot { tree: after.to_string(), unstored: before.unstored.clone() };
        self.apply(objects, &before, &after)
    }
}
