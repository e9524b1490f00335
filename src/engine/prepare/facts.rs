//! Reads the facts of the repository that a contract asks for: `given: [diff, staged, status]`.
//!
//! They are read when the plan is made, so that `--dry-run` shows what they are and how large, and
//! so that a base that does not exist costs nothing.

use std::path::Path;

use super::{Ground, Since, file_change};
use crate::{
    model::{
        Fault, Request, Result, Status,
        config::Settings,
        contract::Fact,
        facts::{self, FileDiff, Seen},
        text,
    },
    sys::git::{self, Base, Facts, GitError, Head, Repository, Shown, Sought, Upstream},
};

/// The input that names what a diff is compared with.
const BASE: &str = "base";

/// What atlas itself writes into a repository is no part of any change.
const EXCLUDE: [&str; 1] = [".claude/sessions"];

/// The facts, in the order in which the contract asks for them.
pub(super) fn read(request: &Request, settings: &Settings, ground: &Ground) -> Result<Vec<Seen>> {
    let mut asked: Vec<Fact> = Vec::new();
    if request.work.is_some() {
        return Ok(Vec::new());
    }
    for fact in &settings.given.value {
        if !asked.contains(fact) {
            asked.push(*fact);
        }
    }
    if asked.iter().all(|fact| *fact == Fact::Hooks) {
        return Ok(asked.iter().map(|_| Seen::Hooks).collect());
    }
    let Some(repository) = &ground.repository else { return Err(no_repository(request, ground)) };
    let exclude = EXCLUDE.map(Path::new);
    let seen = if request.index { git::Seen::Index } else { git::Seen::WorkTree };
    let look = repository.facts(&exclude).map_err(|error| fault(&error))?.seeing(seen);
    let named = named_base(request, settings);
    asked.into_iter().map(|fact| see(fact, repository, &look, named.as_deref())).collect()
}

/// The tree since which its change belongs to work that was done elsewhere, where a revision is named.
pub(super) fn base_of_work(request: &Request, ground: &Ground) -> Result<Since> {
    let Some(named) = request.work.as_ref().and_then(|work| work.base.as_deref()) else {
        return Ok(if request.index { Since::Staged } else { Since::Now });
    };
    let Some(repository) = &ground.repository else {
        return Err(Fault::usage("`--base` names a revision, and there is no repository here")
            .hint("go to where the work was done, or leave `--base` out"));
    };
    let tree = base(repository, Some(named))?.tree().map(str::to_owned);
    Ok(tree.map_or(Since::Now, Since::Revision))
}

fn see(fact: Fact, repository: &Repository, look: &Facts<'_>, named: Option<&str>) -> Result<Seen> {
    let seen = match fact {
        Fact::Diff => {
            let base = base(repository, named)?;
            look.since(&base).map(|files| Seen::Diff { files: diffs(files), base: base.name })
        }
        Fact::Staged => look.staged().map(|files| Seen::Staged { files: diffs(files) }),
        Fact::Commits => return commits(repository, named),
        Fact::Status => look.status().map(|status| Seen::Status(status_words(status))),
        Fact::Hooks => Ok(Seen::Hooks),
    };
    seen.map_err(|error| fault(&error))
}

/// At most so many commits are told one by one.
const COMMITS: usize = 1000;

/// The commits since the input `base`, or since the last tag.
fn commits(repository: &Repository, named: Option<&str>) -> Result<Seen> {
    // Without such an input a change is that since the last commit, which is no point to go by here.
    let named = named.filter(|named| *named != "HEAD").map(str::to_owned);
    let since = match named {
        Some(named) => Some(named),
        None => repository.last_tag().map_err(|error| fault(&error))?,
    };
    let found = repository.commits(since.as_deref(), COMMITS).map_err(|error| fault(&error))?;
    let Some(found) = found else {
        let shown = text::sanitize_line(since.as_deref().unwrap_or_default()).into_owned();
        return Err(Fault::usage(format!("there is no commit `{shown}` to begin after"))
            .hint("name a tag, a branch or a commit with `-i base=`"));
    };
    let commits = found.commits.into_iter().map(|(id, message)| facts::Commit { id, message });
    Ok(Seen::Commits(facts::Commits { since, commits: commits.collect(), more: found.more }))
}

