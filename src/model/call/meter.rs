//! Adds up a call's stream while it runs, so that spend is known whatever ends it.

use std::collections::{HashMap, HashSet};

use super::{
    Basis, ContextUse, QuotaUse, Spend, TokenCount,
    stream::{Init, Message, RateLimit, ResultMessage, Retry, ToolDone, ToolUse},
};
use crate::model::value::Usd;

/// What a call's stream has said so far.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    /// The first `init`.
    pub init: Option<Init>,
    /// The last `result`.
    pub result: Option<ResultMessage>,
    /// The last retry that claude announced and has not got over.
    pub retry: Option<Retry>,
    /// The last word on a plan's quota.
    pub rate_limit: Option<RateLimit>,
    /// claude's own word for an error that took an answer's place.
    pub error: Option<String>,
    /// The files that the agent read, in order.
    pub reads: Vec<FileRead>,
    answers: HashMap<String, TokenCount>,
    current: Option<String>,
    running_tools: HashSet<String>,
    /// The files that are being read, by the id of the tool's call.
    reading: HashMap<String, String>,
    peak: u64,
}

/// A file that the agent was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRead {
    /// The path as the agent wrote it.
    pub path: String,
    /// How many bytes of it were shown.
    pub bytes: u64,
}

impl Meter {
    /// Takes in one message.
    pub fn take(&mut self, message: &Message) {
        match message {
            Message::Init(init) => {
                self.init.get_or_insert_with(|| init.clone());
            }
            Message::Retry(retry) => self.retry = Some(retry.clone()),
            Message::RateLimit(limit) => self.rate_limit = Some(limit.clone()),
            Message::AnswerStarted { id, usage, nested } => {
                // What a tool said may have been too long to be read; the model has read it.
                if !nested {
                    self.running_tools.clear();
                }
                self.answer_started(id, *usage);
            }
            Message::AnswerUsage { id, output } => self.answer_grew(id.as_deref(), *output),
            Message::Assistant { tools, error } => {
                self.running_tools.extend(tools.iter().map(|tool| tool.id.clone()));
                let reading = |tool: &ToolUse| Some((tool.id.clone(), tool.reads.clone()?));
                self.reading.extend(tools.iter().filter_map(reading));
                if error.is_some() {
                    self.error.clone_from(error);
                }
            }
            Message::ToolsDone(done) => done.iter().for_each(|done| self.tool_done(done)),
            Message::Result(result) => self.result = Some((**result).clone()),
            Message::Text(_) | Message::EditChecked(_) | Message::Other => {}
        }
    }

    /// Whether silence is natural now: a tool runs, or claude waits to ask again.
    pub fn may_be_silent(&self) -> bool {
        !self.running_tools.is_empty() || self.retry.is_some()
    }

    /// All tokens so far, by message, so that a repeated event counts once.
    pub fn tokens(&self) -> TokenCount {
        let mut sum = TokenCount::default();
        for answer in self.answers.values() {
            sum += *answer;
        }
        sum
    }

    /// What the call cost. `before` is what the conversation had cost when this call began:
    /// claude's total goes on over a resume, and starts again at nothing after a kill.
    pub fn spend(&self, before: Usd) -> Spend {
        let total = self.result.as_ref().and_then(|result| result.total_cost_usd);
        let usd = total
            .and_then(Usd::from_dollars)
            .map(|total| if total < before { total } else { total.saturating_sub(before) });
        Spend { usd, tokens: self.tokens(), basis: self.basis(), turns: self.turns() }
    }

    /// What the conversation has cost in all, as claude last said.
    pub fn conversation_cost(&self) -> Option<Usd> {
        self.result.as_ref()?.total_cost_usd.and_then(Usd::from_dollars)
    }

    /// How much of a plan's quota is used, as the last word on it told.
    pub fn quota(&self) -> Option<QuotaUse> {
        let told = self.rate_limit.as_ref()?;
        Some(QuotaUse {
            window: told.rate_limit_type.clone(),
            used: told.utilization.filter(|used| used.is_finite())?,
            resets_at: told.resets_at,
        })
    }

    /// How full the window became; `known` is the window that an earlier result of this model
    /// named, or the user's configuration.
    pub fn context(&self, known: Option<u64>) -> ContextUse {
        let window = self.result.as_ref().and_then(ResultMessage::context_window).or(known);
        ContextUse {
            window: window.unwrap_or(ASSUMED_WINDOW),
            window_assumed: window.is_none(),
            peak: self.peak,
        }
    }

