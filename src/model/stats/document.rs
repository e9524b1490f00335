//! The statistics as a document: what `atlas stats --format json` gives, and what texts and pages
//! are made of. Its shape is a public contract with a published JSON Schema.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::{Deserialize, Serialize};

use super::{Cell, HookTally, ReviewerTally, Tally, Usage, tally::is_decided};
use crate::model::{
    Status,
    call::TokenCount,
    proportion::{Interval, Proportion},
    value::Usd,
};

/// The version of the document's shape.
pub const SCHEMA_VERSION: u32 = 1;

/// What many runs came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Statistics over atlas runs")]
pub struct Stats {
    /// The version of this document's shape.
    #[schemars(extend("const" = SCHEMA_VERSION))]
    pub schema_version: u32,
    /// The first week that counts, `2026-W48`; null where all do.
    pub since: Option<String>,
    /// Where the runs were, and how many sessions they had there.
    pub places: Vec<Place>,
    /// All runs together.
    pub all: Group,
    /// By skill, those with most runs first.
    pub skills: Vec<Group>,
    /// By the models that agents were, those with most runs first; `name` is empty for runs that
    /// asked none.
    pub models: Vec<Group>,
    /// By the week in which they began, by ISO 8601 and UTC, the oldest first.
    pub weeks: Vec<Group>,
    /// The hooks, those that refused most first.
    pub hooks: Vec<HookRow>,
    /// The reviewers, by name and model.
    pub reviewers: Vec<ReviewerRow>,
}

/// One repository, or one folder where atlas was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// Its path.
    pub path: String,
    /// How many runs it has.
    pub runs: u64,
    /// How many sessions there are.
    pub sessions: Kept,
}

/// Sessions, as far as there is something to count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Kept {
    /// Those that are there.
    pub kept: u64,
    /// Those that were removed and counted before.
    pub removed: u64,
    /// Those that nobody can read; nothing of them is counted.
    pub unreadable: u64,
    /// Runs of removed sessions of which only the number is left, because an older atlas removed
    /// them. They are counted nowhere else.
    pub runs_by_number_alone: u64,
}

/// Some runs, and what they came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Group {
    /// The skill, the model, the week; empty where it is all of them.
    pub name: String,
    /// How many runs.
    pub runs: u64,
    /// How many of them came to a decision: passed, rejected, inconclusive, failed, or a limit.
    pub decided: u64,
    /// How many passed.
    pub passed: u64,
    /// What passed of those that came to a decision, from 0 to 1; null where none did.
    pub success: Option<f64>,
    /// Where the rate lies with 95 % confidence, by Wilson.
    pub success_interval: Interval,
    /// How they ended; a run that was broken off counts as interrupted.
    pub statuses: Vec<StatusCount>,
    /// How many did not pass and exited 0 all the same, because `--ok-on` said so.
    pub waived: u64,
    /// What half of those that came to a decision did not take longer than, in milliseconds, to
    /// within one percent; null where none did, as in the next two.
    pub median_ms: Option<u64>,
    /// The same for 95 of 100.
    pub p95_ms: Option<u64>,
    /// What half of them were not charged more than.
    pub median_usd: Option<Usd>,
    /// What all were charged.
    pub usd: Usd,
    /// What of that is a list price inside of a plan, which nobody was billed.
    pub usd_in_plan: Usd,
    /// Calls of agents, and their tokens.
    pub work: UsageReport,
    /// Calls of reviewers, and their tokens.
    pub review: UsageReport,
    /// Of all tokens that were read: the share that came from the prompt cache.
    pub cache_share: Option<f64>,
    /// Bytes of skills that were put before agents, by the stage that loaded them.
    pub loaded: ContextBytes,
    /// How often a step was tried again.
    pub retries: u64,
    /// How often a call had to wait for the service.
    pub waits: u64,
}

/// How many runs ended in one status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatusCount {
    /// The status.
    pub status: Status,
    /// How many.
    pub runs: u64,
}

/// Calls to claude, and their tokens.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UsageReport {
    /// Calls that ended.
    pub calls: u64,
    /// Tokens read fresh by the model.
    pub input_tokens: u64,
    /// Tokens written by the model.
    pub output_tokens: u64,
    /// Tokens read from the prompt cache.
    pub cache_read_tokens: u64,
    /// Tokens written to the prompt cache.
    pub cache_write_tokens: u64,
    /// Of the tokens read: the share that came from the prompt cache; null where none were read.
    pub cache_share: Option<f64>,
}

/// Bytes of skills by the stage that loaded them.
pub type ContextBytes = crate::model::skill::stages::BytesByStage;

/// One hook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HookRow {
    /// Its name.
    pub name: String,
    /// How often it looked and was content.
    pub passed: u64,
    /// How often it refused.
    pub rejected: u64,
    /// How often it could not look.
    pub errors: u64,
    /// What it refused of what it looked at, from 0 to 1; null where it never could look.
    pub reject_rate: Option<f64>,
    /// Where that rate lies with 95 % confidence.
    pub reject_interval: Interval,
    /// How long it looked in the mean, in milliseconds.
    pub mean_ms: u64,
}

