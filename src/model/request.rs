//! What was typed, before it means anything.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::{
    Delivery, Status,
    check::Require,
    contract::PermissionMode,
    run::plan::Stagger,
    value::{Span, Usd},
};

/// A request to run a skill, as the command line gave it. Stored in the journal's first line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Request {
    /// The skill's name.
    pub skill: String,
    /// The arguments after it.
    pub args: Vec<String>,
    /// Inputs by name.
    pub inputs: Vec<(String, String)>,
    /// The files that inputs were read from, by the input's name.
    pub input_files: Vec<(String, PathBuf)>,
    /// Inputs whose file or stdin could not be read, each with its reason: told together with all
    /// else that is wrong with the inputs, so such a request never becomes a run.
    #[serde(skip)]
    pub unread: Vec<(String, String)>,
    /// `--session`: the session that it is one more run of.
    pub session: Option<String>,
    /// `--continue`: the first step goes on in the conversation of the run before.
    pub continues: bool,
    /// Where the user stood.
    pub cwd: PathBuf,
    /// Folders of skills that go before all others.
    pub skills_dirs: Vec<PathBuf>,
    /// Folders of plugins that are searched too.
    pub plugin_dirs: Vec<PathBuf>,
    /// `--model`.
    pub model: Option<String>,
    /// `--edit`.
    pub edit: bool,
    /// `--permission-mode`.
    pub permission_mode: Option<PermissionMode>,
    /// `--allow`.
    pub allow: Vec<String>,
    /// The user's own contract, in the place of that of the skill.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract: Option<PathBuf>,
    /// `--worktree`.
    pub worktree: bool,
    /// `--index`: what is staged is judged, in a copy of its own.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub index: bool,
    /// `--apply`, `--branch`.
    pub delivery: Delivery,
    /// `--jobs`.
    pub jobs: Option<u32>,
    /// `--no-stagger`, or not.
    pub stagger: Stagger,
    /// `--max-usd`.
    pub max_usd: Option<Usd>,
    /// `--max-turns`.
    pub max_turns: Option<u32>,
    /// `--timeout`.
    pub timeout: Option<Span>,
    /// `--require`.
    pub require: Option<Require>,
    /// `--verify`, `--no-verify`.
    pub verify: VerifyRequest,
    /// `--canary`.
    pub canary: bool,
    /// Work that was done elsewhere and shall be judged; `None` where an agent does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work: Option<GivenWork>,
    /// `--step`, `--from`: the part of the steps that runs; `None` is all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// How trust was settled on the command line.
    pub trust: TrustRequest,
    /// `--wait`: how long to wait for what is busy, and for a quota.
    pub wait: Option<Span>,
    /// `--config-from`: the revision that has the say, in place of the checkout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_from: Option<String>,
    /// `--reuse`: how old a verdict may be that stands for this run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reuse: Option<Span>,
    /// `--ok-on`: statuses that exit 0, shown as not checked.
    pub ok_on: Vec<Status>,
}

/// A part of a contract's steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// `--step`: the one with this id, or this path.
    Step(String),
    /// `--from`: that one, and all that come after it.
    From(String),
}

/// Work that was done elsewhere. Nobody is asked to do it: it is judged as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenWork {
    /// The file that it was read from; `None` for stdin.
    pub file: Option<PathBuf>,
    /// What it says. It is judged as it was read, whatever becomes of the file.
    pub text: String,
    /// The revision since which the tree's change belongs to it; `None` where no change does.
    pub base: Option<String>,
    /// Whose work it is.
    #[serde(default, skip_serializing_if = "WorkOf::is_of_a_skill")]
    pub of: WorkOf,
}

/// Whose work it is that was done elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WorkOf {
    /// It is what the skill would have made.
    #[default]
    Skill,
    /// It is that of a session of Claude Code, which follows no skill.
    Session,
}

impl WorkOf {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands in a reference")]
    fn is_of_a_skill(&self) -> bool {
        match self {
            Self::Skill => true,
            Self::Session => false,
        }
    }
}

/// What the command line says about the panel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VerifyRequest {
    /// Nothing: the contract decides.
    #[default]
    AsContract,
    /// `--verify`, `--verify=N`: a panel, of so many.
    On(Option<u32>),
    /// `--no-verify`: none.
    Off,
}

/// What the command line says about trust.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrustRequest {
    /// Nothing: what is stored decides.
    #[default]
    Stored,
    /// `--trust`: for this run, whatever it holds.
    ThisRun,
    /// `--trust=HASH`, maybe more than once: for this run, where somebody holds exactly this.
    #[serde(rename = "hash", with = "one_or_more")]
    Hashes(Vec<String>),
    /// `--untrusted`: run without anything that needs trust, and show what was skipped.
    Without,
}

/// One hash is written as a text, as it always was.
mod one_or_more {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de::Error as _};
    use serde_json::Value;

    pub(super) fn serialize<S: Serializer>(hashes: &[String], to: S) -> Result<S::Ok, S::Error> {
        match hashes {
            [one] => one.serialize(to),
            all => all.serialize(to),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
        match Value::deserialize(from)? {
            Value::String(one) => Ok(vec![one]),
            all => serde_json::from_value(all).map_err(D::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trust_is_read_back_as_it_was_given() {
        for (json, request) in [
            (r#""stored""#, TrustRequest::Stored),
            (r#"{"hash":"ab"}"#, TrustRequest::Hashes(vec!["ab".to_owned()])),
            (
                r#"{"hash":["ab","cd"]}"#,
                TrustRequest::Hashes(vec!["ab".to_owned(), "cd".to_owned()]),
            ),
        ] {
            assert_eq!(serde_json::to_string(&request).unwrap(), json);
            assert_eq!(serde_json::from_str::<TrustRequest>(json).unwrap(), request);
        }
    }
}
