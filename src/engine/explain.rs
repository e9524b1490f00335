//! What a run would start, for `--dry-run`: the very command lines, with placeholders for what
//! only a call decides.

use std::{collections::BTreeMap, ffi::OsStr, path::Path};

use super::{
    call::{self, reach},
    child_env::{Child, child_env},
    claude,
    prepare::{Around, Prepared},
    step_key,
};
use crate::{
    model::{
        call::{CallSpec, Talk, argv},
        contract::{Fact, Isolation},
        expression::{self, INPUTS, Scope},
        prompt,
        run::{
            Plan, path,
            plan::{Does, KnownKey, Node},
        },
    },
    store::step_cache::StepCache,
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
            let skill = &plan.skill_of(&step.id).dir;
            let sessions = prepared.sessions.everywhere();
            let place = call::Around { cwd, skill, sections: &sections, sessions: &sessions };
            let reach = reach(plan, step, place);
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
                denied: &reach.denied,
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

/// The steps whose earlier results may stand for them, by path, each with its key where that is
/// known before the run: the text of the step, or its key, holds nothing that only the run can tell.
pub fn keys(prepared: &Prepared, around: &Around) -> BTreeMap<String, Option<KnownKey>> {
    let plan = &prepared.plan;
    let cache = StepCache::at(&around.folders.cache);
    let mut found = BTreeMap::new();
    Node::walk(&plan.tree, path::ROOT, &mut |path, _, node| {
        let Some(asked) = &node.cache else { return };
        let known = key(plan, path, node).map(|key| {
            let kept = cache.lookup(&key, (around.clock.now(), asked.ttl));
            KnownKey { key, made: kept.map(|kept| kept.made.to_string()) }
        });
        found.insert(path.to_owned(), known);
    });
    found
}

fn key(plan: &Plan, path: &str, node: &Node) -> Option<String> {
    let own = match &node.cache.as_ref()?.key {
        None => None,
        Some(own) => Some(early(plan, path, own, expression::argument)?),
    };
    let what = match node.does {
        Does::Call => {
            let step = plan.step(path)?;
            step_key::of_call(step, &told(plan, path)?)
        }
        Does::Run => {
            let command = plan.command(path)?;
            let words =
                command.argv.iter().map(|word| early(plan, path, word, expression::argument));
            step_key::of_command(plan, command, &words.collect::<Option<Vec<_>>>()?)
        }
        Does::Sequence(_)
        | Does::Parallel { .. }
        | Does::Each { .. }
        | Does::Route { .. }
        | Does::Fallback(_)
        | Does::Skill(_) => return None,
    };
    Some(step_key::key(plan, path, &what, own.as_deref()))
}

/// What an agent is told beyond the plan, where that is known: nothing has been done before it.
fn told(plan: &Plan, path: &str) -> Option<String> {
    let is_first = plan.before(path).is_empty();
    let hears_hooks = plan.facts.iter().any(|fact| fact.fact == Fact::Hooks);
    let for_a_thing = path::split(path).is_some_and(|(parent, _)| is_in_each(plan, parent));
    if !is_first || hears_hooks || for_a_thing {
        return None;
    }
    match plan.step(path)?.template.as_ref() {
        None => Some(String::new()),
        Some(template) => Some(prompt::own_task(&early(plan, path, template, expression::words)?)),
    }
}

fn is_in_each(plan: &Plan, path: &str) -> bool {
    let each = plan.node(path).is_some_and(|node| matches!(node.does, Does::Each { .. }));
    each || path::split(path).is_some_and(|(parent, _)| is_in_each(plan, parent))
}

/// A text with its values in place, where all of them are inputs.
fn early(
    plan: &Plan,
    path: &str,
    template: &str,
    render: fn(&str, &Scope) -> Result<String, String>,
) -> Option<String> {
    if !expression::is_template(template) {
        return Some(template.to_owned());
    }
    if expression::names_in_template(template).ok()?.is_late() {
        return None;
    }
    let mut scope = Scope::default();
    scope.set(INPUTS, step_key::inputs(plan, path).into());
    render(template, &scope).ok()
}
