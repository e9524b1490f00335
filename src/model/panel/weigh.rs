//! From what reviewers said to findings, votes and the verdict.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    answer::{Expect, Issue, Review},
    merge,
    verdict::verdict,
};
use crate::model::{
    call::CallOutcome,
    result::{Finding, FindingKind, FindingStatus, Severity, Verdict, VerdictStatus, Votes},
};

/// What came of asking a reviewer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "lowercase")]
pub enum Said {
    /// It answered by the schema.
    Answer {
        /// The answer.
        review: Review,
    },
    /// It answered outside the schema, too late, or beyond its means.
    Nothing {
        /// Why, in words.
        reason: String,
    },
    /// Its call broke.
    Died {
        /// Why, in words.
        reason: String,
    },
}

impl Said {
    /// What a call's end amounts to, with the answer that it left, as far as that can be read.
    pub fn of(outcome: &CallOutcome, answer: impl FnOnce() -> Result<Review, String>) -> Self {
        match outcome {
            CallOutcome::Succeeded => match answer() {
                Ok(review) => Self::Answer { review },
                Err(reason) => Self::Nothing { reason },
            },
            CallOutcome::Limit { reason, .. } => Self::Nothing { reason: reason.clone() },
            CallOutcome::Failed { failure, reason } if failure.is_silence() => {
                Self::Nothing { reason: reason.clone() }
            }
            CallOutcome::Failed { reason, .. } | CallOutcome::Unavailable { reason, .. } => {
                Self::Died { reason: reason.clone() }
            }
            CallOutcome::Interrupted => Self::Died { reason: "interrupted".to_owned() },
        }
    }
}

/// One reviewer, and what came of asking it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The reviewer's name.
    pub reviewer: String,
    /// What came of it.
    pub said: Said,
}

/// What atlas saw of the evidence, with its own eyes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// By reviewer: for each of its issues, in order, whether the quote stands where it says.
    pub quotes: BTreeMap<String, Vec<bool>>,
    /// By name: how the contract's commands behaved. One that could not run is not here.
    pub commands: BTreeMap<String, Expect>,
}

/// A reviewer's vote, derived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Vote {
    /// It tried to disprove the work, and could not.
    Confirmed,
    /// It disproved the work, with evidence that was checked.
    Refuted,
    /// It gave no vote that counts.
    Abstained,
    /// It died.
    Error,
}

/// A vote, and why it counts as that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cast {
    /// The reviewer's name.
    pub reviewer: String,
    /// Its vote.
    pub vote: Vote,
    /// Why it is no plain confirmation.
    pub reason: Option<String>,
}

/// What a panel amounts to.
#[derive(Clone, Debug, PartialEq)]
pub struct Conclusion {
    /// Each reviewer's vote, in the order in which they were asked.
    pub votes: Vec<Cast>,
    /// The verdict, with its findings.
    pub verdict: Verdict,
}

/// What proves an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Support {
    Nothing,
    Quote,
    Command,
    TwoReviewers,
}

/// Concludes. With the same answers and the same evidence it always says the same.
pub fn conclude(asked: &[Asked], evidence: &Evidence, quorum: u32) -> Conclusion {
    let claims = claims(asked, evidence);
    let issues: Vec<&Issue> = claims.iter().map(|claim| claim.issue).collect();
    let groups = merge::groups(&issues);
    let claims = with_omissions(claims, &groups);
    let votes: Vec<Cast> = asked.iter().map(|asked| cast(asked, &claims)).collect();
    let proven_blocker = claims.iter().any(|claim| {
        claim.support == Support::Command && claim.issue.severity == Severity::Blocker
    });
    let counted = count(&votes);
    Conclusion {
        verdict: Verdict {
            status: verdict(counted, quorum, proven_blocker),
            votes: counted,
            findings: findings(&claims, &groups),
        },
        votes,
    }
}

/// Whether one reviewer's answer leaves nothing to ask the others about.
pub fn is_clear(conclusion: &Conclusion) -> bool {
    conclusion.verdict.status == VerdictStatus::Passed
        && conclusion.verdict.findings.iter().all(|finding| finding.severity < Severity::Major)
}

/// The issues that refute, each with who raised it: supported, and of weight.
pub(super) fn weighty<'a>(asked: &'a [Asked], evidence: &Evidence) -> Vec<(&'a str, &'a Issue)> {
    let claims = claims(asked, evidence);
    let issues: Vec<&Issue> = claims.iter().map(|claim| claim.issue).collect();
    let groups = merge::groups(&issues);
    let claims = with_omissions(claims, &groups).into_iter();
    claims.filter(Claim::refutes).map(|claim| (claim.reviewer, claim.issue)).collect()
}

/// An issue, who raised it, and what proves it.
struct Claim<'a> {
    reviewer: &'a str,
    issue: &'a Issue,
    support: Support,
}

