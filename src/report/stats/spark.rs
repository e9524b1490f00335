//! Sparklines: the course of the weeks in one sign a week.

use super::{super::words, percent};
use crate::model::{stats::Group, value::Usd};

const SIGNS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Runs, passes and money by week, each line with the names of its ends.
pub(super) fn lines(weeks: &[Group]) -> String {
    let (Some(first), Some(last)) = (weeks.first(), weeks.last()) else { return String::new() };
    let all = filled(weeks);
    let runs: Vec<Option<f64>> = all.iter().map(|week| week.map(|it| float(it.runs))).collect();
    let passed: Vec<Option<f64>> = all.iter().map(|week| week.and_then(|it| it.success)).collect();
    let usd: Vec<Option<f64>> = all.iter().map(|week| week.map(|it| it.usd.dollars())).collect();
    let most = weeks.iter().map(|week| week.runs).max().unwrap_or_default();
    let dearest = weeks.iter().map(|week| week.usd).max().unwrap_or(Usd::ZERO);
    let lowest = weeks.iter().filter_map(|week| week.success).fold(1.0, f64::min);
    let runs_most = words::count(usize::try_from(most).unwrap_or(usize::MAX), "run");
    format!(
        "runs    {}  {} to {}, {runs_most} at most\n\
         passed  {}  {} at least\n\
         spent   {}  {dearest} at most\n",
        line(&runs, float(most)),
        first.name,
        last.name,
        line(&passed, 1.0),
        percent(lowest),
        line(&usd, dearest.dollars()),
    )
}

/// Every week from the first to the last, nothing for those without a run.
fn filled(weeks: &[Group]) -> Vec<Option<&Group>> {
    let mut all = Vec::new();
    for week in weeks {
        let before = all.last().copied().flatten().map(|it: &Group| it.name.as_str());
        let missing = before.map_or(0, |before| weeks_between(before, &week.name));
        all.extend(std::iter::repeat_n(None, missing));
        all.push(Some(week));
    }
    all
}

/// How many weeks lie between two, at most a year of them; 0 for names that are none.
fn weeks_between(one: &str, other: &str) -> usize {
    let monday = |name: &str| {
        let (year, week) = name.split_once("-W")?;
        let week = jiff::civil::ISOWeekDate::new(
            year.parse().ok()?,
            week.parse().ok()?,
            jiff::civil::Weekday::Monday,
        );
        Some(week.ok()?.date())
    };
    let days = monday(one).zip(monday(other)).and_then(|(one, other)| one.until(other).ok());
    let weeks = days.map_or(1, |span| span.get_days() / 7);
    usize::try_from(weeks - 1).unwrap_or_default().min(52)
}

/// One sign a value, from nothing to `most`.
fn line(values: &[Option<f64>], most: f64) -> String {
    values.iter().map(|value| value.map_or(' ', |value| sign(value, most))).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and 7 by the line above"
)]
fn sign(value: f64, most: f64) -> char {
    let place = if most > 0.0 { (value / most * 7.0).round().clamp(0.0, 7.0) } else { 0.0 };
    SIGNS[place as usize]
}

#[expect(clippy::cast_precision_loss, reason = "nobody counts as far as 2^53")]
fn float(count: u64) -> f64 {
    count as f64
}
