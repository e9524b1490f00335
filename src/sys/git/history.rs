//! Where a work tree stands in its history, as trees: enough to make another repository in which
//! the same facts hold.

use std::{borrow::Cow, path::Path};

use git2::{Oid, Sort};

use super::{
    GitError, Head, Repository, Snapshot, Sought,
    path::as_path,
    store::{Entry, Store},
    trees::{Blob, borrow_objects, list},
};

/// So many messages show how a repository words them.
const MESSAGES: usize = 20;

/// No further back is a base looked for.
const FARTHEST: usize = 200;

/// Where a work tree stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The branch, or `HEAD` where it is detached.
    pub branch: String,
    /// The tree of the commit that the work is compared with; HEAD's own unless another was named.
    pub base: Snapshot,
    /// The full name of the branch or tag that the work parted from, where it has one and is not
    /// HEAD.
    pub base_name: Option<String>,
    /// How many commits HEAD is ahead of it.
    pub ahead: usize,
    /// HEAD's tree; the empty one before the first commit.
    pub head: Snapshot,
    /// The index.
    pub index: Snapshot,
    /// The messages of the last commits, the oldest first; empty before the first one.
    pub log: Vec<String>,
}

/// A file of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeFile {
    /// The path from the root, as bytes.
    pub path: Vec<u8>,
    /// What kind of file.
    pub kind: FileKind,
    /// The name of its content.
    pub oid: String,
}

/// What kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A file.
    Plain,
    /// A file that can be executed.
    Executable,
    /// A symbolic link.
    Link,
    /// A submodule.
    Submodule,
}

impl FileKind {
    pub(super) fn of(mode: u32) -> Self {
        match mode {
            0o100_755 => Self::Executable,
            0o120_000 => Self::Link,
            0o160_000 => Self::Submodule,
            _ => Self::Plain,
        }
    }

    pub(super) fn mode(self) -> u32 {
        match self {
            Self::Plain => 0o100_644,
            Self::Executable => 0o100_755,
            Self::Link => 0o120_000,
            Self::Submodule => 0o160_000,
        }
    }
}

impl Repository {
    /// Where the tree stands. `base` names a commit to compare with, as [`Self::base`] takes it.
    /// New objects go to `objects`.
    pub fn standing(&self, objects: &Path, base: Option<&str>) -> Result<Standing, GitError> {
        let handle = self.handle()?;
        let doing = GitError::git("cannot read the history");
        let (branch, head) = match self.head()? {
            Head::Branch { name, commit } => (name, Some(commit)),
            Head::Detached { commit } => ("HEAD".to_owned(), Some(commit)),
            Head::Unborn { branch } => (branch, None),
        };
        let index = index_tree(&handle, objects)?;
        let Some(head) = head else {
            let empty = put(&handle, objects, &[])?;
            let log = Vec::new();
            return Ok(Standing {
                branch,
                base: empty.clone(),
                base_name: None,
                ahead: 0,
                head: empty,
                index,
                log,
            });
        };
        let parted = match self.base(base)? {
            Sought::Found(base) => base.name.filter(|name| name != "HEAD"),
            Sought::Unknown | Sought::Unrelated => None,
        };
        let read = || {
            let head = handle.find_commit(Oid::from_str(&head)?)?;
            let commit = |name: &String| handle.revparse_single(name).ok()?.peel_to_commit().ok();
            let base = parted.as_ref().and_then(commit);
            let named = |name: &String| handle.resolve_reference_from_short_name(name).ok();
            let base_name = parted.as_ref().and_then(named);
            let base_name = base_name.map(|name| String::from_utf8_lossy(name.name_bytes()).into());
            let base = match base {
                Some(base) => handle.find_commit(handle.merge_base(head.id(), base.id())?)?,
                None => head.clone(),
            };
            let mut walk = handle.revwalk()?;
            walk.push(head.id())?;
            walk.simplify_first_parent()?;
            walk.set_sorting(Sort::TOPOLOGICAL)?;
            let ids = walk.take(FARTHEST).collect::<Result<Vec<_>, _>>()?;
            let ahead = ids.iter().position(|id| *id == base.id()).unwrap_or(1);
            let mut log = Vec::new();
            for id in ids.iter().take((ahead + 1).max(MESSAGES)) {
                let commit = handle.find_commit(*id)?;
                log.push(String::from_utf8_lossy(commit.message_bytes()).into_owned());
            }
            log.reverse();
            let ahead = ahead.min(log.len().saturating_sub(1));
            Ok((head.tree_id(), base.tree_id(), base_name, ahead, log))
        };
        let (head, base, base_name, ahead, log) = read().map_err(doing)?;
        let (base, head) = (whole(base), whole(head));
        Ok(Standing { branch, base, base_name, ahead, head, index, log })
    }

