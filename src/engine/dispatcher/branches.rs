//! Branches with copies of the tree begin, and become part of it.

use super::Dispatcher;
use crate::{
    engine::branches::{self, Begun, Refused},
    model::{Result, run::Event},
};

impl Dispatcher<'_> {
    /// The copy comes first: what the journal knows of is there.
    pub(super) async fn begin_branch(&mut self, step: String) -> Result<()> {
        // It changes files before it writes anything down itself.
        self.confirm().await?;
        match branches::begin(&self.site, &step).await {
            Ok(Begun { stand, judges }) => {
                let stand = Box::new(stand);
                self.append(Event::BranchBegan { step, stand, judges }).await
            }
            Err(why) => {
                let why = format!("no copy of the tree could be made for it: {why}");
                self.cannot_begin(step, 1, why).await
            }
        }
    }

    /// What is in the tree already is merged again without harm, so copies go only once that is
    /// written down.
    pub(super) async fn merge_branches(&mut self, branches: Vec<String>) -> Result<()> {
        self.confirm().await?;
        if let Err(Refused { branch, reason }) = branches::merge(&self.site, &branches).await {
            let refused = Some(reason);
            return self.append(Event::BranchMerged { step: branch, refused }).await;
        }
        for step in branches {
            self.append(Event::BranchMerged { step: step.clone(), refused: None }).await?;
            branches::is_merged(&self.site, &step).await;
        }
        Ok(())
    }
}
