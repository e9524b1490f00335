//! claude's stream: one JSON object a line, read leniently.
//!
//! Unknown types are skipped and unknown fields ignored, because the CLI grows both; a line that
//! is no JSON object is no message. What is kept is only what a decision or the screen needs, so
//! that a line of many megabytes leaves little behind.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::TokenCount;
use crate::model::check::Check;

/// One message of the stream, as far as atlas cares.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// A turn begins; the first one comes before any request.
    Init(Init),
    /// claude will ask again after a failed request.
    Retry(Retry),
    /// What a plan's quota looks like.
    RateLimit(RateLimit),
    /// The model began an answer; the usage is what it read.
    AnswerStarted {
        /// The message's id.
        id: String,
        /// Input and cache tokens; the output count here is a placeholder.
        usage: TokenCount,
        /// Whether a sub-agent of claude's own began it.
        nested: bool,
    },
    /// The model's answer grew to its final size.
    AnswerUsage {
        /// The message's id, where the CLI names it.
        id: Option<String>,
        /// Output tokens so far.
        output: u64,
    },
    /// A piece of text as it is written.
    Text(String),
    /// A finished part of an answer: the tools it calls, and an error in place of an answer.
    Assistant {
        /// Tools called.
        tools: Vec<ToolUse>,
        /// claude's own word for the error, such as `authentication_failed`.
        error: Option<String>,
    },
    /// Tools that answered.
    ToolsDone(Vec<ToolDone>),
    /// A hook of ours was asked about an edit.
    EditChecked(Box<EditAnswer>),
    /// The outcome of a run of turns; more may follow when work went on in the background.
    Result(Box<ResultMessage>),
    /// Anything else.
    Other,
}

/// `system/init`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Init {
    /// Tools the model is offered.
    pub tools: Vec<String>,
    /// MCP servers and how each fared.
    pub mcp_servers: Vec<McpServer>,
    /// The full name of the model.
    pub model: String,
    /// The conversation's id.
    pub session_id: String,
    /// The CLI's version.
    pub claude_code_version: Option<String>,
    /// Where the key came from; `none` with a plan's login.
    #[serde(rename = "apiKeySource")]
    pub api_key_source: Option<String>,
}

/// An MCP server as `init` lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct McpServer {
    /// Its name.
    pub name: String,
    /// `connected`, `failed`, `pending` …
    pub status: String,
}

/// `system/api_retry`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Retry {
    /// Which retry this will be, from 1.
    pub attempt: u32,
    /// How long claude waits first, in milliseconds.
    pub retry_delay_ms: Millis,
    /// The HTTP status, where there was an answer.
    pub error_status: Option<u16>,
}

/// Milliseconds that the CLI may write with a fraction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Millis(pub u64);

impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let millis = f64::deserialize(deserializer)?.clamp(0.0, 1e12);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped on the line above"
        )]
        Ok(Self(millis as u64))
    }
}

/// `rate_limit_event`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RateLimit {
    /// `allowed`, `allowed_warning` or `rejected`.
    pub status: String,
    /// When the window starts anew, in seconds since 1970.
    pub resets_at: Option<i64>,
    /// Which window: `five_hour`, `seven_day` …
    pub rate_limit_type: Option<String>,
    /// The share used, from 0 to 1.
    pub utilization: Option<f64>,
    /// Whether requests are billed beyond the plan.
    pub is_using_overage: Option<bool>,
}

/// A tool that the model called.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolUse {
    /// The call's id.
    pub id: String,
    /// The tool.
    pub name: String,
    /// What it works on, in one line: a path, a command, a pattern.
    pub subject: String,
    /// The file that it reads, where it is the tool that reads files.
    pub reads: Option<String>,
    /// Whether a sub-agent of claude's own called it.
    pub nested: bool,
}

/// A tool that answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolDone {
    /// The call's id.
    pub id: String,
    /// Whether it was refused or failed.
    pub failed: bool,
    /// How many bytes of a file the model was shown, where the tool reads files.
    pub read: u64,
}

/// What `atlas __edit-hook` prints, and claude's stream brings back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditAnswer {
    /// The tool that edited.
    pub tool: String,
    /// The file, relative to the root of the tree where it lies in it.
    pub file: String,
    /// What the hook said.
    pub check: Check,
}

impl EditAnswer {
    /// The key that tells our answers from those of other hooks.
    pub const KEY: &'static str = "atlas";
}

/// `result`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ResultMessage {
    /// `success`, `error_max_turns` …
    pub subtype: String,
    /// Whether claude calls it an error.
    pub is_error: bool,
    /// Why it ended; older versions leave it out.
    pub terminal_reason: Option<String>,
    /// The HTTP status of a failed request.
    pub api_error_status: Option<u16>,
    /// The last thing the model said, or the text of an error.
    pub result: Option<String>,
    /// The answer to a schema.
    pub structured_output: Option<Value>,
    /// What went wrong, for errors that are no API errors.
    pub errors: Vec<Value>,
    /// Turns of this process.
    pub num_turns: u32,
    /// Why the model stopped: `end_turn`, `refusal` …
    pub stop_reason: Option<String>,
    /// Dollars, cumulative over a resumed conversation.
    pub total_cost_usd: Option<f64>,
    /// Per model: tokens, cost, context window.
    #[serde(rename = "modelUsage")]
    pub model_usage: serde_json::Map<String, Value>,
    /// Tools that were refused.
    pub permission_denials: Vec<Denial>,
    /// What claude's own sub-agents did.
    pub subagent_stats: Option<SubagentStats>,
}

/// A refused tool call.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Denial {
    /// The tool.
    pub tool_name: String,
    /// What it was called with.
    pub tool_input: Value,
}