/// What somebody said that the change is compared with: the input `base`, typed or by default.
/// `None` says nothing, where the contract has such an input; else it is the last commit.
fn named_base(request: &Request, settings: &Settings) -> Option<String> {
    let declared = &settings.inputs.value;
    let Some(place) = declared.names().position(|name| name == BASE) else {
        return Some("HEAD".to_owned());
    };
    let by_name = request.inputs.iter().rfind(|(name, _)| name == BASE).map(|(_, value)| value);
    let default = || declared.get(BASE)?.default.as_ref().map(|default| &default.value);
    let said = by_name.or_else(|| request.args.get(place)).or_else(default)?;
    (!said.trim().is_empty()).then(|| said.trim().to_owned())
}

fn base(repository: &Repository, named: Option<&str>) -> Result<Base> {
    let sought = match named {
        Some("HEAD") if matches!(repository.head(), Ok(Head::Unborn { .. })) => {
            repository.base(None)
        }
        named => repository.base(named),
    };
    let shown = text::sanitize_line(named.unwrap_or_default()).into_owned();
    match sought.map_err(|error| fault(&error))? {
        Sought::Found(base) => Ok(base),
        Sought::Unknown => {
            Err(Fault::usage(format!("there is no commit `{shown}` to compare with"))
                .hint("name a branch, a tag or a commit with `-i base=`"))
        }
        Sought::Unrelated => {
            Err(Fault::usage(format!("`{shown}` and the last commit have no commit in common"))
                .hint("in a shallow clone, fetch more of the history"))
        }
    }
}

fn no_repository(request: &Request, ground: &Ground) -> Fault {
    let skill = text::sanitize_line(&request.skill);
    let message = format!("the skill `{skill}` works on a git repository, and there is none here");
    let mut fault = Fault::new(Status::Blocked, message);
    fault.causes.extend(ground.notices.iter().cloned());
    fault.hint("go into a repository, or name one with `-C DIR`")
}

fn fault(error: &GitError) -> Fault {
    let fault = Fault::invalid("cannot read the repository").because(error);
    match error.hint() {
        Some(hint) => fault.hint(hint),
        None => fault,
    }
}

fn diffs(files: Vec<git::FileDiff>) -> Vec<FileDiff> {
    let diff = |file: git::FileDiff| FileDiff {
        patch: match file.shown {
            Shown::Patch(bytes) => Ok(String::from_utf8_lossy(&bytes).replace('\0', "\u{fffd}")),
            Shown::Binary => Err("binary"),
            Shown::LooksSecret => Err("by its name it holds a secret"),
            Shown::Unreadable => Err("it cannot be read"),
            Shown::TooLarge => Err("for its size"),
        },
        change: file_change(file.change),
    };
    files.into_iter().map(diff).collect()
}

fn status_words(status: git::Status) -> facts::Status {
    let mut branch = match status.head {
        Head::Branch { name, .. } => name,
        Head::Detached { .. } => "HEAD (no branch)".to_owned(),
        Head::Unborn { branch } => format!("No commits yet on {branch}"),
    };
    if let Some(Upstream { name, ahead, behind }) = status.upstream {
        let counts = match (ahead, behind) {
            (0, 0) => String::new(),
            (ahead, 0) => format!(" [ahead {ahead}]"),
            (0, behind) => format!(" [behind {behind}]"),
            (ahead, behind) => format!(" [ahead {ahead}, behind {behind}]"),
        };
        branch = format!("{branch}...{name}{counts}");
    }
    if let Some(doing) = status.doing {
        branch = format!("{branch}, {doing} in progress");
    }
    let file = |entry: git::StatusEntry| match entry.old_path {
        Some(old) => format!("{}{} {old} -> {}", entry.index, entry.tree, entry.path),
        None => format!("{}{} {}", entry.index, entry.tree, entry.path),
    };
    facts::Status { branch, files: status.entries.into_iter().map(file).collect() }
}
