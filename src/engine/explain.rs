//! What a run would start, for `--dry-run`: the very command lines, with placeholders for what
//! only a call decides.

use std::{ffi::OsStr, path::Path};

use super::{
    call::reach,
    child_env::{Child, child_env},
    claude,
    prepare::{Around, Prepared},
};
use crate::model::{
    call::{CallSpec, Talk, argv},
    contract::Isolation,
};

/// The program and arguments of each step's first call, in the order of the steps.
pub fn commands(prepared: &Prepared, around: &Around) -> Vec<Vec<String>> {
    let plan = &prepared.plan;
    let sections = prepared.sessions.folder().join("<session>/skill");
    let found = claude::find(&around.env, plan.root.as_deref());
    let program = found.map_or_else(|_| "claude".to_owned(), |path| path.display().to_string());
    plan.called()
        .iter()
        .map(|step| {
            // Nobody knows yet where a copy will lie; its session never lies in it.
            let cwd = match plan.isolation {
                Isolation::None => plan.cwd.as_path(),
                Isolation::Worktree => Path::new("<worktree>"),
            };
            let reach = reach(step, cwd, &plan.skill_of(&step.id).dir, &sections);
            let edits = plan.edit_hooks(&step.id).next();
            let mut command = vec![program.clone()];
            command.extend(argv(&CallSpec {
                agent: &step.agent,
                system_file: "<session>/system.md",
                claude_session: "<new id>",
                talk: Talk::Begins,
                schema: step.form(),
                max_turns: plan.limits.turns,
                max_usd: plan.limits.usd,
                read_rules: &reach.rules,
                folders: &reach.folders,
                settings_file: edits.map(|_| "<private>/settings.json"),
                hook_events: edits.is_some(),
            }));
            command
        })
        .collect()
}

/// The names of the variables that claude would see, sorted; never their values.
pub fn environment(around: &Around) -> Vec<String> {
    let ours: [(&str, &OsStr); 0] = [];
    let mut names: Vec<String> = child_env(&around.env, Child::Claude, &[], &ours)
        .into_iter()
        .map(|(name, _)| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
