//! The files of a repository that its configuration names in commands.

use std::{
    fs,
    path::{Path, PathBuf},
    slice,
};

use serde_json::Value;

use crate::{
    model::{
        config::parse_project,
        contract::{Argv, Contract, Hook, HookAction, Leaf, every, parse},
        judges::{Run, Word, below, called, candidates, runs},
        yaml::{Named, Spanned},
    },
    store::{config, text_file},
};

/// Files of the repository that its configuration names in commands.
///
/// A file that is faulty names none: it is hashed itself, and it will not be used.
pub(super) fn in_config(root: &Path) -> Vec<PathBuf> {
    let path = Path::new(config::PROJECT_FILE);
    let text = text_file::read(&root.join(path)).ok().flatten();
    let Some(document) = text.and_then(|text| parse_project(path, &text).ok()) else {
        return Vec::new();
    };
    let (hooks, folders) = (&document.value.hooks, [Path::new("")]);
    let commands = hook_commands(hooks).flat_map(|argv| in_words(root, &folders, argv.words()));
    commands.chain(hook_schemas(root, &folders, hooks)).collect()
}

/// Files that a contract names in commands; they may be relative to the root or to the skill.
pub(super) fn in_contract(root: &Path, skill: &Path, contract: &Path) -> Vec<PathBuf> {
    let text = text_file::read(&root.join(contract)).ok().flatten();
    let Some(document) = text.and_then(|text| parse(contract, &text).ok()) else {
        return Vec::new();
    };
    let folders = [Path::new(""), skill];
    let commands = contract_commands(&document.value);
    let commands = commands.into_iter().flat_map(|argv| in_words(root, &folders, argv.words()));
    commands.chain(hook_schemas(root, &folders, &document.value.hooks)).collect()
}

/// Files that Claude Code's own settings, or its list of servers, name in what they run.
///
/// The file is JSON of no fixed shape, so each text in it counts as a command.
pub(super) fn in_settings(root: &Path, folder: &Path, settings: &Path) -> Vec<PathBuf> {
    let text = text_file::read(&root.join(settings)).ok().flatten();
    let Some(document) = text.and_then(|text| serde_json::from_str::<Value>(&text).ok()) else {
        return Vec::new();
    };
    let mut texts = Vec::new();
    gather(&document, &mut texts);
    let project = root.join(folder).to_string_lossy().into_owned();
    let plain = |text: &str| {
        // `"$CLAUDE_PROJECT_DIR"/x` is one word, whatever is quoted of it.
        let text = text.replace(['"', '\''], "");
        let text = text.replace("${CLAUDE_PROJECT_DIR}", "$CLAUDE_PROJECT_DIR");
        text.replace("$CLAUDE_PROJECT_DIR", &project)
    };
    let texts: Vec<String> = texts.into_iter().map(plain).collect();
    in_words(root, &[Path::new(""), folder], &texts)
}

fn gather<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.iter().for_each(|item| gather(item, texts)),
        Value::Object(fields) => fields.values().for_each(|field| gather(field, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn hook_commands(hooks: &Named<Hook>) -> impl Iterator<Item = &Argv> {
    hooks.iter().filter_map(|(_, hook)| match &hook.action {
        HookAction::Command(argv) => Some(&argv.value),
        HookAction::Use(_) => None,
    })
}

/// Schemas that hooks of atlas's own are given: these decide as much as a script does.
fn hook_schemas(root: &Path, folders: &[&Path], hooks: &Named<Hook>) -> Vec<PathBuf> {
    let named = hooks.iter().filter_map(|(_, hook)| match &hook.action {
        HookAction::Use(bundled) => bundled.with.schema.as_ref(),
        HookAction::Command(_) => None,
    });
    let words = |schema: &Spanned<String>| in_words(root, folders, slice::from_ref(&schema.value));
    named.flat_map(words).collect()
}

fn contract_commands(contract: &Contract) -> Vec<&Argv> {
    let mut commands: Vec<&Argv> = hook_commands(&contract.hooks).collect();
    for step in every(&contract.steps) {
        if let Some(Leaf::Run { argv, .. }) = step.leaf() {
            commands.push(&argv.value);
        }
    }
    let verify = contract.verify.iter().flat_map(|verify| verify.evidence.commands.iter());
    commands.extend(verify.map(|(_, argv)| &argv.value));
    commands
}

/// The files that exist, and what those call that are scripts. What a word may mean,
/// self-protection and trust read alike.
fn in_words(root: &Path, folders: &[&Path], words: &[String]) -> Vec<PathBuf> {
    let modules = runs(words).into_iter().filter_map(|run| match run {
        Run::File(word) => Some(word),
        Run::Program(_) | Run::Task { .. } => None,
    });
    let mut found = Vec::new();
    for word in candidates(words).chain(modules) {
        let meant: Vec<PathBuf> = match &word {
            Word::Plain(word) => folders.iter().map(|folder| folder.join(word)).collect(),
            Word::InSkill(rest) => {
                folders.last().map(|skill| skill.join(rest)).into_iter().collect()
            }
        };
        found.extend(meant.iter().filter_map(|path| below(root, path)));
    }
    let exists = |path: &PathBuf| fs::metadata(root.join(path)).is_ok_and(|it| it.is_file());
    found.retain(exists);
    let text = |path: &Path| text_file::read(&root.join(path)).ok().flatten();
    let called = called(&found, &text);
    found.extend(called.into_iter().filter(exists));
    found
}
