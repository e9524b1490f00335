//! `atlas session diff`: what a session changed, from the trees that its journal names.

use std::path::Path;

use serde::Serialize;

use super::super::{context::Context, global::Format};
use crate::{
    model::{
        Fault, Result,
        changes::{FileChange, TreeChanges},
        journal_line::Line,
        run::Event,
        text,
    },
    report::{Look, StreamKind, table::table},
    store::session::SessionDir,
    sys::git::{self, GitError, Place, Repository, Snapshot},
};

/// The largest patch that is shown; files that do not fit are named.
const PATCH_BYTES: usize = 256 * 1024 * 1024;

/// What is shown of the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// A patch that `git apply` takes.
    Patch,
    /// The files, with how many lines came and went.
    Files,
}

#[derive(Serialize)]
struct Document<'a> {
    session: &'a str,
    base: &'a str,
    tree: &'a str,
    files: &'a [FileChange],
    /// The patch; null where only the files were asked for, or the trees are not there any more.
    patch: Option<&'a str>,
    /// Files that are not in the patch.
    left_out: &'a [String],
}

pub(super) fn diff(session: &SessionDir, shown: Shown, context: &Context) -> Result<()> {
    let lines = session.lines()?;
    let Some(Span { base, tree, recorded }) = span(&lines) else {
        return Err(Fault::usage(format!("session {} recorded no change", session.id))
            .because("no step ended in a repository")
            .hint("outside of a git repository changes are not tracked"));
    };
    let Ok(Place::Repository(repository)) = &context.project().place else {
        return Err(Fault::usage("there is no repository here to compare trees in"));
    };
    let trees = Trees { repository, objects: &session.objects(), base: &base, tree: &tree };
    let files = match (trees.files(), recorded) {
        (Ok(files), _) => files,
        // Objects that a rewritten history took along; the journal knows the files.
        (Err(error), Some(changes)) if shown == Shown::Files => {
            context.printer.warn(&format!("from the journal, since {error}"));
            changes.files.clone()
        }
        (Err(error), _) => return Err(gone(session, &error)),
    };
    let patch = match shown {
        Shown::Files => None,
        Shown::Patch => Some(trees.patch().map_err(|error| gone(session, &error))?),
    };
    let left_out = patch.as_ref().map(|patch| patch.left_out.clone()).unwrap_or_default();
    if !left_out.is_empty() {
        context.printer.warn(&format!("not in the patch: {}", left_out.join(", ")));
    }
    if files.is_empty() {
        context.printer.say("nothing changed\n");
    }
    // A text file can be in any encoding, and `git apply` wants its bytes.
    if let (Some(patch), Format::Text, StreamKind::Pipe) =
        (&patch, context.format, context.printer.result_kind())
    {
        return context.printer.result_bytes(&patch.bytes);
    }
    let text = patch.map(|patch| String::from_utf8_lossy(&patch.bytes).into_owned());
    let document = || Document {
        session: session.id.as_str(),
        base: &base,
        tree: &tree,
        files: &files,
        patch: text.as_deref(),
        left_out: &left_out,
    };
    context.give(document, |look| match &text {
        Some(patch) => text::sanitize(patch).into_owned(),
        None => listed(&files, look),
    })
}

/// What a run changed, as far as its trees are still there.
pub(in crate::cli) fn patch_of(
    session: &SessionDir,
    run: &[Line],
    repository: &Repository,
) -> Option<git::Patch> {
    let Span { base, tree, .. } = span(run)?;
    let trees = Trees { repository, objects: &session.objects(), base: &base, tree: &tree };
    trees.patch().ok()
}

fn listed(files: &[FileChange], look: Look) -> String {
    if files.is_empty() {
        return String::new();
    }
    let rows: Vec<[String; 4]> = files.iter().map(row).collect();
    table(["file", "change", "added", "removed"], &rows, look)
}

/// From where to where a session went.
struct Span<'a> {
    base: String,
    tree: String,
    /// The journal's own list, where one run is all there is and so its base is the session's.
    recorded: Option<&'a TreeChanges>,
}

fn span(lines: &[Line]) -> Option<Span<'_>> {
    let seen = || {
        lines.iter().filter_map(|line| match &line.event {
            Event::Changes { changes, branch: None, .. } => Some(changes),
            _ => None,
        })
    };
    let base = seen().find_map(|changes| changes.base.clone())?;
    let last = seen().next_back()?;
    let recorded = (last.base.as_ref() == Some(&base)).then_some(last);
    Some(Span { base, tree: last.tree.clone()?, recorded })
}

struct Trees<'a> {
    repository: &'a Repository,
    objects: &'a Path,
    base: &'a str,
    tree: &'a str,
}

impl Trees<'_> {
    fn sides(&self) -> (Snapshot, Snapshot) {
        let side = |tree: &str| Snapshot { tree: tree.to_owned(), unstored: Vec::new() };
        (side(self.base), side(self.tree))
    }

    fn files(&self) -> Result<Vec<FileChange>, GitError> {
        let (base, tree) = self.sides();
        let files = self.repository.changes(self.objects, &base, &tree)?;
        Ok(files.into_iter().map(crate::engine::file_change).collect())
    }

    fn patch(&self) -> Result<git::Patch, GitError> {
        let (base, tree) = self.sides();
        self.repository.patch(self.objects, &base, &tree, PATCH_BYTES)
    }
}

fn gone(session: &SessionDir, error: &GitError) -> Fault {
    Fault::invalid(format!("the trees of session {} cannot be compared", session.id))
        .because(error)
        .hint("objects that a rewritten history held may be gone; `--stat` reads the journal")
}

fn row(file: &FileChange) -> [String; 4] {
    let count = |lines: Option<u64>| lines.map_or_else(|| "-".to_owned(), |it| it.to_string());
    let path = match &file.old_path {
        Some(old) => format!("{old} -> {}", file.path),
        None => file.path.clone(),
    };
    [path, file.status.name().to_owned(), count(file.added), count(file.removed)]
}
