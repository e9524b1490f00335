//! Steps for which an earlier result may stand: by what they are, what they are told, and a key of
//! their own.
//!
//! Only what changed no file can stand for itself again, so the tree is looked at before and after.

use serde_json::Value;

use super::Dispatcher;
use crate::{
    engine::{output, scope, step_key},
    model::{
        Result, expression,
        run::{
            Event,
            event::{Output, StepCached},
            plan::CachePlan,
            stand::TreeName,
        },
    },
    store::step_cache::{Kept, StepCache},
};

/// A step whose result is kept if it passes and changes nothing.
#[derive(Debug)]
pub(super) struct Keeping {
    key: String,
    /// The tree before it began.
    before: TreeName,
}

/// What is known of an earlier result.
pub(super) enum Earlier {
    /// There is one, and it stands for the step now.
    Stands,
    /// There is none that may.
    None,
    /// The key could not be had.
    Faulty(String),
}

impl Dispatcher<'_> {
    /// Lets an earlier result stand for the first attempt of a step, where its contract allows that.
    /// `what` is all that makes the step what it is.
    pub(super) async fn earlier(
        &mut self,
        step: &str,
        attempt: u32,
        what: &Value,
    ) -> Result<Earlier> {
        let cache = self.site.plan.node(step).and_then(|node| node.cache.clone());
        // What was refused is made anew; and in a recording nothing may be missing.
        let Some(cache) = cache.filter(|_| attempt == 1 && self.site.recording.is_off()) else {
            return Ok(Earlier::None);
        };
        let key = match self.key(step, &cache, what) {
            Ok(key) => key,
            Err(why) => return Ok(Earlier::Faulty(format!("`cache.key`: {why}"))),
        };
        let kept = StepCache::at(&self.site.cache).lookup(&key, (self.site.clock.now(), cache.ttl));
        if let Some(Kept { made, output }) = kept {
            let dir = self.site.session.attempt_dir(self.site.run, step, attempt)?;
            let output = output.map(|output| output::keep(&self.site, &dir, output)).transpose()?;
            let (step, made) = (step.to_owned(), made.to_string());
            let cached = StepCached { step, attempt, key, made, output };
            self.append(Event::StepCached(Box::new(cached))).await?;
            return Ok(Earlier::Stands);
        }
        // Where nobody can see what a step changes, nothing of it is kept.
        if let Ok(Some((_, stand))) = self.site.trees.of(step).changes().await {
            self.keeping.insert(step.to_owned(), Keeping { key, before: stand.tree });
        }
        Ok(Earlier::None)
    }

    fn key(&self, step: &str, cache: &CachePlan, what: &Value) -> Result<String, String> {
        let own = match &cache.key {
            None => None,
            Some(template) => {
                let names = expression::names_in_template(template)?;
                let scope = scope::at(&self.site, &self.state, step, &names)?;
                Some(expression::argument(template, &scope)?)
            }
        };
        Ok(step_key::key(&self.site.plan, step, what, own.as_deref()))
    }

    /// Keeps what a step made that has passed, if it changed nothing.
    pub(super) async fn keep(&mut self, step: &str) -> Result<()> {
        let Some(Keeping { key, before }) = self.keeping.remove(step) else { return Ok(()) };
        let unchanged = match self.site.trees.of(step).changes().await {
            Ok(Some((_, stand))) => stand.tree == before,
            Ok(None) | Err(_) => false,
        };
        if !unchanged {
            return Ok(());
        }
        let output = self.state.step(step).and_then(|known| known.output.as_ref());
        let session = self.site.session.stored();
        let output: Option<Output> =
            output.map(|output| session.load_output(output)).transpose()?;
        let made = self.site.clock.now();
        StepCache::at(&self.site.cache).remember(&key, &Kept { made, output });
        Ok(())
    }
}
