//! What runs came to, by what they are told apart by.

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::Tally;

/// The runs of one skill by one model in one week.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// The skill.
    pub skill: String,
    /// The models that its agents were, `+` between several; empty where none was asked.
    pub model: String,
    /// The week in which they began, by ISO 8601 and UTC: `2026-W48`.
    pub week: String,
    /// What they came to.
    pub tally: Tally,
}

impl Cell {
    fn key(&self) -> (&str, &str, &str) {
        (&self.skill, &self.model, &self.week)
    }
}

/// Adds a cell to others: to that with its key, else it becomes one of them. They stay sorted.
pub fn add(cells: &mut Vec<Cell>, more: &Cell) {
    match cells.binary_search_by(|cell| cell.key().cmp(&more.key())) {
        Ok(at) => cells[at].tally.add(&more.tally),
        Err(at) => cells.insert(at, more.clone()),
    }
}

/// The week of a moment, by ISO 8601 and UTC. Names of weeks sort as the weeks do.
pub fn week_of(at: Timestamp) -> String {
    let week = at.to_zoned(TimeZone::UTC).date().iso_week_date();
    format!("{:04}-W{:02}", week.year(), week.week())
}
