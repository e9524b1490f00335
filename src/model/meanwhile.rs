//! What others did while a run stood still, in words for people and for the next agent.

use super::{changes::FileChange, scratch::Since};

/// How many names a list for people shows.
pub const SHOWN: usize = 20;

/// Who may have done it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Others.
    Others,
    /// Others, or a call that was broken off: nobody looked at the tree in between.
    Unclear,
}

/// How a commit is reached from another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It is so many commits later.
    Later(usize),
    /// It is so many commits earlier.
    Earlier(usize),
    /// Neither is built on the other.
    Aside,
    /// The other is no longer there.
    Gone,
}

/// What became of branch and commit; the branch before and now where it is another one.
pub fn history(
    branch: Option<&(Option<String>, Option<String>)>,
    moved: Option<Moved>,
) -> Vec<String> {
    let name = |branch: &Option<String>| match branch {
        Some(name) => format!("`{name}`"),
        None => "none".to_owned(),
    };
    let branch =
        branch.map(|(before, now)| format!("the branch is {}, it was {}", name(now), name(before)));
    let moved = moved.map(|moved| match moved {
        Moved::Later(count) => format!("{} added", commits(count)),
        Moved::Earlier(count) => format!("HEAD went back by {count}"),
        Moved::Aside => "HEAD is at a commit that is not built on the one it was at: the history \
                         was rewritten, or it is another branch"
            .to_owned(),
        Moved::Gone => "the commit that HEAD was at is no longer there".to_owned(),
    });
    branch.into_iter().chain(moved).collect()
}

fn commits(count: usize) -> String {
    if count == 1 { "1 commit was".to_owned() } else { format!("{count} commits were") }
}

/// Files that are not what they were.
pub fn files(files: &[FileChange], whose: Whose) -> Vec<String> {
    let line = |file: &FileChange| format!("{}{}", change(file), by(whose));
    let lines: Vec<String> = files.iter().map(line).collect();
    bounded(lines.iter().map(String::as_str), SHOWN)
}

/// What became of the scratch pad, where anything did.
pub fn scratch(since: Since, whose: Whose) -> Option<String> {
    let by = by(whose);
    match since {
        Since::Same => None,
        Since::Added(1) => Some(format!("1 note was added to the scratch pad{by}")),
        Since::Added(count) => Some(format!("{count} notes were added to the scratch pad{by}")),
        Since::Edited => Some(format!("the scratch pad was edited{by}")),
    }
}

fn by(whose: Whose) -> &'static str {
    match whose {
        Whose::Others => "",
        Whose::Unclear => ", by the call that was broken off or since then",
    }
}

/// One change in one line: `M src/lib.rs +3 -1`.
pub fn change(file: &FileChange) -> String {
    let lines = match (file.added, file.removed) {
        (Some(added), Some(removed)) => format!(" +{added} -{removed}"),
        _ => String::new(),
    };
    let old = file.old_path.as_ref().map(|old| format!(" (was {old})")).unwrap_or_default();
    format!("{} {}{lines}{old}", file.status.letter(), file.path)
}

/// The first so many, and how many there are beyond.
pub fn bounded<'a>(lines: impl ExactSizeIterator<Item = &'a str>, most: usize) -> Vec<String> {
    let more = lines.len().saturating_sub(most);
    let mut shown: Vec<String> = lines.take(most).map(str::to_owned).collect();
    if more > 0 {
        shown.push(format!("and {more} more"));
    }
    shown
}
