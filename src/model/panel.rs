//! The panel: reviewers who try to disprove finished work, and the code that concludes.
//!
//! A reviewer answers by a schema, and nothing of its answer is believed by itself. An issue
//! becomes a finding, a finding has weight only where atlas could confirm its evidence, a vote is
//! derived from findings, and the verdict is arithmetic over votes. So neither the work nor a
//! reviewer can talk a run into passing, and a reviewer who invents a fault cannot stop one.

pub mod answer;
pub mod canary;
pub mod catches;
pub mod lens;
mod merge;
pub mod package;
pub mod quote;
pub mod verdict;
pub mod weigh;

use serde::{Deserialize, Serialize};

use crate::model::run::plan::StepPlan;

/// Who reviews, and what it takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PanelPlan {
    /// Who reviews, in the order in which they are asked.
    pub reviewers: Vec<ReviewerPlan>,
    /// How many have to confirm; from 1 to the number of reviewers.
    pub quorum: u32,
    /// What all of them look for.
    pub criteria: Vec<String>,
    /// Commands whose outcome can prove a finding.
    pub evidence: Vec<EvidenceCommand>,
    /// Whether the first reviewer is asked alone, and the others only on a finding or a doubt.
    pub escalate: bool,
    /// The calls by which the same reviewers judge a copy of the work with a planted fault, in
    /// their order; none where no fault is planted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub canary: Vec<StepPlan>,
}

/// What a panel sits over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sitting {
    /// The work.
    Work,
    /// A copy of it with a planted fault.
    Canary,
}

/// One reviewer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReviewerPlan {
    /// Who it is told to be.
    pub persona: String,
    /// What it looks at before anything else.
    pub lens: String,
    /// Its call, as a step of its own below [`UNITS`]. Its prompt is made when the work is done.
    pub call: StepPlan,
}

/// The folder of a panel's units: what stands before the name of each.
pub const UNITS: &str = "panel";

/// The same for the reviewers of a copy with a planted fault.
pub const CANARY_UNITS: &str = "canary";

impl ReviewerPlan {
    /// Its name, unique in the panel.
    pub fn name(&self) -> &str {
        self.call.id.strip_prefix("panel/").unwrap_or(&self.call.id)
    }
}

/// A command that can prove a finding. The contract names it; a reviewer only says which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceCommand {
    /// Its name.
    pub name: String,
    /// Program and arguments; nothing of it comes from a model.
    pub command: Vec<String>,
}

impl PanelPlan {
    /// The calls of a sitting, in the order in which they are made.
    pub fn calls(&self, sitting: Sitting) -> Vec<&StepPlan> {
        match sitting {
            Sitting::Work => self.reviewers.iter().map(|reviewer| &reviewer.call).collect(),
            Sitting::Canary => self.canary.iter().collect(),
        }
    }

    /// What the call with this id is about, and who makes it; `None` if it is none of the panel's.
    pub fn reviewer(&self, id: &str) -> Option<(Sitting, &ReviewerPlan)> {
        let sittings = [Sitting::Work, Sitting::Canary];
        sittings.into_iter().find_map(|sitting| {
            let place = self.calls(sitting).iter().position(|call| call.id == id)?;
            Some((sitting, self.reviewers.get(place)?))
        })
    }

    /// The names of the commands that can prove a finding.
    pub fn command_names(&self) -> Vec<&str> {
        self.evidence.iter().map(|command| command.name.as_str()).collect()
    }
}
