//! `atlas stats` as text: the whole in a few lines, its course as sparklines, then by week, skill,
//! model, hook and reviewer.

pub mod csv;
mod spark;

#[cfg(test)]
mod tests;

use super::{
    look::{Look, Mark, Symbols, Tone},
    table::table,
    words,
};
use crate::model::{
    Status,
    proportion::{Interval, Proportion},
    stats::{Group, HookRow, Kept, ReviewerRow, Stats, UsageReport},
    value::{Tokens, Usd},
};

/// A terminal shows so many weeks; a sparkline is a sign a week, and a table a line.
const WEEKS: usize = 12;

/// Everything, as lines, each ended.
pub fn stats(stats: &Stats, look: Look) -> String {
    let all = &stats.all;
    let mut told = look.parts(&headline(stats), tone(all));
    if all.runs == 0 {
        return told;
    }
    told += &look.parts(&pace(all), None);
    told += &look.parts(&spent(all), None);
    told += &loaded(all, look);
    told += &counted_elsewhere(stats, look);
    let weeks = &stats.weeks[stats.weeks.len().saturating_sub(WEEKS)..];
    if look.symbols == Symbols::Unicode && weeks.len() > 1 {
        told.push('\n');
        told += &spark::lines(weeks);
    }
    told += &block(weeks, "week", look);
    told += &block(&stats.skills, "skill", look);
    told += &block(&stats.models, "model", look);
    told += &hooks(&stats.hooks, look);
    told += &reviewers(&stats.reviewers, look);
    told + &places(stats, look)
}

fn headline(stats: &Stats) -> Vec<String> {
    let all = &stats.all;
    let kept: u64 = stats.places.iter().map(|place| place.sessions.kept).sum();
    let removed: u64 = stats.places.iter().map(|place| place.sessions.removed).sum();
    let mut sessions = format!("{} kept", words::count(index(kept), "session"));
    if removed > 0 {
        sessions = format!("{sessions}, {removed} removed");
    }
    let since = stats.since.as_ref().map(|week| format!("since {week}"));
    let mut parts = vec![words::count(index(all.runs), "run")];
    parts.extend(since);
    parts.push(sessions);
    if all.decided > 0 {
        let rate = percent(all.success.unwrap_or_default());
        let within = interval(all.success_interval);
        parts.push(format!("{rate} of {} decided passed {within}", all.decided));
    }
    parts
}

fn pace(all: &Group) -> Vec<String> {
    let mut parts: Vec<String> =
        all.statuses.iter().map(|it| format!("{} {}", it.status, it.runs)).collect();
    if all.waived > 0 {
        parts.push(format!("NOT CHECKED {}", all.waived));
    }
    if all.retries > 0 {
        parts.push(format!("{} of a step", words::plural(all.retries, "retry", "retries")));
    }
    if all.waits > 0 {
        parts.push(format!("{} for the service", words::plural(all.waits, "wait", "waits")));
    }
    parts
}

fn spent(all: &Group) -> Vec<String> {
    let mut parts = Vec::new();
    if let (Some(median), Some(p95)) = (all.median_ms, all.p95_ms) {
        let (median, p95) = (words::duration(median), words::duration(p95));
        parts.push(format!("median {median}, 95 % within {p95}"));
    }
    let mut money = all.usd.to_string();
    if all.usd_in_plan > Usd::ZERO {
        money = format!("{money}, {} of it at list price inside a plan", all.usd_in_plan);
    }
    parts.push(money);
    for (whose, usage) in [("work", &all.work), ("review", &all.review)] {
        if usage.calls > 0 {
            parts.push(format!("{whose} {}", tokens(usage)));
        }
    }
    parts
}

/// `1.2M tokens in 40 calls, 71 % of what was read from the cache`.
fn tokens(usage: &UsageReport) -> String {
    let calls = words::count(index(usage.calls), "call");
    let mut told = format!("{} tokens in {calls}", Tokens(usage.tokens()));
    if let Some(share) = usage.cache_share {
        told = format!("{told}, {} of what was read from the cache", percent(share));
    }
    told
}

fn loaded(all: &Group, look: Look) -> String {
    let stages = [
        ("header", all.loaded.header),
        ("outline", all.loaded.outline),
        ("sections", all.loaded.sections),
        ("resources", all.loaded.resources),
    ];
    let told: Vec<String> = stages
        .iter()
        .filter(|(_, bytes)| *bytes > 0)
        .map(|(stage, bytes)| format!("{stage} {}", Tokens::estimate(*bytes)))
        .collect();
    if told.is_empty() {
        return String::new();
    }
    let text = format!("skills loaded, {} tokens: {}", look.about(), told.join(", "));
    look.line(Mark::Note, &text)
}

