//! What a script calls in its turn, by its text: modules that it imports, files that it sources,
//! scripts that it starts.
//!
//! A judge that lies in two files is one judge. Only what lies in the script's own folder counts:
//! beyond it begins the project, which is the work. No language is understood here, only where a
//! name usually stands; a path that a script puts together is not found.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::{
    below,
    command::{Run, Word, runs},
};

/// So many files are followed; a judge of more is a program of its own.
const MOST: usize = 200;

/// The files that these scripts call, and those that these call, wherever they lie in the folder of
/// the script that began. One that is not there counts, since it could be put there. `text` reads a
/// file.
pub fn called(scripts: &[PathBuf], text: &dyn Fn(&Path) -> Option<String>) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for first in scripts {
        let Some(home) = first.parent().filter(|home| !home.as_os_str().is_empty()) else {
            continue;
        };
        let mut todo = vec![first.clone()];
        while let Some(script) = todo.pop() {
            let Some(text) = text(&script) else { continue };
            for path in by_text(&script, home, &text) {
                if path.starts_with(home) && found.len() < MOST && found.insert(path.clone()) {
                    todo.push(path);
                }
            }
        }
    }
    found
}

/// What one script calls, as paths from where its own is counted.
fn by_text(script: &Path, home: &Path, text: &str) -> Vec<PathBuf> {
    let folder = script.parent().unwrap_or(home);
    let extension = script.extension().and_then(|it| it.to_str()).unwrap_or_default();
    let first = text.lines().next().filter(|line| line.starts_with("#!")).unwrap_or_default();
    match extension {
        "py" => python(folder, home, text),
        "js" | "mjs" | "cjs" | "ts" | "mts" | "cts" => javascript(folder, text),
        "" | "sh" | "bash" | "zsh" if !first.contains("python") && !first.contains("node") => {
            shell(folder, text)
        }
        _ if first.contains("python") => python(folder, home, text),
        _ if first.contains("node") => javascript(folder, text),
        _ => Vec::new(),
    }
}

/// Python looks in the folder of the script that began before it looks where modules are
/// installed, so any name may be meant, that of the standard library too.
fn python(folder: &Path, home: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    // As a package (`python -m`), the script is looked for in the folder around.
    let around: Vec<&Path> = [Some(home), home.parent()].into_iter().flatten().collect();
    for statement in statements(text) {
        if let Some(names) = statement.strip_prefix("import ") {
            for name in names.split(',').filter_map(|name| name.split_whitespace().next()) {
                for base in &around {
                    module(base, name, &mut found);
                }
            }
        } else if let Some((from, names)) =
            statement.strip_prefix("from ").and_then(|rest| rest.split_once(" import "))
        {
            let from = from.trim();
            let name = from.trim_start_matches('.');
            let dots = from.len() - name.len();
            // One dot is the package itself, each further one the package around.
            let relative = folder.ancestors().nth(dots.saturating_sub(1));
            let bases = if dots == 0 { around.clone() } else { relative.into_iter().collect() };
            for base in bases {
                let inside = if name.is_empty() { "" } else { "." };
                let names = names.split([',', '(', ')']);
                let names = names.filter_map(|it| it.split_whitespace().next());
                // What is imported of a module may be a module in it, or a name that it defines.
                for part in names {
                    module(base, &format!("{name}{inside}{part}"), &mut found);
                }
            }
        }
    }
    found
}

/// A module and the packages around it, as far as its name is one.
fn module(base: &Path, name: &str, found: &mut Vec<PathBuf>) {
    let is_name =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
    let mut path = base.to_owned();
    for part in name.split('.') {
        if !is_name(part) {
            return;
        }
        path.push(part);
        found.push(path.with_extension("py"));
        found.push(path.join("__init__.py"));
    }
}

/// The statements of a Python text, as far as they begin a line; what stands in parentheses is one.
fn statements(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut is_open = false;
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        for part in line.split(';').map(str::trim) {
            match found.last_mut().filter(|_| is_open) {
                Some(last) => last.extend([" ", part]),
                None => found.push(part.split_whitespace().collect::<Vec<_>>().join(" ")),
            }
        }
        let last = found.last().map(String::as_str).unwrap_or_default();
        is_open = last.starts_with("from ") && last.contains('(') && !last.contains(')');
    }
    found
}

/// Modules by a path that begins with a dot.
fn javascript(folder: &Path, text: &str) -> Vec<PathBuf> {
    const ENDS: [&str; 8] = ["", ".js", ".mjs", ".cjs", ".json", ".node", ".ts", "/index.js"];
    let mut found = Vec::new();
    for call in ["require(", "import(", "import ", "from "] {
        for (at, _) in text.match_indices(call) {
            let rest = text[at + call.len()..].trim_start();
            let Some(quote) = rest.chars().next().filter(|c| ['"', '\'', '`'].contains(c)) else {
                continue;
            };
            let Some((name, _)) = rest[1..].split_once(quote) else { continue };
            if !name.starts_with("./") && !name.starts_with("../") {
                continue;
            }
            let path = folder.join(name);
            let path = path.to_string_lossy();
            found.extend(ENDS.iter().filter_map(|end| plain(Path::new(&format!("{path}{end}")))));
        }
    }
    found
}

/// What a shell sources or starts, from the root or, by a variable, from the script's own folder.
fn shell(folder: &Path, text: &str) -> Vec<PathBuf> {
    let mut plain_text = text.replace(['"', '\''], "");
    for own in [
        "$(dirname $0)",
        "$(dirname -- $0)",
        "$(dirname ${BASH_SOURCE[0]})",
        "$(dirname -- ${BASH_SOURCE[0]})",
        "$(dirname $BASH_SOURCE)",
        "${0%/*}",
        "${BASH_SOURCE%/*}",
        "${BASH_SOURCE[0]%/*}",
    ] {
        plain_text = plain_text.replace(own, "$0");
    }
    let is_comment = |line: &&str| line.trim_start().starts_with('#');
    let lines: Vec<&str> = plain_text.lines().filter(|line| !is_comment(line)).collect();
    // Braces end a command where a shell's text is read.
    let text = lines.join("\n").replace("${", "$").replace("}/", "/");
    let words = ["sh", "-c", &text].map(str::to_owned);
    let files = runs(&words).into_iter().filter_map(|run| match run {
        Run::File(Word::Plain(word)) => Some(word),
        Run::File(Word::InSkill(_)) | Run::Program(_) | Run::Task { .. } => None,
    });
    let path = |word: String| match word.strip_prefix('$') {
        Some(rest) => rest.split_once('/').map(|(_, rest)| folder.join(rest)),
        None => Some(PathBuf::from(word)),
    };
    files.filter_map(path).filter_map(|path| plain(&path)).collect()
}

/// Without `.` and `..`, where it leads out of nothing by its text.
fn plain(path: &Path) -> Option<PathBuf> {
    if path.is_absolute() {
        below(Path::new("/"), path).map(|path| Path::new("/").join(path))
    } else {
        below(Path::new(""), path)
    }
}

#[cfg(test)]
mod tests;
