//! How many calls run side by side.

use serde::{Deserialize, Serialize};

use crate::model::value::Span;

/// How many calls run at once, and when they start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PacePlan {
    /// At most so many, whatever the service allows.
    pub jobs: u32,
    /// Whether calls that could share the service's prompt cache wait for the first of them.
    pub stagger: Stagger,
    /// How long the run waits for a plan's quota to start anew; `None` is not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Span>,
}

impl Default for PacePlan {
    /// That of plans from before there was a choice.
    fn default() -> Self {
        Self { jobs: 4, stagger: Stagger::On, wait: None }
    }
}

/// Whether calls with an equal beginning wait for the first of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stagger {
    /// They do, where that spares the service reading the same again.
    #[default]
    On,
    /// They do not: `--no-stagger`.
    Off,
}
