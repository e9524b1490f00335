//! A step that runs another skill: whose steps these are, and what their contract asks of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Plan, SkillRef};
use crate::model::{
    contract::Retry,
    run::path::{self, is_within},
};

/// A step that runs another skill, held to that skill's contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SkillPlan {
    /// Its path in the contract.
    pub id: String,
    /// The skill.
    pub skill: SkillRef,
    /// The inputs as that skill sees them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, String>,
    /// Those that are no texts, with their types.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub typed: BTreeMap<String, serde_json::Value>,
    /// The schema of what it makes, where none of its steps answers by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<serde_json::Value>,
    /// The path of the step that mends what its checks refuse; empty where none can.
    pub repair: String,
    /// How often they may refuse.
    pub retry: Retry,
}

impl Plan {
    /// The step with this path, where it runs another skill.
    pub fn skill_step(&self, path: &str) -> Option<&SkillPlan> {
        let path = path::of_contract(path);
        self.skills.iter().find(|known| known.id == path)
    }

    /// The step that runs the skill which the step with this path is a part of; none for the steps
    /// of the run's own skill.
    pub fn part_of(&self, path: &str) -> Option<&SkillPlan> {
        let path = path::of_contract(path);
        let holds = |known: &&SkillPlan| known.id != path && is_within(&path, &known.id);
        self.skills.iter().filter(holds).max_by_key(|known| known.id.len())
    }

    /// The skill whose step this is, or which it runs.
    pub fn skill_of(&self, path: &str) -> &SkillRef {
        let own = self.skill_step(path).or_else(|| self.part_of(path));
        own.map_or(&self.skill, |known| &known.skill)
    }

    /// The inputs of that skill.
    pub fn inputs_of(&self, path: &str) -> &BTreeMap<String, String> {
        let own = self.skill_step(path).or_else(|| self.part_of(path));
        own.map_or(&self.inputs, |known| &known.inputs)
    }
}
