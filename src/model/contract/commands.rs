//! Every command that a contract or a configuration names, for whoever has to change its words.

use super::{Argv, Contract, Hook, HookAction, Leaf, Route, Step, What};
use crate::model::{
    bundled_hook::With,
    config::Config,
    yaml::{Named, Spanned},
};

/// What can name files that judge.
#[derive(Debug)]
pub enum Naming<'a> {
    /// A command, whose it is in words, and the paths that the work may change.
    Command {
        /// `the hook tests-pass`.
        whose: String,
        /// The command.
        argv: &'a mut Spanned<Argv>,
        /// Globs.
        may_change: &'a [Spanned<String>],
    },
    /// The options of a hook of atlas's own.
    Options(&'a mut With),
}

/// Those of a configuration.
pub fn of_config(config: &mut Config) -> Vec<Naming<'_>> {
    of_hooks(&mut config.hooks)
}

/// Those of a contract.
pub fn of_contract(contract: &mut Contract) -> Vec<Naming<'_>> {
    let mut found = of_hooks(&mut contract.hooks);
    of_steps(&mut contract.steps.iter_mut(), &mut found);
    let evidence = contract.verify.iter_mut().flat_map(|it| it.value.evidence.commands.iter_mut());
    found.extend(evidence.map(|(name, argv)| Naming::Command {
        whose: format!("the evidence {}", name.value),
        argv,
        may_change: &[],
    }));
    found
}

fn of_steps<'a>(
    steps: &mut dyn Iterator<Item = &'a mut Spanned<Step>>,
    found: &mut Vec<Naming<'a>>,
) {
    for (n, step) in steps.enumerate() {
        let id = step.value.id.as_ref().map_or_else(|| (n + 1).to_string(), |id| id.value.clone());
        match &mut step.value.what {
            What::Leaf(Leaf::Run { argv, .. }) => {
                let whose = format!("the step {id}");
                found.push(Naming::Command { whose, argv, may_change: &[] });
            }
            What::Leaf(Leaf::Section(_) | Leaf::Skill(_) | Leaf::Prompt(_)) | What::Delegate(_) => {
            }
            What::Sequence(steps) | What::Parallel { steps, .. } | What::Fallback(steps) => {
                of_steps(&mut steps.iter_mut(), found);
            }
            What::Each { each, .. } => of_steps(&mut std::iter::once(&mut each.value.steps), found),
            What::Route(route) => {
                let Route { cases, default, .. } = &mut route.value;
                of_steps(&mut cases.iter_mut().map(|(_, step)| step), found);
                of_steps(&mut default.iter_mut().map(|step| &mut **step), found);
            }
        }
    }
}

fn of_hooks(hooks: &mut Named<Hook>) -> Vec<Naming<'_>> {
    hooks.iter_mut().map(|(name, hook)| of_hook(name, hook)).collect()
}

fn of_hook<'a>(name: &Spanned<String>, hook: &'a mut Hook) -> Naming<'a> {
    match &mut hook.action {
        HookAction::Command(argv) => Naming::Command {
            whose: format!("the hook {}", name.value),
            argv,
            may_change: &hook.may_change,
        },
        HookAction::Use(bundled) => Naming::Options(&mut bundled.with),
    }
}
