//! How what was done on a copy of the tree reaches the user.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How the change of a copy is handed over. A patch of it is always kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "as", rename_all = "lowercase")]
pub enum Delivery {
    /// As a patch, which the user may apply.
    #[default]
    Patch,
    /// In the user's tree, uncommitted.
    Tree,
    /// As one commit on a new branch.
    Branch {
        /// The branch; `None` is one named after the session.
        name: Option<String>,
    },
}

impl Delivery {
    /// The flag that asks for it, where one does.
    pub fn flag(&self) -> Option<&'static str> {
        match self {
            Self::Patch => None,
            Self::Tree => Some("--apply"),
            Self::Branch { .. } => Some("--branch"),
        }
    }

    /// The branch that is made, for a session of this name.
    pub fn branch(&self, session: impl fmt::Display) -> Option<String> {
        match self {
            Self::Patch | Self::Tree => None,
            Self::Branch { name: Some(name) } => Some(name.clone()),
            Self::Branch { name: None } => Some(format!("atlas/{session}")),
        }
    }
}
