//! What others did to the tree while a run stood still.

use super::left::Left;
use crate::{
    engine::tree::{Lost, WorkTree},
    model::{
        Fault, Result,
        meanwhile::{self, Moved, SHOWN, Whose},
        scratch::{Mark, Since},
    },
    store::{scratch, session::SessionDir},
    sys::git::Between,
};

/// Whether work that is no longer there is brought back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// It is refused to go on without it.
    Refuse,
    /// It is brought back.
    Reapply,
}

/// Makes sure that the work of finished steps is there, and says what is different, in words.
///
/// # Errors
/// Work is missing and shall not, or cannot, be brought back.
pub(super) async fn settle(
    (tree, lost): (&WorkTree, Lost),
    session: &SessionDir,
    left: &Left,
    missing: Missing,
) -> Result<Vec<String>> {
    let mut differences = Vec::new();
    match lost {
        Lost::Nothing => {}
        Lost::Copy => differences.push(
            "the worktree was gone and is made anew, as it was when it was last looked at"
                .to_owned(),
        ),
        Lost::Base => differences.push(
            "the tree that changes were counted from can be read no more, perhaps because the \
             history was rewritten: they are counted from now on"
                .to_owned(),
        ),
    }
    if lost != Lost::Base {
        differences.extend(bring_back(tree, left, missing).await?);
    }
    differences.extend(since(tree, session, left).await?);
    Ok(differences)
}

/// What is different from how the run left the tree and the scratch pad, in words.
pub(super) async fn since(
    tree: &WorkTree,
    session: &SessionDir,
    left: &Left,
) -> Result<Vec<String>> {
    let broken_off = left.state.ledger.open().next().is_some();
    let whose = if broken_off { Whose::Unclear } else { Whose::Others };
    let mut differences = Vec::new();
    differences.extend(meanwhile::scratch(pad_since(session, left)?, whose));
    let Some(seen) = left.state.stand.as_ref().or(left.state.base.as_ref()) else {
        return Ok(differences);
    };
    match tree.since(seen.clone()).await {
        Ok(None) => {}
        Ok(Some(found)) => {
            let moved = found.history.map(moved);
            differences.extend(meanwhile::history(found.branch.as_ref(), moved));
            differences.extend(meanwhile::files(&found.files, whose));
        }
        Err(fault) => differences.push(format!("what changed cannot be seen: {fault}")),
    }
    Ok(differences)
}

fn pad_since(session: &SessionDir, left: &Left) -> Result<Since> {
    let bytes = scratch::bytes(session)?;
    let nothing = Mark::of(&[]);
    Ok(left.state.scratch.as_ref().unwrap_or(&nothing).since(&bytes))
}

fn moved(between: Between) -> Moved {
    match between {
        Between::Later(count) => Moved::Later(count),
        Between::Earlier(count) => Moved::Earlier(count),
        Between::Aside => Moved::Aside,
        Between::Gone => Moved::Gone,
    }
}

async fn bring_back(tree: &WorkTree, left: &Left, missing: Missing) -> Result<Option<String>> {
    let Some(committed) = left.state.committed(&left.plan, None) else { return Ok(None) };
    let gone = tree.missing(committed.clone()).await?;
    if gone.is_empty() {
        return Ok(None);
    }
    let list = meanwhile::bounded(gone.iter().map(String::as_str), SHOWN).join(", ");
    let refuse = || {
        Fault::invalid("work that finished steps did is no longer in the tree")
            .because(format!("as they were before it: {list}"))
    };
    match missing {
        Missing::Refuse => {
            Err(refuse().hint("bring it back with `--reapply`, or begin anew with `atlas run`"))
        }
        Missing::Reapply => match tree.reapply(committed.clone(), gone).await {
            Ok(()) => Ok(Some(format!("brought back into the tree: {list}"))),
            Err(why) => Err(refuse().because(why)),
        },
    }
}
