//! What stands around the current folder: git, skills, the repository's own configuration.

use std::path::Path;

use super::{
    super::{
        context::Context,
        skills::{SkillsArgs, roots},
        trust::{asks::Asked, verdict},
    },
    Finding,
};
use crate::{
    model::{Fault, skill::source::Source},
    report::words,
    store::{
        config,
        contracts::contract_for,
        folders::Folders,
        trust::{How, Subject, TrustStore, Verdict, Why},
    },
    sys::git::{GitError, Head, Place, Repository},
};

pub(super) fn look(context: &Context, folders: &Folders) -> Vec<Finding> {
    let project = context.project();
    let mut findings = vec![git(&project.place), skills(context)];
    findings.extend(contracts(context));
    findings.extend(configuration(&project.root));
    // Trust depends on the user's configuration; one that is faulty is told of already.
    if config::user(folders).is_ok() {
        let trust = trust(context, folders);
        findings.push(trust.unwrap_or_else(|fault| Finding::fail("trust", &fault)));
    }
    if let Ok(Place::Repository(repository)) = &project.place {
        findings.push(sessions(repository));
    }
    findings
}

fn git(place: &Result<Place, GitError>) -> Finding {
    match place {
        Ok(Place::Repository(repository)) => {
            let head = match repository.head() {
                Ok(Head::Branch { name, .. }) => format!("on branch {name}"),
                Ok(Head::Detached { commit }) => {
                    format!("at commit {}", commit.get(..12).unwrap_or(&commit))
                }
                Ok(Head::Unborn { branch }) => format!("on branch {branch}, without a commit"),
                Err(error) => format!("with a HEAD that cannot be read: {error}"),
            };
            Finding::ok("git", format!("{} {head}", repository.root().display()))
        }
        Ok(Place::Outside) => Finding::warn("git", "this folder is in no repository")
            .advise("runs go ahead without change tracking; `git init` gives it to them"),
        Ok(Place::Bare { git_dir }) => {
            Finding::warn("git", format!("{} is bare", git_dir.display()))
                .advise("runs go ahead without change tracking; use a checkout to have it")
        }
        Ok(Place::Unsupported { reason, .. }) => {
            Finding::warn("git", reason.clone()).advise("runs go ahead without change tracking")
        }
        Err(error) => {
            let finding = Finding::warn("git", error.to_string());
            error.hint().into_iter().fold(finding, Finding::advise)
        }
    }
}

fn skills(context: &Context) -> Finding {
    let listing = match roots(&SkillsArgs::default(), context) {
        Ok(roots) => roots.list(),
        Err(fault) => return Finding::fail("skills", &fault),
    };
    let bundled =
        listing.entries.iter().filter(|entry| entry.found.source == Source::Bundled).count();
    let count = listing.entries.len() - bundled;
    let shadowed = listing.entries.iter().filter(|entry| entry.shadowed_by.is_some()).count();
    let broken: Vec<&str> = listing
        .entries
        .iter()
        .filter(|entry| entry.header.is_err())
        .map(|entry| entry.found.name.as_str())
        .collect();
    let mut found = match count {
        0 => format!("none of your own, {bundled} that come with atlas"),
        _ => format!("{}, and {bundled} that come with atlas", words::count(count, "skill")),
    };
    if shadowed > 0 {
        found = format!("{found}, {shadowed} shadowed by others of the same name");
    }
    match broken.first() {
        None => Finding::ok("skills", found),
        Some(first) => Finding::warn("skills", format!("{found}; broken: {}", broken.join(", ")))
            .advise(format!("`atlas show {first}` says what is wrong")),
    }
}

/// The contracts that are faulty, of the skills that a name stands for.
fn contracts(context: &Context) -> Vec<Finding> {
    let Ok(roots) = roots(&SkillsArgs::default(), context) else { return Vec::new() };
    let root = &context.project().root;
    let meant = roots.list().entries.into_iter().filter(|entry| entry.shadowed_by.is_none());
    let faulty =
        meant.filter_map(|entry| contract_for(&entry.found.dir, &entry.found.name, root).err());
    faulty.map(|fault| Finding::fail("contract", &fault)).collect()
}

/// The repository's own file, where it has one.
fn configuration(root: &Path) -> Option<Finding> {
    match config::project(root) {
        Ok(None) => None,
        Ok(Some(project)) if project.warnings.is_empty() => {
            Some(Finding::ok("project", config::PROJECT_FILE))
        }
        Ok(Some(project)) => Some(Finding::warn("project", project.warnings.join("; "))),
        Err(fault) => Some(Finding::fail("project", &fault)),
    }
}

fn trust(context: &Context, folders: &Folders) -> Result<Finding, Fault> {
    let subject = Subject::of_repository(&context.project().root, &context.cwd)?;
    let verdict = verdict(&subject, &TrustStore::new(folders), context)?;
    let files = words::count(subject.files.len(), "file");
    Ok(match verdict {
        Verdict::NothingToTrust => Finding::ok("trust", "nothing here needs it"),
        Verdict::Trusted(How::Content | How::ThisRun) => {
            Finding::ok("trust", format!("{files} trusted as they are"))
        }
        Verdict::Trusted(How::Always) => Finding::ok("trust", "this path, whatever it holds"),
        Verdict::Trusted(How::Configuration(glob)) => {
            Finding::ok("trust", format!("by `{glob}` of your configuration"))
        }
        Verdict::Trusted(How::Inherited(main)) => {
            Finding::ok("trust", format!("{files} trusted as they are in {}", main.display()))
        }
        Verdict::Untrusted(why) => {
            let since = match why {
                Why::New => "nobody trusted yet",
                Why::Changed(_) => "changed since they were trusted",
                Why::Replaced => "in a repository that is not the trusted one",
                Why::Shared(_) => "trusted, but not only yours to write",
            };
            let so = format!("{files} {since}");
            refused(&so, context)?
                .unwrap_or_else(|| Finding::warn("trust", format!("{so}: runs are isolated")))
                .advise("`atlas trust` shows them and stores your answer")
        }
    })
}

/// What asks for more than an isolated run has stops the run before it begins.
fn refused(so: &str, context: &Context) -> Result<Option<Finding>, Fault> {
    let root = &context.project().root;
    if !Asked::of_configuration(root).asks.is_empty() {
        let fault = format!("{so}: runs refuse (exit 8), for {} asks", config::PROJECT_FILE);
        return Ok(Some(Finding::fail("trust", &Fault::invalid(fault))));
    }
    let asks = Asked::of_repository(context)?.asks;
    Ok(asks.first().map(|ask| {
        let path = ask.path.display();
        Finding::warn("trust", format!("{so}: runs that {path} asks for refuse (exit 8)"))
    }))
}

fn sessions(repository: &Repository) -> Finding {
    match repository.is_ignored(Path::new(".claude/sessions/journal.jsonl")) {
        Ok(true) => Finding::ok("sessions", "ignored by git"),
        // The folder ignores itself from the first session on.
        Ok(false) if !repository.root().join(".claude/sessions").exists() => {
            Finding::ok("sessions", "none yet; their folder will ignore itself")
        }
        Ok(false) => Finding::warn("sessions", "git does not ignore .claude/sessions")
            .advise("add `.claude/sessions/` to .gitignore"),
        Err(error) => Finding::warn("sessions", error.to_string()),
    }
}
