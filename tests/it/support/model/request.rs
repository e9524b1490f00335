//! One request as it arrived, and the parts of it that tests ask about.

use serde_json::Value;

/// A request to the model.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Its place in the order of arrival, from 0, over every method and path.
    pub(crate) order: usize,
    /// The HTTP method.
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    /// The conversation it belongs to, as `claude` says in a header.
    pub(crate) session: Option<String>,
    /// Size of the body in bytes.
    pub(crate) size: usize,
    /// The body; null when it is not JSON.
    pub(crate) body: Value,
}

impl Request {
    /// The system prompt's text.
    pub(crate) fn system(&self) -> String {
        text_of(&self.body["system"])
    }

    /// The text of the last message of the user.
    ///
    /// It is not always the last message: `claude` may add one of the role `system` after it.
    pub(crate) fn user(&self) -> String {
        text_of(self.last_user())
    }

    /// Whether the last message of the user brings a tool's result.
    pub(crate) fn is_tool_result(&self) -> bool {
        let blocks = self.last_user().as_array();
        blocks.is_some_and(|blocks| blocks.iter().any(|block| block["type"] == "tool_result"))
    }

    /// The names of the offered tools, in the request's order.
    pub(crate) fn tools(&self) -> Vec<&str> {
        let tools = self.body["tools"].as_array().into_iter().flatten();
        tools.filter_map(|tool| tool["name"].as_str()).collect()
    }

    /// Whether the answer is wanted event by event.
    pub(crate) fn is_streamed(&self) -> bool {
        self.body["stream"] == true
    }

    /// The model asked for.
    pub(crate) fn model(&self) -> &str {
        self.body["model"].as_str().unwrap_or_default()
    }

    /// System prompt and messages as JSON text: everything the model would read but the tools.
    pub(crate) fn prompt(&self) -> String {
        format!("{}\n{}", self.body["system"], self.body["messages"])
    }

    /// Whether this asks for an answer; `claude` also looks whether the server is there.
    pub(super) fn is_message(&self) -> bool {
        let path = self.path.split('?').next();
        self.method == "POST" && path == Some("/v1/messages")
    }

    fn last_user(&self) -> &Value {
        let messages = self.body["messages"].as_array();
        let user = messages.and_then(|all| all.iter().rfind(|message| message["role"] == "user"));
        user.map_or(&Value::Null, |message| &message["content"])
    }
}

/// A text, or the texts of a list of blocks.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => {
            let texts = blocks.iter().filter_map(|block| block["text"].as_str());
            texts.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}
