//! What of a repository's configuration executes or widens, and the configuration without it.

use std::{ops::Range, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::{
    Agent, Contract, Hook, HookAction, Isolation, Leaf, PermissionMode, Require, Step, every,
};
use crate::model::{
    config::Config,
    expression::is_template,
    text::is_hidden,
    yaml::{Document, Named, Spanned},
};

/// One thing that a repository would make happen and that a person's trust decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// What it is called where it is skipped, such as `hook tests`.
    pub name: String,
    /// What would happen, such as "run `make test`".
    pub effect: String,
    /// The file that asks for it.
    pub path: PathBuf,
    /// The line in it, from 1.
    pub line: usize,
}

/// What a repository's configuration asks for.
pub fn config_asks(document: &Document<Config>) -> Vec<Ask> {
    let config = &document.value;
    let mut asks = Vec::new();
    let mut add = |span: &Range<usize>, name: String, effect: String| {
        asks.push(Ask { name, effect, path: document.path.clone(), line: document.line(span) });
    };
    hooks(&config.hooks, &mut add);
    agent(&config.agent, &mut add);
    lowered((config.require.as_ref(), config.isolation.as_ref()), &mut add);
    if let Some(env) = &config.env {
        environment(env.value.iter().map(|name| name.value.as_str()), &env.span, &mut add);
    }
    asks
}

/// What a contract asks for.
pub fn contract_asks(document: &Document<Contract>) -> Vec<Ask> {
    let contract = &document.value;
    let mut asks = Vec::new();
    let mut add = |span: &Range<usize>, name: String, effect: String| {
        asks.push(Ask { name, effect, path: document.path.clone(), line: document.line(span) });
    };
    hooks(&contract.hooks, &mut add);
    for (index, step) in every(&contract.steps).into_iter().enumerate() {
        if let Some(Leaf::Run { argv, .. }) = step.leaf() {
            let place = (index + 1).to_string();
            let id = step.id.as_ref().map_or(place.as_str(), |id| id.value.as_str());
            add(&argv.span, format!("step {id}"), format!("run {}", shown(argv.words())));
        }
    }
    if let Some(verify) = &contract.verify {
        for (name, argv) in verify.evidence.commands.iter() {
            let name = format!("evidence {}", name.value);
            add(&argv.span, name, format!("run {}", shown(argv.words())));
        }
    }
    agent(&contract.agent, &mut add);
    lowered((contract.require.as_ref(), contract.isolation.as_ref()), &mut add);
    if let Some(env) = &contract.env {
        environment(env.value.iter().map(|name| name.value.as_str()), &env.span, &mut add);
    }
    asks
}

/// The contract without anything that it asks for; nothing where only commands were to run, for
/// a contract without steps would mean the whole skill.
pub fn contract_without_asks(contract: &Contract) -> Option<Contract> {
    let mut kept = contract.clone();
    kept.hooks = Named::default();
    kept.env = None;
    kept.agent = harmless(&contract.agent);
    (kept.require, kept.isolation) =
        kept_up(contract.require.as_ref(), contract.isolation.as_ref());
    // Of steps that build on each other none stands without the commands among them.
    let runs = |step: &&Spanned<Step>| matches!(step.leaf(), Some(Leaf::Run { .. }));
    if every(&contract.steps).iter().any(runs) {
        let flat = contract.steps.iter().all(|step| step.leaf().is_some());
        kept.steps.retain(|step| flat && step.is_agent() && !is_late(step));
        if kept.steps.is_empty() {
            return None;
        }
    }
    if let Some(verify) = &mut kept.verify {
        verify.value.evidence.commands = Named::default();
    }
    Some(kept)
}

/// Whether a step looks at what others made.
fn is_late(step: &Step) -> bool {
    let prompt = match step.leaf() {
        Some(Leaf::Prompt(text)) => is_template(text),
        Some(Leaf::Section(_) | Leaf::Skill(_) | Leaf::Run { .. }) | None => false,
    };
    prompt || step.when.is_some()
}

type Add<'a> = dyn FnMut(&Range<usize>, String, String) + 'a;

