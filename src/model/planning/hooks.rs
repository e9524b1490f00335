//! Which hooks apply.

use std::path::Path;

use globset::GlobBuilder;

use super::Given;
use crate::model::{
    Fault, Result,
    bundled_hook::COMMAND,
    config::{ResolvedHook, Settings},
    contract::{Bundled, HookAction},
    run::{
        path,
        plan::{HookPlan, StepPlan},
    },
    yaml::Spanned,
};

/// The hooks whose filters fit, in the order of the files that name them.
pub(super) fn hooks(given: &Given<'_>, steps: &[StepPlan]) -> Result<Vec<HookPlan>> {
    let mut applying = Vec::new();
    for resolved in &given.settings.hooks {
        if let Some(hook) = hook(given, resolved, steps)? {
            applying.push(hook);
        }
    }
    // A hook that is filtered out holds nobody up.
    let names: Vec<String> = applying.iter().map(|hook| hook.name.clone()).collect();
    for hook in &mut applying {
        hook.needs.retain(|need| names.contains(need));
    }
    Ok(applying)
}

fn hook(
    given: &Given<'_>,
    resolved: &ResolvedHook,
    steps: &[StepPlan],
) -> Result<Option<HookPlan>> {
    let hook = &resolved.hook;
    let root = given.root.as_deref().unwrap_or(&given.request.cwd).to_string_lossy();
    if !fits(resolved, &hook.skills, &given.skill.found.name)?
        || !fits(resolved, &hook.repos, &root)?
    {
        return Ok(None);
    }
    let mut looks_at = Vec::new();
    for step in steps {
        if fits(resolved, &hook.steps, &step.id)?
            || fits(resolved, &hook.steps, path::id(&step.id))?
        {
            looks_at.push(step.id.clone());
        }
    }
    let alone = hook_alone(resolved, given.settings, given.own_exe);
    Ok(Some(HookPlan { steps: (!hook.steps.is_empty()).then_some(looks_at), ..alone }))
}

/// A hook by itself, whatever its filters say.
pub fn hook_alone(resolved: &ResolvedHook, settings: &Settings, own_exe: &Path) -> HookPlan {
    let hook = &resolved.hook;
    let plain = |list: &[Spanned<String>]| list.iter().map(|item| item.value.clone()).collect();
    let mut env: Vec<String> = plain(&hook.env);
    env.extend(settings.env.value.iter().cloned());
    HookPlan {
        name: resolved.name.clone(),
        timing: hook.timing,
        command: match &hook.action {
            HookAction::Command(argv) => argv.words().to_vec(),
            HookAction::Use(used) => bundled(used, own_exe),
        },
        on: hook.on,
        blocking: hook.blocking,
        timeout: match &hook.timeout {
            Some(timeout) => timeout.value,
            None => settings.limits.hook_timeout.value,
        },
        needs: plain(&hook.needs),
        steps: None,
        within: None,
        env,
        may_change: plain(&hook.may_change),
        source: resolved.source.to_string(),
    }
}

/// A hook of atlas's own is atlas itself, started to look at the work and do nothing else. What it
/// takes stands in its command, so that the plan holds all of it and `--dry-run` shows it.
fn bundled(bundled: &Bundled, own_exe: &Path) -> Vec<String> {
    let program = own_exe.to_string_lossy().into_owned();
    let mut command = vec![program, COMMAND.to_owned(), bundled.hook.name().to_owned()];
    if !bundled.with.is_empty() {
        command.push(serde_json::to_string(&bundled.with).expect("options are plain values"));
    }
    command
}

/// Whether one of the globs fits; no globs fit everything.
fn fits(resolved: &ResolvedHook, globs: &[Spanned<String>], text: &str) -> Result<bool> {
    if globs.is_empty() {
        return Ok(true);
    }
    for glob in globs {
        let matcher = GlobBuilder::new(glob).build().map_err(|error| {
            let (name, source) = (&resolved.name, &resolved.source);
            Fault::invalid(format!("the hook `{name}` ({source}) has a faulty glob")).because(error)
        })?;
        if matcher.compile_matcher().is_match(text) {
            return Ok(true);
        }
    }
    Ok(false)
}
