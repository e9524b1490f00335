//! Whom a person trusts: what a repository wants to execute or widen needs it first.
//!
//! Trust is given to content: a list of files with their hashes, kept under the path of the
//! repository in the user's state folder, where nothing of a repository reaches. Any change of
//! any of these files asks again. `--always` gives it to a path whatever it holds, for one's own
//! work; even then another repository at that path is not the trusted one.
//!
//! A linked worktree is a repository of its own here: it is asked about by itself.

mod decide;
mod named;
mod record;
mod subject;
mod walk;

#[cfg(test)]
mod tests;

use std::path::Path;

use crate::model::{Fault, Result, TrustRequest, contract::Ask};
pub use decide::{Decision, decide};
pub use record::{Identity, Record, Scope, TrustStore};
pub use subject::{HashedFile, Subject};

/// What trust says of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There is nothing that could execute or widen.
    NothingToTrust,
    /// A person trusts it.
    Trusted(How),
    /// Nobody trusts it as it is.
    Untrusted(Why),
}

/// How something came to be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// A person trusted exactly this content.
    Content,
    /// A person trusted this path whatever it holds.
    Always,
    /// The user's configuration trusts this path, by this glob.
    Configuration(String),
    /// `--trust`, for this run.
    ThisRun,
}

/// Why something is not trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nobody was ever asked.
    New,
    /// It is not what was trusted.
    Changed(Difference),
    /// Another repository stands at a trusted path.
    Replaced,
}

/// What is different from what was trusted: paths as the subject has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Files that were not there.
    pub added: Vec<String>,
    /// Files that are not there any more.
    pub removed: Vec<String>,
    /// Files with other content.
    pub changed: Vec<String>,
}

/// What trust depends on besides the subject and what is stored.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// What the command line says.
    pub request: &'a TrustRequest,
    /// The globs of `trust.always` in the user's configuration.
    pub always: &'a [String],
    /// The user's home folder, for `~` in the globs.
    pub home: Option<&'a Path>,
}

/// Whose wishes are settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose<'a> {
    /// Those of the repository with this root.
    Repository(&'a Path),
    /// Those of the skill in this folder, which lies outside of the repository.
    Skill(&'a Path),
}

impl Whose<'_> {
    fn root(&self) -> &Path {
        match self {
            Self::Repository(root) | Self::Skill(root) => root,
        }
    }

    fn subject(&self) -> Result<Subject> {
        match self {
            Self::Repository(root) => Subject::of_repository(root),
            Self::Skill(folder) => Subject::of_skill(folder),
        }
    }
}

/// Settles how a run goes ahead for which somebody asks for `asks`.
///
/// A repository whose files cannot be looked at for trust, such as one with a link that leads
/// out of it, is not trusted; that stops only a run that asks for something.
///
/// # Errors
/// Something that would apply is not trusted (exit 8), or as [`judge`].
pub fn settle(
    whose: Whose<'_>,
    asks: &[Ask],
    store: &TrustStore,
    asking: &Asking<'_>,
) -> Result<Decision> {
    let subject = match (whose.subject(), asking.request) {
        (Ok(subject), _) => subject,
        (Err(fault), _) if asks.is_empty() => {
            let notice = format!("runs isolated from {}: {fault}", whose.root().display());
            return Ok(Decision::Isolated { notice: Some(notice) });
        }
        (Err(_), TrustRequest::Without) => {
            return Ok(Decision::Without { skipped: decide::names(asks) });
        }
        (Err(fault), _) => return Err(fault),
    };
    let verdict = match (judge(&subject, store, asking), whose) {
        // `--trust=HASH` may mean the repository, where the skill itself asks for nothing.
        (Err(_), Whose::Skill(_)) if asks.is_empty() => Verdict::Untrusted(Why::New),
        (verdict, _) => verdict?,
    };
    decide(&subject, &verdict, asks, asking.request).map_err(|fault| match whose {
        Whose::Repository(_) => fault,
        Whose::Skill(_) => fault.hint("for a skill outside of the repository: `atlas trust NAME`"),
    })
}

/// Judges a subject by the command line, the user's configuration and what is stored.
///
/// # Errors
/// `--trust=HASH` names another content, a glob of the configuration is none, or the stored
/// answer cannot be read.
pub fn judge(subject: &Subject, store: &TrustStore, asking: &Asking<'_>) -> Result<Verdict> {
    if subject.files.is_empty() {
        return Ok(Verdict::NothingToTrust);
    }
    match asking.request {
        TrustRequest::ThisRun => return Ok(Verdict::Trusted(How::ThisRun)),
        TrustRequest::Hash(hash) if hash.eq_ignore_ascii_case(&subject.digest) => {
            return Ok(Verdict::Trusted(How::ThisRun));
        }
        TrustRequest::Hash(hash) => {
            return Err(Fault::invalid("`--trust` names another content than this repository has")
                .because(format!("it names {hash}"))
                .because(format!("here is {}", subject.digest)));
        }
        TrustRequest::Stored | TrustRequest::Without => {}
    }
    if let Some(glob) = named::always(&subject.root, asking)? {
        return Ok(Verdict::Trusted(How::Configuration(glob)));
    }
    Ok(match store.get(&subject.root)? {
        None => Verdict::Untrusted(Why::New),
        Some(record) if record.identity != subject.identity => Verdict::Untrusted(Why::Replaced),
        Some(record) if record.always => Verdict::Trusted(How::Always),
        Some(record) if record.digest == subject.digest => Verdict::Trusted(How::Content),
        Some(record) => Verdict::Untrusted(Why::Changed(difference(&record.files, &subject.files))),
    })
}

fn difference(before: &[HashedFile], after: &[HashedFile]) -> Difference {
    let mut difference = Difference::default();
    let find = |files: &[HashedFile], path: &str| {
        files.iter().find(|file| file.path == path).map(|file| file.sha256.clone())
    };
    for file in after {
        match find(before, &file.path) {
            None => difference.added.push(file.path.clone()),
            Some(hash) if hash != file.sha256 => difference.changed.push(file.path.clone()),
            Some(_) => {}
        }
    }
    let removed = before.iter().filter(|file| find(after, &file.path).is_none());
    difference.removed = removed.map(|file| file.path.clone()).collect();
    difference
}
