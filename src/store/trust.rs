//! Whom a person trusts: what a repository wants to execute or widen needs it first.
//!
//! Trust is given to content: a list of files with their hashes, kept under the path of the
//! repository in the user's state folder, where nothing of a repository reaches. Any change of
//! any of these files asks again. `--always` gives it to a path whatever it holds, for one's own
//! work; even then another repository at that path is not the trusted one.
//!
//! A linked worktree inherits the answer of its main checkout while it holds the same.

mod above;
mod claude_files;
mod decide;
mod kept;
mod named;
mod own;
mod record;
mod standing;
mod subject;
mod walk;
mod worktree;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use crate::model::{Fault, Result, TrustRequest, contract::Ask};
pub use above::foreign_above;
pub use decide::{Decision, decide};
pub use kept::Change;
pub use record::{Identity, Record, Scope, TrustStore};
pub use standing::{Standing, Standings};
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
    /// This linked worktree holds what its main checkout, here, is trusted with.
    Inherited(PathBuf),
}

impl How {
    /// Whether what is used has to be exactly what was looked at.
    pub fn is_for_content(&self) -> bool {
        match self {
            Self::Content | Self::Inherited(_) => true,
            Self::Always | Self::Configuration(_) | Self::ThisRun => false,
        }
    }
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
    /// It is trusted whatever it holds, yet somebody else could have written this path.
    Shared(PathBuf),
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
    /// Those of a repository.
    Repository {
        /// Its root.
        root: &'a Path,
        /// Where in it the user stands.
        cwd: &'a Path,
    },
    /// Those of the skill in this folder, which lies outside of the repository.
    Skill(&'a Path),
}

impl Whose<'_> {
    fn root(&self) -> &Path {
        match self {
            Self::Repository { root, .. } | Self::Skill(root) => root,
        }
    }
}

/// Somebody who may ask for something, and what they hold.
#[derive(Debug)]
pub struct Party<'a> {
    /// Who.
    pub whose: Whose<'a>,
    /// All of theirs that can execute or widen, or why it cannot be looked at.
    pub subject: Result<Subject>,
}

impl<'a> Party<'a> {
    /// Looks at all that they hold.
    ///
    /// A repository whose files cannot be looked at for trust, such as one with a link that leads
    /// out of it, is not trusted; that stops only a run that asks for something.
    pub fn look(whose: Whose<'a>) -> Self {
        let subject = match whose {
            Whose::Repository { root, cwd } => Subject::of_repository(root, cwd),
            Whose::Skill(folder) => Subject::of_skill(folder),
        };
        Self { whose, subject }
    }
}