/// One reviewer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReviewerRow {
    /// Its name in the panel.
    pub name: String,
    /// The model that it was; empty where none answered.
    pub model: String,
    /// How often it tried to refute, and could not.
    pub confirmed: u64,
    /// How often it refuted.
    pub refuted: u64,
    /// How often it gave no vote that counts.
    pub abstained: u64,
    /// How often it died.
    pub errors: u64,
    /// How often it voted as the panel concluded, where both said something.
    pub agreed: Proportion,
    /// What it claimed, and what of that atlas could confirm.
    pub supported: Proportion,
    /// Faults that atlas planted before it, and those that it found.
    pub caught: Proportion,
}

impl Stats {
    /// The statistics of these cells.
    pub fn of(cells: &[Cell], places: Vec<Place>, since: Option<String>) -> Self {
        let mut all = Tally::default();
        for cell in cells {
            all.add(&cell.tally);
        }
        Self {
            schema_version: SCHEMA_VERSION,
            since,
            places,
            all: Group::of(String::new(), &all),
            skills: busiest_first(groups(cells, |cell| &cell.skill)),
            models: busiest_first(groups(cells, |cell| &cell.model)),
            weeks: groups(cells, |cell| &cell.week),
            hooks: hooks(&all),
            reviewers: reviewers(&all),
        }
    }

    /// The published JSON Schema of this document.
    pub fn schema() -> Schema {
        SchemaSettings::draft2020_12()
            .for_serialize()
            .into_generator()
            .into_root_schema_for::<Self>()
    }
}

/// In the order of their names.
fn groups(cells: &[Cell], name: impl Fn(&Cell) -> &String) -> Vec<Group> {
    let mut sums: BTreeMap<&String, Tally> = BTreeMap::new();
    for cell in cells {
        sums.entry(name(cell)).or_default().add(&cell.tally);
    }
    sums.into_iter().map(|(name, tally)| Group::of(name.clone(), &tally)).collect()
}

fn busiest_first(mut groups: Vec<Group>) -> Vec<Group> {
    groups.sort_by_key(|group| std::cmp::Reverse(group.runs));
    groups
}

impl Group {
    /// What these runs came to, under this name.
    pub fn of(name: String, tally: &Tally) -> Self {
        let passed = tally.passed();
        let mut everybody = tally.work;
        everybody.add(tally.review);
        Self {
            name,
            runs: tally.runs,
            decided: passed.of,
            passed: passed.hits,
            success: passed.share(),
            success_interval: passed.interval(),
            statuses: statuses(tally),
            waived: tally.waived,
            median_ms: tally.times.quantile(50),
            p95_ms: tally.times.quantile(95),
            median_usd: tally.prices.quantile(50).map(Usd::from_micros),
            usd: tally.usd,
            usd_in_plan: tally.usd_in_plan,
            work: tally.work.into(),
            review: tally.review.into(),
            cache_share: everybody.cached().share(),
            loaded: tally.loaded,
            retries: tally.retries,
            waits: tally.waits,
        }
    }

    /// Every token of every call.
    pub fn tokens(&self) -> u64 {
        self.work.tokens() + self.review.tokens()
    }
}

impl UsageReport {
    /// Every token, whatever its kind.
    pub fn tokens(&self) -> u64 {
        self.input_tokens + self.output_tokens + self.cache_read_tokens + self.cache_write_tokens
    }
}

impl From<Usage> for UsageReport {
    fn from(usage: Usage) -> Self {
        let TokenCount { input, output, cache_read, cache_write } = usage.tokens;
        Self {
            calls: usage.calls,
            input_tokens: input,
            output_tokens: output,
            cache_read_tokens: cache_read,
            cache_write_tokens: cache_write,
            cache_share: usage.cached().share(),
        }
    }
}

fn statuses(tally: &Tally) -> Vec<StatusCount> {
    let counted = tally.statuses.iter().map(|(status, runs)| (*status, *runs));
    counted.map(|(status, runs)| StatusCount { status, runs }).collect()
}

fn hooks(all: &Tally) -> Vec<HookRow> {
    let mut hooks: Vec<_> = all.hooks.iter().collect();
    hooks.sort_by_key(|(_, said)| std::cmp::Reverse((said.rejected, said.errors)));
    hooks.into_iter().map(|(name, said)| HookRow::of(name, *said)).collect()
}

impl HookRow {
    fn of(name: &str, said: HookTally) -> Self {
        let looks = said.passed + said.rejected + said.errors;
        Self {
            name: name.to_owned(),
            passed: said.passed,
            rejected: said.rejected,
            errors: said.errors,
            reject_rate: said.rejects().share(),
            reject_interval: said.rejects().interval(),
            mean_ms: said.ms.checked_div(looks).unwrap_or_default(),
        }
    }
}

fn reviewers(all: &Tally) -> Vec<ReviewerRow> {
    let each = all.reviewers.iter().flat_map(|(name, models)| {
        models.iter().map(move |(model, said)| ReviewerRow::of(name, model, *said))
    });
    each.collect()
}

impl ReviewerRow {
    fn of(name: &str, model: &str, said: ReviewerTally) -> Self {
        let ReviewerTally { confirmed, refuted, abstained, errors, agreed, supported, caught } =
            said;
        Self {
            name: name.to_owned(),
            model: model.to_owned(),
            confirmed,
            refuted,
            abstained,
            errors,
            agreed,
            supported,
            caught,
        }
    }
}

impl StatusCount {
    /// Whether such a run says something about its skill.
    pub fn is_decided(self) -> bool {
        is_decided(self.status)
    }
}
