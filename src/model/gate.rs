//! The gate: a session of Claude Code that is held to a contract.
//!
//! Claude Code asks at the person's prompt, when the base is taken, and at the end of each turn,
//! when the work since then is judged. What a refusal is, how often one stops the agent and when
//! the gate lets go is decided here, from what is known of the session and what came of the look.

pub mod settings;
mod told;

use std::{collections::BTreeMap, fmt::Write as _};

use serde::{Deserialize, Serialize};

use crate::model::{
    Status,
    check::{Check, CheckKind, CheckStatus},
    digest::sha256,
    result::{FindingStatus, RunResult},
    run::{Plan, stand::TreeName},
    secret, text,
};
pub use told::{Moment, Told};

/// So many times the end of a turn is refused in one session; then the gate lets go.
pub const MOST_BLOCKS: u32 = 3;

/// As much of what checks said as an agent reads with use, in bytes.
const REASONS_BYTES: usize = 16 * 1024;

/// As much of what a person asked for as is kept for reviewers, in bytes.
const ASKED_BYTES: usize = 64 * 1024;

/// What is known of one session of Claude Code. Kept beside the journal, which has the runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// The format of this file.
    pub version: u32,
    /// Claude Code's name of its session.
    pub claude_session: String,
    /// How many times the end of a turn was refused, since the session began.
    pub blocks: u32,
    /// What the session is held to.
    pub to: Bond,
    /// What the person asked for since the base was taken.
    pub asked: Vec<String>,
    /// What came of each tree that was looked at since then, by its key.
    pub judged: BTreeMap<String, Judged>,
    /// Whether the last look was content, so that the next prompt takes a new base.
    pub settled: bool,
}

/// What a session is held to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bond {
    /// The contract, as it was when the base was taken.
    Contract(Box<Contract>),
    /// A contract that could not be read, so that nothing can be judged, and why.
    Broken {
        /// Why.
        reason: String,
    },
}

/// The contract of a session, as a plan whose work is given later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// The session of atlas that its runs are made in.
    pub session: String,
    /// The tree as it was.
    pub base: TreeName,
    /// What shall be looked at.
    pub plan: Plan,
}

/// What is known of a tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Judged {
    /// Everything that had to hold did.
    Verified,
    /// Something was refused, for these reasons.
    Refused {
        /// What checks said.
        reasons: Vec<String>,
    },
}

/// What came of a look at the work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was changed since the base.
    Unchanged,
    /// Everything that had to hold did; who looked, in words.
    Verified {
        /// By whom, at what price, and where it is recorded.
        by: String,
    },
    /// Something was refused.
    Refused {
        /// What checks said.
        reasons: Vec<String>,
    },
    /// Something could not be looked at, which is no pass.
    Unknown {
        /// What, and why.
        reasons: Vec<String>,
    },
    /// Somebody ended the look, and waits for no answer.
    Interrupted,
}

/// What Claude Code is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing: it goes on.
    Silence,
    /// It goes on, and the person is told something.
    Say(String),
    /// The agent goes on working, for this reason.
    Block(String),
}

impl Answer {
    /// The answer as Claude Code reads it from a hook's stdout; nothing where there is none.
    pub fn json(&self) -> Option<String> {
        let json = match self {
            Self::Silence => return None,
            Self::Say(message) => serde_json::json!({ "systemMessage": message }),
            Self::Block(reason) => serde_json::json!({ "decision": "block", "reason": reason }),
        };
        Some(format!("{json}\n"))
    }
}

/// The format of what is kept of a session.
const VERSION: u32 = 1;

impl Held {
    /// A session that begins to be held to something.
    pub fn new(claude_session: &str, to: Bond) -> Self {
        Self {
            version: VERSION,
            claude_session: claude_session.to_owned(),
            blocks: 0,
            to,
            asked: Vec::new(),
            judged: BTreeMap::new(),
            settled: false,
        }
    }

    /// Whether this is what a version like this one wrote of that very session.
    pub fn is_of(&self, claude_session: &str) -> bool {
        self.version == VERSION && self.claude_session == claude_session
    }

    /// The same session, from a new base on.
    #[must_use]
    pub fn anew(self, to: Bond) -> Self {
        Self { blocks: self.blocks, ..Self::new(&self.claude_session, to) }
    }

    /// Whether there is a contract that it is held to.
    pub fn is_bound(&self) -> bool {
        match self.to {
            Bond::Contract(_) => true,
            Bond::Broken { .. } => false,
        }
    }

    /// Notes what the person asked for.
    pub fn asks(&mut self, prompt: &str) {
        let known: usize = self.asked.iter().map(String::len).sum();
        let room = ASKED_BYTES.saturating_sub(known);
        let kept = cut(prompt.trim(), room);
        if !kept.is_empty() {
            self.asked.push(kept.to_owned());
        }
    }

    /// What is known of a tree already, so that no look is paid twice.
    pub fn known(&self, tree: &TreeName) -> Option<Outcome> {
        match self.judged.get(&key(tree))? {
            Judged::Verified => Some(Outcome::Unchanged),
            Judged::Refused { reasons } => Some(Outcome::Refused { reasons: reasons.clone() }),
        }
    }

