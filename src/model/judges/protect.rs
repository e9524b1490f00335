//! A command of a run whose configuration comes from a protected revision: which of the files that
//! it names are taken from there, and which are the work that it looks at.
//!
//! What a command runs, and what it names beside a script that it runs, judges; that is what
//! [`super::runs`] tells. Its words are replaced by paths in a folder where the revision's files
//! lie. Everything else that it names is the checkout's, and is refused where the checkout has it
//! otherwise than the revision: nobody but the hook's author knows whether it judges or is judged,
//! and `may-change` is how they say so.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::{
    Part, Run, Word, below, candidates,
    command::{SHELLS, name},
    looks_like_a_path, runs,
};

/// What is known of the files that a command may name.
#[derive(Clone, Copy)]
pub struct Sight<'a> {
    /// The root of the checkout.
    pub root: &'a Path,
    /// What a file of the revision holds; nothing where it has none.
    pub there: &'a dyn Fn(&Path) -> Option<Vec<u8>>,
    /// The same in the checkout.
    pub here: &'a dyn Fn(&Path) -> Option<Vec<u8>>,
    /// Whether a path is one that the work may change.
    pub may_change: &'a dyn Fn(&Path) -> bool,
}

/// What has to be done with a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// Words, or parts of words, each with the file of the revision that it shall name.
    words: BTreeMap<String, PathBuf>,
    /// Why the command cannot be run from the revision, each in words.
    pub refused: Vec<String>,
}

/// Finds out what a command takes from the revision.
pub fn protect(command: &[String], sight: Sight<'_>) -> Moves {
    let mut moves = Moves::default();
    if command.iter().any(|word| SHELLS.contains(&name(word))) {
        moves.refused.extend(command.iter().filter_map(|word| made_by_the_shell(word)));
    }
    let mut folders: BTreeSet<PathBuf> = BTreeSet::new();
    for run in runs(command) {
        match run {
            Run::File(Word::Plain(word)) => {
                let Some(path) = below(sight.root, Path::new(&word)) else { continue };
                if stands(command, &word)
                    && let Some(script) = (sight.there)(&path)
                {
                    moves.refused.extend(read_from_the_root((&path, &script), sight));
                    folders.extend(own_folder(&path).map(Path::to_owned));
                    moves.words.insert(word, path);
                } else {
                    moves.refused.extend(found_otherwise(&path, sight));
                }
            }
            Run::Task { package, name } => moves.refused.extend(task(&package, &name, sight)),
            Run::File(Word::InSkill(_)) | Run::Program(_) => {}
        }
    }
    for word in candidates(command) {
        let Word::Plain(word) = word else { continue };
        if word.is_empty() || moves.words.contains_key(&word) {
            continue;
        }
        let Some(path) = below(sight.root, Path::new(&word)) else { continue };
        let Some(there) = (sight.there)(&path) else { continue };
        if folders.iter().any(|folder| path.starts_with(folder)) && stands(command, &word) {
            moves.words.insert(word, path);
        } else if (sight.here)(&path).as_ref() != Some(&there) && !(sight.may_change)(&path) {
            moves.refused.push(format!(
                "it names `{}`, which the checkout has otherwise: if that is what it looks at, \
                 list it in `may-change`",
                path.display()
            ));
        }
    }
    moves.refused.sort();
    moves.refused.dedup();
    moves
}

/// A file that a program finds by itself, such as a `Makefile`, or by another name than its path.
/// It stays where it is, so it has to be what the revision holds; and what lies beside it in a
/// folder of its own would not be looked at.
fn found_otherwise(path: &Path, sight: Sight<'_>) -> Option<String> {
    let shown = path.display();
    match ((sight.there)(path), (sight.here)(path)) {
        (None, None) => None,
        (None, Some(_)) => Some(format!("it runs `{shown}`, which the revision does not hold")),
        (Some(there), here) if own_folder(path).is_none() => (here != Some(there))
            .then(|| format!("it runs `{shown}`, which the checkout has otherwise")),
        (Some(_), _) => {
            Some(format!("it runs `{shown}` by another name than its path from the root"))
        }
    }
}

