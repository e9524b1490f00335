//! Hooks of a contract or a configuration, and whatever else they start.

use std::ops::Range;

use globset::GlobBuilder;

use super::{
    Finding, Page, Stands, Surroundings,
    rules::{HOOK_COMMAND, HOOK_GLOB, HOOK_PROGRAM},
};
use crate::model::{
    check::Timing,
    contract::{Argv, Hook, HookAction},
    yaml::{Named, Spanned},
};

/// How a command names a file of its skill.
const SKILL_DIR: [&str; 2] = ["$ATLAS_SKILL_DIR/", "${ATLAS_SKILL_DIR}/"];

/// Programs whose first argument is the script that they read.
const READERS: [&str; 9] =
    ["python", "python3", "sh", "bash", "zsh", "node", "ruby", "perl", "php"];

/// When a command runs: what is missing before the work may be there after it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Before,
    After,
}

pub(super) fn hooks(
    hooks: &Named<Hook>,
    page: &Page<'_>,
    around: &dyn Surroundings,
) -> Vec<Finding> {
    let mut found = Vec::new();
    for (_, hook) in hooks.iter() {
        match &hook.action {
            // Whether there is such a hook, the reader of the file asks.
            HookAction::Use(_) => {}
            HookAction::Command(argv) => {
                let when = match hook.timing {
                    Timing::Pre => When::Before,
                    Timing::Mid | Timing::Post => When::After,
                };
                found.extend(command(argv, when, page, around));
            }
        }
        let globs = [&hook.skills, &hook.steps, &hook.repos].into_iter().flatten();
        found.extend(globs.filter_map(|glob| faulty_glob(glob, page)));
    }
    found
}

fn faulty_glob(glob: &Spanned<String>, page: &Page<'_>) -> Option<Finding> {
    let error = GlobBuilder::new(glob).build().err()?;
    let message = format!("not a pattern: {}", error.kind());
    Some(page.finding(&HOOK_GLOB, glob.span.clone(), message, "write one such as `review-*`"))
}

/// What of a command is not there.
pub(super) fn command(
    argv: &Spanned<Argv>,
    when: When,
    page: &Page<'_>,
    around: &dyn Surroundings,
) -> Vec<Finding> {
    let word = |word: &str| place(page, &argv.span, word);
    let mut found = Vec::new();
    found.extend(
        program(argv, when, around)
            .map(|(rule, message, help)| page.finding(rule, word(argv.program()), message, help)),
    );
    if let Some(script) = script(argv) {
        let message = format!("there is no file `{script}` in the root, where hooks run");
        match (around.in_root(script), around.in_skill(script)) {
            (Stands::Nothing, beside) if beside.is_file() => {
                let program = argv.program();
                let help = format!("write [sh, -c, '{program} \"$ATLAS_SKILL_DIR/{script}\"']");
                found.push(page.finding(&HOOK_COMMAND, word(script), message, help));
            }
            (Stands::Nothing, _) => {
                let help = "make the file, or mend its path";
                found.push(page.finding(&HOOK_COMMAND, word(script), message, help));
            }
            (_, _) => {}
        }
    }
    for path in of_skill(argv.words()) {
        if around.in_skill(path) == Stands::Nothing {
            let message = format!("there is no `{path}` in the skill");
            let help = "make the file, or mend its path";
            found.push(page.finding(&HOOK_COMMAND, word(path), message, help));
        }
    }
    found
}

type Complaint = (&'static super::Rule, String, String);

fn program(argv: &Argv, when: When, around: &dyn Surroundings) -> Option<Complaint> {
    let name = argv.program();
    if !name.contains('/') {
        let message = format!("there is no program `{name}` on this machine");
        let help = "install it, or name another".to_owned();
        return (!around.has_program(name)).then_some((&HOOK_PROGRAM, message, help));
    }
    let mend = "make the file, or mend its path".to_owned();
    match (around.in_root(name), when) {
        (Stands::Nothing | Stands::Folder, When::Before) => {
            let message = format!("there is no file `{name}` in the root, where hooks run");
            Some((&HOOK_COMMAND, message, mend))
        }
        (Stands::Nothing | Stands::Folder, When::After) => {
            Some((&HOOK_PROGRAM, format!("there is no file `{name}` yet"), mend))
        }
        (Stands::File | Stands::Script, _) => {
            let message = format!("`{name}` may not be executed");
            Some((&HOOK_COMMAND, message, format!("chmod +x {name}")))
        }
        (Stands::Program | Stands::Outside | Stands::Unknown, _) => None,
    }
}

/// The script that a known program is to read; nothing where an option might mean anything.
fn script(argv: &Argv) -> Option<&str> {
    let program = argv.program().rsplit('/').next()?;
    let first = argv.arguments().first()?;
    let is_path = !first.starts_with('-') && !first.contains(['$', '*', '{']);
    (READERS.contains(&program) && is_path).then_some(first)
}

/// The files of the skill that the words name.
fn of_skill(words: &[String]) -> impl Iterator<Item = &str> {
    let in_path = |c: char| c.is_alphanumeric() || "_-./".contains(c);
    words.iter().flat_map(move |word| {
        SKILL_DIR.iter().flat_map(move |base| {
            word.match_indices(base).map(move |(at, _)| {
                let rest = &word[at + base.len()..];
                &rest[..rest.find(|c| !in_path(c)).unwrap_or(rest.len())]
            })
        })
    })
}

/// Where a word stands in a list, or the whole list.
fn place(page: &Page<'_>, list: &Range<usize>, word: &str) -> Range<usize> {
    let written = page.text.get(list.clone()).unwrap_or_default();
    written.find(word).map_or(list.clone(), |at| list.start + at..list.start + at + word.len())
}