/// What claude's own sub-agents did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct SubagentStats {
    /// How many failed.
    pub failed: u32,
}

impl ResultMessage {
    /// The context window of the model that did most, where the result names it.
    pub fn context_window(&self) -> Option<u64> {
        self.model_usage.values().filter_map(|usage| usage.get("contextWindow")?.as_u64()).max()
    }
}

/// Reads one line; `None` where it is no message at all.
pub fn parse(line: &[u8]) -> Option<Message> {
    let line = line.trim_ascii();
    if line.first() != Some(&b'{') {
        return None;
    }
    let head: Head = serde_json::from_slice(line).ok()?;
    let message = match (head.kind.as_str(), head.subtype.as_deref()) {
        ("system", Some("init")) => Message::Init(serde_json::from_slice(line).ok()?),
        ("system", Some("api_retry")) => Message::Retry(serde_json::from_slice(line).ok()?),
        ("system", Some("hook_response")) => hook_response(&serde_json::from_slice(line).ok()?),
        ("rate_limit_event", _) => {
            let event: RateLimitEvent = serde_json::from_slice(line).ok()?;
            Message::RateLimit(event.rate_limit_info)
        }
        ("stream_event", _) => stream_event(serde_json::from_slice(line).ok()?),
        ("assistant", _) => assistant(serde_json::from_slice(line).ok()?),
        ("user", _) => user(&serde_json::from_slice(line).ok()?),
        ("result", _) => Message::Result(serde_json::from_slice(line).ok()?),
        _ => Message::Other,
    };
    Some(message)
}

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "type")]
    kind: String,
    subtype: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct HookResponse {
    stdout: String,
}

/// Hooks of the user's and the project's answer too; theirs is none of our business.
fn hook_response(line: &HookResponse) -> Message {
    let said: Option<Value> = serde_json::from_str(&line.stdout).ok();
    let ours = said.and_then(|mut said| said.get_mut(EditAnswer::KEY).map(Value::take));
    match ours.and_then(|ours| serde_json::from_value(ours).ok()) {
        Some(answer) => Message::EditChecked(Box::new(answer)),
        None => Message::Other,
    }
}

#[derive(Deserialize)]
struct RateLimitEvent {
    rate_limit_info: RateLimit,
}

#[derive(Deserialize)]
struct StreamEvent {
    event: Value,
    api_message_id: Option<String>,
    parent_tool_use_id: Option<String>,
}

fn stream_event(line: StreamEvent) -> Message {
    let event = line.event;
    match event["type"].as_str() {
        Some("message_start") => Message::AnswerStarted {
            id: text(&event["message"]["id"]),
            usage: usage(&event["message"]["usage"]),
            nested: line.parent_tool_use_id.is_some(),
        },
        Some("message_delta") => match event["usage"]["output_tokens"].as_u64() {
            Some(output) => Message::AnswerUsage { id: line.api_message_id, output },
            None => Message::Other,
        },
        Some("content_block_delta") => match event["delta"]["text"].as_str() {
            Some(text) => Message::Text(text.to_owned()),
            None => Message::Other,
        },
        _ => Message::Other,
    }
}

fn usage(usage: &Value) -> TokenCount {
    let count = |key: &str| usage[key].as_u64().unwrap_or(0);
    TokenCount {
        input: count("input_tokens"),
        output: 0,
        cache_read: count("cache_read_input_tokens"),
        cache_write: count("cache_creation_input_tokens"),
    }
}

#[derive(Deserialize)]
struct AssistantLine {
    message: Value,
    error: Option<String>,
    parent_tool_use_id: Option<String>,
}

fn assistant(line: AssistantLine) -> Message {
    let nested = line.parent_tool_use_id.is_some();
    let blocks = line.message["content"].as_array().map_or(&[][..], Vec::as_slice);
    let tools = blocks
        .iter()
        .filter(|block| block["type"] == "tool_use")
        .map(|block| ToolUse {
            id: text(&block["id"]),
            name: text(&block["name"]),
            subject: subject(&block["input"]),
            reads: (block["name"] == "Read").then(|| text(&block["input"]["file_path"])),
            nested,
        })
        .collect();
    Message::Assistant { tools, error: line.error }
}

#[derive(Deserialize)]
struct UserLine {
    message: Value,
    #[serde(default)]
    tool_use_result: Value,
}

fn user(line: &UserLine) -> Message {
    let blocks = line.message["content"].as_array().map_or(&[][..], Vec::as_slice);
    let answers: Vec<&Value> =
        blocks.iter().filter(|block| block["type"] == "tool_result").collect();
    let alone = answers.len() == 1;
    let done = answers
        .into_iter()
        .map(|block| ToolDone {
            id: text(&block["tool_use_id"]),
            failed: block["is_error"] == true,
            read: bytes_read(Some(&line.tool_use_result).filter(|_| alone), block),
        })
        .collect();
    Message::ToolsDone(done)
}

/// claude tells the very text of a file beside the answer, which has line numbers in it. A file
/// that it read before and that is unchanged has none. Older versions tell nothing.
fn bytes_read(told: Option<&Value>, block: &Value) -> u64 {
    let bytes = match told {
        Some(Value::Object(told)) => {
            told.get("file").and_then(|file| file["content"].as_str()).map_or(0, str::len)
        }
        _ => block["content"].as_str().map_or(0, str::len),
    };
    bytes as u64
}

/// The argument of a tool call that tells a reader most.
fn subject(input: &Value) -> String {
    const TELLING: &[&str] = &[
        "file_path",
        "notebook_path",
        "command",
        "pattern",
        "path",
        "url",
        "query",
        "description",
    ];
    let told = TELLING.iter().find_map(|key| input[key].as_str()).unwrap_or_default();
    told.lines().next().unwrap_or_default().chars().take(200).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