/// Sessions and runs that the figures cannot hold.
fn counted_elsewhere(stats: &Stats, look: Look) -> String {
    let sum = |of: fn(&Kept) -> u64| stats.places.iter().map(|it| of(&it.sessions)).sum::<u64>();
    let (unreadable, alone) = (sum(|it| it.unreadable), sum(|it| it.runs_by_number_alone));
    let mut told = String::new();
    if unreadable > 0 {
        let sessions = words::count(index(unreadable), "session");
        told += &look.line(Mark::Warning, &format!("{sessions} cannot be read; not counted"));
    }
    if alone > 0 {
        let runs = words::count(index(alone), "run");
        let why = "an older atlas removed the sessions and kept no more than their number";
        told += &look.line(Mark::Note, &format!("{runs} not counted: {why}"));
    }
    told
}

fn block(groups: &[Group], name: &str, look: Look) -> String {
    if groups.is_empty() {
        return String::new();
    }
    let rows: Vec<[String; 7]> = groups.iter().map(row).collect();
    let head = [name, "runs", "passed", "median", "p95", "spent", "not passed"];
    format!("\n{}", table(head, &rows, look))
}

fn row(group: &Group) -> [String; 7] {
    let time = |ms: Option<u64>| ms.map_or_else(|| "-".to_owned(), words::duration);
    let others = group.statuses.iter().filter(|it| it.status != Status::Passed);
    let mut others: Vec<String> = others.map(|it| format!("{} {}", it.status, it.runs)).collect();
    if group.waived > 0 {
        others.push(format!("NOT CHECKED {}", group.waived));
    }
    [
        if group.name.is_empty() { "none asked".to_owned() } else { group.name.clone() },
        group.runs.to_string(),
        group.success.map_or_else(
            || "-".to_owned(),
            |share| format!("{} {}", percent(share), interval(group.success_interval)),
        ),
        time(group.median_ms),
        time(group.p95_ms),
        group.usd.to_string(),
        others.join(", "),
    ]
}

fn hooks(hooks: &[HookRow], look: Look) -> String {
    if hooks.is_empty() {
        return String::new();
    }
    let row = |hook: &HookRow| {
        [
            hook.name.clone(),
            hook.rejected.to_string(),
            hook.reject_rate.map_or_else(|| "-".to_owned(), percent),
            hook.passed.to_string(),
            hook.errors.to_string(),
            words::duration(hook.mean_ms),
        ]
    };
    let rows: Vec<[String; 6]> = hooks.iter().map(row).collect();
    let head = ["hook", "rejected", "rate", "passed", "could not run", "takes"];
    format!("\n{}", table(head, &rows, look))
}

fn reviewers(reviewers: &[ReviewerRow], look: Look) -> String {
    if reviewers.is_empty() {
        return String::new();
    }
    let row = |it: &ReviewerRow| {
        [
            it.name.clone(),
            it.model.clone(),
            it.confirmed.to_string(),
            it.refuted.to_string(),
            (it.abstained + it.errors).to_string(),
            of(it.agreed),
            of(it.supported),
            of(it.caught),
        ]
    };
    let rows: Vec<[String; 8]> = reviewers.iter().map(row).collect();
    let head =
        ["reviewer", "model", "confirmed", "refuted", "no vote", "agreed", "proven", "caught"];
    format!("\n{}", table(head, &rows, look))
}

fn places(stats: &Stats, look: Look) -> String {
    if stats.places.len() < 2 {
        return String::new();
    }
    let rows: Vec<[String; 4]> = stats
        .places
        .iter()
        .map(|place| {
            let Kept { kept, removed, .. } = place.sessions;
            [place.path.clone(), place.runs.to_string(), kept.to_string(), removed.to_string()]
        })
        .collect();
    format!("\n{}", table(["repository", "runs", "sessions", "removed"], &rows, look))
}

/// `3 of 4`, or a dash where there was nothing.
fn of(proportion: Proportion) -> String {
    match proportion {
        Proportion { of: 0, .. } => "-".to_owned(),
        Proportion { hits, of } => format!("{hits} of {of}"),
    }
}

/// A share in whole percent. All and none are told only of what is all and none.
pub fn percent(share: f64) -> String {
    let whole = (share * 100.0).round();
    let kept = if share < 1.0 { whole.min(99.0) } else { whole };
    let kept = if share > 0.0 { kept.max(1.0) } else { kept };
    format!("{kept} %")
}

/// `[72, 94]`: whole percents that hold the interval.
pub fn interval(Interval { low, high }: Interval) -> String {
    format!("[{}, {}]", (low * 100.0).floor(), (high * 100.0).ceil())
}

fn tone(all: &Group) -> Option<Tone> {
    (all.runs == 0).then_some(Tone::Faint)
}

fn index(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
