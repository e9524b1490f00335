//! `clean-tree`: before the work, nothing is changed or untracked. What the work changes can then
//! be told from what was there, by anybody.

use std::path::Path;

use super::{Answer, work::Work};
use crate::engine::tree::SESSIONS;

pub(super) fn look(work: &Work) -> Result<Answer, String> {
    let repository = work.repository()?;
    let exclude = [Path::new(SESSIONS)];
    let status = repository.facts(&exclude).and_then(|facts| facts.status());
    let status = status.map_err(|error| error.to_string())?;
    let mut reasons: Vec<String> = status
        .entries
        .iter()
        .filter(|entry| !work.leaves_alone(&entry.path))
        .map(|entry| format!("{}{} {}", entry.index, entry.tree, entry.path))
        .collect();
    if !reasons.is_empty() {
        let ask = "the tree is not clean; commit, stash or remove this first:";
        reasons.insert(0, ask.to_owned());
    }
    Ok(Answer::of(reasons))
}
