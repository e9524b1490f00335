//! The reviewers who try to disprove a result.

use serde::{Deserialize, Serialize};

use super::Argv;
use crate::model::yaml::{Named, Spanned};

/// The reviewers who try to disprove a result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Verify {
    /// Who reviews; none: the default panel of three.
    pub reviewers: Vec<Reviewer>,
    /// How many must confirm; more than half unless said otherwise.
    pub quorum: Option<Spanned<u32>>,
    /// What they look for.
    pub criteria: Vec<String>,
    /// Commands whose outcome can prove a finding.
    pub evidence: Evidence,
    /// Whether one reviewer starts, and the others only on a finding or a doubt.
    pub escalate: Option<bool>,
    /// Whether a planted fault tests the panel.
    pub canary: bool,
}

/// One reviewer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Reviewer {
    /// Who they are, such as `security engineer`.
    pub persona: Option<String>,
    /// What they look at, such as `security`.
    pub lens: Option<String>,
    /// Their model.
    pub model: Option<String>,
}

/// What can prove a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Evidence {
    /// Commands by name; a reviewer names one, and atlas runs it.
    pub commands: Named<Spanned<Argv>>,
}
