//! `no-secrets`: nothing that the work added looks like a key.

use super::{Answer, work::Work};
use crate::{model::secret, sys::git};

/// As many of one file as a person needs to see that it is full of them.
const OF_ONE_FILE: usize = 5;

pub(super) fn look(work: &Work) -> Result<Answer, String> {
    let mut reasons = Vec::new();
    for file in work.added()? {
        let path = git::escape(&file.path);
        for hit in secret::find_all(&file.text).take(OF_ONE_FILE) {
            let (line, rule) = (file.line(hit.line), hit.rule);
            reasons.push(format!(
                "`{path}`, line {line}: this looks like {rule}; take it out and read it from the \
                 environment instead, and do not repeat it"
            ));
        }
    }
    Ok(Answer::of(reasons))
}
