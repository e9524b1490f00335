//! Branches with copies of the tree begin, and become part of it.

use super::Dispatcher;
use crate::{
    engine::branches,
    model::{Result, run::Event},
};

impl Dispatcher<'_> {
    /// The copy comes first: what the journal knows of is there.
    pub(super) async fn begin_branch(&mut self, step: String) -> Result<()> {
        match branches::begin(&self.site, &step).await {
            Ok(stand) => {
                let stand = Box::new(stand);
                self.append(Event::BranchBegan { step, stand }).await
            }
            Err(why) => {
                let why = format!("no copy of the tree could be made for it: {why}");
                self.cannot_begin(step, 1, why).await
            }
        }
    }

    /// What is in the tree already is merged again without harm, so the copy goes only once that is
    /// written down.
    pub(super) async fn merge_branch(&mut self, step: String) -> Result<()> {
        let refused = branches::merge(&self.site, &step).await.err();
        let is_merged = refused.is_none();
        self.append(Event::BranchMerged { step: step.clone(), refused }).await?;
        if is_merged {
            branches::is_merged(&self.site, &step).await;
        }
        Ok(())
    }
}
