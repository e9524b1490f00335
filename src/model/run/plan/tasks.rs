//! Calls that stand alone: sub-agents, and tasks that a user gives to them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::value::Usd;

/// A call with a fresh, minimal context of its own, which nobody goes on with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubAgentPlan {
    /// The folder that it works in; an empty one of its own where there is none.
    pub cwd: Option<PathBuf>,
    /// What it may cost at most.
    pub usd: Option<Usd>,
    /// How many turns it may take.
    pub turns: u32,
}

/// Tasks of sub-agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TasksPlan {
    /// In which order results are written.
    pub order: TaskOrder,
}

/// In which order results of tasks are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskOrder {
    /// As the tasks end.
    AsTheyCome,
    /// In that of the tasks.
    AsGiven,
}
