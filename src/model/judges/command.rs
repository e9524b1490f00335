//! What a command runs, by its text: programs, scripts, and what stands beside them.
//!
//! A hook's command names two kinds of files: what judges (`qc/run.py`) and what is judged
//! (`README.md`). Only the first kind must stay as it is. No shell is understood here, only the
//! places where a program or a script usually stands.

mod interpreter;
mod task;

use std::path::Path;

pub(super) use interpreter::SHELLS;
use interpreter::{Kind, of_interpreter};

/// A word of a command that may be a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// As it stands there.
    Plain(String),
    /// Below the folder of the skill, which the command calls by its variable.
    InSkill(String),
}

/// Something that a command runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Run {
    /// A program that is looked up by its name.
    Program(String),
    /// A file: a program by its path, a script for an interpreter, rules for a program.
    File(Word),
    /// A script of a package.
    Task {
        /// The file that holds it.
        package: String,
        /// What it is called there.
        name: String,
    },
}

/// What a shell calls the folder of the skill.
const SKILL_DIR: [&str; 4] =
    ["\"${ATLAS_SKILL_DIR}\"", "${ATLAS_SKILL_DIR}", "\"$ATLAS_SKILL_DIR\"", "$ATLAS_SKILL_DIR"];

/// Stands for that folder here. No word of a command that can be started holds it.
const SKILL: char = '\0';

/// Programs that run another one.
const WRAPPERS: &[&str] = &[
    "env", "nice", "nohup", "timeout", "time", "exec", "command", "setsid", "stdbuf", "xargs",
    "sudo", "npx", "bunx", "uvx", "run", "uv", "poetry", "pipenv", "bundle", "pdm", "rye", "!",
    "if", "then", "else", "elif", "do", "while", "until",
];

/// The words of a command that may be paths, or hold some: `--config=x.toml`,
/// `sh -c "a.sh && b.sh"`.
pub fn candidates(words: &[String]) -> impl Iterator<Item = Word> {
    let between = |c: char| c.is_whitespace() || "=;&|\"'()<>,:`".contains(c);
    let parts = words.iter().map(|word| without_variables(word)).flat_map(move |word| {
        let parts: Vec<String> = word.split(between).map(str::to_owned).collect();
        std::iter::once(word).chain(parts)
    });
    parts.map(|word| read(&word))
}

/// What a command runs: its program, a script that it hands to an interpreter, the programs and
/// scripts of a shell's text, files of rules that an option names, and what `make` and package
/// managers find by themselves.
pub fn runs(words: &[String]) -> Vec<Run> {
    let words: Vec<String> = words.iter().map(|word| without_variables(word)).collect();
    let mut found = Vec::new();
    of_words(&words, &mut found);
    found
}

/// Whether a word is written like a path, so that a file which is not there yet may be meant.
pub fn looks_like_a_path(word: &str) -> bool {
    let odd =
        |c: char| c.is_whitespace() || c.is_control() || "*?[]{}$\\!^~#%=;&|\"'()<>,:`".contains(c);
    let name = word.rsplit('/').next().unwrap_or(word);
    let is_name = !name.trim_matches('.').is_empty();
    let is_path = word.contains('/') || name.trim_matches('.').contains('.');
    is_name && is_path && !word.starts_with('-') && !word.contains(odd)
}

fn without_variables(word: &str) -> String {
    let skill = SKILL.to_string();
    SKILL_DIR.iter().fold(word.to_owned(), |word, name| word.replace(name, &skill))
}

fn read(word: &str) -> Word {
    match word.strip_prefix(SKILL) {
        Some(rest) => Word::InSkill(rest.trim_start_matches('/').to_owned()),
        None => Word::Plain(word.to_owned()),
    }
}

fn of_words(words: &[String], found: &mut Vec<Run>) {
    let front = words.iter().take_while(|word| is_in_front(word)).count();
    let [program, arguments @ ..] = &words[front..] else { return };
    let name = name(program);
    if is_file(program) {
        found.push(Run::File(read(program)));
    } else {
        found.push(Run::Program(program.clone()));
    }
    if front > 0 && program.contains(char::is_whitespace) {
        // `env -S "sh -e check.sh"`
        of_shell(program, found);
    }
    if let Some(kind) = Kind::of(name) {
        of_interpreter(kind, name, arguments, found);
    } else {
        task::of_task(name, arguments, found);
        of_rules(arguments, found);
    }
    // Maybe that was no program but what an option of the wrapper takes, as in `env -u NAME sh x`.
    let is_option = |word: &String| word.starts_with('-');
    if !is_file(program) && words[..front].iter().any(is_option) && Kind::of(name).is_none() {
        let starts = |word: &String| is_file(word) || Kind::of(self::name(word)).is_some();
        if let Some(at) = arguments.iter().position(starts) {
            of_words(&arguments[at..], found);
        }
    }
}

/// Whether the program comes after this word: a wrapper, its options, a variable that is set.
fn is_in_front(word: &str) -> bool {
    let is_number = word.starts_with(|c: char| c.is_ascii_digit());
    let is_set = word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    });
    // A path in the repository may have any name.
    let called = if word.starts_with('/') { name(word) } else { word };
    WRAPPERS.contains(&called) || word.starts_with('-') || is_number || is_set
}

/// A program's name without its folder and version: `python` for `/usr/bin/python3.12`.
pub(super) fn name(program: &str) -> &str {
    let file = Path::new(program).file_name().and_then(|name| name.to_str()).unwrap_or(program);
    let name = file.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    if name.is_empty() { file } else { name }
}

fn is_file(program: &str) -> bool {
    program.contains(['/', SKILL])
}

/// Each simple command of a shell's text, in the folder that `cd` named before it.
fn of_shell(text: &str, found: &mut Vec<Run>) {
    let mut folder: Option<String> = None;
    let plain = text.replace(['"', '\''], "").replace("$(", "(");
    for command in plain.split([';', '&', '|', '\n', '(', ')', '`', '{', '}']) {
        let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        if let [cd, to, ..] = &words[..]
            && cd == "cd"
        {
            folder = Some(to.clone());
            continue;
        }
        let mut runs = Vec::new();
        of_words(&words, &mut runs);
        if let Some(folder) = &folder {
            let below = runs.iter().filter_map(|run| match run {
                Run::File(Word::Plain(file)) => Some(Run::File(read(&format!("{folder}/{file}")))),
                Run::Task { package, name } => {
                    Some(Run::Task { package: format!("{folder}/{package}"), name: name.clone() })
                }
                Run::File(Word::InSkill(_)) | Run::Program(_) => None,
            });
            found.extend(below);
        }
        found.extend(runs);
    }
}

/// Files of rules: values of options whose name says so.
fn of_rules(arguments: &[String], found: &mut Vec<Run>) {
    let mut arguments = arguments.iter().peekable();
    while let Some(argument) = arguments.next() {
        let Some(option) = argument.strip_prefix("--") else { continue };
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (option, arguments.peek().map(|next| next.as_str())),
        };
        let rules = ["conf", "rule", "polic", "setting", "schema", "baseline"];
        if let Some(value) = value.filter(|_| rules.iter().any(|word| name.contains(word)))
            && (looks_like_a_path(value) || value.starts_with(SKILL))
        {
            found.push(Run::File(read(value)));
        }
    }
}

#[cfg(test)]
mod tests;
