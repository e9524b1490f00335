//! What a page tells of a session: folded from plan, events and result, with the files that they
//! name. It asks for names and events only, whatever steps a plan is made of.

mod runs;

use std::collections::BTreeMap;

use serde::Serialize;

use super::{patch::PatchStory, timeline::Timeline};
use crate::model::{
    Status,
    call::transcript::Turn,
    journal_line::Line,
    result::{FindingStatus, RunResult, Severity},
    run::{Plan, State, plan::Setting},
    value::Usd,
};

/// What a session's page is made from; whoever reads files has read them.
#[derive(Clone, Debug)]
pub struct Material<'a> {
    /// Its lines, from its first event to its last.
    pub lines: &'a [Line],
    /// Its plan.
    pub plan: &'a Plan,
    /// What is known about it.
    pub state: &'a State,
    /// Its result.
    pub result: &'a RunResult,
    /// What it changed, where the trees are still there.
    pub patch: Option<String>,
    /// Its conversations, in the order in which they began.
    pub conversations: Vec<Conversation>,
    /// The files that findings speak of, by path, as they were judged.
    pub files: BTreeMap<String, String>,
}

/// One session.
#[derive(Clone, Debug, Serialize)]
pub struct Story {
    /// Its id.
    pub session: String,
    /// The name of the repository's folder.
    pub repository: String,
    /// Its runs, the last first.
    pub runs: Vec<RunStory>,
}

/// One run.
#[derive(Clone, Debug, Serialize)]
pub struct RunStory {
    /// Its number in the session.
    pub number: u32,
    /// The skill.
    pub skill: String,
    /// When it began, in UTC.
    pub begun: String,
    /// How it ended, in one word.
    pub status: Status,
    /// Whether `--ok-on` let it exit 0 all the same: nothing was checked.
    pub waived: bool,
    /// What the reader shall feel about that.
    pub mood: &'static str,
    /// How it ended, as a sentence begins.
    pub headline: String,
    /// Its last words, where it did not simply pass.
    pub reason: Option<String>,
    /// The versions that made it.
    pub atlas: String,
    /// What was asked.
    pub asked: Asked,
    /// The result, as the published document has it, without the output.
    pub result: RunResult,
    /// What the last step said.
    pub output: Option<String>,
    /// The checks that count, and how many of them passed.
    pub looked: Looked,
    /// When what ran.
    pub timeline: Timeline,
    /// What each step and reviewer cost.
    pub bars: Vec<StepBar>,
    /// What the reviewers said.
    pub votes: Vec<VoteStory>,
    /// What became of a fault that atlas planted in a copy of the work.
    pub canary: Option<CanaryStory>,
    /// What reviewers claim, beside the lines that it speaks of.
    pub findings: Vec<FindingStory>,
    /// What the skill itself found, likewise.
    pub own: Vec<FindingStory>,
    /// Why attempts were refused.
    pub refusals: Vec<Refusal>,
    /// Things worth knowing that decided nothing.
    pub notes: Vec<String>,
    /// What it changed; null where nobody looked or the trees are gone.
    pub patch: Option<PatchStory>,
    /// What was said.
    pub conversations: Vec<Conversation>,
    /// What of the skill was put before agents, by the stage that loaded it.
    pub loaded: Vec<Stage>,
    /// Every setting with its source.
    pub settings: Vec<Setting>,
}

/// What was asked of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Asked {
    /// Where the skill was found, in words.
    pub source: String,
    /// The first digits of the hash of its text.
    pub digest: String,
    /// The arguments after the skill's name.
    pub args: Vec<String>,
    /// The inputs as the skill saw them.
    pub inputs: Vec<(String, String)>,
}

/// How many checks passed of those that looked.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Looked {
    /// So many passed.
    pub passed: usize,
    /// So many looked.
    pub of: usize,
}

/// What one step or reviewer cost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepBar {
    /// Its id.
    pub id: String,
    /// The model that answered last.
    pub model: String,
    /// Calls that ended.
    pub calls: u32,
    /// Dollars that claude told; null where it told none.
    pub usd: Option<Usd>,
    /// Those dollars in percent of the dearest.
    pub usd_share: f64,
    /// All of its tokens.
    pub tokens: u64,
    /// What it read, in tokens.
    pub read: u64,
    /// Of that: from the cache.
    pub cached: u64,
    /// How full its context window became, in percent.
    pub context: f64,
    /// The window, in tokens.
    pub window: u64,
    /// How long its calls took, in milliseconds.
    pub ms: u64,
}

/// One reviewer's vote.
#[derive(Clone, Debug, Serialize)]
pub struct VoteStory {
    /// Who.
    pub reviewer: String,
    /// What it voted.
    pub vote: &'static str,
    /// What the reader shall feel about that.
    pub mood: &'static str,
    /// Why it is no plain confirmation.
    pub reason: Option<String>,
}

/// A fault that atlas planted in a copy of the work, to see whether the panel looks.
#[derive(Clone, Debug, Serialize)]
pub struct CanaryStory {
    /// What was done to the copy, in words.
    pub fault: &'static str,
    /// The file; null where it was the answer.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: usize,
    /// Whether the panel would have refused the copy because of it.
    pub caught: bool,
}

/// A claim, and the lines that it speaks of.
#[derive(Clone, Debug, Serialize)]
pub struct FindingStory {
    /// How much it matters.
    pub severity: Severity,
    /// The claim.
    pub claim: String,
    /// The file it speaks of, from the root.
    pub file: Option<String>,
    /// The line it speaks of, from 1.
    pub line: Option<u64>,
    /// Whether atlas could confirm its evidence; null where nobody asked.
    pub status: Option<FindingStatus>,
    /// Who raised it; the skill itself where it is nobody.
    pub by: Vec<String>,
    /// What to do about it.
    pub suggestion: Option<String>,
    /// The lines, where the file is still there.
    pub excerpt: Option<Excerpt>,
}

/// Some lines of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Excerpt {
    /// The lines, in order.
    pub lines: Vec<ExcerptLine>,
}

/// One line of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExcerptLine {
    /// Its number, from 1.
    pub number: usize,
    /// Its text.
    pub text: String,
    /// Whether the claim is about it.
    pub meant: bool,
}

/// An attempt that was refused.
#[derive(Clone, Debug, Serialize)]
pub struct Refusal {
    /// The step.
    pub step: String,
    /// Why.
    pub reasons: Vec<String>,
}

/// One conversation.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Conversation {
    /// The step's id.
    pub step: String,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The system prompt, as far as it is shown.
    pub system: String,
    /// The prompt, as far as it is shown.
    pub prompt: String,
    /// What was said then.
    pub turns: Vec<Turn>,
    /// How much is not shown, in words; empty where all is.
    pub left_out: String,
}

/// What one stage put before agents.
#[derive(Clone, Debug, Serialize)]
pub struct Stage {
    /// Its name.
    pub name: &'static str,
    /// Bytes.
    pub bytes: u64,
    /// About so many tokens.
    pub tokens: u64,
    /// In percent of the largest stage.
    pub share: f64,
}

impl Story {
    /// The story of a session with these runs, in order.
    pub fn of(session: &str, repository: &str, runs: &[Material<'_>]) -> Self {
        let mut told: Vec<RunStory> = runs.iter().map(runs::story).collect();
        told.reverse();
        Self { session: session.to_owned(), repository: repository.to_owned(), runs: told }
    }
}