    /// Takes in what came of a look at a tree, and says what Claude Code is told. What could not be
    /// looked at is not remembered: the next look may fare better.
    pub fn answer(&mut self, tree: Option<&TreeName>, outcome: Outcome) -> Answer {
        self.settled = matches!(outcome, Outcome::Unchanged | Outcome::Verified { .. });
        let judged = match &outcome {
            Outcome::Unchanged | Outcome::Verified { .. } => Some(Judged::Verified),
            Outcome::Refused { reasons } => Some(Judged::Refused { reasons: reasons.clone() }),
            Outcome::Unknown { .. } | Outcome::Interrupted => None,
        };
        if let (Some(tree), Some(judged)) = (tree, judged) {
            self.judged.insert(key(tree), judged);
        }
        match outcome {
            Outcome::Unchanged | Outcome::Interrupted => Answer::Silence,
            Outcome::Verified { by } => Answer::Say(format!("atlas gate: verified: {by}")),
            Outcome::Refused { reasons } => self.refuse(
                ("refused", "The work since your instruction does not hold to its contract"),
                &reasons,
            ),
            Outcome::Unknown { reasons } => self.refuse(
                ("not checked", "Whether the work holds to its contract could not be found out"),
                &reasons,
            ),
        }
    }

    fn refuse(&mut self, (short, long): (&str, &str), reasons: &[String]) -> Answer {
        let list = list(reasons);
        if self.blocks >= MOST_BLOCKS {
            return Answer::Say(format!(
                "atlas gate: NOT VERIFIED. {long}, and after {MOST_BLOCKS} refusals the gate lets \
                 go:\n{list}"
            ));
        }
        self.blocks += 1;
        let count = self.blocks;
        Answer::Block(format!(
            "atlas gate: {short} ({count} of {MOST_BLOCKS}). {long}:\n\n{list}\n\nMend the work, not \
             what checks it, and end your turn again. What you cannot mend, say plainly."
        ))
    }
}

/// What a run that judged the work came to.
pub fn outcome(result: &RunResult) -> Outcome {
    let reasons = reasons(result);
    match result.status {
        Status::Passed => Outcome::Verified { by: proven_by(result) },
        Status::Rejected => Outcome::Refused { reasons },
        Status::Interrupted => Outcome::Interrupted,
        Status::Failed
        | Status::Usage
        | Status::Blocked
        | Status::Inconclusive
        | Status::Limit
        | Status::Unavailable
        | Status::Invalid
        | Status::Waiting
        | Status::Busy => Outcome::Unknown { reasons },
    }
}

/// Whoever objected, each by its name; where nobody did, why the run ended.
fn reasons(result: &RunResult) -> Vec<String> {
    let said = |check: &Check| {
        let nothing = match check.status {
            CheckStatus::Failed => "it refuses, and says nothing",
            CheckStatus::Error => "it could not look, and nobody knows why",
            CheckStatus::Passed | CheckStatus::Skipped => return None,
        };
        let speaks = check.blocking && check.kind != CheckKind::Panel;
        let reason = check.reason.as_deref().unwrap_or(nothing);
        speaks.then(|| format!("{}: {reason}", check.name))
    };
    let mut reasons: Vec<String> = result.checks.iter().filter_map(said).collect();
    let findings = result.verdict.iter().flat_map(|verdict| &verdict.findings);
    let supported = findings.filter(|finding| finding.status == FindingStatus::Supported);
    reasons.extend(supported.map(|finding| format!("review: {finding}")));
    if reasons.is_empty() {
        let why = result.reason.as_deref().unwrap_or("nobody says why");
        reasons.push(format!("{}: {why}", result.status));
    }
    reasons
}

fn proven_by(result: &RunResult) -> String {
    let proof = &result.proof;
    let count = |number: u32, one: &str, many: &str| {
        (number > 0).then(|| format!("{number} {}", if number == 1 { one } else { many }))
    };
    let parts: Vec<String> = [
        count(proof.commands, "command", "commands"),
        count(proof.schema, "schema", "schemas"),
        count(proof.votes, "vote", "votes"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let who = if parts.is_empty() { "nobody looked".to_owned() } else { parts.join(", ") };
    let spent = result.spend.usd_charged;
    let session = result.session.as_deref().unwrap_or_default();
    format!("{who}, {spent} spent, recorded in {session}")
}

/// As a list that shows no more than it should, and of no more than an agent can use.
fn list(reasons: &[String]) -> String {
    let mut list = String::new();
    for reason in reasons {
        let reason = secret::redact(reason).into_owned();
        let reason = text::sanitize(reason.trim()).replace('\n', "\n  ");
        writeln!(list, "- {reason}").expect("writing to a string cannot fail");
    }
    let shown = cut(list.trim_end(), REASONS_BYTES);
    match list.trim_end().len() - shown.len() {
        0 => shown.to_owned(),
        bytes => format!("{shown}\n({bytes} bytes more are in the session)"),
    }
}

/// The beginning of a text, of at most so many bytes.
fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

/// What tells a tree from every other one, files that are not stored included.
fn key(tree: &TreeName) -> String {
    sha256(&serde_json::to_vec(tree).expect("a tree's name is JSON"))
}

#[cfg(test)]
mod tests;