/// Expects that each hash of `--trust=HASH` names what one of the parties holds: one that names
/// nothing stands for content that somebody replaced.
///
/// # Errors
/// A hash names nothing of theirs.
pub fn expect_named(request: &TrustRequest, parties: &[&Party<'_>]) -> Result<()> {
    let TrustRequest::Hashes(hashes) = request else { return Ok(()) };
    let held: Vec<&Subject> =
        parties.iter().filter_map(|party| party.subject.as_ref().ok()).collect();
    let Some(hash) = hashes.iter().find(|hash| !held.iter().any(|held| held.is(hash))) else {
        return Ok(());
    };
    let mut fault = Fault::invalid("`--trust` names another content than there is")
        .because(format!("it names {hash}"));
    for subject in held {
        fault = fault.because(match subject.files.len() {
            0 => format!("{} holds nothing that needs trust", subject.root.display()),
            _ => format!("{} holds {}", subject.root.display(), subject.digest),
        });
    }
    Err(fault)
}

/// Settles how a run goes ahead for which somebody asks for `asks`.
///
/// # Errors
/// Something that would apply is not trusted (exit 8), or as [`judge`].
pub fn settle(
    party: &Party<'_>,
    asks: &[Ask],
    store: &TrustStore,
    asking: &Asking<'_>,
) -> Result<Decision> {
    let subject = match (&party.subject, asking.request) {
        (Ok(subject), _) => subject,
        (Err(fault), _) if asks.is_empty() => {
            let notice = format!("runs isolated from {}: {fault}", party.whose.root().display());
            return Ok(Decision::Isolated { notice: Some(notice) });
        }
        (Err(_), TrustRequest::Without) => {
            return Ok(Decision::Without { skipped: decide::names(asks) });
        }
        (Err(fault), _) => return Err(fault.clone()),
    };
    let verdict = judge(subject, store, asking)?;
    decide(subject, &verdict, asks, asking.request).map_err(|fault| match party.whose {
        Whose::Repository { .. } => fault,
        Whose::Skill(_) => fault.hint("for a skill outside of the repository: `atlas trust NAME`"),
    })
}

/// Judges a subject by the command line, the user's configuration and what is stored.
///
/// # Errors
/// A glob of the configuration is none, or the stored answer cannot be read.
pub fn judge(subject: &Subject, store: &TrustStore, asking: &Asking<'_>) -> Result<Verdict> {
    if subject.files.is_empty() {
        return Ok(Verdict::NothingToTrust);
    }
    match asking.request {
        TrustRequest::ThisRun => return Ok(Verdict::Trusted(How::ThisRun)),
        TrustRequest::Hashes(hashes) if hashes.iter().any(|hash| subject.is(hash)) => {
            // The hash promises the content, as a stored one does.
            return Ok(Verdict::Trusted(How::Content));
        }
        TrustRequest::Hashes(_) | TrustRequest::Stored | TrustRequest::Without => {}
    }
    if let Some(glob) = own::always(subject, asking)? {
        return Ok(Verdict::Trusted(How::Configuration(glob)));
    }
    let Some(record) = store.get(&subject.root)? else { return inherited(subject, store) };
    if record.identity != subject.identity {
        return Ok(Verdict::Untrusted(Why::Replaced));
    }
    if record.always {
        return Ok(match own::foreign(subject) {
            None => Verdict::Trusted(How::Always),
            Some(path) => Verdict::Untrusted(Why::Shared(path)),
        });
    }
    let difference = difference(&record, subject);
    Ok(if difference == Difference::default() {
        Verdict::Trusted(How::Content)
    } else {
        Verdict::Untrusted(Why::Changed(difference))
    })
}

/// What the main checkout of a linked worktree has to say, which holds for the same content only.
fn inherited(subject: &Subject, store: &TrustStore) -> Result<Verdict> {
    const NEW: Verdict = Verdict::Untrusted(Why::New);
    let Some(main) = worktree::main_checkout(&subject.root) else { return Ok(NEW) };
    let Some(record) = store.get(&main)? else { return Ok(NEW) };
    if subject::identity_of(&main).ok().as_ref() != Some(&record.identity) {
        return Ok(NEW);
    }
    let holds_the_same = if record.always {
        let cwd = subject.way.last().map_or(main.clone(), |way| main.join(way));
        let there = Subject::of_repository(&main, &cwd).or_else(|_| {
            // A folder that only the worktree has.
            Subject::of_repository(&main, &main)
        });
        there.is_ok_and(|there| there.digest == subject.digest && own::foreign(&there).is_none())
            && own::foreign(subject).is_none()
    } else {
        difference(&record, subject) == Difference::default()
    };
    Ok(if holds_the_same { Verdict::Trusted(How::Inherited(main)) } else { NEW })
}

/// What of a subject is not as the record has it. What counts only elsewhere in the repository is
/// no part of this subject.
fn difference(record: &Record, subject: &Subject) -> Difference {
    let mut difference = Difference::default();
    let find = |files: &[HashedFile], path: &str| {
        files.iter().find(|file| file.path == path).map(|file| file.sha256.clone())
    };
    for file in &subject.files {
        match find(&record.files, &file.path) {
            None => difference.added.push(file.path.clone()),
            Some(hash) if hash != file.sha256 => difference.changed.push(file.path.clone()),
            Some(_) => {}
        }
    }
    let mut known = record.files.iter().filter(|file| subject.is_about(file));
    let removed = known.by_ref().filter(|file| find(&subject.files, &file.path).is_none());
    difference.removed = removed.map(|file| file.path.clone()).collect();
    difference
}
