//! `links-alive`: links of changed documents lead to files and headings that are there.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::{Answer, work::Work};
use crate::{
    model::{
        bundled_hook::links::{Leads, Link, anchors, is_free, is_markdown, leads, links},
        changes::ChangeStatus,
    },
    sys::fs::read_capped,
};

/// Larger documents are not written by hand.
const FILE_BYTES: u64 = 16 * 1024 * 1024;

pub(super) fn look(work: &Work) -> Result<Answer, String> {
    let root = work.root()?;
    let mut known = BTreeMap::new();
    let mut reasons = Vec::new();
    for change in work.changes()? {
        if change.status == ChangeStatus::Deleted || !is_markdown(&change.path) {
            continue;
        }
        let Some(bytes) = work.content(&change)? else { continue };
        for Link { target, line } in links(&String::from_utf8_lossy(&bytes)) {
            if let Some(fault) = fault(&root, &leads(&change.path, &target), &mut known) {
                reasons.push(format!("`{}`, line {line}: `{target}` {fault}", change.path));
            }
        }
    }
    Ok(Answer::of(reasons))
}

/// The anchors of a document, read once; none of what is no document.
type Known = BTreeMap<String, Option<BTreeSet<String>>>;

fn fault(root: &Path, leads: &Leads, known: &mut Known) -> Option<String> {
    let (path, anchor) = match leads {
        Leads::Away => return None,
        Leads::Out => return Some("leads out of the repository".to_owned()),
        Leads::To { path, anchor } => (path, anchor.as_ref()),
    };
    // A link of the file system may lead out; what is there on this machine is not for others.
    let Some(real) = root.join(path).canonicalize().ok().filter(|real| real.starts_with(root))
    else {
        return Some("leads nowhere; mend the link, or make what it names".to_owned());
    };
    let anchor = anchor.filter(|anchor| !is_free(anchor))?;
    let there = known.entry(path.clone()).or_insert_with(|| {
        let bytes = is_markdown(path).then(|| read_capped(&real, FILE_BYTES).ok()).flatten()?;
        Some(anchors(&String::from_utf8_lossy(&bytes)))
    });
    match there {
        Some(there) if !there.contains(anchor) => {
            Some(format!("leads to no heading; `{path}` has no `#{anchor}`"))
        }
        Some(_) | None => None,
    }
}