    /// The files of a snapshot, in git's order.
    pub fn files(&self, objects: &Path, of: &Snapshot) -> Result<Vec<TreeFile>, GitError> {
        let handle = self.handle()?;
        let _bridge = borrow_objects(&handle, objects)?;
        let file = |blob: Blob| TreeFile {
            path: blob.path,
            kind: FileKind::of(blob.mode),
            oid: blob.oid.to_string(),
        };
        Ok(list(&handle, &of.tree)?.into_iter().map(file).collect())
    }

    /// A file's content: for a link, where it leads.
    pub fn content(&self, objects: &Path, file: &TreeFile) -> Result<Vec<u8>, GitError> {
        let handle = self.handle()?;
        let _bridge = borrow_objects(&handle, objects)?;
        Oid::from_str(&file.oid)
            .and_then(|oid| Ok(handle.find_blob(oid)?.content().to_vec()))
            .map_err(GitError::git("cannot read a file of a snapshot"))
    }

    /// The snapshot without the files that `leave_out` names and without those that are not
    /// stored: all of its contents are there.
    pub fn filtered(
        &self,
        objects: &Path,
        of: &Snapshot,
        leave_out: impl Fn(&Path) -> bool,
    ) -> Result<Snapshot, GitError> {
        let handle = self.handle()?;
        let blobs = {
            let _bridge = borrow_objects(&handle, objects)?;
            list(&handle, &of.tree)?
        };
        let unstored: std::collections::HashSet<Vec<u8>> =
            of.unstored.iter().filter_map(|file| super::unescape(&file.path)).collect();
        let kept: Vec<Entry<'_>> = blobs
            .iter()
            .filter(|blob| !leave_out(as_path(&blob.path)) && !unstored.contains(&blob.path))
            .map(|blob| Entry { path: Cow::Borrowed(&blob.path), mode: blob.mode, oid: blob.oid })
            .collect();
        put(&handle, objects, &kept)
    }
}

fn whole(tree: Oid) -> Snapshot {
    Snapshot { tree: tree.to_string(), unstored: Vec::new() }
}

fn index_tree(handle: &git2::Repository, objects: &Path) -> Result<Snapshot, GitError> {
    let index = handle.index().map_err(GitError::git("cannot read the index"))?;
    // Of a file under merge our own side counts, which is what stands in the tree mostly.
    let stage = |flags: u16| flags >> 12 & 3;
    let mut entries: Vec<Entry<'_>> = index
        .iter()
        .filter(|entry| matches!(stage(entry.flags), 0 | 2))
        .map(|entry| Entry { path: Cow::Owned(entry.path), mode: entry.mode, oid: entry.id })
        .collect();
    entries.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    entries.dedup_by(|one, other| one.path == other.path);
    put(handle, objects, &entries)
}

fn put(
    handle: &git2::Repository,
    objects: &Path,
    entries: &[Entry<'_>],
) -> Result<Snapshot, GitError> {
    let store = Store::open(objects, handle)?;
    Ok(whole(store.put_tree(entries)?))
}

/// Whether a name is that of a commit and none of a branch: no other repository has it.
pub fn is_commit_id(name: &str) -> bool {
    name.len() >= 7 && name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}
