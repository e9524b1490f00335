//! The lines of Claude's `stream-json`, in the shape of the version whose place the fake takes.

use serde_json::{Value, json};

use super::VERSION;

/// What the command line asked for, as far as the stream repeats it.
pub(crate) struct Call {
    session: String,
    model: String,
    tools: Vec<String>,
    partial: bool,
}

impl Call {
    /// Reads the command line.
    pub(crate) fn new(args: &[String]) -> Self {
        let session =
            ["--session-id", "--resume", "-r"].iter().find_map(|name| value_of(args, name));
        let tools = value_of(args, "--tools").unwrap_or("Bash,Edit,Glob,Grep,Read,Write");
        Self {
            session: session.unwrap_or("00000000-0000-4000-8000-000000000000").to_owned(),
            model: value_of(args, "--model").unwrap_or("claude-fake").to_owned(),
            tools: tools.split(',').filter(|tool| !tool.is_empty()).map(str::to_owned).collect(),
            partial: args.iter().any(|arg| arg == "--include-partial-messages"),
        }
    }

    /// The first line of every call.
    pub(crate) fn init(&self) -> String {
        self.line(&json!({
            "type": "system",
            "subtype": "init",
            "cwd": std::env::current_dir().unwrap_or_default(),
            "session_id": "$SESSION",
            "tools": self.tools,
            "mcp_servers": [],
            "model": "$MODEL",
            "permissionMode": "default",
            "apiKeySource": "ANTHROPIC_API_KEY",
            "claude_code_version": VERSION.split(' ').next(),
            "uuid": "00000000-0000-4000-8000-000000000001",
        }))
    }

    /// One message of the model.
    pub(crate) fn answer(&self, text: &str) -> String {
        let message = json!({
            "id": "msg_fake",
            "type": "message",
            "role": "assistant",
            "model": "$MODEL",
            "content": [],
            "stop_reason": null,
            "stop_sequence": null,
            "usage": {
                "input_tokens": 1200,
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 0,
                "output_tokens": 1,
            },
        });
        let mut whole = message.clone();
        whole["content"] = json!([{"type": "text", "text": text}]);
        let whole = self.line(&json!({
            "type": "assistant",
            "message": whole,
            "parent_tool_use_id": null,
            "session_id": "$SESSION",
        }));
        if !self.partial {
            return whole;
        }
        let start = json!({"type": "text", "text": ""});
        let delta = json!({"type": "text_delta", "text": text});
        let stop = json!({"stop_reason": "end_turn", "stop_sequence": null});
        let usage = json!({"output_tokens": 25});
        [
            self.part(&json!({"type": "message_start", "message": message})),
            self.part(&json!({"type": "content_block_start", "index": 0, "content_block": start})),
            self.part(&json!({"type": "content_block_delta", "index": 0, "delta": delta})),
            whole,
            self.part(&json!({"type": "content_block_stop", "index": 0})),
            self.part(&json!({"type": "message_delta", "delta": stop, "usage": usage})),
            self.part(&json!({"type": "message_stop"})),
        ]
        .concat()
    }

    /// The end of a call that went well.
    pub(crate) fn result(&self, text: &str) -> String {
        self.line(&Self::end(text))
    }

    /// The end of a call that went well and brings what a schema asked for.
    pub(crate) fn structured(&self, output: &Value) -> String {
        let mut end = Self::end("");
        end["structured_output"] = output.clone();
        self.line(&end)
    }

    /// An event as a line, with its placeholders filled in.
    pub(crate) fn line(&self, event: &Value) -> String {
        let line = event.to_string();
        format!("{}\n", line.replace("$SESSION", &self.session).replace("$MODEL", &self.model))
    }

    fn end(text: &str) -> Value {
        let usage = json!({
            "inputTokens": 1200,
            "outputTokens": 25,
            "cacheReadInputTokens": 0,
            "cacheCreationInputTokens": 0,
            "costUSD": 0.002_65,
            "contextWindow": 1_000_000,
        });
        json!({
            "type": "result",
            "subtype": "success",
            "is_error": false,
            "api_error_status": null,
            "terminal_reason": "completed",
            "stop_reason": "end_turn",
            "num_turns": 1,
            "result": text,
            "session_id": "$SESSION",
            "total_cost_usd": 0.002_65,
            "usage": {
                "input_tokens": 1200,
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 0,
                "output_tokens": 25,
            },
            "modelUsage": {"$MODEL": usage},
            "permission_denials": [],
            "subagent_stats": {"spawned": 0, "completed": 0, "failed": 0},
            "duration_ms": 12,
            "duration_api_ms": 8,
            "ttft_ms": 5,
            "result_index": 0,
            "uuid": "00000000-0000-4000-8000-000000000002",
        })
    }

    fn part(&self, event: &Value) -> String {
        self.line(&json!({
            "type": "stream_event",
            "event": event,
            "session_id": "$SESSION",
            "parent_tool_use_id": null,
        }))
    }
}

/// What `auth status` prints.
pub(crate) fn auth_status(logged_in: bool) -> String {
    let method = if logged_in { "api_key" } else { "none" };
    format!(
        "{:#}",
        json!({"loggedIn": logged_in, "authMethod": method, "apiProvider": "firstParty"})
    )
}

/// The value of `--name value` or `--name=value`.
fn value_of<'a>(args: &'a [String], name: &str) -> Option<&'a str> {
    args.iter().enumerate().find_map(|(n, arg)| match arg.strip_prefix(name)? {
        "" => args.get(n + 1).map(String::as_str),
        rest => rest.strip_prefix('='),
    })
}
