//! Branches that were under way on copies of the tree when their run was broken off.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use tokio::task::spawn_blocking;

use super::{left::Left, resume::repository};
use crate::{
    engine::{
        branches::folder_of,
        prepare::Around,
        tree::{Again, Lost, WorkTree},
    },
    model::{Fault, Result},
    store::session::Session,
};

/// Takes their copies up again, and says of which this was not possible as they were.
///
/// # Errors
/// What a copy was made of can be read no more, so that nobody can tell what was changed in it.
pub(super) async fn take_up(
    left: &Left,
    session: &Session,
    around: &Around,
) -> Result<(BTreeMap<String, WorkTree>, Vec<String>)> {
    let (mut copies, mut differences) = (BTreeMap::new(), Vec::new());
    for (path, branch) in left.state.branches() {
        let name = (session.id().as_str(), left.state.run);
        if !branch.is_apart() {
            discard(left, folder_of(name, &around.folders.cache, path)).await?;
            continue;
        }
        if !left.plan.works_apart(path) {
            return Err(Fault::invalid(format!("the branch `{path}` is no branch any more"))
                .because(
                    "what it did in a worktree is not merged yet, and the new plan has no such branch",
                )
                .hint("let the contract have it again, or begin anew with `atlas run`"));
        }
        let again = Again {
            repository: repository(&left.plan)?.map(Arc::new),
            cwd: left.plan.cwd.clone(),
            objects: session.stored().objects(),
            copy: Some(folder_of(name, &around.folders.cache, path)),
            base: Some(branch.base.clone()),
            seen: branch.stand.clone(),
        };
        let (tree, lost) = again.take().await?;
        match lost {
            Lost::Nothing => {}
            Lost::Copy => differences.push(format!(
                "the worktree of `{path}` was gone and is made anew, as it was when it was last \
                 looked at"
            )),
            Lost::Base => {
                return Err(Fault::invalid(format!("the branch `{path}` cannot go on"))
                    .because("the tree that its worktree was made of can be read no more")
                    .hint("begin anew with `atlas run`"));
            }
        }
        copies.insert(path.to_owned(), tree);
    }
    Ok((copies, differences))
}

/// The copy of a branch that is merged may be left where atlas was killed right after that.
async fn discard(left: &Left, dir: PathBuf) -> Result<()> {
    let Some(repository) = repository(&left.plan)? else { return Ok(()) };
    let gone = spawn_blocking(move || repository.remove_worktree(&dir)).await;
    // `session gc` tells of one that stays.
    let _stays = gone.expect("removing a worktree does not panic");
    Ok(())
}
