//! What a rule answers, before it is put into HTTP.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Failure, Gate};

/// Places for so many answers at once.
#[derive(Debug, Clone)]
pub(super) struct Crowd(Arc<Semaphore>);

impl Crowd {
    pub(super) fn of(places: usize) -> Self {
        Self(Arc::new(Semaphore::new(places)))
    }

    /// A place until it is dropped; `None` where all are taken.
    pub(super) fn enter(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).try_acquire_owned().ok()
    }
}

/// An answer; by default an empty message at once.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) blocks: Vec<Block>,
    pub(super) stop_reason: Option<&'static str>,
    pub(super) chunk: usize,
    pub(super) usage: Usage,
    pub(super) failure: Option<Failure>,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) held: Option<Gate>,
    pub(super) takes: Duration,
    pub(super) crowd: Option<Crowd>,
    pub(super) held_after: Option<(usize, Gate)>,
    pub(super) cut_after: Option<usize>,
}

/// A part of the model's message.
#[derive(Debug, Clone)]
pub(super) enum Block {
    Text(String),
    Tool { name: String, input: Value },
}

/// Token counts; the input is reckoned from the request's size unless a rule says otherwise.
#[derive(Debug, Clone)]
pub(super) struct Usage {
    pub(super) input: Option<u64>,
    pub(super) output: u64,
    pub(super) cache_read: u64,
    pub(super) cache_written: u64,
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            blocks: Vec::new(),
            stop_reason: None,
            chunk: 4000,
            usage: Usage { input: None, output: 25, cache_read: 0, cache_written: 0 },
            failure: None,
            headers: Vec::new(),
            held: None,
            takes: Duration::ZERO,
            crowd: None,
            held_after: None,
            cut_after: None,
        }
    }
}

impl Answer {
    /// The answer to a request that no rule foresaw.
    pub(super) fn unforeseen() -> Self {
        Self { blocks: vec![Block::Text("no rule matched".to_owned())], ..Self::default() }
    }

    /// The same answer with `$1`, `$2`… replaced by the groups of the rule's pattern.
    pub(super) fn filled(&self, groups: &[String]) -> Self {
        let blocks = self.blocks.iter().map(|block| match block {
            Block::Text(text) => Block::Text(fill(text, groups)),
            Block::Tool { name, input } => {
                Block::Tool { name: name.clone(), input: fill_value(input, groups) }
            }
        });
        Self { blocks: blocks.collect(), ..self.clone() }
    }

    /// Why the model stops: a tool call waits for its result, anything else ends the turn.
    pub(super) fn stop_reason(&self) -> &'static str {
        let calls_tool = self.blocks.iter().any(|block| matches!(block, Block::Tool { .. }));
        self.stop_reason.unwrap_or(if calls_tool { "tool_use" } else { "end_turn" })
    }
}

fn fill(text: &str, groups: &[String]) -> String {
    (1..=9)
        .zip(groups)
        .fold(text.to_owned(), |text, (n, group)| text.replace(&format!("${n}"), group))
}

fn fill_value(value: &Value, groups: &[String]) -> Value {
    match value {
        Value::String(text) => Value::String(fill(text, groups)),
        Value::Array(items) => items.iter().map(|item| fill_value(item, groups)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(key, value)| (key.clone(), fill_value(value, groups))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}
