//! What a run changed, as lines.

use crate::{
    model::{
        changes::{FileChange, TreeChanges},
        result::RunResult,
    },
    report::{
        look::{Look, Mark},
        printer::Verbosity,
        words,
    },
};

/// More files than this are counted, unless everything was asked for.
const FILES: usize = 20;

/// `M +1 -0 src/a.txt` for each file, under the total.
pub(super) fn changes(result: &RunResult, verbosity: Verbosity, look: Look) -> String {
    let files = match &result.changes {
        Some(TreeChanges { files, .. }) if !files.is_empty() => files,
        Some(_) | None => return String::new(),
    };
    let added: u64 = files.iter().filter_map(|file| file.added).sum();
    let removed: u64 = files.iter().filter_map(|file| file.removed).sum();
    let total = words::count(files.len(), "file");
    let mut said = look.line(Mark::Note, &format!("changed {total}, +{added} -{removed}"));
    let shown = match verbosity {
        Verbosity::Verbose => files.len(),
        Verbosity::Quiet | Verbosity::Normal => FILES,
    };
    for file in files.iter().take(shown) {
        said.push_str("  ");
        said.push_str(&line(file, look));
        said.push('\n');
    }
    if let Some(more) = files.len().checked_sub(shown).filter(|more| *more > 0) {
        let line = format!("  {} and {more} more\n", look.ellipsis());
        said.push_str(&line);
    }
    said
}

/// Paths are never folded: they are there to be copied.
fn line(file: &FileChange, look: Look) -> String {
    let lines = match (file.added, file.removed) {
        (None, None) => String::new(),
        (added, removed) => {
            format!("+{} -{} ", added.unwrap_or_default(), removed.unwrap_or_default())
        }
    };
    let path = words::first_line(&file.path, look);
    let from = match &file.old_path {
        Some(old) => format!(" (was {})", words::first_line(old, look)),
        None => String::new(),
    };
    format!("{} {lines}{path}{from}", file.status.letter())
}
