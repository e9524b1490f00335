//! What runs came to, summed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Spread;
use crate::model::{
    Status, call::TokenCount, proportion::Proportion, skill::stages::BytesByStage, value::Usd,
};

/// What some runs came to. Adding two gives what all of their runs came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// How many runs.
    pub runs: u64,
    /// How they ended; one that was broken off counts as interrupted.
    pub statuses: BTreeMap<Status, u64>,
    /// Of those that did not pass: how many `--ok-on` let exit 0 all the same.
    pub waived: u64,
    /// How long those took that came to a decision, in milliseconds.
    pub times: Spread,
    /// What those were charged that came to a decision, in millionths of a dollar.
    pub prices: Spread,
    /// What all of them were charged.
    pub usd: Usd,
    /// What of that is a list price inside of somebody's plan, which nobody was billed.
    pub usd_in_plan: Usd,
    /// What agents used.
    pub work: Usage,
    /// What reviewers used.
    pub review: Usage,
    /// What of skills was put before agents.
    pub loaded: BytesByStage,
    /// How often a step was tried again.
    pub retries: u64,
    /// How often a call had to wait for the service.
    pub waits: u64,
    /// What each hook said, by its name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub hooks: BTreeMap<String, HookTally>,
    /// What each reviewer said, by its name, then by its model.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub reviewers: BTreeMap<String, BTreeMap<String, ReviewerTally>>,
}

/// Calls to claude and their tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Calls that ended.
    pub calls: u64,
    /// Their tokens.
    pub tokens: TokenCount,
}

/// What one hook said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HookTally {
    /// It looked and was content.
    pub passed: u64,
    /// It looked and refused.
    pub rejected: u64,
    /// It could not look.
    pub errors: u64,
    /// How long it looked in all, in milliseconds.
    pub ms: u64,
}

/// What one reviewer said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReviewerTally {
    /// It tried to refute, and could not.
    pub confirmed: u64,
    /// It refuted, with evidence that was checked.
    pub refuted: u64,
    /// It gave no vote that counts.
    pub abstained: u64,
    /// It died.
    pub errors: u64,
    /// Of its votes in panels that came to a conclusion: those that said the same.
    pub agreed: Proportion,
    /// Of what it claims: what atlas could confirm.
    pub supported: Proportion,
    /// Of the faults that atlas planted: those that it found.
    pub caught: Proportion,
}

impl Tally {
    /// Adds what other runs came to.
    pub fn add(&mut self, other: &Self) {
        self.runs = self.runs.saturating_add(other.runs);
        for (status, count) in &other.statuses {
            let sum = self.statuses.entry(*status).or_default();
            *sum = sum.saturating_add(*count);
        }
        self.waived = self.waived.saturating_add(other.waived);
        self.times.add(&other.times);
        self.prices.add(&other.prices);
        self.usd += other.usd;
        self.usd_in_plan += other.usd_in_plan;
        self.work.add(other.work);
        self.review.add(other.review);
        self.loaded += other.loaded;
        self.retries = self.retries.saturating_add(other.retries);
        self.waits = self.waits.saturating_add(other.waits);
        for (name, hook) in &other.hooks {
            self.hooks.entry(name.clone()).or_default().add(*hook);
        }
        for (name, models) in &other.reviewers {
            let sums = self.reviewers.entry(name.clone()).or_default();
            for (model, reviewer) in models {
                sums.entry(model.clone()).or_default().add(*reviewer);
            }
        }
    }

    /// Those that passed, of those that came to a decision. Who was interrupted, found nobody to
    /// ask, or was stopped before anything was done, tells nothing of the skill.
    pub fn passed(&self) -> Proportion {
        let decided = self.statuses.iter().filter(|(status, _)| is_decided(**status));
        Proportion {
            hits: self.statuses.get(&Status::Passed).copied().unwrap_or_default(),
            of: decided.map(|(_, count)| *count).sum(),
        }
    }
}

impl Usage {
    pub(super) fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.tokens += other.tokens;
    }

    /// Of the tokens that were read: those that came from the prompt cache.
    pub fn cached(self) -> Proportion {
        let TokenCount { input, output: _, cache_read, cache_write } = self.tokens;
        Proportion { hits: cache_read, of: input + cache_read + cache_write }
    }
}

impl HookTally {
    pub(super) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.rejected += other.rejected;
        self.errors += other.errors;
        self.ms = self.ms.saturating_add(other.ms);
    }

    /// What it refused, of all that it looked at.
    pub fn rejects(self) -> Proportion {
        Proportion { hits: self.rejected, of: self.passed + self.rejected }
    }
}

impl ReviewerTally {
    pub(super) fn add(&mut self, other: Self) {
        self.confirmed += other.confirmed;
        self.refuted += other.refuted;
        self.abstained += other.abstained;
        self.errors += other.errors;
        self.agreed += other.agreed;
        self.supported += other.supported;
        self.caught += other.caught;
    }
}

/// Whether a run that ended so says something about its skill.
pub(super) fn is_decided(status: Status) -> bool {
    match status {
        Status::Passed
        | Status::Rejected
        | Status::Inconclusive
        | Status::Failed
        | Status::Limit => true,
        Status::Usage
        | Status::Blocked
        | Status::Unavailable
        | Status::Invalid
        | Status::Waiting
        | Status::Busy
        | Status::Interrupted => false,
    }
}
