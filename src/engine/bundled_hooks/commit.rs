//! `commit-conventions`: before the work it tells what the repository's log shows, after it it
//! holds the message against the same.

use super::{Answer, work::Work};
use crate::model::{check::Timing, commit_style::CommitStyle};

/// So many commits say what is usual.
const COMMITS: usize = 50;

pub(super) fn look(work: &Work) -> Result<Answer, String> {
    let style = CommitStyle::of(&messages(work)?);
    match work.timing {
        Timing::Pre => Ok(Answer::Passed { context: Some(style.to_string()) }),
        Timing::Mid | Timing::Post => Ok(Answer::of(style.faults(&work.output()?))),
    }
}

fn messages(work: &Work) -> Result<Vec<String>, String> {
    work.repository()?.messages(COMMITS).map_err(|error| error.to_string())
}
