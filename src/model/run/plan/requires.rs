//! What has to be there before anything starts.

use serde::{Deserialize, Serialize};

use crate::model::contract::Fact;

/// What has to be there; all of it is looked up, and everything missing is told at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requires {
    /// Files, relative to the root.
    pub files: Vec<String>,
    /// Programs on the path.
    pub commands: Vec<String>,
    /// Environment variables that are set and not empty.
    pub env: Vec<String>,
    /// Facts of the repository that are not empty.
    #[serde(default)]
    pub given: Vec<Fact>,
}

impl Requires {
    /// All that either asks for, each once.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        fn add<T: PartialEq>(known: &mut Vec<T>, more: Vec<T>) {
            for one in more {
                if !known.contains(&one) {
                    known.push(one);
                }
            }
        }
        add(&mut self.files, other.files);
        add(&mut self.commands, other.commands);
        add(&mut self.env, other.env);
        add(&mut self.given, other.given);
        self
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
            && self.commands.is_empty()
            && self.env.is_empty()
            && self.given.is_empty()
    }
}
