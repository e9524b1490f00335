//! Programs that find what they run in a file that no word of the command names: `make check`,
//! `npm run lint`.

use super::{Run, Word};

/// A program that runs recipes of a file.
struct Recipes {
    /// In the order in which they are looked for: one that is put before another takes its place.
    usual: &'static [&'static str],
    file: &'static [&'static str],
    folder: &'static [&'static str],
}

const MAKE: Recipes = Recipes {
    usual: &["GNUmakefile", "makefile", "Makefile"],
    file: &["-f", "--file", "--makefile"],
    folder: &["-C", "--directory"],
};

const JUST: Recipes = Recipes {
    usual: &["justfile", ".justfile", "Justfile"],
    file: &["-f", "--justfile"],
    folder: &["-d", "--working-directory"],
};

/// Programs whose rules stand in a file that an option names.
const AWK: Recipes = Recipes { usual: &[], file: &["-f", "--file", "--from-file"], folder: &[] };

/// A program that runs the scripts of a package.
struct Manager {
    /// Files that decide how it runs them, such as by which shell.
    settings: &'static [&'static str],
    /// The scripts that need no `run` before them; none stands for all.
    alone: &'static [&'static str],
}

const NPM: Manager =
    Manager { settings: &[".npmrc"], alone: &["test", "start", "stop", "restart"] };
const PNPM: Manager = Manager { settings: &[".npmrc", ".pnpmfile.cjs"], alone: &[] };
const YARN: Manager = Manager { settings: &[".npmrc", ".yarnrc", ".yarnrc.yml"], alone: &[] };

pub(super) fn of_task(program: &str, arguments: &[String], found: &mut Vec<Run>) {
    match program {
        "make" | "gmake" => MAKE.of(arguments, found),
        "just" => JUST.of(arguments, found),
        "awk" | "gawk" | "mawk" | "sed" | "jq" => AWK.of(arguments, found),
        "npm" => NPM.of(arguments, found),
        "pnpm" => PNPM.of(arguments, found),
        "yarn" => YARN.of(arguments, found),
        _ => {}
    }
}

impl Recipes {
    fn of(&self, arguments: &[String], found: &mut Vec<Run>) {
        let (mut folder, mut files) = (String::new(), Vec::new());
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            if let Some(file) = value(self.file, argument, &mut rest) {
                files.push(file);
            } else if let Some(dir) = value(self.folder, argument, &mut rest) {
                folder = below(dir);
            }
        }
        if files.is_empty() {
            files.extend(self.usual);
        }
        found.extend(files.into_iter().map(|file| in_folder(&folder, file)));
    }
}

impl Manager {
    fn of(&self, arguments: &[String], found: &mut Vec<Run>) {
        let (mut folder, mut words) = (String::new(), Vec::new());
        let mut rest = arguments.iter().take_while(|argument| *argument != "--");
        while let Some(argument) = rest.next() {
            let folders = ["--prefix", "--cwd", "--dir", "-C"];
            if let Some(dir) = value(&folders, argument, &mut rest) {
                folder = below(dir);
            } else if !argument.starts_with('-') {
                words.push(argument.as_str());
            }
        }
        let name = match words[..] {
            ["run" | "run-script", name, ..] => name,
            ["t" | "tst", ..] => "test",
            [name, ..] if self.alone.is_empty() || self.alone.contains(&name) => name,
            _ => return,
        };
        found.extend(self.settings.iter().map(|file| in_folder(&folder, file)));
        found.push(Run::Task { package: format!("{folder}package.json"), name: name.to_owned() });
    }
}

/// What an option with one of these names says, in the next word or in its own.
fn value<'a>(
    names: &[&str],
    argument: &'a str,
    rest: &mut impl Iterator<Item = &'a String>,
) -> Option<&'a str> {
    if names.contains(&argument) {
        return rest.next().map(String::as_str);
    }
    names.iter().find_map(|name| {
        let value = argument.strip_prefix(name)?;
        if name.starts_with("--") { value.strip_prefix('=') } else { Some(value) }
    })
}

fn below(folder: &str) -> String {
    format!("{}/", folder.trim_end_matches('/'))
}

fn in_folder(folder: &str, file: &str) -> Run {
    Run::File(Word::Plain(format!("{folder}{file}")))
}
