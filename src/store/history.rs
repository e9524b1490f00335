//! What earlier runs of a skill cost in this repository: shown before the next one, and reserved
//! for it.
//!
//! Sessions lie in the checkout, so a repository can bring some along whose prices somebody made
//! up. Only those count that the user's own ledger knows to have been paid for.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    session::{Sessions, Summary},
    totals::{SkillTotals, is_whole},
};
use crate::model::value::Usd;

/// How many sessions are looked at.
const SESSIONS: usize = 100;

/// What a skill has cost so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// How many runs are known.
    pub runs: usize,
    /// What half of them stayed below.
    pub usual: Usd,
    /// By step, what 95 of 100 runs stayed below.
    pub steps: BTreeMap<String, Usd>,
}

/// What is known from earlier runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// What the skill cost; `None` while nobody has run it to an end.
    pub history: Option<History>,
    /// The context window that each model's last result named here, in tokens, by the model's name
    /// in a plan.
    pub windows: BTreeMap<String, u64>,
}

/// The past of a skill, as far as its sessions were `paid` for.
pub fn of(sessions: &Sessions, skill: &str, paid: &BTreeSet<String>) -> Past {
    let kept = sessions.kept_summaries(SESSIONS).into_iter();
    let ours = kept.filter(|(id, _)| paid.contains(id.as_str()));
    let summaries: Vec<Summary> = ours.map(|(_, summary)| summary).collect();
    // The newest come first, and the last word counts.
    let windows = summaries.iter().rev().flat_map(|summary| summary.windows.clone()).collect();
    let removed = removed(sessions, skill);
    Past { history: history(&summaries, &removed, skill), windows }
}

fn history(summaries: &[Summary], removed: &[SkillTotals], skill: &str) -> Option<History> {
    let ended = |summary: &&Summary| {
        summary.skill == skill && summary.ended.as_ref().is_some_and(|end| is_whole(end.status))
    };
    let ended: Vec<&Summary> = summaries.iter().filter(ended).collect();
    let mut whole: Vec<Usd> = ended.iter().map(|summary| summary.usd).collect();
    whole.extend(removed.iter().flat_map(|skill| &skill.prices));
    let usual = quantile(whole, 50)?;
    let mut prices: BTreeMap<&str, Vec<Usd>> = BTreeMap::new();
    for (step, usd) in ended.iter().flat_map(|summary| &summary.steps) {
        prices.entry(step).or_default().push(*usd);
    }
    let steps = prices
        .into_iter()
        .filter_map(|(step, prices)| Some((step.to_owned(), quantile(prices, 95)?)))
        .collect();
    let gone: u64 = removed.iter().map(SkillTotals::whole).sum();
    let runs = ended.len() + usize::try_from(gone).unwrap_or(usize::MAX);
    Some(History { runs, usual, steps })
}

/// What removed sessions of the skill came to, which is shown and never reserved for; totals that cannot be read are `gc`'s to tell of.
fn removed(sessions: &Sessions, skill: &str) -> Vec<SkillTotals> {
    let totals = sessions.totals().unwrap_or_default();
    totals.into_iter().filter_map(|mut totals| totals.skills.remove(skill)).collect()
}

/// The smallest price that so many of a hundred do not exceed.
fn quantile(mut prices: Vec<Usd>, percent: usize) -> Option<Usd> {
    prices.sort();
    let rank = (prices.len() * percent).div_ceil(100).max(1);
    prices.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_prices_that_were_paid() {
        let rows: &[(&[u64], usize, Option<u64>)] = &[
            (&[], 50, None),
            (&[7], 50, Some(7)),
            (&[7], 95, Some(7)),
            (&[3, 1, 2], 50, Some(2)),
            (&[4, 3, 1, 2], 50, Some(2)),
            (&[4, 3, 1, 2], 95, Some(4)),
        ];
        for (micros, percent, expected) in rows {
            let prices = micros.iter().map(|micros| Usd::from_micros(*micros)).collect();
            assert_eq!(quantile(prices, *percent), expected.map(Usd::from_micros), "{micros:?}");
        }
        let hundred = (1..=100).map(Usd::from_micros).collect();
        assert_eq!(quantile(hundred, 95), Some(Usd::from_micros(95)));
    }
}