    /// Whether the model began to answer, and so has read what it was given.
    pub fn was_answered(&self) -> bool {
        !self.answers.is_empty()
    }

    fn tool_done(&mut self, done: &ToolDone) {
        self.running_tools.remove(&done.id);
        if let Some(path) = self.reading.remove(&done.id).filter(|_| !done.failed) {
            self.reads.push(FileRead { path, bytes: done.read });
        }
    }

    fn answer_started(&mut self, id: &str, usage: TokenCount) {
        self.retry = None;
        self.peak = self.peak.max(usage.in_window());
        self.answers.entry(id.to_owned()).or_insert(usage);
        self.current = Some(id.to_owned());
    }

    fn answer_grew(&mut self, id: Option<&str>, output: u64) {
        let Some(id) = id.or(self.current.as_deref()) else { return };
        if let Some(answer) = self.answers.get_mut(id) {
            answer.output = answer.output.max(output);
            self.peak = self.peak.max(answer.in_window());
        }
    }

    fn turns(&self) -> u32 {
        let answered = u32::try_from(self.answers.len()).unwrap_or(u32::MAX);
        self.result.as_ref().map_or(answered, |result| result.num_turns)
    }

    fn basis(&self) -> Basis {
        match &self.rate_limit {
            Some(limit) if limit.is_using_overage == Some(true) => Basis::Overage,
            Some(_) => Basis::Plan,
            None => match self.init.as_ref().and_then(|init| init.api_key_source.as_deref()) {
                Some("none") => Basis::Plan,
                Some(_) => Basis::Api,
                None => Basis::Unknown,
            },
        }
    }
}

/// What every current model offers; used until a result names the real size.
pub const ASSUMED_WINDOW: u64 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::call::stream::parse;

    /// A tool starts; its answer is never seen. An answer of `parent` begins.
    fn silent_after_an_answer_of(parent: &str) -> bool {
        let mut meter = Meter::default();
        let lines = [
            r#"{"type":"assistant","message":{"content":[{"type":"tool_use","id":"t","name":"Task"}]}}"#.to_owned(),
            format!(
                r#"{{"type":"stream_event","parent_tool_use_id":{parent},"event":{{"type":"message_start","message":{{"id":"m","usage":{{}}}}}}}}"#
            ),
        ];
        for line in lines {
            meter.take(&parse(line.as_bytes()).unwrap());
        }
        meter.may_be_silent()
    }

    #[test]
    fn files_that_were_shown_are_counted_and_no_others() {
        let mut meter = Meter::default();
        let call = |id: &str, tool: &str| {
            format!(
                r#"{{"type":"assistant","message":{{"content":[{{"type":"tool_use","id":"{id}","name":"{tool}","input":{{"file_path":"/s/{id}.md"}}}}]}}}}"#
            )
        };
        let answer = |id: &str, rest: &str| {
            format!(
                r#"{{"type":"user","message":{{"content":[{{"type":"tool_result","tool_use_id":"{id}","content":"1\tab"{rest}}}"#
            )
        };
        // What claude 2.1.328 says beside an answer, what an older one leaves out, and failures.
        let lines = [
            call("whole", "Read"),
            answer("whole", r#"}]},"tool_use_result":{"type":"text","file":{"content":"ab\n"}}"#),
            call("again", "Read"),
            answer("again", r#"}]},"tool_use_result":{"type":"file_unchanged","file":{}}"#),
            call("old", "Read"),
            answer("old", "}]}"),
            call("denied", "Read"),
            answer("denied", r#","is_error":true}]},"tool_use_result":"Error: no""#),
            call("edited", "Edit"),
            answer("edited", r#"}]},"tool_use_result":{"file":{"content":"ab\n"}}"#),
            call("never-answered", "Read"),
        ];
        for line in lines {
            meter.take(&parse(line.as_bytes()).unwrap());
        }
        let reads: Vec<_> =
            meter.reads.iter().map(|read| (read.path.as_str(), read.bytes)).collect();
        assert_eq!(reads, [("/s/whole.md", 3), ("/s/again.md", 0), ("/s/old.md", 4)]);
    }

    #[test]
    fn a_tool_is_over_once_the_model_goes_on() {
        assert!(!silent_after_an_answer_of("null"), "the model has read what the tool said");
        assert!(silent_after_an_answer_of("\"t\""), "a sub-agent answers while its tool runs");
    }
}