/// Files beside a script that it names by their path from the root, where it works: these are the
/// checkout's, although they judge.
fn read_from_the_root((path, script): (&Path, &[u8]), sight: Sight<'_>) -> Vec<String> {
    let Some(folder) = own_folder(path) else { return Vec::new() };
    let text = String::from_utf8_lossy(script);
    let named: BTreeSet<&Path> = text
        .split(|c: char| !(c.is_alphanumeric() || "._-+@/".contains(c)))
        .map(|word| Path::new(word.strip_prefix("./").unwrap_or(word)))
        .filter(|word| word.starts_with(folder) && *word != path)
        .collect();
    let differs = |word: &&Path| {
        let there = (sight.there)(word);
        there.is_some() && (sight.here)(word) != there && !(sight.may_change)(word)
    };
    let told = |word: &Path| {
        format!(
            "`{}` names `{}` by its path from the root, where the checkout has it otherwise: name it \
             by the folder of the script, as in `$(dirname \"$0\")`",
            path.display(),
            word.display(),
        )
    };
    named.into_iter().filter(differs).map(told).collect()
}

/// A script of a package, which stays where it is too. What else the package says is the work.
fn task(package: &str, name: &str, sight: Sight<'_>) -> Option<String> {
    let path = below(sight.root, Path::new(package))?;
    let script = |bytes| Part::script(name).of(bytes);
    let (there, here) = ((sight.there)(&path).map(script), (sight.here)(&path).map(script));
    (there != here).then(|| {
        format!("it runs the script `{name}` of `{package}`, which the checkout has otherwise")
    })
}

/// The folder that a script has to itself, with what lies beside it.
fn own_folder(path: &Path) -> Option<&Path> {
    path.parent().filter(|folder| !folder.as_os_str().is_empty())
}

impl Moves {
    /// The files that are taken from the revision.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.words.values().map(PathBuf::as_path)
    }

    /// The command with its words replaced, for files that lie in `folder`.
    ///
    /// # Errors
    /// The folder's path cannot stand within a word.
    pub fn apply(&self, command: &[String], folder: &Path) -> Result<Vec<String>, String> {
        if !self.words.is_empty() && !folder.to_str().is_some_and(looks_like_a_path) {
            return Err(format!("`{}` cannot stand in a command", folder.display()));
        }
        Ok(command.iter().map(|word| self.word(word, folder)).collect())
    }

    fn word(&self, word: &str, folder: &Path) -> String {
        let mut made = String::with_capacity(word.len());
        let mut rest = word;
        while let Some((at, name, file)) = self.first(rest) {
            made.push_str(&rest[..at]);
            made.push_str(&folder.join(file).to_string_lossy());
            rest = &rest[at + name.len()..];
        }
        made.push_str(rest);
        made
    }

    /// The first place in a text where one of the words stands by itself; of two there, the longer.
    fn first<'a>(&'a self, text: &str) -> Option<(usize, &'a str, &'a Path)> {
        let found = self.words.iter().filter_map(|(name, file)| {
            let at = place(text, name)?;
            Some((at, name.as_str(), file.as_path()))
        });
        found.min_by_key(|(at, name, _)| (*at, usize::MAX - name.len()))
    }
}

/// What parts the words within a word, as in `--config=x.toml` and in a shell's text.
fn is_between(c: char) -> bool {
    c.is_whitespace() || "=;&|\"'()<>,:`{}".contains(c)
}

/// Whether a word stands somewhere in the command as it is.
fn stands(command: &[String], word: &str) -> bool {
    command.iter().any(|text| place(text, word).is_some())
}

/// Where a word stands in a text by itself.
fn place(text: &str, word: &str) -> Option<usize> {
    let alone = |at: &usize| {
        let before = text[..*at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        before.is_none_or(is_between) && after.is_none_or(is_between)
    };
    text.match_indices(word).map(|(at, _)| at).find(alone)
}

/// A path that a shell makes of a variable or of what a command prints: where it leads is not
/// known here. The folder of the skill is, which is the revision's own.
fn made_by_the_shell(word: &str) -> Option<String> {
    let plain = word.replace(['"', '\''], "");
    let plain = plain.replace("${ATLAS_SKILL_DIR}/", "").replace("$ATLAS_SKILL_DIR/", "");
    let mut parts = plain.split([' ', '\t', '\n', ';', '&', '|', '<', '>']);
    let made = parts.find(|part| {
        let variable = part.split('/').rev().skip(1).any(|above| above.contains('$'));
        variable || part.contains(")/") || part.contains("`/")
    });
    made.map(|part| format!("it names `{part}`, and where that leads only a shell knows"))
}

#[cfg(test)]
mod tests;
