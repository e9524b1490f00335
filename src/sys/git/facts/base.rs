//! What a change is compared with: the point where this line of work left another one.

use git2::{BranchType, Commit, ErrorCode, Reference, Repository as Handle};

use crate::sys::git::{GitError, Repository};

/// The tree that a change is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// What it is called: a revision as it was typed, `origin/main`, `HEAD`; nothing where there
    /// is no commit yet, and everything is new.
    pub name: Option<String>,
    /// The name of its tree object; none where there is no commit yet.
    pub(super) tree: Option<String>,
}

impl Base {
    /// The name of its tree object; none where there is no commit yet.
    pub fn tree(&self) -> Option<&str> {
        self.tree.as_deref()
    }
}

/// What became of the search for a base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sought {
    /// It is there.
    Found(Base),
    /// There is no such commit.
    Unknown,
    /// There is, but it and HEAD have no commit in common.
    Unrelated,
}

impl Repository {
    /// The base of a change: where HEAD and the commit `named` parted. Of a branch that only the
    /// remote has, that one is meant. Where nothing is named, it is the branch that work starts
    /// from, as far as it can be told: the remote's own default branch, a `main` or `master` there
    /// or here, else the last commit.
    pub fn base(&self, named: Option<&str>) -> Result<Sought, GitError> {
        let handle = self.handle()?;
        let Some(head) = head_commit(&handle)? else {
            return Ok(match named {
                Some(_) => Sought::Unknown,
                None => Sought::Found(Base { name: None, tree: None }),
            });
        };
        let Some(named) = named else { return guess(&handle, &head) };
        let remote = remote(&handle);
        let meant = [named.to_owned(), format!("{remote}/{named}")];
        let found = meant.iter().find_map(|name| Some((name, commit(&handle, name)?)));
        match found {
            Some((name, commit)) => parted(&handle, &head, &commit, name.clone()),
            None => Ok(Sought::Unknown),
        }
    }
}

/// The commit that HEAD stands on; none before the first.
pub(super) fn head_commit(handle: &Handle) -> Result<Option<Commit<'_>>, GitError> {
    match handle.head() {
        Ok(head) => head.peel_to_commit().map(Some).map_err(GitError::git("cannot read HEAD")),
        Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => {
            Ok(None)
        }
        Err(error) => Err(GitError::git("cannot read HEAD")(error)),
    }
}

fn guess(handle: &Handle, head: &Commit<'_>) -> Result<Sought, GitError> {
    let remote = remote(handle);
    let names = [
        format!("refs/remotes/{remote}/HEAD"),
        format!("refs/remotes/{remote}/main"),
        format!("refs/remotes/{remote}/master"),
        "refs/heads/main".to_owned(),
        "refs/heads/master".to_owned(),
    ];
    for name in names {
        let reference = handle.find_reference(&name).and_then(|found| found.resolve());
        let Ok(reference) = reference else { continue };
        let Ok(commit) = reference.peel_to_commit() else { continue };
        let found = parted(handle, head, &commit, short(&reference))?;
        if matches!(found, Sought::Found(_)) {
            return Ok(found);
        }
    }
    let tree = Some(head.tree_id().to_string());
    Ok(Sought::Found(Base { name: Some("HEAD".to_owned()), tree }))
}

fn short(reference: &Reference<'_>) -> String {
    String::from_utf8_lossy(reference.shorthand_bytes()).into_owned()
}

/// Whose default branch counts: the remote that this branch is pushed to, else `origin`.
fn remote(handle: &Handle) -> String {
    let configured = || {
        let head = handle.head().ok()?;
        let name = handle.branch_upstream_remote(head.name().ok()?).ok()?;
        name.as_str().ok().map(str::to_owned)
    };
    configured().unwrap_or_else(|| "origin".to_owned())
}

pub(super) fn commit<'a>(handle: &'a Handle, name: &str) -> Option<Commit<'a>> {
    // A branch is meant before whatever else has the name.
    let branch = handle.find_branch(name, BranchType::Local).ok();
    if let Some(commit) = branch.and_then(|branch| branch.get().peel_to_commit().ok()) {
        return Some(commit);
    }
    handle.revparse_single(name).ok()?.peel_to_commit().ok()
}

fn parted(
    handle: &Handle,
    head: &Commit<'_>,
    other: &Commit<'_>,
    name: String,
) -> Result<Sought, GitError> {
    match handle.merge_base(head.id(), other.id()) {
        Ok(common) => {
            let commit = handle.find_commit(common).map_err(GitError::git("cannot read a base"))?;
            // Nothing is committed since: what differs is what is not committed.
            let name = if common == head.id() { "HEAD".to_owned() } else { name };
            Ok(Sought::Found(Base { name: Some(name), tree: Some(commit.tree_id().to_string()) }))
        }
        Err(error) if error.code() == ErrorCode::NotFound => Ok(Sought::Unrelated),
        Err(error) => Err(GitError::git("cannot find a base")(error)),
    }
}
