//! `case.yaml`: what was run, and what every stored call was asked.

use std::{collections::BTreeMap, fmt::Write as _, ops::Range};

use serde::{Deserialize, Serialize};

use super::{Parts, Place};
use crate::model::{
    Delivery, Request, VerifyRequest,
    check::Require,
    contract::{Isolation, PermissionMode},
    run::Plan,
    yaml,
};

/// The file's name.
pub const CASE: &str = "case.yaml";

/// The version of the file's shape.
pub const VERSION: u32 = 1;

/// How the file is read.
pub const FORMAT: yaml::Format<Case> =
    yaml::Format { what: "recording", refusals: &[], check: complaints };

/// One recorded run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The version of this file's shape.
    pub version: u32,
    /// The skill that was run.
    pub skill: String,
    /// How it was made, for people.
    pub made: String,
    /// The version of claude that was recorded.
    pub claude: String,
    /// The arguments after the skill's name.
    #[serde(default)]
    pub args: Vec<String>,
    /// Inputs by name.
    #[serde(default)]
    pub inputs: BTreeMap<String, String>,
    /// Flags that made it the run it was.
    #[serde(default)]
    pub options: Options,
    /// Where in the repository the user stood; empty at its root.
    #[serde(default)]
    pub folder: String,
    /// What was replaced in the other files, because it belongs to one machine or one moment.
    #[serde(default)]
    pub placeholders: Vec<Place>,
    /// Files of the repository that are not in the recording.
    #[serde(default)]
    pub left_out: Vec<String>,
    /// What git knew of the repository.
    pub git: GitCase,
    /// The calls, in the order in which they began.
    pub calls: Vec<Call>,
}

/// Flags of a run that decide what it does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on a command line")]
pub struct Options {
    /// `--edit`.
    pub edit: bool,
    /// `--worktree`.
    pub worktree: bool,
    /// `--apply`.
    pub apply: bool,
    /// `--allow`.
    pub allow: Vec<String>,
    /// `--model`.
    pub model: Option<String>,
    /// `--permission-mode`.
    pub permission_mode: Option<PermissionMode>,
    /// `--require`.
    pub require: Option<Require>,
    /// `--verify`, `--no-verify`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<Verify>,
    /// `--canary`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub canary: bool,
}

/// What the command line said about the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Verify {
    /// `--verify`, or `--no-verify`.
    Whether(bool),
    /// `--verify=N`.
    Reviewers(u32),
}

impl Verify {
    fn of(request: VerifyRequest) -> Option<Self> {
        match request {
            VerifyRequest::AsContract => None,
            VerifyRequest::On(None) => Some(Self::Whether(true)),
            VerifyRequest::On(Some(reviewers)) => Some(Self::Reviewers(reviewers)),
            VerifyRequest::Off => Some(Self::Whether(false)),
        }
    }

    fn request(self) -> VerifyRequest {
        match self {
            Self::Whether(true) => VerifyRequest::On(None),
            Self::Whether(false) => VerifyRequest::Off,
            Self::Reviewers(reviewers) => VerifyRequest::On(Some(reviewers)),
        }
    }
}

/// What git knew: enough to make a repository in which the same facts hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GitCase {
    /// The branch.
    pub branch: String,
    /// The full name of the branch or tag whose work parted at `repo/`, such as
    /// `refs/heads/main`, where that is not HEAD itself.
    pub base: Option<String>,
    /// How many commits HEAD is ahead of it.
    pub ahead: usize,
    /// The messages of the last commits, the oldest first.
    pub log: Vec<String>,
}

/// One stored call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The step.
    pub step: String,
    /// The attempt, from 1.
    pub attempt: u32,
    /// Whom the call played.
    pub role: String,
    /// The exit code.
    pub exit: i32,
    /// The parts of its prompt.
    pub parts: Parts,
}

impl Call {
    /// The name of its files without their ending: no step's name leads out of the folder, and no
    /// two make one.
    pub fn stem(&self) -> String {
        stem(&self.step, self.attempt, &self.role)
    }
}

fn stem(step: &str, attempt: u32, role: &str) -> String {
    let mut name = String::new();
    for byte in step.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' => name.push(char::from(byte)),
            _ => write!(name, "%{byte:02x}").expect("writing to a string cannot fail"),
        }
    }
    format!("{name}-{attempt}-{role}")
}

impl Case {
    /// The call of a step's attempt.
    pub fn call(&self, step: &str, attempt: u32, role: &str) -> Option<&Call> {
        self.calls
            .iter()
            .find(|call| call.step == step && call.attempt == attempt && call.role == role)
    }

    /// The request as it would have been typed there: what is typed now comes first.
    #[must_use]
    pub fn asked_again(&self, now: &Request) -> Request {
        let Options {
            edit,
            worktree,
            apply,
            allow,
            model,
            permission_mode,
            require,
            verify,
            canary,
        } = &self.options;
        let nothing_typed = now.args.is_empty() && now.inputs.is_empty();
        let inputs = || self.inputs.iter().map(|(name, value)| (name.clone(), value.clone()));
        let mut asked = now.clone();
        if nothing_typed {
            asked.args.clone_from(&self.args);
            asked.inputs = inputs().collect();
        }
        asked.edit |= edit;
        asked.worktree |= worktree;
        if *apply {
            asked.delivery = Delivery::Tree;
        }
        asked.allow.extend(allow.iter().cloned());
        asked.model = asked.model.or_else(|| model.clone());
        asked.permission_mode = asked.permission_mode.or(*permission_mode);
        asked.require = asked.require.or(*require);
        if let (VerifyRequest::AsContract, Some(verify)) = (asked.verify, verify) {
            asked.verify = verify.request();
        }
        asked.canary |= canary;
        asked
    }

    /// What a replay has to be told, since no configuration has a say there.
    pub fn options_of(request: &Request, plan: &Plan) -> Options {
        let agent = plan.steps.first().map(|step| &step.agent);
        Options {
            edit: request.edit,
            worktree: plan.isolation == Isolation::Worktree,
            apply: plan.delivery == Delivery::Tree,
            allow: agent.map(|agent| agent.allow.clone()).unwrap_or_default(),
            model: request.model.clone(),
            permission_mode: agent.map(|agent| agent.permission_mode),
            require: Some(plan.require),
            verify: Verify::of(request.verify),
            canary: request.canary,
        }
    }
}

fn complaints(case: &Case) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    if case.version != VERSION {
        let version = case.version;
        found.push((0..0, format!("version {version}: this atlas reads version {VERSION}")));
    }
    let inside = |part: std::path::Component<'_>| matches!(part, std::path::Component::Normal(_));
    if !std::path::Path::new(&case.folder).components().all(inside) {
        found.push((0..0, "folder: it leads out of the repository".to_owned()));
    }
    let is_ref = |name: &String| name.starts_with("refs/") && !name.contains("..");
    if !case.git.base.as_ref().is_none_or(is_ref) {
        found.push((0..0, "git.base: write a full name such as refs/heads/main".to_owned()));
    }
    if case.git.ahead >= case.git.log.len().max(1) {
        found.push((0..0, "git.ahead: there are fewer commits in git.log".to_owned()));
    }
    found
}
