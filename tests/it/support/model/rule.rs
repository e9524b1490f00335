//! One line of the script: when it holds, and what it answers.

use std::time::Duration;

use regex::{Captures, Regex};
use serde_json::Value;

use super::answer::{Answer, Block, Crowd};
use super::{Failure, Gate, Quota, Request};

/// A rule that holds for every request and answers with an empty message.
pub(crate) fn rule() -> Rule {
    Rule::default()
}

/// Conditions, which must all hold, and an answer.
///
/// In texts and tool inputs `$1` to `$9` stand for the groups of `when_user`, else of `when_prompt`.
#[derive(Debug, Clone, Default)]
#[must_use]
pub(crate) struct Rule {
    user: Option<Regex>,
    prompt: Option<Regex>,
    after_tool_result: Option<bool>,
    offered: Option<&'static str>,
    times: Option<usize>,
    chance: Option<Coin>,
    answer: Answer,
}

/// Conditions.
impl Rule {
    /// The last text of the user matches.
    pub(crate) fn when_user(mut self, pattern: &str) -> Self {
        self.user = Some(compile(pattern));
        self
    }

    /// System prompt and messages, as JSON text, match.
    pub(crate) fn when_prompt(mut self, pattern: &str) -> Self {
        self.prompt = Some(compile(pattern));
        self
    }

    /// The model was just given a tool's result.
    pub(crate) fn after_tool_result(mut self) -> Self {
        self.after_tool_result = Some(true);
        self
    }

    /// The model was not just given a tool's result.
    pub(crate) fn before_tool_result(mut self) -> Self {
        self.after_tool_result = Some(false);
        self
    }

    /// The request offers this tool.
    pub(crate) fn when_offered(mut self, tool: &'static str) -> Self {
        self.offered = Some(tool);
        self
    }

    /// Holds for so many requests, then never again.
    pub(crate) fn times(mut self, times: usize) -> Self {
        self.times = Some(times);
        self
    }

    /// Holds for this share (0 to 1) of the requests, by a coin that falls alike in every run.
    pub(crate) fn by_chance(mut self, share: f64, seed: u64) -> Self {
        self.chance = Some(Coin { share, state: seed });
        self
    }
}

/// Answers.
impl Rule {
    /// Adds a text.
    pub(crate) fn says(mut self, text: impl Into<String>) -> Self {
        self.answer.blocks.push(Block::Text(text.into()));
        self
    }

    /// Adds a tool call.
    pub(crate) fn calls(mut self, tool: &str, input: Value) -> Self {
        self.answer.blocks.push(Block::Tool { name: tool.to_owned(), input });
        self
    }

    /// Adds the structured output that `--json-schema` asks for.
    pub(crate) fn returns(self, output: Value) -> Self {
        self.calls("StructuredOutput", output)
    }

    /// Stops for this reason, such as `refusal` or `max_tokens`, instead of the usual one.
    pub(crate) fn stops_with(mut self, reason: &'static str) -> Self {
        self.answer.stop_reason = Some(reason);
        self
    }

    /// Sends texts in pieces of this many characters.
    pub(crate) fn in_chunks_of(mut self, chars: usize) -> Self {
        self.answer.chunk = chars;
        self
    }

    /// Tokens of the request and of the answer; by default a quarter of the bytes, and 25.
    pub(crate) fn usage(mut self, input: u64, output: u64) -> Self {
        self.answer.usage.input = Some(input);
        self.answer.usage.output = output;
        self
    }

    /// Tokens read from and written to the prompt cache, beside those of `usage`.
    pub(crate) fn cached(mut self, read: u64, written: u64) -> Self {
        self.answer.usage.cache_read = read;
        self.answer.usage.cache_written = written;
        self
    }

    /// Answers with an error.
    pub(crate) fn fails(mut self, failure: Failure) -> Self {
        self.answer.failure = Some(failure);
        self
    }

    /// Tells a plan's quota, and refuses the request when it is used up.
    pub(crate) fn quota(mut self, quota: &Quota) -> Self {
        self.answer.headers = quota.headers();
        if quota.refuses() { self.fails(Failure::rate_limited()) } else { self }
    }

    /// Takes so long before the first byte. Only for what is about time: a test waits at a gate.
    pub(crate) fn takes(mut self, time: Duration) -> Self {
        self.answer.takes = time;
        self
    }

    /// Refuses with 429 what comes while it gives so many answers.
    pub(crate) fn refuses_above(mut self, answers: usize) -> Self {
        self.answer.crowd = Some(Crowd::of(answers));
        self
    }

    /// Waits at the gate before the first byte.
    pub(crate) fn held_by(mut self, gate: &Gate) -> Self {
        self.answer.held = Some(gate.clone());
        self
    }

    /// Waits at the gate when so many events of the stream are sent.
    pub(crate) fn held_after(mut self, events: usize, gate: &Gate) -> Self {
        self.answer.held_after = Some((events, gate.clone()));
        self
    }

    /// Closes the connection when so many events of the stream are sent.
    ///
    /// `claude` then asks once more without a stream; that answer is cut before its first byte.
    pub(crate) fn cut_after(mut self, events: usize) -> Self {
        self.answer.cut_after = Some(events);
        self
    }
}

impl Rule {
    /// The answer to this request, used up by one; `None` when the rule does not hold.
    pub(super) fn take(&mut self, request: &Request) -> Option<Answer> {
        let prompt = request.prompt();
        let user = request.user();
        let mut groups = Vec::new();
        for (pattern, text) in [(&self.prompt, &prompt), (&self.user, &user)] {
            if let Some(pattern) = pattern {
                let found = groups_of(&pattern.captures(text)?);
                if !found.is_empty() {
                    groups = found;
                }
            }
        }
        let holds = self.after_tool_result.is_none_or(|after| after == request.is_tool_result())
            && self.offered.is_none_or(|tool| request.tools().contains(&tool))
            && self.times != Some(0)
            && self.chance.as_mut().is_none_or(Coin::toss);
        if !holds {
            return None;
        }
        self.times = self.times.map(|left| left - 1);
        Some(self.answer.filled(&groups))
    }
}

/// A coin with a memory, so that a run can be repeated.
#[derive(Debug, Clone)]
struct Coin {
    share: f64,
    state: u64,
}

impl Coin {
    /// One step of the `SplitMix64` generator, of which the upper half is used.
    fn toss(&mut self) -> bool {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let upper = u32::try_from((mixed ^ (mixed >> 31)) >> 32).expect("half of it was cut off");
        f64::from(upper) / f64::from(u32::MAX) < self.share
    }
}

fn compile(pattern: &str) -> Regex {
    Regex::new(&format!("(?s){pattern}")).unwrap_or_else(|e| panic!("{e}"))
}

fn groups_of(captures: &Captures<'_>) -> Vec<String> {
    let groups = captures.iter().skip(1);
    groups.map(|group| group.map_or_else(String::new, |m| m.as_str().to_owned())).collect()
}
