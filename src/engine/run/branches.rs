//! Branches that were under way on copies of the tree when their run was broken off.

use std::{collections::BTreeMap, sync::Arc};

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
    let open = left.state.branches().filter(|(_, branch)| branch.is_apart());
    for (path, branch) in open {
        let name = (session.id().as_str(), left.state.run);
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
