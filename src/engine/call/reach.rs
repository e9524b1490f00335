//! What a call may read beside the folder that it runs in.
//!
//! claude reads below its own folder without asking, and nothing else. A skill's files lie elsewhere
//! when the skill is the user's own, when the work is on a copy, or when the user stands further
//! down; then a rule opens the folder for reading. `--add-dir` would open it for edits as well where
//! edits are accepted, and a skill's folder holds what judges the work. So that is only for a path
//! that no rule can hold, and only for the session's own copies.
//!
//! The sessions lie in the tree, where everything below the folder of a call is read without asking:
//! what agents and reviewers said, and which fault was planted. Who must not know is kept from them.

use std::path::{Path, PathBuf};

use crate::model::run::{Plan, plan::StepPlan};

/// What a call is given to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    /// Rules for `--allowedTools`.
    pub(crate) rules: Vec<String>,
    /// Folders for `--add-dir`.
    pub(crate) folders: Vec<String>,
    /// Rules for `--disallowedTools`.
    pub(crate) denied: Vec<String>,
}

/// What lies where around a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Around<'a> {
    /// The folder that it works in.
    pub(crate) cwd: &'a Path,
    /// The skill's own folder.
    pub(crate) skill: &'a Path,
    /// Where the skill's sections are, where they lie in files.
    pub(crate) sections: &'a Path,
    /// Where sessions are, and where older ones may be.
    pub(crate) sessions: &'a [PathBuf],
}

/// What a call may read beside its folder, and what in it it may not.
pub(crate) fn reach(plan: &Plan, step: &StepPlan, around: Around<'_>) -> Reach {
    let Around { cwd, skill, sections, sessions } = around;
    let mut reach = Reach::default();
    // A reviewer is no step, and like a sub-agent it knows of nobody else.
    if step.sub_agent.is_some() || plan.step(&step.id).is_none() {
        // Without any tool there is nothing to keep it from.
        if step.agent.tools.as_ref().is_none_or(|tools| !tools.is_empty()) {
            reach.denied.extend(sessions.iter().filter_map(|folder| kept_from(folder, cwd)));
            reach.denied.dedup();
        }
    }
    // A sub-agent has no skill.
    if step.sub_agent.is_some() {
        return reach;
    }
    if step.agent.tools.as_ref().is_some_and(|tools| !tools.iter().any(|tool| tool == "Read")) {
        return reach;
    }
    let staged = !step.stages.files.is_empty();
    for folder in outside(cwd, sections).into_iter().filter(|_| staged) {
        match rule(&folder) {
            Some(rule) => reach.rules.push(rule),
            None => reach.folders.push(folder.to_string_lossy().into_owned()),
        }
    }
    reach.rules.extend(outside(cwd, skill).iter().filter_map(|folder| rule(folder)));
    reach
}

/// The rule that keeps a call from the sessions, where they lie below its folder; elsewhere they are
/// out of its reach. The rule holds for Grep and Glob as well (measured with claude 2.1).
fn kept_from(sessions: &Path, cwd: &Path) -> Option<String> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (sessions, cwd) = (real(sessions), real(cwd));
    let below = sessions.strip_prefix(&cwd).ok()?.to_str()?;
    Some(format!("Read({below}/**)"))
}

/// The folder as it is written and as it really is, since claude wants both allowed; nothing where
/// it lies below `cwd`.
fn outside(cwd: &Path, folder: &Path) -> Vec<PathBuf> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut both = vec![folder.to_owned(), real(folder)];
    both.dedup();
    let inside = both.iter().all(|path| path.starts_with(cwd) || path.starts_with(real(cwd)));
    if inside { Vec::new() } else { both }
}

/// The rule that lets everything below a folder be read; `None` where the path holds what a rule
/// takes for something else.
fn rule(folder: &Path) -> Option<String> {
    let path = folder.to_str().filter(|path| path.starts_with('/') && path.len() > 1)?;
    let plain = |c: char| !c.is_control() && !"()[]{}*?!,\\\"'".contains(c);
    path.chars().all(plain).then(|| format!("Read(/{path}/**)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_holds_plain_paths_only() {
        let rows = [
            ("/srv/ann/.claude/skills/x", Some("Read(//srv/ann/.claude/skills/x/**)")),
            ("/srv/ann/my skills/ü", Some("Read(//srv/ann/my skills/ü/**)")),
            ("/srv/ann/a,b", None),
            ("/srv/ann/a (1)", None),
            ("/srv/*/x", None),
            ("/srv/a\nb", None),
            ("relative", None),
            ("/", None),
        ];
        for (path, expected) in rows {
            assert_eq!(rule(Path::new(path)).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn what_lies_below_needs_nothing() {
        let rows: [(&str, &str, &[&str]); 4] = [
            ("/no-repo", "/no-repo/.claude/sessions/s/skill", &[]),
            ("/no-repo/web", "/no-repo/.claude/skills/x", &["/no-repo/.claude/skills/x"]),
            ("/no-repo", "/no-repo", &[]),
            ("/no-repo", "/no-repository", &["/no-repository"]),
        ];
        for (cwd, folder, expected) in rows {
            let expected: Vec<_> = expected.iter().map(PathBuf::from).collect();
            assert_eq!(outside(Path::new(cwd), Path::new(folder)), expected, "{cwd} {folder}");
        }
    }
}
