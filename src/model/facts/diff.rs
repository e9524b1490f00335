//! A change in words: first which files, then as much of their patches as there is room for.

use std::fmt::Write as _;

use super::{FactPlan, FileDiff, Told};
use crate::model::{contract::Fact, prompt};

/// A file whose patch does not fit is begun where at least so much room is left.
const WORTH_BEGINNING: usize = 4 * 1024;

/// The change since a base.
pub(super) fn since(base: Option<&str>, files: &[FileDiff], room: usize) -> Told {
    let (of, about) = match base {
        Some(base) => (
            format!("What differs between {} and the work tree", code(base)),
            format!("against {base}"),
        ),
        None => (
            "Everything in the work tree: there is no commit yet".to_owned(),
            "before the first commit".to_owned(),
        ),
    };
    let heading = format!("## The change\n\n{of}, uncommitted and untracked files included");
    let empty = match base {
        Some("HEAD") => "nothing differs from the last commit".to_owned(),
        Some(base) => format!("nothing differs from `{base}`"),
        None => "there is no file yet".to_owned(),
    };
    tell(Fact::Diff, Words { heading, about, empty }, files, room)
}

/// The change that a commit would hold.
pub(super) fn staged(files: &[FileDiff], room: usize) -> Told {
    let heading = "## What is staged\n\nThe change that the commit will hold".to_owned();
    let words = Words {
        heading,
        about: "to be committed".to_owned(),
        empty: "nothing is staged".to_owned(),
    };
    tell(Fact::Staged, words, files, room)
}

/// All patches, one after the other.
pub(super) fn whole(files: &[FileDiff]) -> String {
    files.iter().filter_map(|file| file.patch.as_deref().ok()).collect()
}

struct Words {
    heading: String,
    about: String,
    empty: String,
}

fn tell(fact: Fact, words: Words, files: &[FileDiff], room: usize) -> Told {
    let parts = fit(files, room);
    let count = match files.len() {
        1 => "1 file".to_owned(),
        n => format!("{n} files"),
    };
    let mut text = format!("\n{}: {count}.\n\n", words.heading);
    if files.is_empty() {
        text = format!("\n{}: nothing.\n", words.heading);
    } else {
        text.push_str(&list(files, room / 4));
    }
    let shown: String = files
        .iter()
        .zip(&parts)
        .filter_map(|(file, part)| file.patch.as_deref().ok()?.get(..*part))
        .collect();
    if !shown.is_empty() {
        text.push('\n');
        text.push_str(&prompt::fenced_diff(&shown));
    }
    let left_out = left_out(files, &parts);
    if !left_out.is_empty() {
        text.push_str("\nNot shown above, so look into the file where it matters:\n");
        text.push_str(&prompt::fenced(&prompt::inert(&left_out.join("\n"))));
    }
    let plan = FactPlan {
        fact,
        about: format!("{count} {}", words.about),
        bytes: text.len(),
        left_out,
        empty: files.is_empty().then_some(words.empty),
    };
    Told { plan, text }
}

/// How many bytes of each patch are shown. Small patches first: one lock file must not push out
/// ten sources. Of the first that does not fit, the beginning is shown where that is worth it.
fn fit(files: &[FileDiff], room: usize) -> Vec<usize> {
    let mut parts = vec![0; files.len()];
    let mut order: Vec<(usize, &str)> = files
        .iter()
        .enumerate()
        .filter_map(|(place, file)| Some((place, file.patch.as_deref().ok()?)))
        .collect();
    order.sort_by_key(|(_, patch)| patch.len());
    let mut left = room;
    for (place, patch) in order {
        if patch.len() <= left {
            parts[place] = patch.len();
            left -= patch.len();
            continue;
        }
        if left >= WORTH_BEGINNING {
            parts[place] = whole_lines(patch, left);
        }
        break;
    }
    parts
}

/// At most so many bytes, ended by a line's end; none where the first line is longer.
fn whole_lines(patch: &str, bytes: usize) -> usize {
    patch.as_bytes()[..bytes].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1)
}

/// One line a file, so that all of them are known even where not all can be shown.
fn list(files: &[FileDiff], room: usize) -> String {
    let mut lines = String::new();
    for (place, FileDiff { change, .. }) in files.iter().enumerate() {
        if lines.len() > room {
            let _ = writeln!(lines, "and {} files more", files.len() - place);
            break;
        }
        let _ = write!(lines, "{} {}", change.status.letter(), change.path);
        if let Some(old) = &change.old_path {
            let _ = write!(lines, " (was {old})");
        }
        if let (Some(added), Some(removed)) = (change.added, change.removed) {
            let _ = write!(lines, " +{added} -{removed}");
        }
        lines.push('\n');
    }
    prompt::fenced(&prompt::inert(&lines))
}

fn left_out(files: &[FileDiff], parts: &[usize]) -> Vec<String> {
    let mut left_out = Vec::new();
    for (FileDiff { change, patch }, part) in files.iter().zip(parts) {
        let why = match patch {
            Err(why) => (*why).to_owned(),
            Ok(patch) if *part == patch.len() => continue,
            Ok(_) if *part == 0 => "for its size".to_owned(),
            Ok(patch) => {
                let lines = |text: &str| text.matches('\n').count();
                format!("all but the first {} of {} lines", lines(&patch[..*part]), lines(patch))
            }
        };
        left_out.push(format!("{} ({why})", change.path));
    }
    left_out
}

/// A name of somebody else's as code, whatever it holds.
fn code(name: &str) -> String {
    format!("`{}`", prompt::inert(&name.replace(['`', '\n', '\r'], "")))
}