impl Claim<'_> {
    /// Whether the work must not be used because of it.
    fn refutes(&self) -> bool {
        self.support != Support::Nothing && self.issue.severity >= Severity::Major
    }
}

fn claims<'a>(asked: &'a [Asked], evidence: &Evidence) -> Vec<Claim<'a>> {
    let mut claims = Vec::new();
    for Asked { reviewer, said } in asked {
        let Said::Answer { review } = said else { continue };
        let quotes = evidence.quotes.get(reviewer).map(Vec::as_slice).unwrap_or_default();
        for (at, issue) in review.issues.iter().enumerate() {
            let stands = quotes.get(at).copied().unwrap_or(false);
            claims.push(Claim { reviewer, issue, support: support(issue, stands, evidence) });
        }
    }
    claims
}

fn support(issue: &Issue, quote_stands: bool, evidence: &Evidence) -> Support {
    let expected = issue.command.as_ref().zip(issue.expect);
    let behaves = |(command, expect): (&String, Expect)| {
        evidence.commands.get(command).is_some_and(|seen| *seen == expect)
    };
    match expected.is_some_and(behaves) {
        true => Support::Command,
        // What is left out cannot be quoted; words nearby prove nothing about it.
        false if quote_stands && issue.kind == FindingKind::Wrong => Support::Quote,
        false => Support::Nothing,
    }
}

/// An omission that two reviewers raise, each for itself, has weight.
fn with_omissions<'a>(mut claims: Vec<Claim<'a>>, groups: &[Vec<usize>]) -> Vec<Claim<'a>> {
    for group in groups {
        let raised_by: BTreeSet<&str> = group.iter().map(|at| claims[*at].reviewer).collect();
        for at in group.iter().filter(|_| raised_by.len() > 1) {
            let claim = &mut claims[*at];
            if claim.issue.kind == FindingKind::Missing && claim.support == Support::Nothing {
                claim.support = Support::TwoReviewers;
            }
        }
    }
    claims
}

fn cast(asked: &Asked, claims: &[Claim<'_>]) -> Cast {
    let (vote, reason) = match &asked.said {
        Said::Died { reason } => (Vote::Error, Some(reason.clone())),
        Said::Nothing { reason } => (Vote::Abstained, Some(reason.clone())),
        Said::Answer { review } => {
            let mut own = claims.iter().filter(|claim| claim.reviewer == asked.reviewer);
            match (own.find(|claim| claim.refutes()), review.passed) {
                (Some(claim), _) => (Vote::Refuted, Some(claim.issue.claim.clone())),
                (None, true) => (Vote::Confirmed, None),
                (None, false) => {
                    let why = "it refused the work without evidence that could be confirmed";
                    (Vote::Abstained, Some(why.to_owned()))
                }
            }
        }
    };
    Cast { reviewer: asked.reviewer.clone(), vote, reason }
}

fn count(votes: &[Cast]) -> Votes {
    votes.iter().fold(Votes::default(), |mut sum, cast| {
        *match cast.vote {
            Vote::Confirmed => &mut sum.confirmed,
            Vote::Refuted => &mut sum.refuted,
            Vote::Abstained => &mut sum.abstained,
            Vote::Error => &mut sum.error,
        } += 1;
        sum
    })
}

/// One finding a group, worst first; of equal ones those with evidence first.
fn findings(claims: &[Claim<'_>], groups: &[Vec<usize>]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = groups
        .iter()
        .map(|group| finding(&group.iter().map(|at| &claims[*at]).collect::<Vec<_>>()))
        .collect();
    findings.sort_by_key(|finding| {
        (std::cmp::Reverse(finding.severity), finding.status == FindingStatus::Unsupported)
    });
    for (number, finding) in (1..).zip(&mut findings) {
        finding.id = format!("f{number}");
    }
    findings
}

/// The words are those of the claim that weighs most; of equal ones, of the first.
fn finding(group: &[&Claim<'_>]) -> Finding {
    let weight = |claim: &&&Claim<'_>| (claim.support != Support::Nothing, claim.issue.severity);
    let heaviest = group.iter().rev().max_by_key(weight).expect("a group is never empty");
    let issue = heaviest.issue;
    let mut by: Vec<String> = group.iter().map(|claim| claim.reviewer.to_owned()).collect();
    by.dedup();
    Finding {
        id: String::new(),
        severity: issue.severity,
        kind: issue.kind,
        claim: issue.claim.clone(),
        file: issue.file.clone(),
        line: issue.line,
        quote: issue.quote.clone(),
        status: match heaviest.support {
            Support::Nothing => FindingStatus::Unsupported,
            Support::Quote | Support::Command | Support::TwoReviewers => FindingStatus::Supported,
        },
        by,
    }
}

#[cfg(test)]
mod tests;
