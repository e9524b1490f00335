//! Where a repository stands, in words.

use super::{FactPlan, Status, Told};
use crate::model::{contract::Fact, prompt};

/// The status, as far as there is room.
pub(super) fn tell(status: &Status, room: usize) -> Told {
    let mut shown = String::new();
    let mut lines = 0;
    for line in &status.files {
        if shown.len() + line.len() >= room {
            break;
        }
        shown.push_str(line);
        shown.push('\n');
        lines += 1;
    }
    let left = status.files.len() - lines;
    let left_out = if left == 0 { Vec::new() } else { vec![format!("{left} more files")] };
    let listed = prompt::fenced(&prompt::inert(&format!("## {}\n{shown}", status.branch)));
    let mut text = format!(
        "\n## The repository's status\n\nAs `git status --short --branch` has it: the first \
         letter is what is staged, the second what is not.\n\n{listed}"
    );
    for line in &left_out {
        text = format!("{text}\nNot shown: {line}.\n");
    }
    let plan = FactPlan {
        fact: Fact::Status,
        about: match status.files.len() {
            1 => "1 file differs".to_owned(),
            n => format!("{n} files differ"),
        },
        bytes: text.len(),
        left_out,
        empty: status.files.is_empty().then(|| "the work tree is clean".to_owned()),
    };
    Told { plan, text }
}

/// All of it.
pub(super) fn whole(status: &Status) -> String {
    let mut text = format!("## {}\n", status.branch);
    for line in &status.files {
        text.push_str(line);
        text.push('\n');
    }
    text
}