fn hooks(hooks: &Named<Hook>, add: &mut Add<'_>) {
    for (name, hook) in hooks.iter() {
        let effect = match &hook.action {
            HookAction::Command(argv) => format!("run {}", shown(argv.words())),
            HookAction::Use(bundled) => format!("run atlas's own hook `{}`", bundled.hook.value),
        };
        add(&name.span, format!("hook {}", name.value), effect);
        if !hook.env.is_empty() {
            let names = hook.env.iter().map(|name| name.value.as_str());
            let mut add_for = |span: &Range<usize>, env: String, effect: String| {
                add(span, format!("{env} of hook {}", name.value), effect);
            };
            environment(names, &name.span, &mut add_for);
        }
    }
}

fn agent(agent: &Agent, add: &mut Add<'_>) {
    if let Some(edit) = agent.edit.as_ref().filter(|edit| edit.value) {
        add(&edit.span, "agent.edit".to_owned(), "let the agent change files".to_owned());
    }
    let tools = agent.tools.as_ref().filter(|tools| !only_reads(tools));
    let [allow, mcp] = [&agent.allow, &agent.mcp].map(Option::as_ref);
    for (key, list) in [("tools", tools), ("allow", allow), ("mcp", mcp)] {
        let Some(list) = list.filter(|list| !list.is_empty()) else { continue };
        let names = list.join(", ");
        add(&list.span, format!("agent.{key}"), format!("give the agent {names}"));
    }
    if let Some(mode) = agent.permission_mode.as_ref().filter(|mode| widens(mode.value)) {
        let name = serde_json::to_string(&mode.value).unwrap_or_default();
        let effect = format!("set the permission mode {}", name.trim_matches('"'));
        add(&mode.span, "agent.permission-mode".to_owned(), effect);
    }
}

/// Proof and isolation that the user or their CI asks for, and a repository would do without.
type Kept<T> = Option<Spanned<T>>;

fn lowered(
    (require, isolation): (Option<&Spanned<Require>>, Option<&Spanned<Isolation>>),
    add: &mut Add<'_>,
) {
    if let Some(require) = require.filter(|require| require.value == Require::None) {
        add(&require.span, "require".to_owned(), "let a run pass that nobody checked".to_owned());
    }
    if let Some(isolation) = isolation.filter(|isolation| isolation.value == Isolation::None) {
        let effect = "let the agent work in your own tree".to_owned();
        add(&isolation.span, "isolation".to_owned(), effect);
    }
}

fn kept_up(
    require: Option<&Spanned<Require>>,
    isolation: Option<&Spanned<Isolation>>,
) -> (Kept<Require>, Kept<Isolation>) {
    (
        require.filter(|require| require.value != Require::None).cloned(),
        isolation.filter(|isolation| isolation.value != Isolation::None).cloned(),
    )
}

fn environment<'a>(names: impl Iterator<Item = &'a str>, span: &Range<usize>, add: &mut Add<'_>) {
    let names = names.collect::<Vec<_>>().join(", ");
    if !names.is_empty() {
        add(span, "env".to_owned(), format!("pass on the environment variables {names}"));
    }
}

/// Whether a list of tools holds none but those that look at the tree: then it only restricts.
fn only_reads(tools: &[String]) -> bool {
    tools.iter().all(|tool| matches!(tool.as_str(), "Read" | "Grep" | "Glob" | "LS"))
}

fn widens(mode: PermissionMode) -> bool {
    match mode {
        PermissionMode::Plan | PermissionMode::Default | PermissionMode::DontAsk => false,
        PermissionMode::AcceptEdits | PermissionMode::BypassPermissions => true,
    }
}

/// What says how claude is called without giving it more.
fn harmless(agent: &Agent) -> Agent {
    Agent {
        edit: agent.edit.clone().filter(|edit| !edit.value),
        tools: agent.tools.clone().filter(|tools| only_reads(tools)),
        allow: None,
        mcp: None,
        permission_mode: agent.permission_mode.clone().filter(|mode| !widens(mode.value)),
        ..agent.clone()
    }
}

/// A command as one line; words with blanks in quotes, so that nothing hides in them.
fn shown(words: &[String]) -> String {
    let word = |word: &String| {
        let unclear = |c: char| c.is_whitespace() || is_hidden(c) || c == '"' || c == '\'';
        if word.is_empty() || word.contains(unclear) { format!("{word:?}") } else { word.clone() }
    };
    format!("`{}`", words.iter().map(word).collect::<Vec<_>>().join(" "))
}
