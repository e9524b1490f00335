//! What a contract says must fit together.

mod steps;

use super::{Bundled, Contract, Fact, Hook, HookAction, Input, InputType, On, Timing, Verify};
use crate::model::{
    bundled_hook::with,
    passed_on::is_never,
    yaml::{Complaint, Named, Spanned},
};

/// Everything that does not fit together in a contract.
pub(super) fn contract(contract: &Contract) -> Vec<Complaint> {
    let mut found = Vec::new();
    for (name, input) in contract.inputs.iter() {
        check_input(name, input, &mut found);
    }
    required_facts(contract, &mut found);
    steps::steps(contract, &mut found);
    hooks(&contract.hooks, &mut found);
    if let Some(verify) = &contract.verify {
        check_verify(verify, &mut found);
    }
    passed_on(contract.env.iter().flat_map(|env| &env.value), &mut found);
    found
}

fn check_input(name: &Spanned<String>, input: &Input, found: &mut Vec<Complaint>) {
    if !is_input_name(name) {
        let message = "the name of an input is letters, digits, `-` and `_`, a letter first";
        found.push((name.span.clone(), message.to_owned()));
    }
    match (input.kind, &input.values) {
        (InputType::Enum, None) => {
            found.push((name.span.clone(), "an enum needs `values`".to_owned()));
        }
        (InputType::Enum, Some(values)) if values.is_empty() => {
            found.push((values.span.clone(), "an enum needs at least one value".to_owned()));
        }
        (InputType::Enum, Some(_)) | (_, None) => {}
        (_, Some(values)) => {
            found.push((values.span.clone(), "only an enum has `values`".to_owned()));
        }
    }
    let Some(default) = &input.default else { return };
    if let Some(objection) = input.objection(default) {
        found.push((default.span.clone(), objection));
    }
    if input.required.value {
        let message = "what must be given needs no default";
        found.push((input.required.span.clone(), message.to_owned()));
    }
}

/// Whether an input can be called so.
pub(super) fn is_input_name(name: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let rest = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    name.starts_with(first) && name.chars().all(rest)
}

fn required_facts(contract: &Contract, found: &mut Vec<Complaint>) {
    let given = contract.given.as_ref().map_or(&[][..], |given| &given.value);
    for fact in &contract.requires.given {
        let message = match fact.value {
            Fact::Hooks => {
                "what the pre hooks say is known only after this is looked at".to_owned()
            }
            Fact::Diff | Fact::Staged | Fact::Status | Fact::Commits
                if given.contains(&fact.value) =>
            {
                continue;
            }
            other @ (Fact::Diff | Fact::Staged | Fact::Status | Fact::Commits) => {
                format!("only a fact that is given can be required; write `given: [{other}]`")
            }
        };
        found.push((fact.span.clone(), message));
    }
}

/// What does not fit in the hooks of one file. Whether `needs` names a hook is known only when
/// all layers are put together.
pub(in crate::model) fn hooks(hooks: &Named<Hook>, found: &mut Vec<Complaint>) {
    for (name, hook) in hooks.iter() {
        if hook.timing != Timing::Mid
            && let Some(steps) = hook.steps.first()
        {
            let message = "only a mid hook runs after steps, so only it can choose them";
            found.push((steps.span.clone(), message.to_owned()));
        }
        for need in hook.needs.iter().filter(|need| need.value == name.value) {
            found.push((need.span.clone(), "a hook cannot need itself".to_owned()));
        }
        if let (On::Edit, Some(need)) = (hook.on, hook.needs.first()) {
            let message = "a hook that runs on an edit runs by itself, and waits for no other";
            found.push((need.span.clone(), message.to_owned()));
        }
        if let HookAction::Use(bundled) = &hook.action {
            check_bundled(hook, bundled, found);
        }
        passed_on(&hook.env, found);
    }
}

fn check_bundled(
    hook: &Hook,
    Bundled { hook: bundled, with }: &Bundled,
    found: &mut Vec<Complaint>,
) {
    found.extend(with::complaints(bundled, with, hook.timing));
    if hook.on == On::Edit && !bundled.looks_at_edits() {
        let message = format!("`{}` looks at a whole step, not at an edit", bundled.value);
        found.push((bundled.span.clone(), message));
    }
}

fn check_verify(verify: &Verify, found: &mut Vec<Complaint>) {
    let Some(quorum) = &verify.quorum else { return };
    let panel = match verify.reviewers.len() {
        0 => crate::model::config::defaults::REVIEWERS,
        listed => listed,
    };
    let number = usize::try_from(quorum.value).unwrap_or(usize::MAX);
    if number == 0 || number > panel {
        let message = format!("a quorum of {panel} reviewers is 1 to {panel}");
        found.push((quorum.span.clone(), message));
    }
}

/// Names of environment variables that may be passed on to a child.
pub(in crate::model) fn passed_on<'a>(
    names: impl IntoIterator<Item = &'a Spanned<String>>,
    found: &mut Vec<Complaint>,
) {
    for name in names {
        if name.is_empty() || name.contains(['=', '\0']) || name.contains(char::is_whitespace) {
            let message = format!("`{}` is no name of a variable", name.value);
            found.push((name.span.clone(), message));
        } else if is_never(name) {
            let message =
                format!("`{}` changes what programs run, it is never passed on", name.value);
            found.push((name.span.clone(), message));
        }
    }
}
