//! Whether a change is small enough to be reviewed.

use crate::model::changes::FileChange;

/// How much may differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Most {
    /// Lines added and removed together.
    pub lines: u64,
    /// Files that differ.
    pub files: u64,
}

impl Default for Most {
    /// What a person reviews with care in half an hour or so.
    fn default() -> Self {
        Self { lines: 400, files: 20 }
    }
}

/// So many of the largest files are named.
const LARGEST: usize = 5;

/// Why a change is too large. A file without lines counts as a file only.
pub fn reasons(changes: &[FileChange], most: Most) -> Vec<String> {
    let mut reasons = Vec::new();
    let files = changes.len() as u64;
    if files > most.files {
        reasons.push(format!("{files} files differ, at most {} may", most.files));
    }
    let all: u64 = changes.iter().map(lines).sum();
    if all > most.lines {
        reasons.push(format!("{all} lines were added and removed, at most {} may", most.lines));
    }
    if reasons.is_empty() {
        return reasons;
    }
    let mut sorted: Vec<&FileChange> = changes.iter().collect();
    sorted.sort_by_key(|change| std::cmp::Reverse(lines(change)));
    let named = sorted
        .iter()
        .take(LARGEST)
        .map(|change| format!("`{}` ({} lines)", change.path, lines(change)));
    let named = named.collect::<Vec<_>>().join(", ");
    reasons.push(format!("do less, or leave out what was not asked for; the largest: {named}"));
    reasons
}

fn lines(change: &FileChange) -> u64 {
    change.added.unwrap_or(0).saturating_add(change.removed.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::changes::ChangeStatus;

    fn change(path: &str, added: Option<u64>, removed: Option<u64>) -> FileChange {
        let status = ChangeStatus::Modified;
        FileChange { path: path.to_owned(), old_path: None, status, added, removed }
    }

    #[test]
    fn lines_and_files_are_counted() {
        let changes = [
            change("a", Some(3), Some(1)),
            change("b", Some(0), Some(6)),
            change("logo.png", None, None),
        ];
        let most = |lines, files| reasons(&changes, Most { lines, files });
        assert_eq!(most(10, 3), [""; 0]);
        assert_eq!(
            most(9, 3),
            [
                "10 lines were added and removed, at most 9 may",
                "do less, or leave out what was not asked for; the largest: \
             `b` (6 lines), `a` (4 lines), `logo.png` (0 lines)",
            ]
        );
        assert_eq!(most(10, 2)[0], "3 files differ, at most 2 may");
        assert_eq!(most(0, 0).len(), 3);
        assert_eq!(reasons(&[], Most { lines: 0, files: 0 }), [""; 0]);
    }
}
