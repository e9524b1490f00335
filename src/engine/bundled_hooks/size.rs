//! `diff-size`: a change that nobody can review is refused before somebody has to.

use super::{Answer, work::Work};
use crate::model::bundled_hook::size::{Most, reasons};

pub(super) fn look(work: &Work) -> Result<Answer, String> {
    let with = &work.with;
    let usual = Most::default();
    let most = Most {
        lines: with.max_lines.as_ref().map_or(usual.lines, |said| said.value),
        files: with.max_files.as_ref().map_or(usual.files, |said| said.value),
    };
    let mut changes = work.changes()?;
    for change in changes.iter_mut().filter(|change| change.added.is_none()) {
        // It has no lines, or nobody kept what it was before: then all of it is new.
        change.added = work.content(change)?.as_deref().and_then(n_lines);
    }
    Ok(Answer::of(reasons(&changes, most)))
}

/// The lines of a text; `None` of what is no text.
fn n_lines(bytes: &[u8]) -> Option<u64> {
    (!super::work::is_binary(bytes))
        .then(|| bytes.split_inclusive(|byte| *byte == b'\n').count() as u64)
}
