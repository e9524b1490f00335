//! Which file an interpreter is given, past its options.
//!
//! An option that takes a word would otherwise be followed by what looks like the script:
//! `bash -o pipefail check.sh`, `python -W error -m qc`.

use super::{Run, SKILL, Word, looks_like_a_path, of_shell, read};

/// What the options of an interpreter look like.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Shell,
    Python,
    /// Short options that take a word are told apart by whether it is a path.
    Other,
}

pub(in crate::model::judges) const SHELLS: &[&str] = &["sh", "bash", "dash", "zsh", "ksh", "fish"];
const PYTHONS: &[&str] = &["python", "pypy"];
const OTHERS: &[&str] = &[
    "node", "nodejs", "deno", "bun", "tsx", "ts-node", "ruby", "perl", "php", "lua", "luajit",
    "Rscript", "julia", "tclsh", "expect", "bats", "elixir", "source", ".",
];

impl Kind {
    /// By the program's name without folder and version.
    pub(super) fn of(name: &str) -> Option<Self> {
        let kinds = [(SHELLS, Self::Shell), (PYTHONS, Self::Python), (OTHERS, Self::Other)];
        kinds.into_iter().find(|(names, _)| names.contains(&name)).map(|(_, kind)| kind)
    }
}

/// What an interpreter with this name and these arguments runs.
pub(super) fn of_interpreter(kind: Kind, name: &str, arguments: &[String], found: &mut Vec<Run>) {
    match kind {
        Kind::Shell => shell(arguments, found),
        Kind::Python => python(arguments, found),
        Kind::Other => other(name, arguments, found),
    }
}

/// The first word that is no option is the script, or the text that `-c` speaks of.
fn shell(arguments: &[String], found: &mut Vec<Run>) {
    let mut is_text = false;
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let Some(options) = argument.strip_prefix(['-', '+']) else {
            if is_text {
                of_shell(argument, found);
            } else {
                found.push(Run::File(read(argument)));
            }
            return;
        };
        if options.starts_with('-') {
            if matches!(options, "-rcfile" | "-init-file") {
                found.extend(arguments.next().map(|file| Run::File(read(file))));
            }
            continue;
        }
        is_text |= options.contains('c');
        // `-o pipefail`, `-euo pipefail`, `-O extglob`.
        for _ in options.matches(['o', 'O']) {
            arguments.next();
        }
    }
}

fn python(arguments: &[String], found: &mut Vec<Run>) {
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let Some(options) = argument.strip_prefix('-') else {
            found.push(Run::File(read(argument)));
            return;
        };
        if options == "-check-hash-based-pycs" {
            arguments.next();
        }
        if options.starts_with('-') {
            continue;
        }
        for (at, option) in options.char_indices() {
            let rest = &options[at + option.len_utf8()..];
            let mut value =
                || if rest.is_empty() { arguments.next().cloned() } else { Some(rest.to_owned()) };
            match option {
                // A program on the command line.
                'c' => return,
                'm' => {
                    found.extend(value().into_iter().flat_map(|module| of_module(&module)));
                    return;
                }
                'W' | 'X' | 'Q' => {
                    value();
                    break;
                }
                _ => {}
            }
        }
    }
}

/// The files in which Python looks for a module before it looks where it is installed. The
/// packages around it are loaded first.
fn of_module(module: &str) -> Vec<Run> {
    let path = module.replace('.', "/");
    let around = path.match_indices('/').map(|(at, _)| format!("{}/__init__.py", &path[..at]));
    let own = ["", "/__main__", "/__init__"].map(|end| format!("{path}{end}.py"));
    own.into_iter().chain(around).map(|file| Run::File(Word::Plain(file))).collect()
}

/// The script is the first word that is no option. A long option may take a file too, which is
/// loaded before it.
fn other(name: &str, arguments: &[String], found: &mut Vec<Run>) {
    let mut arguments = arguments.iter().peekable();
    while let Some(argument) = arguments.next() {
        let Some(option) = argument.strip_prefix('-') else {
            // `deno test`, `bun run`: a command of theirs, and the script is yet to come.
            if matches!(name, "deno" | "bun") && !argument.contains(['/', '.']) {
                continue;
            }
            found.push(Run::File(read(argument)));
            return;
        };
        let long = option.starts_with('-');
        // A program on the command line, as in `perl -ne '…'`.
        if !long && option.ends_with(['c', 'e', 'E']) {
            return;
        }
        let loads = long || matches!(option, "r" | "I");
        let value = |next: &&String| looks_like_a_path(next) || next.starts_with(SKILL);
        if let Some((_, value)) = option.split_once('=').filter(|_| loads) {
            found.push(Run::File(read(value)));
        } else if loads && let Some(file) = arguments.next_if(value) {
            // It may be the script itself, where the option takes no value.
            found.push(Run::File(read(file)));
        }
    }
}
