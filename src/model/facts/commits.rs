//! Commits in words, the newest first.

use super::{Commit, Commits, FactPlan, Told};
use crate::model::{contract::Fact, prompt};

/// As many of the newest commits as there is room for. Of none a part: half a message could say
/// what the whole one does not.
pub(super) fn tell(known: &Commits, room: usize) -> Told {
    let mut shown = String::new();
    let mut count = 0;
    for commit in &known.commits {
        let told = told(commit);
        if shown.len() + told.len() > room {
            break;
        }
        shown.push_str(&told);
        count += 1;
    }
    let left = known.commits.len() - count + known.more;
    let left_out = if left == 0 { Vec::new() } else { vec![format!("{left} older commits")] };
    let all = known.commits.len() + known.more;
    let counted = if all == 1 { "1 commit".to_owned() } else { format!("{all} commits") };
    let (since, about, empty) = match &known.since {
        Some(since) => (
            format!("What was committed since `{}`", prompt::inert(since)),
            format!("{counted} since {since}"),
            format!("nothing was committed since `{since}`"),
        ),
        None => (
            "Everything that was committed: there is no tag yet".to_owned(),
            format!("{counted}, before the first tag"),
            "there is no commit yet".to_owned(),
        ),
    };
    let mut text = format!("\n## The commits\n\n{since}, the newest first: {counted}.\n");
    if !shown.is_empty() {
        text = format!("{text}\n{}", prompt::fenced(&prompt::inert(shown.trim_end())));
    }
    for line in &left_out {
        text = format!("{text}\nNot shown: {line}.\n");
    }
    let plan = FactPlan {
        fact: Fact::Commits,
        about,
        bytes: text.len(),
        left_out,
        empty: (all == 0).then_some(empty),
    };
    Told { plan, text }
}

/// All of them.
pub(super) fn whole(known: &Commits) -> String {
    known.commits.iter().map(told).collect()
}

/// The message below the name, so that no message can pass for another commit.
fn told(commit: &Commit) -> String {
    let message = commit.message.trim_end().replace('\n', "\n    ");
    format!("commit {}\n    {message}\n\n", commit.id)
}
